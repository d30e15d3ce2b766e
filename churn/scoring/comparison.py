"""Explains why the score of each customer differs between two dates. Pure. The parts add up to the difference.

Worked example: the stored score is 0.40 on the first date and 0.65 on the second. The current features of the first
date and the model of the first date give 0.42, so 0.02 comes from a data correction after scoring. The features of the
second date and the same model give 0.60, so 0.18 comes from changed features. The model of the second date gives 0.65,
so 0.05 comes from the model.
"""

import polars as pl

STEPS = ("stored_first", "first_now", "second_by_first_model", "second_now", "stored_second")


def take_apart(steps: pl.DataFrame) -> pl.DataFrame:
    """Returns the difference of each customer and its parts.

    Args:
        steps: customer_id, tier_first, tier_second and the probabilities of STEPS.

    Returns:
        customer_id, tier_first, tier_second, difference, by_features, by_model and by_correction. The three parts add
        up to the difference. Rows are sorted by the absolute difference, the largest first, then by customer_id.
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
