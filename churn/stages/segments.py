"""Watches the segments of the newest published date: which of them rose, since when, and what that costs."""

from typing import TYPE_CHECKING

from churn.intake.declaring import read_declared
from churn.stores.rows import segment_days
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from churn.stores.ledgers.publications import Publication


def watch_segments(workplace: Workplace, day: "Publication") -> str:
    """Stores the sums of a date by segment, and the segments that rose. Returns what it found, for the summary."""
    from churn.monitoring.spikes import find_spikes  # SciPy: a run without a newly published date spares it.

    engine = workplace.engine
    declared = [column for column in read_declared(workplace.settings).stored if column.is_segment and column.is_slice]
    for unknown in segment_days.find_unknown(engine, day.prediction_date):
        sums = segment_days.add_up_day(engine, unknown.prediction_date, declared)
        with engine.begin() as connection:
            segment_days.store_segments(connection, unknown, sums)
    spikes = find_spikes(segment_days.read_segments(engine, day.prediction_date))
    with engine.begin() as connection:
        segment_days.replace_spikes(connection, day.prediction_date, spikes)
    return f"; rose: {spikes[0].words}" if spikes else ""
