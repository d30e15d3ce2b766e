"""Compares the scores that readers saw of a date with who left, and keeps the figures.

The sums come from Postgres: one pass over the customers of a date, whatever their number. The room `monitoring` makes
figures of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.horizons import Horizon
from churn.monitoring.came_true import ALL, CHARGE, LISTED, PROBABILITY, Judgement
from churn.monitoring.cells import CELLS_A_UNIT, SUMS
from churn.stores.postgres.copying import copy_in, read_batches
from churn.stores.postgres.monitoring_tables import score_outcomes, score_performance
from churn.stores.rows.enrolled import ENROLLED
from churn.timeline import now_utc

SEGMENTS = ("contract", "tenure_band", "internet_service", "payment_method", "is_senior_citizen")


@dataclass(frozen=True)
class Matured:
    """A published date whose labels have matured, with the first version of its scores that readers saw.

    Attributes:
        known_from: when readers first saw the date.
        was_replaced: whether later scores took the place of these.
        trained_on: the as-of date of the training of the model; None if the ledger does not have it.
        label_inputs: the rule, the customers (fewer once one is forgotten) and the loads of the labels. The digest of
            the window knows the extract after it as well, which changes the labels of absence only: with it every date
            would be compared twice.
        seats_count: how many calls of the list there were seats for; None: no limit.
    """

    prediction_date: date
    known_from: datetime
    was_replaced: bool
    basis: str
    model_version: int
    horizon: str | None
    seats_count: int | None
    trained_on: date | None
    label_date: date
    matured_on: date
    window_days: int
    contacted_count: int
    censored_count: int
    label_inputs: str

    @property
    def is_unseen(self) -> bool:
        """Whether the labels matured after the training: a model that learned from them judges itself too well."""
        return self.trained_on is not None and self.matured_on > self.trained_on

    @property
    def power(self) -> float:
        """The length of the window as a multiple of the horizon: the probabilities are brought to the window."""
        return self.window_days / Horizon.read(self.horizon).days if self.horizon else 1.0

    @property
    def inputs_sha256(self) -> str:
        """The digest of the labels and the scores that are compared."""
        labels = f"{self.label_inputs} {self.label_date} {self.contacted_count}"
        inputs = f"{labels} {self.known_from.isoformat()} {self.power}"
        return hashlib.sha256(inputs.encode()).hexdigest()


def find_matured(engine: Engine) -> list[Matured]:
    """Returns the published dates whose labels have matured, in order of date."""
    with engine.connect() as connection:
        return [Matured(**row) for row in connection.execute(sa.text(_MATURED)).mappings()]


# The first version: people worked with these scores on their day. Later ones may know what they did not know.
_MATURED = """
    WITH versions AS (
        SELECT prediction_date, published_at AS known_from, false AS was_replaced, basis, model_version, horizon,
            seats_count
        FROM ops.publications WHERE status = 'published'
        UNION ALL
        SELECT prediction_date, known_from, true, publication ->> 'basis',
            CAST(publication ->> 'model_version' AS int), publication ->> 'horizon',
            CAST(publication ->> 'seats_count' AS bigint)
        FROM ops.seen_days
    ), first_seen AS (
        SELECT DISTINCT ON (prediction_date) * FROM versions
        WHERE prediction_date IN (SELECT prediction_date FROM ops.publications WHERE status = 'published')
        ORDER BY prediction_date, known_from
    ), trained AS (
        SELECT model_version, max(as_of_date) AS trained_on FROM ops.promotions GROUP BY model_version
    )
    SELECT first_seen.*, trained_on, label_date, known_on AS matured_on, window_days, contacted_count, censored_count,
        left_by || ' ' || customers_count || coalesce('-' || nullif(involuntary_count, 0), '') || ' ' || (
            SELECT string_agg(CAST(load_id AS text), ' ' ORDER BY snapshot_date) FROM raw_data.loads
            WHERE status IN ('loaded', 'pruned') AND snapshot_date BETWEEN as_of_date AND
                CASE WHEN left_by = 'absence' THEN coalesce(after_date, label_date) ELSE label_date END
        ) AS label_inputs
    FROM first_seen JOIN analytics.label_windows ON as_of_date = prediction_date LEFT JOIN trained USING (model_version)
    ORDER BY prediction_date
"""


def find_judged(engine: Engine) -> dict[date, str]:
    """Returns the inputs of the stored comparison of each published date."""
    query = """SELECT prediction_date, inputs_sha256 FROM analytics.score_performance
               WHERE prediction_date IN (SELECT prediction_date FROM ops.publications WHERE status = 'published')"""
    with engine.connect() as connection:
        return {row.prediction_date: row.inputs_sha256 for row in connection.execute(sa.text(query))}


def read_sums(engine: Engine, day: Matured, declared: Sequence[str] = ()) -> pl.DataFrame:
    """Returns the groups of a matured date: dimension, value, has_money, held_out and `cells.SUMS`.

    Args:
        engine: the engine of the database.
        day: the date.
        declared: the declared columns that divide the customers.
    """
    dimensions = (LISTED, "tier", *SEGMENTS, *declared)
    # The scores that stand are read with their segments; kept ones, and declared columns, need the features beside.
    is_alone = not day.was_replaced and not declared
    more = f", annual_revenue_usd, {', '.join(SEGMENTS)}" if is_alone else ""
    query = _SUMS.format(
        scores=KEPT_SCORES if day.was_replaced else STORED_SCORES.format(more=more),
        segments="" if is_alone else _FEATURES,
        revenue="annual_revenue_usd" if is_alone else "greatest(monthly_charges, 0) * 12",
        enrolled=ENROLLED,
        power=repr(day.power),
        cells=CELLS_A_UNIT,
        columns=", ".join(map(_word, (*SEGMENTS, *declared))),
        profile=", ".join(f'"{name}"' for name in dimensions),
    )
    moment = day.known_from.isoformat()
    rows = pl.concat(read_batches(engine, query, [day.prediction_date, moment, day.seats_count or 2**62]))
    return _unfold(rows, dimensions)


def _unfold(rows: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Returns the groups by dimension and value. The profiles are added up for each of the dimensions and for all."""
    sums = [pl.col(name).cast(pl.Float64).sum() for name in (*SUMS, "held_out")]
    has_money = pl.col("has_money").any()
    profiles = rows.filter(pl.col("tier").is_not_null())
    cells = [
        rows.filter(pl.col(column).is_not_null()).with_columns(
            dimension=pl.lit(name), value=pl.col(column).cast(pl.String)
        )
        for name, column in ((PROBABILITY, "cell"), (CHARGE, "cents"))
    ]
    whole = profiles.with_columns(dimension=pl.lit(ALL), value=pl.lit(ALL))
    groups = [profiles.with_columns(dimension=pl.lit(name), value=pl.col(name)) for name in dimensions]
    keys = ["dimension", "value"]
    # One group by: the names and types of all parts are the same, and the rows are few.
    return pl.concat([*cells, whole, *groups]).group_by(keys, maintain_order=True).agg(has_money, *sums)


def _word(name: str) -> str:
    # A column that the extract lacks is NULL in every row; grouping sets give NULL a meaning of their own.
    return f'coalesce(CAST("{name}" AS text), \'Not in the extract\') AS "{name}"'


STORED_SCORES = """
    SELECT customer_id, churn_probability, at_risk_flag, risk_tier, call_rank {more}
    FROM analytics.customer_risk WHERE prediction_date = $1 AND is_active
"""
# The rank is that of analytics.customer_risk. The kept calls lack those whom a campaign held out.
KEPT_SCORES = """
    SELECT customer_id, churn_probability, at_risk_flag, risk_tier, CASE WHEN is_listed THEN row_number() OVER (
        PARTITION BY is_listed
        ORDER BY profit DESC, CASE WHEN profit IS NULL THEN churn_probability END DESC, customer_id) END AS call_rank
    FROM (
        SELECT *, profit > 0 OR (profit IS NULL AND at_risk_flag) AS is_listed FROM (
            SELECT customer_id, CAST(score ->> 'churn_probability' AS float8) AS churn_probability,
                CAST(score ->> 'at_risk_flag' AS boolean) AS at_risk_flag, score ->> 'risk_tier' AS risk_tier,
                CAST(score ->> 'expected_profit_usd' AS float8) AS profit
            FROM ops.seen_scores
            WHERE prediction_date = $1 AND known_from = $2 AND CAST(score ->> 'is_active' AS boolean)
        ) AS kept
    ) AS ranked
"""
_FEATURES = """
    JOIN (SELECT * FROM analytics.fct_customer_features WHERE as_of_date = $1) AS features
        USING (as_of_date, customer_id)
"""
# Three grouping sets: Postgres reads and joins the customers once, and fills a hash table for each set. A set for each
# dimension takes three times as long: the profiles are few, and Python adds them up.
_SUMS = """
    WITH judged AS (
        SELECT CAST(left_within_window AS int) AS y, coalesce(weight, 1) AS w, at_risk_flag AS flag, risk_tier AS tier,
            CAST(coalesce(call_rank <= $3, false) AS text) AS listed,
            CAST(floor(churn_probability * {cells}) AS int) AS cell,
            CAST(round({revenue} / 12 * 100) AS bigint) AS cents,
            1 - power(1 - churn_probability, {power}) AS p, {revenue} AS revenue, {columns}
        FROM (SELECT * FROM analytics.training_examples WHERE as_of_date = $1) AS examples {enrolled}
        JOIN ({scores}) AS scores USING (customer_id) {segments}
        WHERE left_within_window IS NOT NULL AND is_contacted IS NOT TRUE
    ), losses AS (
        SELECT *, w * w * p * (1 - p) AS noise,
            -w * ln(greatest(CASE WHEN y = 1 THEN p ELSE 1 - p END, 1e-15)) AS log_loss
        FROM judged
    )
    SELECT cell, cents, {profile},
        count(revenue) > 0 AS has_money, count(*) FILTER (WHERE w <> 1) AS held_out,
        count(*) AS customers, sum(y) AS leavers, sum(w) AS weight, sum(w * w) AS weight_squared, sum(w * y) AS left,
        sum(w * p) AS expected, sum(noise) AS variance, sum(w * y * revenue) AS loss_left,
        sum(w * p * revenue) AS loss_expected, sum(noise * revenue * revenue) AS loss_variance,
        sum(log_loss) AS log_loss, sum(log_loss * log_loss) AS log_loss_squared,
        count(*) FILTER (WHERE flag) AS flagged, count(*) FILTER (WHERE flag AND y = 1) AS flagged_leavers
    FROM losses GROUP BY GROUPING SETS ((cell), (cents), ({profile}))
"""


def replace_judgement(engine: Engine, day: Matured, judged: Judgement, held_out: int, groups: pl.DataFrame) -> None:
    """Stores the figures of a date in the place of earlier ones, all or none."""
    dated = groups.select(pl.lit(day.prediction_date).alias("prediction_date"), pl.all())
    with engine.begin() as connection:
        for table in (score_outcomes, score_performance):
            connection.execute(sa.delete(table).where(table.c.prediction_date == day.prediction_date))
        copy_in(connection, score_outcomes, dated)
        connection.execute(sa.insert(score_performance).values(_as_row(day, judged) | {"held_out_count": held_out}))


def forget_judgements(engine: Engine, days: Sequence[date]) -> None:
    """Deletes the figures of dates whose labels are not matured any more, because an extract was corrected."""
    with engine.begin() as connection:
        for table in (score_outcomes, score_performance):
            connection.execute(sa.delete(table).where(table.c.prediction_date.in_(days)))


def _as_row(day: Matured, judged: Judgement) -> dict[str, object]:
    kept = {name: getattr(day, name) for name in Matured.__dataclass_fields__ if name in score_performance.c}
    people, money, called = judged.people, judged.money, judged.called
    row = kept | {
        "is_unseen": day.is_unseen,
        "customers_count": judged.customers,
        "leavers_count": judged.leavers,
        "actual_leavers": people.actual,
        "expected_leavers": people.expected,
        "expected_leavers_low": people.low,
        "expected_leavers_high": people.high,
        "calibration_error": judged.calibration_error,
        "calibration_noise": judged.calibration_noise,
        "inputs_sha256": day.inputs_sha256,
        "judged_at": now_utc(),
    }
    if money is not None:
        row |= {"actual_loss_usd": money.actual, "expected_loss_usd": money.expected}
        row |= {"expected_loss_low_usd": money.low, "expected_loss_high_usd": money.high}
    precision = None if called is None else called.precision
    figures = {"pr_auc": judged.pr_auc, "log_loss": judged.log_loss, "lift": judged.lift, "list_precision": precision}
    for name, figure in figures.items():
        if figure is not None:
            row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
    if called is not None:
        row |= {
            "listed_count": called.length,
            "list_leavers": called.leavers,
            "by_charge_leavers": called.by_charge,
            "at_random_leavers": called.at_random,
            "list_loss_usd": called.loss,
            "by_charge_loss_usd": called.loss_by_charge,
            "at_random_loss_usd": called.loss_at_random,
        }
    return row
