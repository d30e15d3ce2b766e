"""The file of rejected rows is opened in a spreadsheet and comes back: no cell runs, and no cell changes."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from churn.intake.declaring import read_extract_form
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from churn.reporting.ledger import Rejects, write_rejects
from churn.stores.ledgers.loads import Load, RejectedRow
from tests.support.factories import make_customer


@pytest.mark.parametrize("number", ["=1+2", "+cmd", "@SUM(A1)", "-A1"])
def test_a_formula_gets_an_apostrophe_that_the_loader_takes_back(tmp_path: Path, number: str) -> None:
    row = RejectedRow(
        3, ["tenure_at_least_0: tenure must be 0 or more, found -3"], {**make_customer(customerID=number)}
    )
    path = write_rejects(Rejects(cast("Load", SimpleNamespace(load_id=5)), [row]), tmp_path / "fix.csv")

    assert f",'{number}," in path.read_text(encoding="utf-8-sig")
    mapping = read_extract_form(None)
    with open_batches(path, path.name, mapping, 1_000_000) as opened:
        screened = [screen_rows(batch, opened.header, mapping) for batch in opened.batches]
    assert [list(part.accepted["customer_id"]) for part in screened] == [[number]]
