"""The role `churn_crm`, for the system that calls customers: it reads whom to contact, and inserts what came of it.

It reads `reporting.contact_list` and `reporting.held_out`, and neither scores nor arms. Into `landing.contact_events`
it may only insert: a wrong or hostile system can neither read what others sent back nor change it.

    GRANT churn_crm TO crm_user;
"""

from sqlalchemy import Connection, text

from churn.stores.postgres.landing_tables import INSERTED, landed_events
from churn.stores.postgres.readers import may_create_roles, role_exists

CALLER = "churn_crm"
_LISTS = ("contact_list", "held_out", "leave_alone")


def ensure_caller(connection: Connection) -> bool:
    """Grants the role its rights, and creates the role if it is missing and this user may. Repeating changes nothing.

    Owner and pipeline both call it: each can grant only what is its own. A changed model drops its view together with
    every grant on it, so it is called after every deployment of models.

    Returns:
        True if the role exists.
    """
    if not role_exists(connection, CALLER):
        if not may_create_roles(connection):
            return False
        connection.execute(text(f"CREATE ROLE {CALLER} NOLOGIN"))
    for schema in ("landing", "reporting"):
        if _owns(connection, "SELECT nspowner FROM pg_namespace WHERE nspname = :name", schema):
            connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {CALLER}"))
    if _owns(connection, _OWNER_OF_RELATION, landed_events.fullname):
        connection.execute(text(f"GRANT INSERT ({', '.join(INSERTED)}) ON {landed_events.fullname} TO {CALLER}"))
    for view in _LISTS:
        if _owns(connection, _OWNER_OF_RELATION, f"reporting.{view}"):
            connection.execute(text(f"GRANT SELECT ON reporting.{view} TO {CALLER}"))
    return True


_OWNER_OF_RELATION = "SELECT relowner FROM pg_class WHERE oid = to_regclass(:name)"


def _owns(connection: Connection, owner: str, name: str) -> bool:
    """Returns whether a schema or a table exists and this user may grant rights on it."""
    query = f"SELECT pg_has_role(current_user, owner, 'USAGE') FROM ({owner}) AS found (owner)"
    return bool(connection.scalar(text(query), {"name": name}))
