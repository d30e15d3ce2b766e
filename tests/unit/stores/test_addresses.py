import pytest

from churn.stores.postgres.database import apart_from_password


@pytest.mark.parametrize(
    ("address", "target", "password"),
    [
        ("u:p%40s%3Aw%25%2Fd%20@h:5432/db", "host=h dbname=db user=u port=5432", "p@s:w%/d "),
        ("u:p/w%x@h/db", "host=h dbname=db user=u", "p/w%x"),
        ("u@h/db?password=secret", "host=h dbname=db user=u", "secret"),
        ("u:p@[::1]/db", "host=::1 dbname=db user=u", "p"),
        ("u@/db?host=/tmp/x", "dbname=db user=u host=/tmp/x", None),
        ("u:p@h/db?options=-c%20search_path%3Dx", "host=h dbname=db user=u options='-c search_path=x'", "p"),
        ("u:p@h/db?sslrootcert=/my%20certs/a%2Bb.pem", "host=h dbname=db user=u sslrootcert='/my certs/a+b.pem'", "p"),
    ],
)
def test_what_psql_is_given_holds_everything_but_the_password(address: str, target: str, password: str | None) -> None:
    assert apart_from_password(f"postgresql://{address}") == (target, {"PGPASSWORD": password} if password else {})
