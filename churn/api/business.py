"""Brings the figures of the latest published date from `reporting` to the gauges."""

from datetime import UTC, date, datetime, time

from churn.api import metrics
from churn.settings import Settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row, marts


def refresh_gauges(settings: Settings) -> None:
    """Sets the gauges; without a published date they stay as they are.

    Raises:
        Unavailable: the database did not answer.
        NotThere: no run has used the database yet.
    """
    with reading(settings) as connection:
        published = [row for row in marts.read_publications(connection) if row["status"] == "published"]
        if not published:
            return
        latest = published[0]
        day: date = latest["prediction_date"]
        figures = marts.read_days(connection, day, day)
        outside = marts.read_out_of_range(connection, day)
    _set({**latest, **(figures[0] if figures else {})}, day, latest["published_at"])
    shares = {row["feature"]: row["outside_count"] / max(row["active_count"], 1) for row in outside}
    # Features of an earlier model become 0: prometheus_client cannot remove a label that several workers write.
    earlier = {sample.labels["feature"] for metric in metrics.outside_share.collect() for sample in metric.samples}
    for feature, share in (dict.fromkeys(earlier, 0.0) | shares).items():
        metrics.outside_share.labels(feature).set(share)


def _set(row: Row, day: date, published_at: datetime) -> None:
    midnight = datetime.combine(day, time(), UTC).timestamp()
    values = {**row, "published_date": midnight, "published_timestamp": published_at.timestamp()}
    for column, gauge in metrics.BUSINESS.items():
        if (value := values.get(column)) is not None:  # Without a value a month there is no money to show.
            gauge.set(float(value))
