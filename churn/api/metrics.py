"""What Prometheus reads at /metrics: requests, scores, the served model, and the figures of the latest published date.

No name of a customer, of a key or of a path is a label. With several workers each writes its figures to files, and a
scrape adds them up, whichever worker it reaches.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_TENTHS = tuple(tenth / 10 for tenth in range(1, 11))
_DIFFERENCES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)

_registry = CollectorRegistry()


def _gauge(name: str, meaning: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(name, meaning, labels, registry=_registry, multiprocess_mode="mostrecent")


requests = Counter("churn_requests", "Requests, by route and status.", ("route", "status"), registry=_registry)
request_seconds = Histogram(
    "churn_request_seconds", "Seconds from the request to the end of its answer.", ("route",),
    buckets=_SECONDS, registry=_registry,
)  # fmt: skip
scores = Histogram("churn_score_probability", "Probabilities scored online.", buckets=_TENTHS, registry=_registry)
cache_hits = Counter("churn_cache_hits", "Published customers answered from the cache.", registry=_registry)
cache_misses = Counter("churn_cache_misses", "Published customers read from the database.", registry=_registry)
shadow_difference = Histogram(
    "churn_shadow_difference", "Absolute difference between the challenger's and the champion's probability.",
    buckets=_DIFFERENCES, registry=_registry,
)  # fmt: skip
shadow_tier_changes = Counter(
    "churn_shadow_tier_changes", "Customers whom the challenger puts in another tier.", registry=_registry
)
model_version = _gauge("churn_model_version", "The served model version.")
model_is_copy = _gauge(
    "churn_model_is_copy", "1 if a kept copy answers because the registry did not deliver the model."
)
database_up = _gauge("churn_database_up", "1 if the database answered the last question.")

BUSINESS: Mapping[str, Gauge] = {
    "published_timestamp": _gauge("churn_published_timestamp_seconds", "When the latest date was published."),
    "published_date": _gauge("churn_published_date_seconds", "The latest published date, at 00:00 UTC."),
    "active_customers_count": _gauge("churn_active_customers", "Active customers of the latest published date."),
    "at_risk_customers_count": _gauge("churn_at_risk_customers", "Active customers in tier Medium or High."),
    "average_churn_probability": _gauge("churn_average_probability", "Their mean probability of leaving."),
    "revenue_at_risk_usd": _gauge("churn_revenue_at_risk", "A year's revenue of the customers at risk."),
    "expected_annual_loss_usd": _gauge("churn_expected_annual_loss", "A year's revenue that is expected to leave."),
    "refused_count": _gauge("churn_rejected_rows", "Rows of that date's extract that were rejected."),
}
"""The figures of the latest published date, by the columns of `reporting`."""
outside_share = _gauge(
    "churn_outside_training_share", "Share of active customers outside the range of the training.", ("feature",)
)


def render() -> bytes:
    """Returns everything in Prometheus' text format."""
    if values.ValueClass is not values.MutexValue:  # The library has found the folder of several workers.
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)
    return generate_latest(_registry)


def list_names() -> set[str]:
    """Returns the names of all time series, as queries write them."""
    return {sample.name for metric in _registry.collect() for sample in metric.samples} | {
        f"{metric.name}{ending}"
        for metric in _registry.collect()
        for ending in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
    }
