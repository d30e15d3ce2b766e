from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from churn.dashboard import charts, markup
from churn.dashboard.glossary import FIGURES
from churn.dashboard.tableau import describe_source
from churn.dashboard.views.customer import find_changes
from churn.stores.postgres.catalogue import ColumnNote

HOSTILE = "<script>alert('1')</script>\"&"
DAY = date(2026, 3, 1)


def test_what_comes_from_data_is_escaped_wherever_it_is_drawn() -> None:
    columns = [*markup.name_columns("customer_id", "contract"), markup.Column("reasons", FIGURES["reasons"])]
    row = {"customer_id": HOSTILE, "contract": HOSTILE, "reasons": [HOSTILE]}
    drawn = (
        markup.draw_table("calls", HOSTILE, columns, [row])
        + markup.draw_pill(HOSTILE)
        + markup.draw_tier(HOSTILE)
        + markup.say(HOSTILE, HOSTILE)
        + markup.note(HOSTILE)
        + markup.draw_bar(HOSTILE, 2.0)
        + markup.draw_cards([markup.Card("a", FIGURES["contract"], HOSTILE, [HOSTILE])])
    )

    assert "<script" not in drawn
    assert 'href="customer?id=%3Cscript%3E' in drawn
    ElementTree.fromstring(f"<all>{drawn}</all>")


def test_what_stands_between_backticks_is_code() -> None:
    assert markup.say("No day.", "run `churn run`.").endswith("run <code>churn run</code>.</div>")


def make_rows(*days: int, **changes: Any) -> list[dict[str, Any]]:
    return [{"prediction_date": DAY + timedelta(days=day), "model_version": 1} | changes for day in days]


def test_days_without_an_extract_are_gaps() -> None:
    assert charts.find_gaps(make_rows(0, 1, 4)) == [(DAY + timedelta(days=2), DAY + timedelta(days=3))]
    assert charts.find_gaps(make_rows(0, 7, 14), "week") == []


def test_a_new_model_is_told_on_its_first_day() -> None:
    rows = [*make_rows(0, 1), *make_rows(2, 3, model_version=2)]

    assert charts.find_model_changes(rows) == [{"day": DAY + timedelta(days=2), "model": "model 2"}]


def test_what_changed_for_a_customer_is_told_from_what_to_what() -> None:
    before = {
        **dict.fromkeys(("internet_service", "payment_method", "has_online_security", "has_tech_support"), None),
        "prediction_date": DAY,
        "contract": "One year",
        "monthly_charges": 50.0,
        "services_count": 3,
        "risk_tier": "Low",
        "churn_probability": 0.3,
        "model_version": 1,
        "is_active": True,
    }
    after = before | {"prediction_date": DAY + timedelta(days=1), "monthly_charges": 60.0, "churn_probability": 0.42}

    assert find_changes([before, before, after]) == [
        {"day": "2026-03-02", "what": "Monthly charge: $50.00 to $60.00", "move": "+12.0 pp"}
    ]


@pytest.mark.parametrize(
    ("address", "server", "port", "database"),
    [
        ("postgresql://ana:secret@db.example.com:6543/telco", "db.example.com", "6543", "telco"),
        ("postgresql://db.example.com/telco?sslmode=require", "db.example.com", "5432", "telco"),
    ],
)
def test_a_tableau_source_says_where_and_never_who(address: str, server: str, port: str, database: str) -> None:
    columns = [ColumnNote("model_version", "integer", "Its version")]
    source = describe_source(address, "kpi_daily", columns)
    (connection,) = source.iter("named-connection")
    found = connection[0].attrib

    assert (found["server"], found["port"], found["dbname"]) == (server, port, database)
    assert "secret" not in ElementTree.tostring(source, encoding="unicode")
    assert found["username"] == ""
    assert source.find("column").get("role") == "dimension"  # type: ignore[union-attr]
