"""Reads the status: a published date, its figures and its model."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from churn.contracts.decisions import Interval
from churn.errors import NotThere
from churn.learning.params import FAMILIES
from churn.settings import Settings
from churn.stack_note import find_stack
from churn.stores.ledgers import loads, promotions, publications
from churn.stores.rows import predictions
from churn.stores.shown import figures
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine


def read_status(workplace: Workplace, as_of_date: date | None = None) -> dict[str, Any]:
    """Returns the figures of a published date (default: the latest), read from the database.

    Money is in USD per year. Money and the average probability cover active customers only; without an active customer
    the average is None.

    Raises:
        NotPublished: the date is not published.
    """
    engine = workplace.engine
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
        "tiers_from": {"high": kpis["high_from"], "medium": kpis["medium_from"]},
        "average_churn_probability": kpis["average_churn_probability"],
        "revenue_at_risk_usd": float(kpis["revenue_at_risk_usd"]),
        "expected_annual_loss_usd": float(kpis["expected_annual_loss_usd"]),
        "list": {
            "customers": kpis["listed_customers_count"],
            "cost_usd": float(kpis["list_cost_usd"]),
            "profit_usd": float(kpis["list_profit_usd"]),
        },
        "annual_revenue_usd": float(kpis["annual_revenue_usd"]),
        "basis": publication.basis,
        "source": source,
        "is_synthetic": load is not None and load.origin == "synthetic",
        "model": _model(engine, publication.model_version),
        "first_calls": figures.read_first_calls(engine, publication.prediction_date, 10),
        "unseen_plans": predictions.count_unseen_plans(engine, publication.prediction_date),
        "published_at": publication.published_at.isoformat() if publication.published_at else None,
        "stack": _stack(workplace.settings),
    }


def _stack(settings: Settings) -> dict[str, str] | None:
    """Returns the addresses of the healthy services of the local stack; None if the stack is not running."""
    stack = find_stack(settings.home_dir)
    if stack is None:
        return None
    return {service.title: service.url for service in stack.services if service.is_well and service.url}


def _model(engine: "Engine", version: int) -> dict[str, Any]:
    decision = promotions.find_decision(engine, version)
    if decision is None:
        raise NotThere(
            f"The ledger of decisions has no row for model version {version}.", "train a new model with `churn train`."
        )
    # The evidence may hold further families, which are trained only for comparison. A status does not show them.
    shown = {*FAMILIES, decision.family}
    candidates = {
        family: _flat(figures.test) for family, figures in decision.evidence.candidates.items() if family in shown
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


def _flat(intervals: Mapping[str, Interval]) -> dict[str, float]:
    """Turns {pr_auc: {value, low, high}} into the keys pr_auc, pr_auc_low and pr_auc_high."""
    flat: dict[str, float] = {}
    for name, interval in intervals.items():
        flat |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return flat
