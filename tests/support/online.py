"""Customers of an extract, one by one through the online door, beside the scores that the batch has stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from fastapi.testclient import TestClient

from churn.api.following import Follower
from churn.api.forms import Form
from churn.api.guard import Guard
from churn.api.keys import load_keys
from churn.api.routes import build_routes
from churn.api.scoring import score_many, score_one, take_in_all
from churn.settings import Settings
from tests.conftest import DAY
from tests.support.declared import ask_rows

SCORED = ("churn_probability", "at_risk_flag", "risk_tier", "expected_annual_loss_usd", "expected_profit_usd")
HOST = "127.0.0.1:8600"


def read_requests(form: Form, extract: Path, **reading: Any) -> list[dict[str, Any]]:
    """The rows of a CSV file as bodies of requests."""
    rows = pl.read_csv(extract, infer_schema=False, **reading)
    kinds = {field.alias: str(field.annotation) for field in form.model.model_fields.values()}
    wanted = {name: kinds[name] for name in rows.columns if name in kinds}
    return [{name: _as_json(row[name], kind) for name, kind in wanted.items()} for row in rows.to_dicts()]


def _as_json(cell: str | None, kind: str) -> Any:
    if cell is None or not cell.strip():
        return None
    if "str" in kind:
        return cell
    return float(cell) if "float" in kind else int(cell)


def score_online(settings: Settings, extract: Path, day: date = DAY, every: int = 1) -> list[dict[str, Any]]:
    """The answers of the batch route for every row of an extract; every so many rows alone have the same answer."""
    follower = Follower(settings)
    follower.look()
    served = follower.require()
    form = follower.form
    bodies = [form.values_of(form.model.model_validate(body)) for body in read_requests(form, extract)]
    rows = take_in_all(bodies, form, follower.extract_form, day, accept_new_words=False, place="customers")
    alone = [score_one(served, row, "live", with_reasons=True) for row in rows[::every]]
    together = [
        one for start in range(0, len(rows), 1_000) for one in score_many(served, rows[start : start + 1_000], "live")
    ]
    for one, other in zip(alone, together[::every], strict=True):
        assert set(one) == set(other)
        assert {name: one[name] for name in one if name not in SCORED} == {
            name: other[name] for name in other if name not in SCORED
        }
        assert_same_score(one, other)
    follower.stop()
    return together


def assert_same_score(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Probability, flag, tier and reasons are the very same; money to its last bits, whose order of sums may differ."""
    for name in ("churn_probability", "at_risk_flag", "risk_tier", "reasons"):
        assert one[name] == other[name], (one["customer_id"], name, one[name], other[name])
    for name in ("expected_annual_loss_usd", "expected_profit_usd"):
        here, there = one[name], other[name]
        assert here is there or abs(here - there) <= 1e-9 * max(1.0, abs(there)), (
            one["customer_id"],
            name,
            here,
            there,
        )


def stored_scores(settings: Settings, day: date = DAY) -> dict[str, dict[str, Any]]:
    """The stored scores of a date by customer."""
    query = (
        f"SELECT customer_id, reasons, {', '.join(SCORED)} FROM analytics.predictions WHERE prediction_date = '{day}'"
    )
    return {str(row["customer_id"]): row for row in ask_rows(settings, query)}


def check_same_as_batch(settings: Settings, extract: Path, day: date = DAY, every: int = 1) -> int:
    """Holds every online score of an extract equal to the stored one. Returns their number."""
    stored = stored_scores(settings, day)
    online = score_online(settings, extract, day, every)
    assert len(online) == len(stored)
    for answer in online:
        assert_same_score(answer, stored[answer["customer_id"]])
    return len(online)


@contextmanager
def serving(settings: Settings, **options: Any) -> Iterator[TestClient]:
    """A client of the API with the key of the home, over the whole stack of routes and guard."""
    from churn.api.keys import ensure_key

    follower = Follower(settings, pause_seconds=0.2)
    rate = options.pop("requests_per_second", 10_000)
    guard = Guard(build_routes(follower), load_keys(settings), frozenset({HOST}), rate)
    key = {"Authorization": f"Bearer {ensure_key(settings.home_dir)}"}
    with TestClient(guard, base_url=f"http://{HOST}", headers=key, raise_server_exceptions=False, **options) as client:  # type: ignore[arg-type]
        client.follower = follower  # type: ignore[attr-defined]
        yield client
