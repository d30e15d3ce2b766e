"""What a campaign kept stands on the board page with its interval, and a month ago is a month ago."""

from churn.dashboard.board import find_month_before, tell_kept
from churn.dashboard.views.model import tell_worth
from churn.stores.shown.kept_money import KeptMoney
from tests.unit.dashboard.test_summary import make_day


def test_what_a_campaign_kept_has_its_interval() -> None:
    kept = KeptMoney("autumn", 1_200, 9_840.0, -1_200.0, 21_000.0, "no effect seen", False)

    assert tell_kept(kept) == (
        "Campaign autumn kept $9,840 so far (−$1,200 to $21,000), over 1,200 contacted customers: no effect seen."
    )
    unknown = KeptMoney("autumn", 12, None, None, None, "not known yet", False)
    assert tell_kept(unknown) == "Campaign autumn: what it kept is not known yet."


def test_the_board_compares_with_the_extract_of_a_month_ago() -> None:
    days = [make_day(60), make_day(35, basis="reconstructed"), make_day(31), make_day(7), make_day(0)]

    assert find_month_before(days) == days[2]
    assert find_month_before(days[3:]) is None


def test_a_manager_reads_what_a_call_finds() -> None:
    cells = {"true_positive": 100.0, "false_negative": 170.0, "false_positive": 50.0, "true_negative": 680.0}

    assert tell_worth(cells, {"x_value": 0.1, "y_value": 0.263}) == (
        "Of 100 customers we would call, 71 would have left; of 100 at random, 27."
    )
    assert tell_worth({}, {"x_value": 0.1, "y_value": 0.263}) == ""
