"""Which customers the simulator made: their ids follow a walk that no company's numbers do.

An id looks like the public sample's, four digits and five letters, and is a number below 10**4 * 26**5. The n-th
synthetic customer has the number (n * STRIDE + OFFSET) modulo that space, so that ids look random and never repeat; and
n can be computed back from an id. A company's id of the same pattern has an n below 2**28 once in 440 times; a whole
file of them never.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

SPACE = 10**4 * 26**5
STRIDE = 48_271_004_507
OFFSET = 7_654_321
MOST_CUSTOMERS = 2**28
"""No simulation has more; the walk's arithmetic stays below 2**64 with so many."""

_INVERSE = pow(STRIDE, -1, SPACE)
_PATTERN = r"^\d{4}-[A-Z]{5}$"

Numbers = NDArray[np.uint64]


def synthetic_ids(first_number: int, count: int) -> pl.Series:
    """Returns the ids of the customers from a number on, (count,)."""
    running = np.arange(first_number, first_number + count, dtype=np.uint64)
    numbers = (running * STRIDE + OFFSET) % SPACE
    digits, letters = numbers // 26**5, numbers % 26**5
    alphabet = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype="S1")
    parts = [alphabet[(letters // 26**place % 26).astype(np.int64)] for place in range(4, -1, -1)]
    ids = np.char.add(np.char.zfill(digits.astype("U4"), 4), "-")
    for part in parts:
        ids = np.char.add(ids, part.astype("U1"))
    return pl.Series("customerID", ids)


def are_all_synthetic(ids: pl.Series) -> bool:
    """Whether every id, of at least one, is that of a synthetic customer.

    Example: 0000-LQXHT is one of the simulator's first; 7590-VHVEG of the public sample is none.
    """
    if ids.is_empty() or not ids.str.contains(_PATTERN).all():
        return False
    return bool((_run_back(_as_numbers(ids)) < MOST_CUSTOMERS).all())


def _as_numbers(ids: pl.Series) -> Numbers:
    codes = np.array(ids.to_list(), dtype="S10").view(np.uint8).reshape(-1, 10).astype(np.uint64)
    digits = (codes[:, :4] - ord("0")) @ np.array([1000, 100, 10, 1], dtype=np.uint64)
    letters = (codes[:, 5:] - ord("A")) @ np.array([26**4, 26**3, 26**2, 26, 1], dtype=np.uint64)
    return np.asarray(digits * 26**5 + letters, dtype=np.uint64)


def _run_back(numbers: Numbers) -> Numbers:
    """Which customer of the walk each number is: (number - OFFSET) / STRIDE, modulo the space.

    The product of two numbers of 37 bits does not fit into 64, so the inverse is taken in two parts of 18 and 19 bits.
    """
    steps = (numbers + (SPACE - OFFSET)) % SPACE
    high, low = divmod(_INVERSE, 2**18)
    return np.asarray((steps * high % SPACE * 2**18 % SPACE + steps * low) % SPACE, dtype=np.uint64)
