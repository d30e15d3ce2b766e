"""What is true now: the last published date, its figures, its model."""

from datetime import date
from typing import TYPE_CHECKING, Any

from churn.errors import NotThere
from churn.learning.params import FAMILIES
from churn.settings import Settings
from churn.stack_note import find_stack
from churn.stores.ledgers import loads, promotions, publications
from churn.stores.postgres.database import open_engine
from churn.stores.rows import predictions
from churn.stores.shown import figures

if TYPE_CHECKING:
    from sqlalchemy import Engine


def read_status(settings: Settings, as_of_date: date | None = None) -> dict[str, Any]:
    """Returns the figures of a published date (the latest by default), read from the database.

    Money in USD a year, over active customers. The average probability is theirs too; None when nobody is active.

    Raises:
        NotPublished: readers see no such date.
    """
    engine = open_engine(settings)
    publication = publications.require_published(engine, as_of_date)
    kpis = figures.read_kpis(engine, publication.prediction_date)
    load = loads.find_load(engine, publication.load_id)
    source = load.source if load else ""
    return {
        "as_of_date": publication.prediction_date.isoformat(),
        "customers": kpis["customers_count"],
        "active_customers": kpis["active_customers_count"],
        "at_risk_customers": kpis["at_risk_customers_count"],
        "tiers": {"high": kpis["high_count"], "medium": kpis["medium_count"], "low": kpis["low_count"]},
        "average_churn_probability": kpis["average_churn_probability"],
        "revenue_at_risk_usd": float(kpis["revenue_at_risk_usd"]),
        "expected_annual_loss_usd": float(kpis["expected_annual_loss_usd"]),
        "annual_revenue_usd": float(kpis["annual_revenue_usd"]),
        "basis": publication.basis,
        "source": source,
        "is_synthetic": load is not None and load.origin == "synthetic",
        "model": _model(engine, publication.model_version),
        "first_calls": figures.read_first_calls(engine, publication.prediction_date, 10),
        "unseen_plans": predictions.count_unseen_plans(engine, publication.prediction_date),
        "published_at": publication.published_at.isoformat() if publication.published_at else None,
        "stack": _stack(settings),
    }


def _stack(settings: Settings) -> dict[str, str] | None:
    """Where the services of the local stack that are well answer; None while it is not up."""
    stack = find_stack(settings.home_dir)
    return {one.title: one.url for one in stack.services if one.is_well and one.url} if stack is not None else None


def _model(engine: "Engine", version: int) -> dict[str, Any]:
    decision = promotions.find_decision(engine, version)
    if decision is None:
        raise NotThere(f"The ledger has no decision on model version {version}.", "promote a model with `churn run`.")
    told = {*FAMILIES, decision.family}
    candidates = {
        family: _flat(found["test"]) for family, found in decision.evidence["candidates"].items() if family in told
    }
    return {
        "name": decision.model_name,
        "version": decision.model_version,
        "family": decision.family,
        "trained_as_of": decision.as_of_date.isoformat(),
        "reasons": decision.reasons,
        "test": candidates[decision.family],
        "candidates": candidates,
    }


def _flat(intervals: dict[str, dict[str, float]]) -> dict[str, float]:
    """Turns {pr_auc: {value, low, high}} into pr_auc, pr_auc_low, pr_auc_high."""
    flat: dict[str, float] = {}
    for name, interval in intervals.items():
        flat |= {name: interval["value"], f"{name}_low": interval["low"], f"{name}_high": interval["high"]}
    return flat
