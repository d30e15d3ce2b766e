"""data/DICTIONARY.md says what the models, the tables and the contracts say now."""

from churn.reporting.dictionary import DICTIONARY, LAYERS, render_dictionary
from churn.settings import Settings
from tests.support.workplaces import at


def test_the_dictionary_is_fresh(settings: Settings) -> None:
    assert DICTIONARY.read_text() == render_dictionary(at(settings)), (
        "run `uv run python -m churn.reporting.dictionary`"
    )


def test_every_column_has_a_meaning() -> None:
    table = ""
    silent = []
    for line in DICTIONARY.read_text().splitlines():
        if line.startswith("### "):
            table = line.removeprefix("### ")
        elif line.endswith("|  |"):
            silent.append(f"{table}.{line.split('|')[1].strip()}")

    assert silent == [], "give the column a comment where it is declared"


def test_every_layer_is_in_it() -> None:
    text = DICTIONARY.read_text()

    assert all(f"## {layer}: " in text for layer in LAYERS)
    assert "| tenure_log | double precision | The natural logarithm of 1 + months" in text
    assert "A model feature: a larger value never raises the probability" in text
