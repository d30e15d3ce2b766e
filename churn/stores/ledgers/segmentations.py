"""The ledger of segmentations: how the customers were divided into segments, and since when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine, RowMapping

from churn.contracts.segments import Segment, Segmentation
from churn.stores.postgres.portrait_tables import segmentations, segments


def find_newest(engine: Engine) -> Segmentation | None:
    """Returns the newest segmentation; None if there is none yet."""
    newest = sa.select(segmentations).order_by(segmentations.c.segmentation_id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(newest).mappings().one_or_none()
        if row is None:
            return None
        own = sa.select(segments).where(segments.c.segmentation_id == row["segmentation_id"])
        parts = connection.execute(own.order_by(segments.c.segment_number)).mappings().all()
    return _read(row, parts)


def find_highest_number(engine: Engine) -> int:
    """Returns the highest number that any segment ever had; 0 if there was none."""
    with engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.max(segments.c.segment_number))) or 0)


def record_segmentation(engine: Engine, made: Segmentation, fitted_at: datetime) -> Segmentation:
    """Stores a segmentation and returns it with its number."""
    row = {
        "as_of_date": made.as_of_date,
        "fitted_at": fitted_at,
        "features": list(made.features),
        "means": list(made.means),
        "deviations": list(made.deviations),
        "stability": made.stability,
        "tried": dict(made.tried),
    }
    with engine.begin() as connection:
        number = connection.execute(
            sa.insert(segmentations).returning(segmentations.c.segmentation_id), row
        ).scalar_one()
        connection.execute(sa.insert(segments), [_store(number, segment) for segment in made.segments])
    return replace(made, segmentation_id=number)


def _store(number: int, segment: Segment) -> dict[str, object]:
    return {
        "segmentation_id": number,
        "segment_number": segment.number,
        "segment_name": segment.name,
        "strongest_features": list(segment.strongest),
        "customers_count": segment.customers,
        "centre": list(segment.centre),
    }


def _read(row: RowMapping, parts: Sequence[RowMapping]) -> Segmentation:
    return Segmentation(
        as_of_date=row["as_of_date"],
        features=tuple(row["features"]),
        means=tuple(row["means"]),
        deviations=tuple(row["deviations"]),
        segments=tuple(
            Segment(
                part["segment_number"],
                part["segment_name"],
                tuple(part["strongest_features"]),
                part["customers_count"],
                tuple(part["centre"]),
            )
            for part in parts
        ),
        stability=row["stability"],
        tried=tuple((int(size), stability) for size, stability in row["tried"].items()),
        segmentation_id=row["segmentation_id"],
    )
