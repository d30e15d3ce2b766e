"""Where extracts come from: paths, addresses of a server on this machine, standard input, folders."""

import gzip
import hashlib
import io
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from churn.errors import ContractBroken, Unavailable, WrongUsage
from churn.intake import sources
from churn.intake.daily_files import find_daily_files, read_dates, refuse_left_out
from churn.intake.public_sample import fetch_public_sample
from churn.intake.sources import check_unchanged, keep_stdin, open_extract
from churn.settings import Settings

CONTENT = b"customerID,tenure\n0001-TEST,10\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Server:
    """A web server on this machine: path -> status, headers, body."""

    address: str
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {"/extract.csv": (200, {}, CONTENT)}
    logins: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            logins.extend(self.headers.get_all("Authorization", []))
            status, headers, body = answers[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield Server(f"http://127.0.0.1:{server.server_port}", answers, logins)
    server.shutdown()
    server.server_close()


@pytest.fixture
def ours(tmp_path: Path) -> Settings:
    """Settings without a database."""
    return Settings(home=tmp_path / "home", download_timeout_seconds=5)


def test_a_path_is_known_by_its_bytes(ours: Settings, tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(CONTENT)

    with open_extract(ours, str(path)) as extract:
        assert (extract.path, extract.name, extract.origin) == (path, "extract.csv", str(path))
        assert (extract.sha256, extract.size_bytes) == (SHA256, len(CONTENT))


def test_a_file_address_is_a_path(ours: Settings, tmp_path: Path) -> None:
    path = tmp_path / "an extract.csv"
    path.write_bytes(CONTENT)

    with open_extract(ours, path.as_uri()) as extract:
        assert (extract.path, extract.sha256) == (path, SHA256)


def test_an_address_is_fetched_for_as_long_as_it_is_read(ours: Settings, web: Server) -> None:
    with open_extract(ours, f"{web.address}/extract.csv?token=secret") as extract:
        assert extract.path.read_bytes() == CONTENT
        assert (extract.name, extract.origin) == ("extract.csv", f"{web.address}/extract.csv")

    assert not extract.path.exists()
    assert list((ours.home_dir / "spool").iterdir()) == []


def test_a_password_in_an_address_is_not_kept(ours: Settings, web: Server) -> None:
    with_password = web.address.replace("//", "//someone:hunter2@")
    web.answers["/refused.csv"] = (403, {}, b"")

    with open_extract(ours, f"{with_password}/extract.csv") as extract:
        assert "hunter2" not in extract.origin
    with pytest.raises(WrongUsage) as refused, open_extract(ours, f"{with_password}/refused.csv"):
        pass

    assert "hunter2" not in str(refused.value)


def test_the_checksum_of_an_address_must_be_right(ours: Settings, web: Server) -> None:
    with open_extract(ours, f"{web.address}/extract.csv#sha256={SHA256}") as extract:
        assert extract.sha256 == SHA256

    with (
        pytest.raises(ContractBroken, match=f"extract.csv has the sha256 {SHA256}, not 00ff"),
        open_extract(ours, f"{web.address}/extract.csv#sha256=00ff"),
    ):
        pass


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (404, WrongUsage, "127.0.0.1 answered 404 Not Found."),
        (403, WrongUsage, "127.0.0.1 answered 403 Forbidden."),
        (503, Unavailable, "127.0.0.1 answered 503 Service Unavailable."),
        (429, Unavailable, "127.0.0.1 answered 429 Too Many Requests."),
    ],
)
def test_a_servers_refusal_is_told(ours: Settings, web: Server, status: int, kind: type[Exception], told: str) -> None:
    web.answers["/extract.csv"] = (status, {}, b"")

    with pytest.raises(kind) as refused, open_extract(ours, f"{web.address}/extract.csv"):
        pass

    assert refused.value.fact == told  # type: ignore[attr-defined]


def test_a_download_that_breaks_off_may_be_tried_again(ours: Settings, web: Server) -> None:
    web.answers["/extract.csv"] = (200, {"Content-Length": "1000"}, CONTENT)

    with (
        pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached, or it broke the connection"),
        open_extract(ours, f"{web.address}/extract.csv"),
    ):
        pass


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {"Content-Length": "-5"}), (206, {"Content-Range": "bytes 0-30/9000"}), (204, {})],
    ids=["no length", "a part", "nothing"],
)
def test_what_may_be_half_a_file_is_refused(ours: Settings, web: Server, status: int, headers: dict[str, str]) -> None:
    web.answers["/extract.csv"] = (status, headers, CONTENT)

    with (
        pytest.raises(WrongUsage, match=r"127\.0\.0\.1 (did not say how long the file is|answered 20[46])"),
        open_extract(ours, f"{web.address}/extract.csv"),
    ):
        pass


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/latest/meta-data",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://2130706433:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:1/",
        "ftp://files.example/x.csv",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_this_machine_is_not_followed(ours: Settings, web: Server, target: str) -> None:
    web.answers["/extract.csv"] = (302, {"Location": target}, b"")

    with (
        pytest.raises(WrongUsage, match=r"redirects to|is not allowed"),
        open_extract(ours, f"{web.address}/extract.csv"),
    ):
        pass


def test_a_redirect_within_a_server_is_followed(ours: Settings, web: Server) -> None:
    web.answers["/latest.csv"] = (302, {"Location": "/extract.csv"}, b"")

    with open_extract(ours, f"{web.address}/latest.csv") as extract:
        assert extract.sha256 == SHA256


def test_the_login_of_an_address_is_sent_and_not_shown(ours: Settings, web: Server) -> None:
    web.answers["/größe.csv"] = web.answers["/gr%C3%B6%C3%9Fe.csv"] = (200, {}, CONTENT)
    address = web.address.replace("http://", "http://etl:Secret%2F77@")

    with open_extract(ours, f"{address}/größe.csv") as extract:
        assert extract.origin == f"{web.address}/größe.csv"
    assert web.logins == ["Basic ZXRsOlNlY3JldC83Nw=="]  # etl:Secret/77

    with pytest.raises(WrongUsage) as refused, open_extract(ours, "http://etl:Secret-77@127.0.0.1:port/x.csv"):
        pass
    assert "Secret-77" not in str(refused.value)


def test_a_server_that_is_not_there(ours: Settings) -> None:
    with (
        pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached, or it broke the connection: .*refused"),
        open_extract(ours, "http://127.0.0.1:1/extract.csv"),
    ):
        pass


def test_another_kind_of_address_is_refused(ours: Settings) -> None:
    with pytest.raises(WrongUsage, match="An extract cannot come from a s3: address"), open_extract(ours, "s3://a/b"):
        pass


@pytest.mark.parametrize("place", ["path", "address", "stdin"])
def test_no_extract_is_larger_than_agreed(
    tmp_path: Path, web: Server, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    large = CONTENT + b"x" * 1_000_000
    (tmp_path / "large.csv").write_bytes(large)
    web.answers["/large.csv"] = (200, {}, large)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(large)))
    source = {"path": str(tmp_path / "large.csv"), "address": f"{web.address}/large.csv", "stdin": "-"}[place]

    with (
        pytest.raises(ContractBroken, match="is larger than 1 MB"),
        open_extract(Settings(home=tmp_path / "home", max_extract_megabytes=1), source),
    ):
        pass


def test_gzip_may_not_unpack_to_more_than_agreed(tmp_path: Path) -> None:
    from churn.contracts.extract import PUBLIC_NAMES
    from churn.intake.extract_form import ExtractForm
    from churn.intake.reading import open_batches

    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(",".join(PUBLIC_NAMES).encode() + b"\n" * 30_000_000))

    with (
        open_batches(path, "bomb.csv.gz", ExtractForm(), 20_000_000) as opened,
        pytest.raises(ContractBroken, match="is larger than 20,000,000 bytes, the largest size allowed"),
    ):
        list(opened.batches)


def test_standard_input_is_kept_in_a_file(ours: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONTENT)))

    with keep_stdin(ours) as path, open_extract(ours, path) as extract:
        assert (extract.name, extract.origin, extract.sha256) == ("stdin", "stdin", SHA256)


def test_a_file_that_is_written_to_while_it_is_read_is_refused(ours: Settings, tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(CONTENT)

    with open_extract(ours, str(path)) as extract:
        path.write_bytes(CONTENT + b"more")
        with pytest.raises(Unavailable, match=r"extract\.csv changed while it was read"):
            check_unchanged(extract)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("customers-2026-01-31.csv", date(2026, 1, 31)),
        ("20260131.csv.gz", date(2026, 1, 31)),
        ("2026-01-31T00.parquet", date(2026, 1, 31)),
        ("extract-7.csv", None),
        ("2026-13-31.csv", None),
        ("202601310.csv", None),
    ],
)
def test_a_date_is_read_from_a_files_name(name: str, day: date | None) -> None:
    assert read_dates(name) == ({day} if day else set())


def test_a_folder_gives_its_daily_files_in_order_of_date(tmp_path: Path) -> None:
    for name in ("b-2026-01-02.csv", "a-2026-01-03.parquet", "c-20260101.csv.gz", "notes.txt", "extract.csv"):
        (tmp_path / name).touch()

    assert [(day.day, path.name) for day, path in find_daily_files(tmp_path).files] == [
        (1, "c-20260101.csv.gz"),
        (2, "b-2026-01-02.csv"),
        (3, "a-2026-01-03.parquet"),
    ]


ODD_FILES = {
    "two of one date": (["a-2026-01-02.csv", "b-20260102.csv"], ["two files of 2026-01-02: a-2026-01-02.csv and b-2"]),
    "three of one date": (["1-20260102.csv", "2-20260102.csv", "3-20260102.csv"], ["there are 3 files of 2026-01-02"]),
    "two dates in a name": (["2026-01-02-to-2026-01-03.csv"], ["has two dates in its name, 2026-01-02 and 2026-01-03"]),
    "a hidden file": ([".c-2026-01-02.csv.aB3d"], [".c-2026-01-02.csv.aB3d is hidden, so it may still be arriving"]),
    "an upload that is not complete": (["c-2026-01-02.csv.part"], ["is neither CSV nor Parquet by its name"]),
    "underscores": (["c_2026_01_02.csv"], ["c_2026_01_02.csv has a date that is not written as in 2026-01-31"]),
    "a time of 14 digits": (["c-20260102030000.csv"], ["has a date that is not written as in 2026-01-31"]),
    "a date that does not exist": (["c-2026-02-31.csv"], ["has a date that is not written as in 2026-01-31"]),
    "another kind": (["c-2026-01-02.txt", "c-2026-01-02.zip"], ["c-2026-01-02.txt is neither", "c-2026-01-02.zip is"]),
}


@pytest.mark.parametrize(("names", "reasons"), ODD_FILES.values(), ids=ODD_FILES)
def test_an_odd_file_is_named_and_does_not_hide_the_others(
    tmp_path: Path, names: list[str], reasons: list[str]
) -> None:
    for name in (*names, "good-2026-01-09.csv"):
        (tmp_path / name).touch()

    landing = find_daily_files(tmp_path)

    assert [path.name for _, path in landing.files] == ["good-2026-01-09.csv"]
    assert all(reason in item.what for reason, item in zip(reasons, landing.left_out, strict=True))
    refusal = refuse_left_out(tmp_path, landing.left_out)
    assert refusal is not None
    assert all(name in refusal.fact for name in names)


def test_a_folder_of_parts_and_a_broken_link_are_named(tmp_path: Path) -> None:
    (tmp_path / "a-2026-01-02.parquet").mkdir()
    (tmp_path / "b-2026-01-03.csv").symlink_to(tmp_path / "nowhere.csv")

    assert [item.what for item in find_daily_files(tmp_path).left_out] == [
        "a-2026-01-02.parquet is not a file",
        "b-2026-01-03.csv is not a file",
    ]


def test_files_that_are_no_delivery_do_not_fail_a_run(tmp_path: Path) -> None:
    good = "c-2026-01-02.csv"
    for name in (good, f"{good}.sha256", f"._{good}", ".DS_Store", "_SUCCESS", "notes.txt", "regions.csv"):
        (tmp_path / name).touch()

    landing = find_daily_files(tmp_path)

    assert [item.what for item in landing.left_out] == ["regions.csv has no date in its name"]
    assert refuse_left_out(tmp_path, landing.left_out) is None


def test_a_folder_without_dated_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "extract.csv").touch()

    with pytest.raises(WrongUsage, match="has no CSV or Parquet file with a date in its name"):
        find_daily_files(tmp_path)


def test_the_public_sample_is_fetched_checked_and_fetched_once(ours: Settings, web: Server) -> None:
    path = fetch_public_sample(ours, address=f"{web.address}/extract.csv", sha256=SHA256)
    web.answers.clear()
    again = fetch_public_sample(ours, address=f"{web.address}/extract.csv", sha256=SHA256)

    assert path == again == ours.home_dir / "data" / "Telco-Customer-Churn.csv"
    assert path.read_bytes() == CONTENT


def test_a_sample_with_other_bytes_is_not_kept(ours: Settings, web: Server, tmp_path: Path) -> None:
    target = tmp_path / "sample.csv"

    with pytest.raises(
        ContractBroken, match=f"did not send the public sample: the file has the sha256 {SHA256}, not 1632"
    ):
        fetch_public_sample(ours, target, f"{web.address}/extract.csv")

    assert not target.exists()


def test_offline_one_is_told_how_to_get_the_sample_by_hand(ours: Settings) -> None:
    with pytest.raises(Unavailable) as refused:
        fetch_public_sample(ours, address="http://127.0.0.1:1/sample.csv")

    assert "cannot be reached" in refused.value.fact
    assert refused.value.next_step.startswith("download https://raw.githubusercontent.com/")


def test_what_a_killed_process_left_in_the_spool_is_swept(ours: Settings, web: Server) -> None:
    left = ours.home_dir / "spool" / "left"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))

    with open_extract(ours, f"{web.address}/extract.csv"):
        assert not left.exists()


def test_the_spool_is_emptied_when_the_block_fails(ours: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONTENT)))

    with pytest.raises(RuntimeError), open_extract(ours, sources.STDIN):
        raise RuntimeError

    assert list((ours.home_dir / "spool").iterdir()) == []


@pytest.mark.parametrize(
    "address", ["http://[::1/e.csv", "http://user:se/cret@host:port/e.csv", "https://host:9x/e.csv"]
)
def test_an_address_that_is_none_is_refused_without_showing_it(ours: Settings, address: str) -> None:
    with pytest.raises(WrongUsage, match=r"^The address of the extract is not valid\."), open_extract(ours, address):
        pass
