"""Scores the customers of requests, and writes the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from churn.api.forms import Form
from churn.api.problems import Problem, WrongField
from churn.api.served import Served
from churn.contracts.features import PRICE_CHANGE
from churn.contracts.over_days import look_back
from churn.contracts.statuses import Basis
from churn.intake.extract_form import ExtractForm
from churn.intake.one_row import Row
from churn.intake.requests import take_in
from churn.scoring.one_customer import Values
from churn.scoring.reasons import WORD_COLUMNS
from churn.stores.rows.features import as_examples

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.features import CustomerFeatures

Answer = dict[str, Any]


def take_in_all(
    customers: Sequence[Mapping[str, Any]],
    form: Form,
    extract_form: ExtractForm,
    day: date,
    accept_new_words: bool,
    place: str = "",
) -> list[Row]:
    """Returns the rows of customers.

    Args:
        place: the name of the list in the request; empty for a request of one customer.

    Raises:
        Problem: a customer breaks a rule; it names every field and rule.
    """
    taken = take_in(customers, extract_form, day, accept_new_words)
    errors = [
        WrongField(_name_place(place, number, form.name_of(broken.column)), broken.rule, f"{broken.sentence}.")
        for number, one in enumerate(taken)
        for broken in one.broken
    ]
    if errors:
        raise Problem(
            422, "The request breaks rules of the extract.", "correct the fields that errors names.", errors[:100]
        )
    return [one.row for one in taken]


def _name_place(place: str, number: int, field: str) -> str:
    return ".".join(part for part in (place, str(number) if place else "", field) if part)


def score_one(served: Served, row: Row, basis: Basis, with_reasons: bool) -> Answer:
    """Returns the answer for one customer."""
    ((features, unknown),) = compute_all(served, [row])
    score = served.one.score(features, with_reasons)
    told = describe(served, row["snapshot_date"], basis)
    return {"customer_id": row["customer_id"], **asdict(score), "unknown_features": unknown, **told}


def compute_all(served: Served, rows: Sequence[Row]) -> list[tuple[Values, list[str]]]:
    """Returns for each customer the features, and the names of those that are not known.

    A change that is not known counts as none, as in the batch: there is no extract of about 30 days before, or it does
    not have the customer.
    """
    computed = [served.compute(row) for row in rows]
    found = _add_price_changes(served, rows, computed) if served.needs_history else [(one, []) for one in computed]
    return _add_past(served, rows, found) if served.looking_back else found


def _add_price_changes(
    served: Served, rows: Sequence[Row], computed: Sequence[Values]
) -> list[tuple[Values, list[str]]]:
    earlier = served.read_earlier(rows[0]["snapshot_date"], [row["customer_id"] for row in rows]) or {}
    found: list[tuple[Values, list[str]]] = []
    for row, features in zip(rows, computed, strict=True):
        before = earlier.get(row["customer_id"])
        now = features["monthly_charges"], features["price_above_list_usd"]
        change = before.change_until(*now) if before is not None else None
        found.append(({**features, PRICE_CHANGE: change or 0.0}, [] if change is not None else [PRICE_CHANGE]))
    return found


def _add_past(
    served: Served, rows: Sequence[Row], found: Sequence[tuple[Values, list[str]]]
) -> list[tuple[Values, list[str]]]:
    """Adds how the declared columns developed until today; what is not known is no 0, as in the batch."""
    stored = served.read_values(rows[0]["snapshot_date"], [row["customer_id"] for row in rows])
    completed: list[tuple[Values, list[str]]] = []
    for row, (features, unknown) in zip(rows, found, strict=True):
        own = stored.get(row["customer_id"], {})
        past = {
            one.name: look_back(one, [(0, features[one.column]), *own.get(one.column, [])])
            for one in served.looking_back
        }
        completed.append(({**features, **past}, unknown + [name for name, value in past.items() if value is None]))
    return completed


def score_many(served: Served, rows: Sequence[Row], basis: Basis) -> list[Answer]:
    """Returns the answers for customers, through `score_batch` and its contract."""
    computed = compute_all(served, rows)
    numbers = pl.Series("customer_id", [row["customer_id"] for row in rows])
    features = pl.DataFrame([_rename(one) for one, _ in computed], infer_schema_length=None).with_columns(numbers)
    words = [*served.one.words, *(name for name in features.columns if name.startswith("word_"))]
    features = features.with_columns(pl.col(words).cast(pl.String))
    examples = as_examples(features, served.scorer.wording.features)
    scores = served.scorer.score(cast("DataFrame[CustomerFeatures]", examples), served.one.tiers, served.one.value)
    told = describe(served, rows[0]["snapshot_date"], basis)
    return [
        {**{name: row[name] for name in _SHOWN}, "unknown_features": unknown, **told}
        for row, (_, unknown) in zip(scores.iter_rows(named=True), computed, strict=True)
    ]


_SHOWN = (
    *("customer_id", "churn_probability", "at_risk_flag", "risk_tier", "expected_annual_loss_usd"),
    *("expected_profit_usd", "has_unseen_plan", "is_active", "reasons"),
)


def _rename(features: Values) -> dict[str, Any]:
    return {**features, **{f"word_{name}": features[name] for name in WORD_COLUMNS}}


def describe(served: Served, day: date, basis: Basis) -> Answer:
    """Returns what an answer says about itself."""
    return {
        "prediction_date": day.isoformat(),
        "horizon": served.horizon,
        "basis": basis,
        "currency": served.currency,
        "model_version": served.version,
        "model_copy": served.scorer.why_copy,
        "is_synthetic": served.decision.evidence.is_synthetic,
    }
