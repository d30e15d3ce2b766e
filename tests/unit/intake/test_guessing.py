"""`churn init` guesses a declaration that a person can then review: what it guesses, and what it never shows."""

import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn.errors import ContractBroken, WrongUsage
from churn.intake.declaring import read_extract_form, refuse_unreviewed
from churn.intake.draft import ColumnGuess, Draft
from churn.intake.draft_file import write_draft
from churn.intake.extract_form import ExtractForm
from churn.intake.guessing import guess_declaration
from churn.intake.profiling import profile_file
from churn.reporting.checking import Check, check_extract
from churn.settings import load_settings

ROWS = 60
LEFT = random.Random(5).sample([True] * 20 + [False] * 40, ROWS)


def draft(folder: Path, columns: dict[str, list[str]], encoding: str = "utf-8", separator: str = ";") -> Draft:
    path = folder / "extract.csv"
    lines = [separator.join(columns), *(separator.join(cells) for cells in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding=encoding, newline="")
    return guess_declaration(profile_file(path, path.name, 10**8))


def read_back(folder: Path, guessed: Draft, reviewed: bool = True) -> ExtractForm:
    path = folder / "extract.toml"
    text = write_draft(guessed)
    assert text.count('reviewed_by = ""') == 1
    path.write_text(text.replace('reviewed_by = ""', 'reviewed_by = "Ann"') if reviewed else text, encoding="utf-8")
    return read_extract_form(path)


def check(folder: Path) -> Check:
    return check_extract(load_settings(), str(folder / "extract.csv"), folder / "extract.toml")


def core(**more: list[str]) -> dict[str, list[str]]:
    """Returns an extract of 60 customers with the five facts, and more columns."""
    dice = random.Random(4)
    return {
        "Kundennummer": [f"K{row:04}" for row in range(ROWS)],
        "Grundpreis": [f"{20 + row},90" for row in range(ROWS)],
        "Abgewandert": ["J" if left else "N" for left in LEFT],
        **more,
    } | {"Tenure Monate": [str(dice.randint(1, 70)) for _ in range(ROWS)]}


def guess_one(folder: Path, name: str, cells: list[str]) -> ColumnGuess:
    guessed = draft(folder, core(**{name: cells}))
    read_back(folder, guessed)
    return next(column for column in guessed.columns if column.source == name)


def repeat(*words: str) -> list[str]:
    return [words[row * 7 % len(words)] for row in range(ROWS)]


def test_the_five_facts_are_found_and_the_draft_takes_the_whole_file(tmp_path: Path) -> None:
    guessed = draft(tmp_path, core())
    mapping = read_back(tmp_path, guessed)
    assert mapping.declaration.core is not None
    assert mapping.declaration.core.who == ("Kundennummer",)
    assert mapping.declaration.core.value == ("Grundpreis",)
    assert mapping.declaration.core.tenure == "Tenure Monate"
    assert (mapping.declaration.core.left.words, mapping.declaration.core.left.stayed_words) == (("J",), ("N",))
    checked = check(tmp_path)
    assert (checked.rows, checked.rejected, checked.refusals) == (ROWS, 0, [])


def test_nobody_runs_a_draft_before_it_is_reviewed(tmp_path: Path) -> None:
    mapping = read_back(tmp_path, draft(tmp_path, core()), reviewed=False)
    with pytest.raises(WrongUsage, match="reviewed_by"):
        refuse_unreviewed(mapping, tmp_path / "extract.toml")


@pytest.mark.parametrize(
    ("name", "cells", "kind", "use"),
    [
        ("care calls", repeat("0", "3", "17"), "count", "model"),
        ("margin", repeat("-1,5", "3,25", "17"), "number", "model"),
        ("overdue amount", repeat("1,5", "3,25", "17"), "money", "model"),
        ("roaming", repeat("ja", "nein"), "flag", "model"),
        ("roaming", repeat("1", "0"), "flag", "model"),
        ("roaming", repeat("true", "false"), "flag", "model"),
        ("tariff plan", repeat("1", "2", "3"), "word", "model"),
        ("branch", repeat("007", "010"), "word", "model"),
        ("region", repeat("Nord", "Süd", "Ost"), "word", "model"),
        ("last visit", repeat("01.02.2026", "28.02.2026"), "date", "show"),
        ("country", ["CH"] * ROWS, "word", "none"),
        ("unused", [""] * ROWS, "word", "none"),
        ("age", repeat("31", "47"), "count", "fairness"),
        ("Geschlecht", repeat("w", "m"), "word", "fairness"),
        ("nationality", repeat("CH", "IT"), "word", "fairness"),
        ("Geburtsjahr", repeat("1980", "1999"), "count", "fairness"),
        ("Vorname", repeat("Ann", "Bo"), "word", "none"),
        ("name", repeat("Ann", "Bo"), "word", "none"),
        ("E-Mail", [f"c{row}@example.com" for row in range(ROWS)], "word", "none"),
        ("reached by", [f"c{row}@example.com" for row in range(ROWS)], "word", "none"),
        ("reached by", [f"+41 79 555 {row:04}" for row in range(ROWS)], "word", "none"),
        ("latitude", [f"47,{row}" for row in range(ROWS)], "number", "none"),
        ("PLZ", repeat("8001", "3000"), "count", "none"),
        ("remarks", repeat("x" * 120, "y"), "word", "none"),
        ("churn score", repeat("1", "2", "99"), "count", "show"),
        ("why", ["price" if left else "" for left in LEFT], "word", "show"),
        ("gone", ["1" if left else "0" for left in LEFT], "flag", "none"),
    ],
)
def test_a_column_gets_its_type_and_its_use(tmp_path: Path, name: str, cells: list[str], kind: str, use: str) -> None:
    guess = guess_one(tmp_path, name, cells)
    assert (guess.type, guess.use) == (kind, use)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Nachname", repeat("Muster", "Beispiel")),
        ("contact", [f"person{row}@example.com" for row in range(ROWS)]),
        ("mobile", [f"079 555 {row:04}" for row in range(ROWS)]),
        ("Adresse", repeat("Langstrasse 1", "Kurzweg 2")),
        ("Notiz", repeat("will zur Konkurrenz", "zufrieden")),
        ("Konfession", repeat("katholisch", "keine")),
    ],
)
def test_words_of_personal_or_sensitive_columns_are_never_shown(tmp_path: Path, name: str, cells: list[str]) -> None:
    text = write_draft(draft(tmp_path, core(**{name: cells})))
    assert [cell for cell in cells if cell in text] == []
    assert "K0001" not in text  # nor a customer number


def test_each_guess_has_a_comment_that_says_why(tmp_path: Path) -> None:
    text = write_draft(draft(tmp_path, core(region=repeat("Nord", "Ost"))))
    assert text.count("# guess: ") == 7 + len(tomllib.loads(text)["columns"])
    assert '# 0.0% blank, 2 distinct values, such as "Nord", "Ost", ROC-AUC alone 0.' in text


@pytest.mark.parametrize(
    ("words", "left", "stayed"),
    [
        (("Stayed", "Churned", "Joined"), ("Churned",), {"Stayed", "Joined"}),
        (("True", "False"), ("True",), {"False"}),
        (("1", "0"), ("1",), {"0"}),
        (("ja", "nein"), ("ja",), {"nein"}),
        (("Attrited Customer", "Existing Customer"), ("Attrited Customer",), {"Existing Customer"}),
        (("active", "closed", "cancelled"), ("cancelled", "closed"), {"active"}),
        (("J", ""), ("J",), {""}),
    ],
)
def test_the_words_of_the_label_are_listed(
    tmp_path: Path, words: tuple[str, ...], left: tuple[str, ...], stayed: set[str]
) -> None:
    guessed = draft(tmp_path, core() | {"Abgewandert": repeat(*words)})
    assert (tuple(sorted(guessed.left.words)), set(guessed.left.stayed)) == (left, stayed)
    read_back(tmp_path, guessed)
    assert check(tmp_path).rejected == 0


def test_without_a_flag_a_leaving_date_is_the_label_and_without_that_absence(tmp_path: Path) -> None:
    columns = core(Vertragsende=["31.10.2026" if left else "" for left in LEFT])
    del columns["Abgewandert"]
    guessed = draft(tmp_path, columns)
    assert (guessed.left.end_date, guessed.left.date_format) == ("Vertragsende", "%d.%m.%Y")
    assert guessed.leavers == pytest.approx(1 / 3)
    del columns["Vertragsende"]
    read_back(tmp_path, guessed := draft(tmp_path, columns))
    assert guessed.left.columns == ()
    assert "left = { missing = true }" in write_draft(guessed)


def test_two_columns_are_the_customer_number_if_only_both_differ(tmp_path: Path) -> None:
    customers, contracts = [f"K{row // 2}" for row in range(ROWS)], [str(row % 2 + 1) for row in range(ROWS)]
    guessed = draft(tmp_path, core(**{"contract id": contracts}) | {"Kundennummer": customers})
    assert guessed.who.columns == ("Kundennummer", "contract id")


def test_repeated_customer_numbers_are_counted(tmp_path: Path) -> None:
    guessed = draft(tmp_path, core() | {"Kundennummer": [f"K{row % 50}" for row in range(ROWS)]})
    assert guessed.who.columns == ()
    assert 'who = "row"' in write_draft(guessed)
    assert "10 of its values stand in several rows" in guessed.who.why


def test_a_phone_number_is_a_customer_number_only_with_a_warning(tmp_path: Path) -> None:
    columns = core(phone=[f"079 555 {row:04}" for row in range(ROWS)])
    del columns["Kundennummer"]
    guessed = draft(tmp_path, columns)
    assert guessed.who.columns == ("phone",)
    assert "personal data" in guessed.who.why


def test_charges_of_several_kinds_are_summed_as_the_value_a_month(tmp_path: Path) -> None:
    kinds = {f"total {kind} charge": [f"{row},5" for row in range(ROWS)] for kind in ("day", "night", "intl")}
    columns = core(**kinds)
    del columns["Grundpreis"]
    assert draft(tmp_path, columns).value.columns == tuple(kinds)


@pytest.mark.parametrize(
    ("name", "cells", "unit"),
    [
        ("tenure in days", repeat("900", "40"), "days"),
        ("tenure", repeat("2160", "40"), "days"),
        ("tenure", repeat("21", "40"), "months"),
        ("Vertragsdauer Jahre", repeat("1", "4"), "years"),
    ],
)
def test_the_unit_of_the_tenure_is_read_or_asked(tmp_path: Path, name: str, cells: list[str], unit: str) -> None:
    columns = {name: cells, **core()}
    del columns["Tenure Monate"]
    assert draft(tmp_path, columns).since.unit == unit


@pytest.mark.parametrize("name", ["customer since", "Beginn", "tenure", "registration date"])
def test_a_start_date_stands_for_the_tenure(tmp_path: Path, name: str) -> None:
    columns = core(**{name: repeat("2024-02-03", "2025-11-30")})
    del columns["Tenure Monate"]
    guessed = draft(tmp_path, columns)
    assert (guessed.since.start_date, guessed.since.date_format) == (name, "%Y-%m-%d")
    read_back(tmp_path, guessed)
    assert check(tmp_path).rejected == 0


@pytest.mark.parametrize(
    ("cells", "numbers", "currency"),
    [
        (("45,90", "1044,00"), "1234,50", "USD"),
        (("45,90", "1.044,00"), "1.234,50", "USD"),
        (("45,90 €", "1.044,00 €"), "1.234,50€", "EUR"),
        (("CHF 45.90", "CHF 1'044.00"), "CHF1'234.50", "CHF"),
        (("$45.90", "$1,044.00"), "$1,234.50", "USD"),
        (("45.90", "1044.00"), None, "USD"),
    ],
)
def test_the_form_of_numbers_and_the_currency_are_found(
    tmp_path: Path, cells: tuple[str, ...], numbers: str | None, currency: str
) -> None:
    mapping = read_back(tmp_path, draft(tmp_path, core() | {"Grundpreis": repeat(*cells)}))
    assert (mapping.numbers, mapping.declaration.currency) == (numbers, currency)
    assert check(tmp_path).rejected == 0


def test_a_file_that_is_not_utf_8_gets_its_encoding(tmp_path: Path) -> None:
    columns = core(Straßenart=repeat("Gässli", "Weg"))
    assert read_back(tmp_path, draft(tmp_path, columns, "latin-1")).encoding == "iso8859-1"
    columns = core(sign=repeat("€", "-"))
    assert read_back(tmp_path, draft(tmp_path, columns, "cp1252")).encoding == "cp1252"
    assert check(tmp_path).rejected == 0


def test_columns_of_the_public_sample_keep_their_meaning_if_their_words_fit(tmp_path: Path) -> None:
    mapping = read_back(
        tmp_path,
        draft(
            tmp_path,
            core(
                CONTRACT=repeat("one year", "Two year", "Month-to-month", "Prepaid"),
                Partner=repeat("1", "0"),
                Dependents=repeat("Yes", "No", ""),
                SeniorCitizen=repeat("Yes", "No"),
                InternetService=repeat("Yes", "No"),
                Gender=repeat("Male", "Female", "Diverse"),
            ),
        ),
    )
    assert mapping.declaration.shipped == ("senior_citizen", "partner", "contract")
    assert mapping.declaration.new_words == (("contract", "Prepaid"),)
    own = {column.source: (column.name, column.type, column.use) for column in mapping.declaration.columns}
    assert own["Dependents"] == ("own_dependents", "flag", "fairness")
    assert own["InternetService"] == ("own_internet_service", "flag", "model")
    assert own["Gender"] == ("own_gender", "word", "fairness")
    assert check(tmp_path).rejected == 0


def test_a_file_without_value_or_tenure_gets_a_declaration_without_them(tmp_path: Path) -> None:
    guessed = draft(tmp_path, {"colour": repeat("red", "blue"), "shape": repeat("round", "square")})
    assert '# value = "COLUMN"' in write_draft(guessed)
    declaration = read_back(tmp_path, guessed).declaration
    assert (declaration.has_value, declaration.has_tenure) == (False, False)
    assert declaration.extract_columns == ("customer_id", "churn")
    assert declaration.features.names == ("colour", "shape")
    assert (check(tmp_path).rejected, check(tmp_path).refusals) == (0, [])


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="no rows"):
        draft(tmp_path, {name: [] for name in core()})


HEADERS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters='";\n\r\0', exclude_categories=["Cs"]), min_size=1, max_size=60),
        st.sampled_from(["tenure", "select", "Customer ID", "churn", "row", "1", "#0", "__", "Ä Ö", "a\\b", "x" * 300]),
    ),
    min_size=1,
    max_size=12,
)
CELLS = st.sampled_from(
    ["", "1", "0", "yes", "No", "a'b", "\\", "45,90 €", "2026-01-01", "12%", "null", "é", "\x7f", "#"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=HEADERS, data=st.data())
def test_any_file_gets_a_declaration_that_reads_back(tmp_path: Path, names: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    path = tmp_path / "odd.csv"
    path.write_text("\n".join([";".join(names), *(";".join(row) for row in rows)]) + "\n", "utf-8", newline="")
    try:
        profile = profile_file(path, path.name, 10**6)
    except ContractBroken:  # The reader refuses a header that it cannot split, before anything is guessed.
        return
    guessed = guess_declaration(profile)
    mapping = read_back(tmp_path, guessed)
    declared = {*mapping.declaration.core_sources.values(), *mapping.columns.values()}
    declared |= {column.source for column in mapping.declaration.columns}
    named = {column.source for column in profile.columns}
    assert declared == named


def test_one_column_that_says_why_customers_left_gives_the_stated_reasons(tmp_path: Path) -> None:
    stated = [["price", "moved", "service"][place % 3] if left else "" for place, left in enumerate(LEFT)]
    columns = {
        "account": [f"A{number:03d}" for number in range(ROWS)],
        "churn": ["yes" if left else "no" for left in LEFT],
        "Churn Reason": stated,
        "second reason": stated,
        "left in": ["spring" if left else "" for left in LEFT],
    }
    guessed = draft(tmp_path, columns)
    uses = {column.source: column.use for column in guessed.columns}

    assert (uses["Churn Reason"], uses["second reason"]) == ("reason", "show")
    declaration = read_back(tmp_path, guessed).declaration
    assert declaration.reason_column is not None
    assert declaration.reason_column.source == "Churn Reason"
    assert not declaration.reason_column.is_known_at_snapshot
