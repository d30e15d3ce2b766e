"""Describes the publication that the scores of a date will have: everything that decides them, and how to read them."""

from datetime import date

from churn.contracts.models import MODEL_NAME
from churn.contracts.statuses import Basis
from churn.economics.offers import count_seats, load_contact_policy
from churn.economics.policies import load_policies
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions
from churn.stores.ledgers.campaigns import find_measured_save_rate
from churn.stores.ledgers.loads import Load
from churn.stores.ledgers.publications import Publication
from churn.stores.workplace import Workplace
from churn.timeline import now_utc


def describe_publication(
    workplace: Workplace, as_of_date: date, basis: Basis, model_version: int, run_id: str
) -> Publication:
    """Returns the publication that the scores of a date will have, with all their inputs.

    Raises:
        NotLoaded: no extract of the date is loaded.
    """
    load = loads.require_load(workplace.engine, as_of_date)
    return describe_from_load(workplace, load, as_of_date, basis, model_version, run_id)


def describe_from_load(
    workplace: Workplace, load: Load, as_of_date: date, basis: Basis, model_version: int, run_id: str
) -> Publication:
    """Returns the publication of a date whose features come from a load, which may be of another date."""
    settings, engine = workplace.settings, workplace.engine
    policies = load_policies(settings.policies)
    measured = find_measured_save_rate(engine)
    return Publication(
        prediction_date=as_of_date,
        status="staged",
        basis=basis,
        customers_count=0,
        eligible_count=load.rows_accepted + load.rows_rejected,
        refused_count=load.rows_rejected,
        load_id=load.load_id,
        source_sha256=load.sha256,
        transforms_version=sql_models.read_features_version(workplace),
        model_name=MODEL_NAME,
        model_version=model_version,
        run_id=run_id,
        staged_at=now_utc(),
        published_at=None,
        policy_sha256=policies.sha256,
        horizon=promotions.find_horizon(engine, model_version),
        seats_count=count_seats(load_contact_policy(settings.policies)),
        save_rate=policies.value.save_rate,
        currency=load.currency,
        is_save_rate_measured=measured is not None and measured[0] <= policies.value.save_rate <= measured[1],
    )
