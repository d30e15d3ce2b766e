"""Answers which segments the customers are divided into, and how each of them is doing."""

from dataclasses import dataclass
from datetime import date

from churn.stages.segmenting import renew_segments
from churn.stores.ledgers import loads, publications, segmentations
from churn.stores.shown import Row, segments
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class SegmentReport:
    """The segments of the latest published date.

    Attributes:
        rows: one row per segment; none if the date was scored before the first segmentation.
        newest: the date of the newest segmentation; None if there is none yet.
        tried: the stability of each number of segments that was tried.
    """

    prediction_date: date
    rows: tuple[Row, ...]
    newest: date | None
    tried: tuple[tuple[int, float], ...]


def read_segment_report(workplace: Workplace) -> SegmentReport:
    """Returns the segments of the latest published date.

    Raises:
        NotPublished: no date is published yet.
    """
    day = publications.require_published(workplace.engine).prediction_date
    made = segmentations.find_newest(workplace.engine)
    with workplace.engine.connect() as connection:
        rows = segments.read_segments(connection, day)
    return SegmentReport(day, tuple(rows), made.as_of_date if made else None, made.tried if made else ())


def refit_segments(workplace: Workplace) -> str:
    """Makes new segments from the latest loaded date; returns what was made, in words.

    Raises:
        NotLoaded: no extract is loaded yet.
        NotThere: the date has no features.
    """
    return renew_segments(workplace, loads.require_latest_day(workplace.engine), refit=True).summary
