"""A customer base as it must have looked some whole months before its first snapshot. Pure; nothing is invented.

What a snapshot tells of earlier months: how long each customer had been one, who had not joined, and that whoever left
in the snapshot's month was still there before it. What it cannot tell stays as it is on the snapshot (services,
contract, price), and customers who left before the snapshot's month are in no row of it: they are missing here too.

Worked example, snapshot of 2026-03-31; 31 days before it, 2026-02-28, is one whole month, 62 days, 2026-01-28, two:

- tenure 60, 100.00 a month, 5,800.00 in total: 59 months and 5,700.00 on 2026-02-28; 58 and 5,600.00 on 2026-01-28;
- tenure 2, 50.00 a month, 110.00 in total: 1 month and 60.00; then 0 months and nothing billed yet (NULL);
- tenure 1: 0 months and nothing billed yet; absent on 2026-01-28, not having joined;
- tenure 10, marked as churned: 9 months and active on 2026-02-28. On 2026-03-01, within the snapshot's own month, it is
  marked as on the snapshot.
"""

import polars as pl

from churn.contracts.extract import StoredExtract

CENTS = 2


def rewind(snapshot: pl.DataFrame, months: int) -> pl.DataFrame:
    """Returns a snapshot's customers as they were some whole months before it.

    Args:
        snapshot: rows that satisfy `StoredExtract`.
        months: 0 gives the snapshot itself.

    Returns:
        The customers who had joined, satisfying `StoredExtract`: tenure less the months; total charges less as many
        monthly charges, but no less than one of them once billed, and NULL at tenure 0; nobody has left yet.
    """
    if months == 0:
        return snapshot
    billed = (pl.col("total_charges") - months * pl.col("monthly_charges")).round(CENTS)
    rewound = snapshot.filter(pl.col("tenure") >= months).with_columns(
        pl.col("tenure") - months,
        pl.when(pl.col("tenure") > months)
        .then(pl.max_horizontal(billed, "monthly_charges"))
        .otherwise(None)
        .alias("total_charges"),
        pl.lit("No").alias("churn"),
    )
    return StoredExtract.validate(rewound)
