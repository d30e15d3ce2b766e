import polars as pl
import pytest

from churn.scoring.comparison import take_apart


def test_a_move_is_taken_apart_and_its_parts_add_up() -> None:
    steps = pl.DataFrame(
        {
            "customer_id": ["STAYED", "MOVED"],
            "tier_first": ["Low", "Low"],
            "tier_second": ["Low", "Medium"],
            "stored_first": [0.1, 0.40],
            "first_now": [0.1, 0.42],
            "second_by_first_model": [0.1, 0.60],
            "second_now": [0.1, 0.64],
            "stored_second": [0.1, 0.65],
        }
    )

    moved, stayed = take_apart(steps).rows(named=True)

    assert moved["customer_id"] == "MOVED"
    assert moved["by_features"] == pytest.approx(0.18)
    assert moved["by_model"] == pytest.approx(0.04)
    assert moved["by_correction"] == pytest.approx(0.03)
    assert moved["by_features"] + moved["by_model"] + moved["by_correction"] == pytest.approx(moved["difference"])
    assert stayed["difference"] == 0
