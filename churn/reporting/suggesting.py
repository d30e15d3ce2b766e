"""Shows what each rule for the risk tiers would give, from out-of-fold scores of the champion's training examples."""

from dataclasses import dataclass
from functools import partial
from typing import cast

from churn.economics.policies import load_policies
from churn.economics.suggesting import Suggestion, suggest_rules
from churn.economics.tiers import choose_rule
from churn.learning.params import Family, ModelParams
from churn.stages.learning import with_declared
from churn.stages.searching import read_training_part
from churn.stores.ledgers.promotions import require_champion
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class Suggestions:
    """What each rule would give.

    Attributes:
        in_force: the rule that the policy chooses for the champion.
    """

    model_version: int
    customers: int
    leavers: int
    in_force: str
    rules: tuple[Suggestion, ...]


def suggest_tiers(workplace: Workplace) -> Suggestions:
    """Scores the champion's training examples out of fold, and applies each rule of the policy in force.

    Raises:
        NotThere: there is no champion yet, or its examples are no longer stored.
    """
    champion = require_champion(workplace.engine)
    params = with_declared(workplace.settings, ModelParams())
    train = read_training_part(workplace, champion.as_of_date, params)
    from churn.learning.fitting import fit_family  # Imported here: scikit-learn and XGBoost take seconds.
    from churn.learning.folds import predict_out_of_fold

    family = cast("Family", champion.family)
    scored = predict_out_of_fold(train, params.seed, partial(fit_family, family, params=params))
    policies = load_policies(workplace.settings.policies)
    leavers = int(scored["has_churned"].sum())
    own_base_rate = None if params.given.is_shipped else leavers / scored.height
    return Suggestions(
        model_version=champion.model_version,
        customers=scored.height,
        leavers=leavers,
        in_force=choose_rule(policies.tiers, champion.horizon is not None, own_base_rate),
        rules=suggest_rules(scored, policies),
    )
