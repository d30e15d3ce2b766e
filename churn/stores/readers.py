"""Who may read: the role `churn_reader`, a group that sees `reporting` and `analytics` and nothing else.

A role belongs to the whole server, not to one database, and making one takes a right that a team's Postgres may not
give. So it is made where that is allowed, used where it is there, and asked for where neither is the case.

    GRANT churn_reader TO ana;    -- from then on Ana reads, whatever a model change drops and makes anew
"""

import logging

from sqlalchemy import Connection, text

READER = "churn_reader"
READABLE = ("reporting", "analytics")

_log = logging.getLogger(__name__)


def ensure_reader(connection: Connection) -> bool:
    """Gives the role its rights, making the role where it is missing and may be made. Does nothing the second time.

    Tables and views made later are covered by default privileges: a changed model drops its view with every grant on
    it, and the new view has them from its first moment.

    Returns:
        Whether the role is there and can read.
    """
    if _can_read(connection):
        return True
    if not _exists(connection) and not _may_create(connection):
        _log.warning(
            "There is no role %s and this user may not make one; nobody else can read until an administrator runs "
            "CREATE ROLE %s NOLOGIN; the next run gives it its rights.",
            READER,
            READER,
        )
        return False
    if not _exists(connection):
        connection.execute(text(f"CREATE ROLE {READER} NOLOGIN"))
    for schema in READABLE:
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {READER}"))
    return True


def _exists(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": READER}))


def _may_create(connection: Connection) -> bool:
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))


def _can_read(connection: Connection) -> bool:
    """Whether every readable schema has default privileges for the role, the last thing that is given."""
    query = """
        SELECT count(*) FROM pg_default_acl AS given
        JOIN pg_namespace AS schema ON schema.oid = given.defaclnamespace
        WHERE schema.nspname = ANY(:schemas) AND given.defaclobjtype = 'r'
          AND given.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
          AND EXISTS (
            SELECT 1 FROM aclexplode(given.defaclacl) AS acl
            JOIN pg_roles AS role ON role.oid = acl.grantee
            WHERE role.rolname = :name AND acl.privilege_type = 'SELECT'
          )
    """
    return connection.scalar(text(query), {"schemas": list(READABLE), "name": READER}) == len(READABLE)
