"""What all declared tables share: one metadata, the schemas, words of a column, and ledgers that only grow."""

from typing import get_args

from sqlalchemy import DDL, MetaData, Table, event

metadata = MetaData()

SCHEMAS = ("raw_data", "staging", "analytics", "reporting", "ops", "landing")


def one_of(column: str, words: object) -> str:
    """Returns the condition that a column holds one of the words of a Literal."""
    return f"{column} in ({', '.join(repr(word) for word in get_args(words))})"


_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION ops.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%%.%% is append-only: it takes new rows and keeps the old ones', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END $$
"""
_APPEND_ONLY = """
CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.{0}
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change()
"""


def keep_append_only(ledger: Table) -> None:
    """Lets the database refuse every change and deletion of a row of a ledger in the schema ops."""
    for statement in (_REFUSE_CHANGE, _APPEND_ONLY.format(ledger.name)):
        event.listen(ledger, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
