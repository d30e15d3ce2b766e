"""Every customer of a published date belongs to a segment of customers who are alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from churn.reporting.segments import read_segment_report
from churn.settings import Settings
from churn.stages.segmenting import renew_segments
from churn.stores.ledgers import segmentations
from churn.terminal.display.segments import show_segments
from tests.conftest import DAY
from tests.support.declared import ask_rows
from tests.support.pages import open_page, read_page
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at


def test_the_segments_of_a_date_hold_each_active_customer_once(published: Settings) -> None:
    (day,) = ask_rows(published, "SELECT active_customers_count AS active FROM reporting.kpi_daily")
    (sums,) = ask_rows(
        published,
        "SELECT sum(active_customers_count) AS active, sum(active_share) AS share FROM reporting.segment_history",
    )
    (own,) = ask_rows(published, "SELECT count(*) FILTER (WHERE is_active) AS active FROM reporting.customer_segments")

    assert sums["active"] == own["active"] == day["active"]
    assert round(float(str(sums["share"])), 9) == 1


def test_a_training_keeps_segments_that_are_fresh(published: Settings) -> None:
    renewed = renew_segments(at(published), DAY)

    assert renewed.is_skipped
    assert "are kept" in renewed.summary


def test_the_command_and_the_pages_name_the_segments(published: Settings, capsys: Any) -> None:
    report = read_segment_report(at(published))
    show_segments(report)
    printed = " ".join(capsys.readouterr().out.split())
    customer = ask_rows(published, "SELECT customer_id, segment_name FROM reporting.customer_segments LIMIT 1")[0]

    assert len(report.rows) >= 3
    assert "Random halves of them agree by" in printed
    assert json.dumps(report.tried)
    told = read_page(open_page("segments"))
    assert all(str(row["segment_name"]) in told for row in report.rows)
    assert str(customer["segment_name"]) in read_page(open_page("customer", id=str(customer["customer_id"])))


@pytest.mark.slow
def test_new_segments_are_matched_with_the_stored_centres(telecoms: Telecoms, tmp_path: Path) -> None:
    with telecoms.copy("learned", tmp_path / "home") as learned:
        engine = at(learned).engine
        before = segmentations.find_newest(engine)
        renewed = renew_segments(at(learned), DAY, refit=True)
        now = segmentations.find_newest(engine)

    assert before is not None
    assert now is not None
    assert not renewed.is_skipped
    assert now.segmentation_id > before.segmentation_id
    assert [segment.number for segment in now.segments] == [segment.number for segment in before.segments]
