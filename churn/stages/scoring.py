"""Scores the customers of a date, and publishes the date once it has passed its audits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, cast

from churn.contracts.horizons import Horizon
from churn.contracts.scores import feature_names
from churn.contracts.statuses import Basis
from churn.economics.policies import ValuePolicy, load_policies
from churn.economics.tiers import Tiers
from churn.errors import ChurnError, ModelRefused, NotThere
from churn.intake.declaring import read_declared
from churn.scoring.extrapolation import ALERTED_SHARE, find_shares, join_words, tell_out_of_range
from churn.scoring.history import PastDay, plan_history
from churn.scoring.own_reasons import Wording, word_reasons
from churn.scoring.portrait import NO_PORTRAIT, Portrait
from churn.scoring.reasons import find_shipped
from churn.scoring.scores import Scorer
from churn.stages import Outcome
from churn.stages.describing import describe_publication
from churn.stages.segmenting import make_portrait
from churn.stages.tiering import note_tiers, resolve_days, stream_days
from churn.stages.withdrawing import refuse_withdrawn
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions, publications, revisions
from churn.stores.ledgers.promotions import require_champion
from churn.stores.ledgers.publications import Publication
from churn.stores.model_registry import loading, registry
from churn.stores.rows import history, predictions
from churn.stores.rows.out_of_range import read_out_of_range
from churn.stores.sql_models import RISK_MODELS
from churn.stores.workplace import Workplace
from churn.timeline import now_utc

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame
    from sqlalchemy import Engine

    from churn.contracts.features import CustomerFeatures
    from churn.contracts.scores import CustomerScores


def score_customers(workplace: Workplace, as_of_date: date, run_id: str, model_version: int | None = None) -> Outcome:
    """Scores every customer of a date. The scores are staged: readers do not see them yet.

    The stage is skipped if the date is published with scores from the same load, SQL models, model and policy. It is
    also skipped if an old date was published live from the same load. Staged scores are always computed again: they may
    come from an interrupted run, or have failed an audit.

    Args:
        workplace: the settings and the database.
        as_of_date: the date, which must have features.
        run_id: the id of the run, stored with each score.
        model_version: the model version (default: the champion; for an old date, the champion of that day). Scores of
            any other version have the basis `as_if`.

    Raises:
        NotThere: there is no champion, the date has no features, or the registry no longer has the model.
        AuditFailed: a customer was neither scored nor rejected. No score was stored.
        DayWithdrawn: a person withdrew the date, and no command has named it since.
    """
    engine = workplace.engine
    refuse_withdrawn(workplace, as_of_date)
    # Before anything is computed: what the scores would be made of decides whether they are there already.
    version, basis = _choose_model(engine, as_of_date, model_version)
    planned = describe_publication(workplace, as_of_date, basis, version, run_id)
    known = publications.find_publication(engine, as_of_date)
    is_done = known is not None and _is_done(known, planned, is_free=model_version is None)
    # The count is a second check: rows of predictions may have been deleted since the date was published.
    if known is not None and is_done and predictions.count_predictions(engine, as_of_date) == known.customers_count:
        return Outcome(f"{as_of_date} already has {known.customers_count:,} scores from this load and model", True)
    scorer = make_scorer(workplace, version)
    if version == (champion := require_champion(engine)).model_version and scorer.why_copy is None:
        registry.confirm_champion(workplace.settings, champion.model)
    tiers = resolve_days(workplace, scorer, version, [as_of_date])
    scores = score_days(
        engine, scorer, tiers, load_policies(workplace.settings.policies).value, make_portrait(workplace)
    )
    (staged,) = predictions.stage_predictions(engine, [planned], scores, tiers)
    return Outcome(_summarise(engine, staged, scorer, tiers[as_of_date]))


def _summarise(engine: "Engine", staged: Publication, scorer: Scorer, tiers: Tiers) -> str:
    """Returns what was scored, and everything about it that a person may have to look at."""
    day = staged.prediction_date
    outside = tell_out_of_range(read_out_of_range(engine, day))
    return "".join(
        [
            f"{staged.customers_count:,} customers scored with version {staged.model_version}",
            _note_copy(scorer),
            *(f"; {change.summarise()}" for change in revisions.read_revisions(engine, [day], staged.run_id)),
            _note_rejected(staged),
            _note_unseen(predictions.count_unseen_plans(engine, day)),
            note_tiers(tiers, *predictions.count_at_risk(engine, day)),
            f"; {outside}" if outside else "",
        ]
    )


def judge_ranges(workplace: Workplace, as_of_date: date) -> ChurnError | None:
    """Returns what to alert about a scored date: too many customers lie outside what the model has seen; else None."""
    shares = find_shares(read_out_of_range(workplace.engine, as_of_date), ALERTED_SHARE)
    if not shares:
        return None
    # Without the shares and the date: the same words every day are one incident, and one alert.
    return ChurnError(
        f"More than {ALERTED_SHARE:.0%} of the active customers have {join_words(shares)} outside what the model has "
        "seen. Its probabilities are those of the nearest values that it has seen.",
        "look at reporting.features_out_of_range. After an error in the extract, correct it; after a real change, such "
        "as a new price, the training can learn it once labels of its days have matured.",
    )


def plan_past(engine: "Engine", days: Sequence[date], known_at: datetime | None = None) -> list[PastDay]:
    """Returns the inputs of each past day: load, basis and model. There must be a champion.

    A day after the first snapshot is left out if it has no snapshot. Without any snapshot the result is empty.

    Args:
        engine: the engine of the database.
        days: the days, in order.
        known_at: leave out what came later: days whose snapshot was loaded or corrected after this moment, and models
            that were promoted after it (default: use all).
    """
    current = {load.snapshot_date: load for load in loads.find_current_loads(engine)}
    reigns = [one for one in history.read_reigns(engine) if known_at is None or one.decided_at <= known_at]
    if not current or not reigns:
        return []
    planned = plan_history(days, {day: load.load_id for day, load in current.items()}, reigns)
    late = {load.load_id for load in current.values() if known_at and load.ended_at and load.ended_at > known_at}
    return [past for past in planned if past.load_id not in late]


def _choose_model(engine: "Engine", as_of_date: date, asked: int | None) -> tuple[int, Basis]:
    """Returns the model version of a date and the basis of its scores. An old date has the champion of that day."""
    champion = require_champion(engine)
    if as_of_date == loads.find_latest_snapshot_date(engine):
        return (champion.model_version, "live") if asked in (None, champion.model_version) else (asked, "as_if")
    for past in plan_past(engine, [as_of_date]):
        return (past.model_version, past.basis) if asked in (None, past.model_version) else (asked, "as_if")
    return champion.model_version, "live"


def _is_done(known: Publication, planned: Publication, is_free: bool) -> bool:
    # Scores that people worked with on their day are kept, even if a later model or SQL model would change them. Only a
    # person who names a model version (`is_free` is False) replaces them.
    is_live_history = is_free and (known.basis, known.load_id) == ("live", planned.load_id) and planned.basis != "live"
    return known.status == "published" and (
        is_live_history or known.inputs_with_policy() == planned.inputs_with_policy()
    )


def _note_copy(scorer: Scorer) -> str:
    return f" from its copy under CHURN_HOME, because {scorer.why_copy}" if scorer.why_copy else ""


def _note_rejected(staged: Publication) -> str:
    return f"; {staged.refused_count:,} rejected (see `churn rejects`)" if staged.refused_count else ""


def _note_unseen(count: int) -> str:
    return f"; {count:,} have a tariff that the training examples did not have" if count else ""


def find_latest_day(workplace: Workplace) -> date:
    """Returns the date of the latest stored snapshot.

    Raises:
        NotLoaded: no extract is loaded yet.
    """
    return loads.require_latest_day(workplace.engine)


def make_scorer(workplace: Workplace, model_version: int) -> Scorer:
    """Returns a model version that is ready to score: the model, its reasons, and the tariffs it was trained on.

    Raises:
        NotThere: the ledger does not have this version, or neither the registry nor CHURN_HOME has its file.
        ModelRefused: the file has changed, or it was made with other library versions.
    """
    decision = promotions.require_decision(workplace.engine, model_version)
    loaded = loading.load_model(workplace.settings, decision.model)
    from churn.learning.contributions import contribute_by_feature  # The predictor has imported its libraries.

    days = Horizon.read(decision.horizon).days if decision.horizon else None
    names, declaration = feature_names(loaded.predictor), read_declared(workplace.settings)
    available = declaration.features.with_price_change().names
    if lost := [name for name in names if name not in available]:
        raise ModelRefused(
            f"Model version {model_version} needs {lost[0]}, which the declaration in force does not have.",
            "declare the column again, or train a new model with `churn train`.",
        )
    told = [name for subject in find_shipped(Wording(names)).values() for name in subject]
    wording = word_reasons(names, told, declaration, decision.evidence.usual)
    plans = decision.evidence.plans
    return Scorer(loaded.predictor, contribute_by_feature, plans, loaded.why_copy, days, wording)


def score_days(
    engine: "Engine",
    scorer: Scorer,
    tiers: Mapping[date, Tiers],
    value: ValuePolicy,
    portrait: Portrait = NO_PORTRAIT,
) -> Iterator["DataFrame[CustomerScores]"]:
    """Yields the scores of days in batches, each day with its own tiers, with what the portrait says of customers."""
    names = tuple(dict.fromkeys([*scorer.wording.features, *portrait.columns]))
    # Days with the same tiers are read together: with a rule that gives each day its own bounds that is one day.
    for same, days in groupby(tiers, key=lambda day: tiers[day]):
        alike = list(days)
        score = partial(_score_batch, scorer=scorer, tiers=same, value=value, portrait=portrait)
        yield from stream_days(engine, alike[0], alike[-1], names, score)


def _score_batch(
    batch: "DataFrame[CustomerFeatures]", scorer: Scorer, tiers: Tiers, value: ValuePolicy, portrait: Portrait
) -> "DataFrame[CustomerScores]":
    # The scores keep the order of the batch.
    return cast("DataFrame[CustomerScores]", scorer.score(batch, tiers, value).hstack(portrait.describe(batch)))


def publish(workplace: Workplace, as_of_date: date) -> Outcome:
    """Refreshes and audits the tables that readers see, then publishes the date with one change of its status.

    Raises:
        AuditFailed: an audit failed. The date is not published, and readers still see the previous published date.
        NotThere: the date has no scores.
    """
    engine = workplace.engine
    staged = publications.find_publication(engine, as_of_date)
    if staged is None:
        raise NotThere(f"{as_of_date} has no scores.", f"run `churn score --as-of {as_of_date}`.")
    if staged.status == "published":
        return Outcome(f"{as_of_date} has been published since {staged.published_at:%Y-%m-%d %H:%M} UTC", True)
    done = sql_models.refresh(workplace, "analytics.predictions", RISK_MODELS, [as_of_date])
    predictions.publish(engine, [as_of_date], now_utc())
    audits = sum(evaluation.audits_passed for evaluation in done)
    summary = f"{as_of_date} is published: {staged.customers_count:,} customers, {audits} audits passed"
    return Outcome(summary, details=tuple(asdict(evaluation) for evaluation in done))
