"""A declaration says what another company's extract holds, and what it lets through."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from churn.errors import WrongUsage
from churn.intake.declaring import read_extract_form, refuse_unreviewed, refuse_without_label
from churn.intake.extract_form import ExtractForm
from churn.intake.reading import open_batches
from churn.intake.screening import Screened, screen_rows

DAY = date(2026, 11, 14)
CORE = """
[extract]
reviewed_by = "Ann, 2026-11-14"
{extract}
[core]
who = {who}
value = {value}
since = {since}
[churn]
left = {left}
"""
USUAL = {
    "extract": "",
    "who": '"account"',
    "value": '"fee"',
    "since": '{ tenure = "months" }',
    "left": '{ flag = "gone", words = ["J"], stayed = ["N"] }',
}


def declare(folder: Path, columns: str = "", **parts: str) -> ExtractForm:
    path = folder / "extract.toml"
    path.write_text(CORE.format(**USUAL | parts) + columns, encoding="utf-8")
    return read_extract_form(path)


def screen(folder: Path, text: str, mapping: ExtractForm) -> Screened:
    path = folder / "extract.csv"
    path.write_text(text, encoding="utf-8")
    with open_batches(path, path.name, mapping, 10**6) as opened:
        (batch,) = opened.batches
        return screen_rows(batch, opened.header, mapping, snapshot_date=DAY)


def test_five_facts_are_an_extract(tmp_path: Path) -> None:
    taken = screen(tmp_path, "account,fee,months,gone\n17,45.90,8,N\n18,0,12,J\n19,-10,3,N\n", declare(tmp_path))
    assert taken.accepted.to_dicts() == [
        {"customer_id": "17", "tenure": 8, "monthly_charges": 45.9, "churn": "No"},
        {"customer_id": "18", "tenure": 12, "monthly_charges": 0.0, "churn": "Yes"},
        {"customer_id": "19", "tenure": 3, "monthly_charges": -10.0, "churn": "No"},
    ]


def test_a_number_of_two_columns_is_joined_and_never_half_blank(tmp_path: Path) -> None:
    mapping = declare(tmp_path, who='["customer", "subscription"]')
    taken = screen(tmp_path, "customer,subscription,fee,months,gone\n17,1,5,8,N\n17,2,6,8,N\n18,,6,8,N\n", mapping)
    assert taken.accepted["customer_id"].to_list() == ["17/1", "17/2"]
    assert taken.rejected["reasons"].to_list() == [
        ["customer_id_present: customer_id must not be blank, found nothing"]
    ]


def test_without_a_number_every_row_is_a_customer(tmp_path: Path) -> None:
    taken = screen(tmp_path, "fee,months,gone\n5,8,N\n5,8,N\n", declare(tmp_path, who='"row"'))
    assert taken.accepted["customer_id"].to_list() == ["row 2", "row 3"]


@pytest.mark.parametrize(
    ("numbers", "cells", "value"),
    [
        ("", "39.90,6", 45.9),
        ('numbers = "1\'234.50"', "1'039.90,6", 1045.9),
        ('numbers = "1234.50 €"', "39.90 €,6", 45.9),
    ],
)
def test_a_value_of_several_columns_is_their_sum(tmp_path: Path, numbers: str, cells: str, value: float) -> None:
    mapping = declare(tmp_path, value='["basic", "options"]', extract=numbers)
    taken = screen(tmp_path, f"account,basic,options,months,gone\n17,{cells},8,N\n18,39.90,many,8,N\n", mapping)
    assert taken.accepted["monthly_charges"].to_list() == [value]
    assert "found many" in taken.rejected["reasons"][0][0]


@pytest.mark.parametrize(("start", "months"), [("15.03.2024", 31), ("14.03.2024", 32), ("14.11.2026", 0)])
def test_a_start_date_gives_the_months(tmp_path: Path, start: str, months: int) -> None:
    mapping = declare(tmp_path, since='{ start_date = "since", format = "%d.%m.%Y" }')
    taken = screen(tmp_path, f"account,fee,since,gone\n17,5,{start},N\n", mapping)
    assert taken.accepted["tenure"].to_list() == [months]


def test_a_start_after_the_extract_is_rejected(tmp_path: Path) -> None:
    mapping = declare(tmp_path, since='{ start_date = "since" }')
    taken = screen(tmp_path, "account,fee,since,gone\n17,5,2027-01-01,N\n18,5,soon,N\n", mapping)
    assert [reasons[0].split(":")[0] for reasons in taken.rejected["reasons"]] == [
        "tenure_at_least_0",
        "tenure_whole_number",
    ]


@pytest.mark.parametrize(
    ("left", "cell", "label"),
    [
        ('{ flag = "gone", words = ["Churned"] }', "churned", "Yes"),
        ('{ flag = "gone", words = ["Churned"] }', "Joined", "No"),
        ('{ end_date = "gone", format = "%d.%m.%Y" }', "10.11.2026", "Yes"),
        ('{ end_date = "gone", format = "%d.%m.%Y" }', "21.11.2026", "No"),
        ('{ end_date = "gone", format = "%d.%m.%Y" }', "31.12.9999", "No"),
        ('{ end_date = "gone", format = "%d.%m.%Y" }', "", "No"),
        ('{ inactive = "gone", days = 60 }', "2026-09-14", "Yes"),
        ('{ inactive = "gone", days = 60 }', "2026-09-15", "No"),
    ],
)
def test_who_left_is_told_by_words_dates_or_silence(tmp_path: Path, left: str, cell: str, label: str) -> None:
    taken = screen(tmp_path, f"account,fee,months,gone\n17,5,8,{cell}\n", declare(tmp_path, left=left))
    assert taken.accepted["churn"].to_list() == [label]


def test_a_word_that_nobody_declared_is_no_label(tmp_path: Path) -> None:
    taken = screen(tmp_path, "account,fee,months,gone\n17,5,8,?\n18,5,8,\n", declare(tmp_path))
    assert [reasons[0] for reasons in taken.rejected["reasons"]] == [
        "churn_known: churn must be Yes or No, found ?",
        "churn_present: churn must not be blank, found nothing",
    ]


def test_extracts_of_active_customers_only_have_no_label(tmp_path: Path) -> None:
    mapping = declare(tmp_path, left="{ missing = true }")
    taken = screen(tmp_path, "account,fee,months\n17,5,8\n", mapping)
    assert taken.accepted["churn"].to_list() == ["No"]
    assert mapping.label_rules().left == "absence"


OWN = """
[columns.tickets]
type = "count"
blank = "zero"
[columns.nps]
type = "number"
[columns.usage]
type = "share"
[columns.roaming]
type = "flag"
words = { "mit" = "yes", "ohne" = "no" }
[columns.plan_name]
type = "word"
source = "Plan Name"
[columns.last_visit]
type = "date"
format = "%d.%m.%Y"
[columns.phone]
type = "word"
use = "none"
"""


def test_declared_columns_come_in_typed(tmp_path: Path) -> None:
    header = "account,fee,months,gone,tickets,nps,usage,roaming,PLAN_name,last_visit,phone\n"
    rows = "17,5,8,N,,7.5,25%,mit,Pro,01.11.2026,079 1\n18,5,8,N,3,,0.5,ohne,NULL,,079 2\n"
    taken = screen(tmp_path, header + rows, declare(tmp_path, OWN))
    assert taken.accepted.drop("customer_id", "tenure", "monthly_charges", "churn").to_dicts() == [
        {"tickets": 0, "nps": 7.5, "usage": 0.25, "roaming": True, "plan_name": "Pro", "last_visit": date(2026, 11, 1)},
        {"tickets": 3, "nps": None, "usage": 0.5, "roaming": False, "plan_name": None, "last_visit": None},
    ]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ("1.5,7,0,mit,Pro,01.11.2026", "tickets_whole_number"),
        ("-1,7,0,mit,Pro,01.11.2026", "tickets_at_least_0"),
        ("1,seven,0,mit,Pro,01.11.2026", "nps_number"),
        ("1,7,much,mit,Pro,01.11.2026", "usage_share"),
        ("1,7,0,vielleicht,Pro,01.11.2026", "roaming_yes_or_no"),
        (f"1,7,0,mit,{'P' * 101},01.11.2026", "plan_name_length"),
        ("1,7,0,mit,Pro,2026-11-01", "last_visit_date"),
    ],
)
def test_every_type_has_its_rule(tmp_path: Path, cells: str, rule: str) -> None:
    header = "account,fee,months,gone,tickets,nps,usage,roaming,Plan Name,last_visit\n"
    taken = screen(tmp_path, f"{header}17,5,8,N,{cells}\n", declare(tmp_path, OWN))
    assert [reason.split(":")[0] for reason in taken.rejected["reasons"][0]] == [rule]


def test_a_column_that_is_not_declared_is_kept_nowhere(tmp_path: Path) -> None:
    header = "account,fee,months,gone,phone,tickets,nps,usage,roaming,Plan Name,last_visit\n"
    taken = screen(tmp_path, f"{header}17,5,-8,N,079 1,,,,,,\n", declare(tmp_path, OWN))
    assert "079" not in str(taken.rejected.to_dicts())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("[columns.tickets]\n", "lacks its type"),
        ("[columns.Tickets]\ntype = 'count'\n", "small letters"),
        ("[columns.tenure_months]\ntype = 'count'\n", "call yours own_tenure_months"),
        ("[columns.tickets]\nshipped = true\n", "no column of the public sample"),
        ("[columns.partner]\nshipped = true\nnew_words = ['Perhaps']\n", "cannot have new words"),
        ("[columns.tickets]\ntype = 'integer'\n", "columns.tickets.type"),
        ("[columns.tickets]\ntype = 'count'\nsays = 'called {times}'\n", "{value}"),
        ("[columns.tickets]\ntype = 'count'\ndirection = 'up'\n", "columns.tickets.direction"),
        ("[columns.tickets]\ntype = 'count'\nsegment = true\n", "cannot be a segment"),
        ("[weather]\n", "weather"),
    ],
)
def test_a_wrong_entry_is_named_with_its_place(tmp_path: Path, columns: str, said: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        declare(tmp_path, columns)
    assert said in refused.value.fact


@pytest.mark.parametrize(
    "part",
    [
        {"left": '{ flag = "gone" }'},
        {"left": '{ flag = "gone", words = ["J"], missing = true }'},
        {"left": '{ inactive = "seen" }'},
        {"since": "{}"},
        {"since": '{ tenure = "a", start_date = "b" }'},
        {"who": "[]"},
        {"value": "[]"},
    ],
)
def test_a_core_that_says_too_little_or_too_much_is_refused(tmp_path: Path, part: dict[str, str]) -> None:
    with pytest.raises(WrongUsage):
        declare(tmp_path, **part)


def test_nobody_runs_a_declaration_that_nobody_reviewed(tmp_path: Path) -> None:
    path = tmp_path / "extract.toml"
    path.write_text(CORE.format(**USUAL).replace("Ann, 2026-11-14", " "), encoding="utf-8")
    with pytest.raises(WrongUsage, match="reviewed_by"):
        refuse_unreviewed(read_extract_form(path), path)


def test_where_every_row_is_a_customer_nobody_can_be_missing_from_a_later_extract(tmp_path: Path) -> None:
    extract_form = declare(tmp_path, who='"row"', left="{ missing = true }")
    with pytest.raises(WrongUsage, match="nobody can leave") as refused:
        refuse_without_label(extract_form, tmp_path / "extract.toml")
    assert "[churn] left" in refused.value.next_step


def test_shipped_columns_keep_their_rules_and_take_new_words(tmp_path: Path) -> None:
    columns = """
[columns.contract]
shipped = true
source = "Vertrag"
words = { "24 Monate" = "Two year" }
new_words = ["Prepaid"]
"""
    header = "account,fee,months,gone,Vertrag\n"
    rows = "17,5,8,N,24 Monate\n18,5,8,N,prepaid\n19,5,8,N,Prepaid\n20,5,8,N,Lifetime\n"
    taken = screen(tmp_path, header + rows, declare(tmp_path, columns))
    assert taken.accepted["contract"].to_list() == ["Two year", "Prepaid", "Prepaid"]
    assert taken.accepted.filter(pl.col("customer_id") == "20").is_empty()


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ('[columns.age]\ntype = "count"\nuse = "fairness"\nlever = true', "no model gets it"),
        ('[columns.reason]\ntype = "word"\nknown = "after leaving"\nlever = true', "no model gets it"),
        ('[columns.since]\ntype = "date"\nlever = true', "a date in the past cannot be changed"),
        ('[columns.edition]\ntype = "word"\nsays = "{value}"\nlever = true', "says needs words beside"),
        ("[columns.contract]\nshipped = true\nlever = true", "comes with the program"),
    ],
)
def test_what_nobody_can_change_is_no_lever(tmp_path: Path, column: str, why: str) -> None:
    with pytest.raises(WrongUsage, match=why):
        declare(tmp_path, column)


def test_a_lever_is_declared(tmp_path: Path) -> None:
    declared = declare(tmp_path, '[columns.care_calls]\ntype = "count"\nlever = true').declaration
    assert [column.is_lever for column in declared.columns] == [True]


def test_a_stated_reason_is_known_after_leaving_and_never_a_feature(tmp_path: Path) -> None:
    column = '[columns.why]\ntype = "word"\nknown = "after leaving"\nuse = "reason"\ngroups = { "too dear" = "price" }'
    declared = declare(tmp_path, column).declaration

    assert declared.reason_column == declared.columns[0]
    assert declared.columns[0].reason_groups == (("too dear", "price"),)
    assert "why" not in declared.features.names
    assert declared.stored == declared.columns


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ('[columns.why]\ntype = "word"\nuse = "reason"', "known = .after leaving"),
        ('[columns.why]\ntype = "count"\nknown = "after leaving"\nuse = "reason"', "type = .word"),
        ('[columns.why]\ntype = "word"\nknown = "after leaving"\ngroups = { a = "b" }', "use = .reason"),
        ("[columns.contract]\nshipped = true\nuse = 'reason'", "a column of your own can"),
        (
            '[columns.why]\ntype = "word"\nknown = "after leaving"\nuse = "reason"\n'
            '[columns.too]\ntype = "word"\nknown = "after leaving"\nuse = "reason"',
            "a second column of stated reasons beside why",
        ),
    ],
)
def test_a_column_that_cannot_give_stated_reasons_is_refused(tmp_path: Path, columns: str, why: str) -> None:
    with pytest.raises(WrongUsage, match=why):
        declare(tmp_path, columns)
