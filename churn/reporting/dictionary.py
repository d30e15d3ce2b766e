"""The data dictionary: every table and column, in the words of whoever declares it.

uv run python -m churn.reporting.dictionary    # writes data/DICTIONARY.md; a test fails when it is stale
"""

from collections.abc import Iterator

from churn.contracts.extract import CustomerExtract
from churn.contracts.features import DIRECTIONS
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores import sql_models
from churn.stores.postgres.catalogue import ColumnNote, TableNote, describe_tables

DICTIONARY = PROJECT_DIR / "data" / "DICTIONARY.md"
LAYERS = {
    "raw_data": "what the source said, written by Python",
    "staging": "the same rows, typed",
    "analytics": "features, scores and the mart that figures are sums of",
    "reporting": "what people and BI tools read: published dates only",
    "ops": "ledgers of what ran and what was decided",
}
EXTRACTS = ("raw_data.telco_churn_raw", "raw_data.telco_churn_reconstructed")
FEATURES_MODEL = "analytics.fct_customer_features"
_PREFACE = """# Data dictionary

Generated from the SQL models' own comments, the tables that Python declares and the contracts; do not edit.
`uv run python -m churn.reporting.dictionary` writes it anew, and a test fails when it is stale. Money is USD,
timestamps are UTC, a rate or probability lies between 0 and 1. Postgres shows the same comments:
`\\d+ reporting.kpi_daily`.
"""
_DIRECTION = {1: "Given to the model; more of it raises churn.", -1: "Given to the model; more of it lowers churn."}


def render_dictionary(settings: Settings) -> str:
    """Returns the dictionary as Markdown."""
    notes = [*describe_tables(), *sql_models.describe_models(settings)]
    sections = [_PREFACE]
    for layer, meaning in LAYERS.items():
        sections.append(f"## {layer}: {meaning}\n")
        sections += ["\n".join(_table(note)) for note in notes if note.name.partition(".")[0] == layer]
    return "\n".join(sections)


def _table(note: TableNote) -> Iterator[str]:
    yield f"### {note.name}\n"
    yield f"{note.meaning}\n"
    yield f"Told apart by {', '.join(note.grain)}. Written by {note.written_by}.\n"
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in note.columns:
        yield f"| {column.name} | {column.type.lower()} | {_meaning(note.name, column)} |"
    yield ""


def _meaning(table: str, column: ColumnNote) -> str:
    said = [column.meaning] if column.meaning else []
    if table in EXTRACTS and column.name in CustomerExtract.to_schema().columns:
        said.append(_allowed(column.name))
    if table == FEATURES_MODEL and column.name in DIRECTIONS:
        said.append(_DIRECTION.get(DIRECTIONS[column.name], "Given to the model."))
    return ". ".join(part.rstrip(".") for part in said if part).replace("|", "\\|")


def _allowed(name: str) -> str:
    """The values the contract lets in, where it lists them."""
    checks = CustomerExtract.to_schema().columns[name].checks
    listed = [check.statistics["allowed_values"] for check in checks if "allowed_values" in check.statistics]
    return ", ".join(map(str, listed[0])) if listed else ""


def write_dictionary(settings: Settings) -> None:
    """Writes data/DICTIONARY.md."""
    DICTIONARY.parent.mkdir(exist_ok=True)
    DICTIONARY.write_text(render_dictionary(settings))


if __name__ == "__main__":
    write_dictionary(load_settings())
