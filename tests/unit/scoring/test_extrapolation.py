"""What lies outside the training is said in the words of a caller, once per subject."""

from churn.scoring.extrapolation import ALERTED_SHARE, OutOfRange, find_shares, tell_out_of_range


def test_prices_outside_the_training_are_told_with_their_share() -> None:
    counts = [OutOfRange("monthly_charges", 30, 400), OutOfRange("price_above_list_usd", 400, 400)]

    assert tell_out_of_range(counts) == "outside what the model has seen: the prices of 100% of the active customers"


def test_each_subject_has_its_share_and_the_largest_comes_first() -> None:
    tenure = [OutOfRange(name, 20, 400) for name in ("tenure_months", "tenure_log", "tenure_inverse")]
    counts = [*tenure, OutOfRange("price_above_list_usd", 300, 400), OutOfRange("has_partner", 3, 400)]

    assert tell_out_of_range(counts) == (
        "outside what the model has seen: the prices of 75% and the tenure of 5% of the active customers"
    )
    assert find_shares(counts, ALERTED_SHARE) == {"prices": 0.75}


def test_nothing_is_said_of_a_day_within_range_or_without_counts() -> None:
    assert tell_out_of_range([OutOfRange("monthly_charges", 0, 400), OutOfRange("tenure_months", 0, 0)]) == ""
    assert tell_out_of_range([]) == ""
