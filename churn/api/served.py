"""What a server answers with: a model version, prepared for single customers, and the tiers in force."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from churn.contracts.decisions import Promotion
from churn.contracts.declaration import Declaration
from churn.contracts.features import PRICE_CHANGE
from churn.contracts.horizons import MONTH_OF_EXTRACT
from churn.contracts.over_days import OverDays, find_over_days
from churn.economics.policies import load_policies
from churn.errors import understand
from churn.scoring.one_customer import OneScorer, Values, wanted_columns
from churn.scoring.scores import Scorer
from churn.stages.scoring import make_scorer
from churn.stages.tiering import resolve_days
from churn.stores.ledgers import loads, promotions, publications
from churn.stores.rows.change_windows import EarlierPrice, EarlierValues, read_earlier_prices, read_earlier_values
from churn.stores.sql_models.one_customer import compile_features
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class Served:
    """A model version, ready to answer. It is replaced as a whole, so that no answer mixes two versions.

    Attributes:
        decision: the latest decision on the version.
        one: scores single customers.
        currency: the currency of all money.
        compute: a row of raw_data -> the features of the customer.
        read_earlier: (date, customer numbers) -> their prices of about 30 days before; None without an extract of then.
        looking_back: the features of the model that say how a declared column developed.
        read_values: (date, customer numbers) -> the earlier values of each customer and column, with the days before.
    """

    decision: Promotion
    one: OneScorer
    currency: str
    compute: Callable[[Values], Values]
    read_earlier: Callable[[date, Sequence[str]], Mapping[str, EarlierPrice] | None]
    looking_back: tuple[OverDays, ...]
    read_values: Callable[[date, Sequence[str]], EarlierValues]

    @property
    def needs_history(self) -> bool:
        """Whether the model has a feature of change, which comes from the stored features of an earlier date."""
        return PRICE_CHANGE in self.scorer.wording.features

    @property
    def version(self) -> int:
        """The model version."""
        return self.decision.model_version

    @property
    def scorer(self) -> Scorer:
        """The scorer of a batch."""
        return self.one.scorer

    @property
    def horizon(self) -> str:
        """Within which time customers leave by the probabilities, in words."""
        return self.decision.horizon or MONTH_OF_EXTRACT


def load_served(workplace: Workplace, version: int, declaration: Declaration, scorer: Scorer | None = None) -> Served:
    """Returns a model version that is ready to answer.

    Args:
        workplace: the settings and the database.
        version: a version of the ledger.
        declaration: the declaration in force.
        scorer: the scorer of this version, if it is loaded already.

    Raises:
        NotThere: the ledger does not have this version, or neither the registry nor CHURN_HOME has its file.
        ModelRefused: the file has changed, or it was made with other library versions.
        Unavailable: the database did not answer.
    """
    from churn.learning.folding import (  # It imports scikit-learn and XGBoost, as the model itself does.
        fold,
        fold_contributions,
    )

    scorer = scorer or make_scorer(workplace, version)
    day = _find_day(workplace)
    (tiers,) = resolve_days(workplace, scorer, version, [day]).values()
    value = load_policies(workplace.settings.policies).value
    words = frozenset(declaration.features.words)
    one = OneScorer(scorer, fold(scorer.predictor), fold_contributions(scorer.predictor), tiers, value, words)
    decision = promotions.require_decision(workplace.engine, version)
    compute, looking_back = compile_features(wanted_columns(scorer)), _find_looking_back(scorer, declaration)
    earlier, values = partial(_read_earlier, workplace), partial(_read_values, workplace, looking_back)
    return Served(decision, one, declaration.currency, compute, earlier, looking_back, values)


def _find_looking_back(scorer: Scorer, declaration: Declaration) -> tuple[OverDays, ...]:
    return find_over_days(scorer.wording.features, declaration.over_days)


def _read_earlier(workplace: Workplace, day: date, customer_ids: Sequence[str]) -> Mapping[str, EarlierPrice] | None:
    try:
        return read_earlier_prices(workplace.engine, day, customer_ids)
    except Exception as error:
        raise understand(error) from None  # The message of the driver has the customer numbers: it goes into no log.


def _read_values(
    workplace: Workplace, looking_back: Sequence[OverDays], day: date, customer_ids: Sequence[str]
) -> EarlierValues:
    columns, days = sorted({one.column for one in looking_back}), max(one.days for one in looking_back)
    try:
        return read_earlier_values(workplace.engine, day, customer_ids, columns, days)
    except Exception as error:
        raise understand(error) from None  # The message of the driver has the customer numbers: it goes into no log.


def _find_day(workplace: Workplace) -> date:
    """Returns the date whose tiers are in force: the latest published one, or else that of the latest snapshot."""
    published = publications.find_publication(workplace.engine)
    return published.prediction_date if published is not None else loads.require_latest_day(workplace.engine)
