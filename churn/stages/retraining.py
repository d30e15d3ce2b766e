"""Decides whether a broken limit starts a training. The gate judges its model like any other."""

from churn.economics.limits import load_limits
from churn.monitoring.limits import check_performance, choose_newest
from churn.stores.ledgers import promotions
from churn.stores.shown.performance import read_performance
from churn.stores.workplace import Workplace


def find_reason(workplace: Workplace) -> str | None:
    """Returns why a training is due; None if the policy does not ask for one, or it would learn nothing new."""
    limits = load_limits(workplace.settings.policies)
    if not limits.retrain:
        return None
    with workplace.engine.connect() as connection:
        newest = choose_newest(read_performance(connection))
    broken = check_performance(newest, limits)
    if newest is None or not broken or newest.leavers_count < limits.retrain_fewest_leavers:
        return None
    trained = promotions.find_last_training(workplace.engine)
    # Counted to the extract with which the labels matured: a later training has learned from them already.
    if trained is not None and (newest.matured_on - trained).days < limits.retrain_cooldown_days:
        return None
    since = f", {(newest.matured_on - trained).days} days after the last one" if trained else ""
    return f"A training starts{since}: {broken[0].fact}"
