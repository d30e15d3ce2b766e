"""Reads the status: a published date, its figures and its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from churn.contracts.decisions import Interval, Promotion
from churn.contracts.statuses import Basis
from churn.errors import NotThere
from churn.learning.params import FAMILIES
from churn.settings import Settings
from churn.stack_note import find_stack
from churn.stores.ledgers import loads, promotions, withdrawals
from churn.stores.shown import figures
from churn.stores.shown.figures import FirstCall, Kpis
from churn.stores.shown.versions import require_version
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class CallList:
    """The customers for whom a contact is expected to pay, with the cost and the profit of these contacts in USD.

    Without a value a month they are the customers at risk, and the amounts are None.

    Attributes:
        seats: the contacts a day of the policy; None if it sets no limit.
        within_seats: the customers whom they reach; None without a limit.
        save_rate: the share of contacted leavers who stay, as the amounts take it.
        is_save_rate_measured: whether a campaign measured a share that agrees with it; else it is assumed.
    """

    customers: int
    cost_usd: float | None
    profit_usd: float | None
    seats: int | None = None
    within_seats: int | None = None
    within_seats_profit_usd: float | None = None
    save_rate: float | None = None
    is_save_rate_measured: bool = False


@dataclass(frozen=True)
class ScoringModel:
    """The model that gave the scores.

    Attributes:
        trained_as_of: the date of its examples.
        reasons: why the gate or a person decided as they did.
        test: its figures on the test part; the keys pr_auc, pr_auc_low and pr_auc_high are a value and its interval.
        candidates: the same figures of every family that was compared.
    """

    name: str
    version: int
    family: str
    trained_as_of: date
    reasons: tuple[str, ...]
    test: Mapping[str, float]
    candidates: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Status:
    """What is published: the document of `churn status --json`.

    Money is per year, and None if the extract has no value a month. Money and the average probability cover
    active customers only.

    Attributes:
        tiers: the active customers of each tier.
        tiers_from: the smallest probability of the tiers High and Medium; above 1 if nobody can reach the tier.
        horizon: within which time customers leave by the probabilities; None for the month that the extract covers.
        average_churn_probability: None without an active customer.
        currency: the currency of all money, whatever the names of the fields say.
        expected_annual_loss_usd: a year's revenue expected to leave within the horizon.
        expected_loss_12m_usd: the bills that are expected to be lost within 12 months; None if the label has no horizon
            of its own, as future_value_usd.
        source: the file of the extract.
        first_calls: the ten customers to call first.
        unseen_plans: the number of customers with a tariff that the training examples did not have.
        withdrawn: a sentence about each later date that a person withdrew; none where a date was asked for.
        stack: the addresses of the healthy services of the local stack; None if it is not running.
    """

    as_of_date: date
    customers: int
    active_customers: int
    at_risk_customers: int
    tiers: Mapping[str, int]
    tiers_from: Mapping[str, float]
    average_churn_probability: float | None
    revenue_at_risk_usd: float | None
    expected_annual_loss_usd: float | None
    horizon: str | None
    currency: str
    expected_leavers: float
    expected_loss_12m_usd: float | None
    future_value_usd: float | None
    list: CallList
    annual_revenue_usd: float | None
    basis: Basis
    source: str
    is_synthetic: bool
    model: ScoringModel
    first_calls: tuple[FirstCall, ...]
    unseen_plans: int
    published_at: datetime | None
    withdrawn: tuple[str, ...]
    stack: Mapping[str, str] | None


def read_status(workplace: Workplace, as_of_date: date | None = None, known_at: datetime | None = None) -> Status:
    """Returns the status of a published date (default: the latest) as readers saw it at a moment (default: now).

    Raises:
        NotPublished: the date is not published, or was not at that moment.
    """
    engine = workplace.engine
    version = require_version(engine, as_of_date, known_at)
    publication, kpis = version.publication, figures.read_kpis(engine, version)
    load = loads.find_load(engine, publication.load_id)
    return Status(
        as_of_date=publication.prediction_date,
        customers=kpis.customers_count,
        active_customers=kpis.active_customers_count,
        at_risk_customers=kpis.at_risk_customers_count,
        tiers={"high": kpis.high_count, "medium": kpis.medium_count, "low": kpis.low_count},
        tiers_from={"high": kpis.high_from, "medium": kpis.medium_from},
        average_churn_probability=kpis.average_churn_probability,
        revenue_at_risk_usd=kpis.revenue_at_risk_usd,
        expected_annual_loss_usd=kpis.expected_annual_loss_usd,
        horizon=publication.horizon,
        currency=publication.currency,
        expected_leavers=kpis.expected_leavers_count,
        expected_loss_12m_usd=kpis.expected_loss_12m_usd,
        future_value_usd=kpis.future_value_usd,
        list=_list(kpis),
        annual_revenue_usd=kpis.annual_revenue_usd,
        basis=publication.basis,
        source=load.source if load else "",
        is_synthetic=load is not None and load.origin == "synthetic",
        model=_describe(_require_decision(engine, publication.model_version)),
        first_calls=figures.read_first_calls(engine, version, 10),
        unseen_plans=figures.count_unseen_plans(engine, version),
        published_at=publication.published_at,
        withdrawn=_find_withdrawn(engine, publication.prediction_date) if not (as_of_date or known_at) else (),
        stack=_stack(workplace.settings),
    )


def _find_withdrawn(engine: "Engine", shown: date) -> tuple[str, ...]:
    return tuple(f"{held}." for day, held in withdrawals.find_held(engine).items() if day > shown)


def _list(kpis: Kpis) -> CallList:
    return CallList(
        customers=kpis.listed_customers_count,
        cost_usd=kpis.list_cost_usd,
        profit_usd=kpis.list_profit_usd,
        seats=kpis.seats_count,
        within_seats=kpis.within_seats_count,
        within_seats_profit_usd=kpis.within_seats_profit_usd,
        save_rate=kpis.save_rate,
        is_save_rate_measured=kpis.is_save_rate_measured,
    )


def _stack(settings: Settings) -> dict[str, str] | None:
    """Returns the addresses of the healthy services of the local stack; None if the stack is not running."""
    stack = find_stack(settings.home_dir)
    if stack is None:
        return None
    return {service.title: service.url for service in stack.services if service.is_well and service.url}


def _require_decision(engine: "Engine", version: int) -> Promotion:
    if (decision := promotions.find_decision(engine, version)) is not None:
        return decision
    raise NotThere(
        f"The ledger of decisions has no row for model version {version}.", "train a new model with `churn train`."
    )


def _describe(decision: Promotion) -> ScoringModel:
    # The evidence may hold further families, which are trained only for comparison. A status does not show them.
    shown = {*FAMILIES, decision.family}
    candidates = {
        family: _flat(figures.test) for family, figures in decision.evidence.candidates.items() if family in shown
    }
    return ScoringModel(
        name=decision.model_name,
        version=decision.model_version,
        family=decision.family,
        trained_as_of=decision.as_of_date,
        reasons=decision.reasons,
        test=candidates[decision.family],
        candidates=candidates,
    )


def _flat(intervals: Mapping[str, Interval]) -> dict[str, float]:
    """Turns {pr_auc: {value, low, high}} into the keys pr_auc, pr_auc_low and pr_auc_high."""
    flat: dict[str, float] = {}
    for name, interval in intervals.items():
        flat |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return flat
