"""Why the scores of two dates differ, customer by customer. Pure; the parts add up to the difference.

Worked example: stored 0.40 on the first date, 0.65 on the second. The first date's features, as they are now, give 0.42
by the first date's model: 0.02 comes of data corrected after it was scored. The second date's features give 0.60 by
that same model: 0.18 comes of features that changed. By the second date's model they give 0.65: 0.05 is the model's.
"""

import polars as pl

STEPS = ("stored_first", "first_now", "second_by_first_model", "second_now", "stored_second")


def take_apart(steps: pl.DataFrame) -> pl.DataFrame:
    """Returns each customer's difference and its parts.

    Args:
        steps: customer_id, tier_first, tier_second and the probabilities of STEPS.

    Returns:
        customer_id, tier_first, tier_second, difference, by_features, by_model, by_correction; the three parts add up
        to the difference. By the size of the difference, largest first, ties by customer.
    """
    corrected = (pl.col("first_now") - pl.col("stored_first")) + (pl.col("stored_second") - pl.col("second_now"))
    parts = steps.select(
        "customer_id",
        "tier_first",
        "tier_second",
        (pl.col("stored_second") - pl.col("stored_first")).alias("difference"),
        (pl.col("second_by_first_model") - pl.col("first_now")).alias("by_features"),
        (pl.col("second_now") - pl.col("second_by_first_model")).alias("by_model"),
        corrected.alias("by_correction"),
    )
    return parts.sort(pl.col("difference").abs(), "customer_id", descending=[True, False])
