"""Rewinds the customers of the first snapshot by whole months. Pure. Nothing is invented.

A snapshot shows two things about earlier months: the tenure of each customer, and the customers who had not joined.
Services, contract and price stay unchanged, since a snapshot says nothing about their past. Customers who left before
the month of the snapshot are in no row of it, so they are missing here too. Customers who left within that month are
left out as well: their days of leaving are unknown, and if they counted as active before, every trend would fall off a
cliff at the first day of that month, although nothing happened on it.

Worked example, snapshot of 2026-03-31. 2026-02-28 is one whole month before it (31 days), 2026-01-28 is two (62 days):

- tenure 60, 100.00 a month, 5,800.00 in total: 59 months and 5,700.00 on 2026-02-28; 58 and 5,600.00 on 2026-01-28;
- tenure 2, 50.00 a month, 110.00 in total: 1 month and 60.00; then 0 months and nothing billed yet (NULL);
- tenure 1: 0 months and nothing billed yet; not in the rows of 2026-01-28, since the customer had not joined;
- tenure 10, marked as churned: not in the rows of 2026-02-28. On 2026-03-01, in the month of the snapshot, the customer
  is marked as on the snapshot.
"""

from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.extract import StoredExtract

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.extract import StoredExtract


CENTS = 2


def rewind(snapshot: "DataFrame[StoredExtract]", months: int) -> "DataFrame[StoredExtract]":
    """Returns the customers of a snapshot as they were `months` whole months earlier.

    Args:
        snapshot: rows that satisfy `StoredExtract`.
        months: the number of whole months; 0 returns the snapshot unchanged.

    Returns:
        The customers who had joined and did not leave by the snapshot, satisfying `StoredExtract`. Tenure is smaller by
        the months. Total charges are smaller by the monthly charges of these months, but at least one monthly charge;
        at tenure 0 they are NULL.
    """
    if months == 0:
        return snapshot
    # Rounded to cents: a difference of floats such as 110.00 - 50.10 has more decimals than money.
    billed = (pl.col("total_charges") - months * pl.col("monthly_charges")).round(CENTS)
    stays = (pl.col("tenure") >= months) & (pl.col("churn") == "No")
    rewound = snapshot.filter(stays).with_columns(
        pl.col("tenure") - months,
        pl.when(pl.col("tenure") > months)
        .then(pl.max_horizontal(billed, "monthly_charges"))
        .otherwise(None)
        .alias("total_charges"),
    )
    return StoredExtract.validate(rewound)
