"""How the columns of `reporting` may be added up: what the dictionary says and what BI tools do by default.

A customer base is a state: it may be added up over customers or segments of one date, and never over dates. So a view
with a row for each date gives the mean over its rows unless somebody asks for a sum; its `_latest` view has one date
only, and may be summed.
"""

from typing import Literal

MeasureKind = Literal["additive", "state", "average", "label"]
MEANINGS: dict[MeasureKind, str] = {
    "additive": "may be summed over all rows",
    "state": "may be summed within one date only; over dates take the mean or the last",
    "average": "is never summed: take the mean",
    "label": "is a name or an order, no amount",
}
LATEST = "_latest"
_LABELS = ("promotion_id", "model_version", "champion_version", "call_rank", "load_id", "reading_id", "best_call_month")
_AVERAGED = (
    *("_rate", "_share", "_probability", "_from", "_low", "_high", "_pr_auc", "_months", "_days", "_score"),
    *(
        "effect",
        "probability_12m",
        "months_12m",
        "services_count",
        "price_above_list_usd",
        "average_high_count",
        "holdout_share",
    ),
)
_EVENTS = ("campaign_history",)
"""Views whose rows are things that happened once, so that their amounts may be summed."""
_NUMBERS = ("numeric", "bigint", "integer", "double precision")


def find_kind(view: str, column: str, type_name: str) -> MeasureKind:
    """Returns how a column may be added up.

    Args:
        view: the name of the view, without its schema.
        column: the name of the column.
        type_name: the type as Postgres writes it.
    """
    if not type_name.startswith(_NUMBERS) or column in _LABELS:
        return "label"
    if column.endswith(_AVERAGED):
        return "average"
    return "additive" if view.endswith(LATEST) or view in _EVENTS else "state"
