"""A person sees what a changed declaration does before a run does it."""

from pathlib import Path

from churn.contracts.declaration import Declaration, DeclaredColumn
from churn.reporting.declared import compare_declarations

LOGINS, TICKETS = DeclaredColumn("logins", "Logins", "count"), DeclaredColumn("tickets", "Tickets", "count")
NOW = Declaration(columns=(LOGINS, TICKETS))
FILE = Path("other.toml")


def test_added_and_removed_columns_rebuild_every_stored_day() -> None:
    other = Declaration(columns=(LOGINS, DeclaredColumn("edition", "Edition", "word")))
    change = compare_declarations(NOW, other, FILE, stored_days=60)
    assert (change.added, change.removed, change.rebuilt_days) == (("edition",), ("tickets",), 60)


def test_other_words_rebuild_nothing() -> None:
    other = Declaration(columns=(DeclaredColumn("logins", "Logins", "count", says="logged in {value} times"), TICKETS))
    change = compare_declarations(NOW, other, FILE, stored_days=60)
    assert (change.changed, change.rebuilt_days) == (("logins",), 0)


def test_another_type_is_named() -> None:
    other = Declaration(columns=(DeclaredColumn("logins", "Logins", "word"), TICKETS))
    assert compare_declarations(NOW, other, FILE, stored_days=60).retyped == ("logins",)


def test_a_column_that_is_only_kept_past_the_door_or_not_changes_what_is_stored() -> None:
    other = Declaration(columns=(LOGINS, DeclaredColumn("tickets", "Tickets", "count", use="none")))
    assert compare_declarations(NOW, other, FILE, stored_days=3).removed == ("tickets",)
