"""Recognises synthetic customers by their ids: the ids of the simulator follow a sequence that can be computed back.

An id looks like an id of the public sample, four digits and five letters, and stands for a number below 10**4 * 26**5.
The n-th synthetic customer has the number (n * STRIDE + OFFSET) modulo that space. STRIDE has no common divisor with
the space, so that ids never repeat, and n can be computed back from an id. One of 440 real ids of the same pattern has
an n below 2**28 by chance; a whole file of real ids never has.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

SPACE = 10**4 * 26**5
STRIDE = 48_271_004_507
OFFSET = 7_654_321
MOST_CUSTOMERS = 2**28
"""The largest simulation. With so many customers n * STRIDE + OFFSET stays below 2**64."""

_INVERSE = pow(STRIDE, -1, SPACE)
_PATTERN = r"^\d{4}-[A-Z]{5}$"

Numbers = NDArray[np.uint64]


def synthetic_ids(first_number: int, count: int) -> pl.Series:
    """Returns the (count,) ids of the customers from `first_number` on."""
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
    """Returns whether there is at least one id, and every id is the id of a synthetic customer.

    Example: 0000-LQXHT is an id of the simulator; 7590-VHVEG of the public sample is not.
    """
    return not ids.is_empty() and synthetic_numbers(ids).null_count() == 0


def synthetic_numbers(ids: pl.Series) -> pl.Series:
    """Returns the n of each id; NULL for an id that is not of the simulator."""
    has_pattern = ids.str.contains(_PATTERN).fill_null(False)
    numbers = pl.Series("number", _run_back(_as_numbers(ids.set(~has_pattern, "0000-AAAAA"))), dtype=pl.UInt64)
    is_one = has_pattern & (numbers < MOST_CUSTOMERS)
    return numbers.cast(pl.Int64).set(~is_one, None)


def _as_numbers(ids: pl.Series) -> Numbers:
    codes = np.array(ids.to_list(), dtype="S10").view(np.uint8).reshape(-1, 10).astype(np.uint64)
    digits = (codes[:, :4] - ord("0")) @ np.array([1000, 100, 10, 1], dtype=np.uint64)
    letters = (codes[:, 5:] - ord("A")) @ np.array([26**4, 26**3, 26**2, 26, 1], dtype=np.uint64)
    return np.asarray(digits * 26**5 + letters, dtype=np.uint64)


def _run_back(numbers: Numbers) -> Numbers:
    """Returns n of each number: (number - OFFSET) / STRIDE, modulo the space.

    A product of two 37-bit numbers does not fit into 64 bits, so the inverse is split into two parts of 18 and 19 bits.
    """
    steps = (numbers + (SPACE - OFFSET)) % SPACE
    high, low = divmod(_INVERSE, 2**18)
    return np.asarray((steps * high % SPACE * 2**18 % SPACE + steps * low) % SPACE, dtype=np.uint64)
