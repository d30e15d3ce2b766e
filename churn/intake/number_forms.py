"""How a file probably writes its numbers: as 1234.50, 1'234.50, 1.234,50 or with a currency sign."""

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from churn.intake.numbers import NumberForm, plain_number

_CODES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "JPY",
    "INR",
    "PLN",
    "IDR",
    "BRL",
    "KRW",
    "SEK",
    "NOK",
    "DKK",
    "CZK",
    "TRY",
    "MXN",
)
_SIGNS = {"€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "Fr.": "CHF", "SFr.": "CHF", "¥": "JPY", "₹": "INR"}
_MORE_SIGNS = {"zł": "PLN", "Rp": "IDR", "R$": "BRL", "₩": "KRW", "Kč": "CZK", "₺": "TRY"}
CURRENCY_SIGNS = {code: code for code in _CODES} | _SIGNS | _MORE_SIGNS
"""A sign or code that stands at numbers, and the currency that it means."""
_GROUPS = ("", ".", ",", "'", "’", " ", "\u00a0", "\u202f")
_CELL = re.compile(r"(?P<before>[^\d+.,'-]*)-?\d[\d.,'’ \u00a0\u202f]*(?P<after>[^\d]*)")
_SAMPLE = 2_000
_FEWEST = 0.99


def find_number_form(columns: Sequence[pl.Series]) -> NumberForm | None:
    """Returns the form in which most columns of numbers are written; None if 1234.50 reads them all.

    Args:
        columns: trimmed cells; blank ones are null.
    """
    samples = [column.drop_nulls().head(_SAMPLE).rename("cells") for column in columns]
    samples = [sample for sample in samples if _has_digits(sample)]
    plain = [_reads(sample, None) for sample in samples]
    if all(plain):
        return None
    before, after = _find_signs([sample for sample, is_plain in zip(samples, plain, strict=True) if not is_plain])
    forms = [NumberForm(before, group, point, after) for point in (".", ",") for group in _GROUPS if group != point]
    read = {form: sum(_reads(sample, form) for sample in samples) for form in forms}
    # Of equals, the first: the one without a sign between thousands, if it reads as many columns.
    best = max(forms, key=lambda form: read[form])
    return best if read[best] > sum(plain) else None


def find_currency(form: NumberForm | None) -> str | None:
    """Returns the currency whose sign stands at the numbers; None if none does."""
    return CURRENCY_SIGNS.get(form.before) or CURRENCY_SIGNS.get(form.after) if form else None


def _has_digits(sample: pl.Series) -> bool:
    return len(sample) > 0 and float(sample.str.contains(r"\d").mean()) >= _FEWEST  # type: ignore[arg-type]


def _reads(sample: pl.Series, form: NumberForm | None) -> bool:
    text = sample.to_frame().select(plain_number(pl.col("cells"), form)).to_series() if form else sample
    numbers = text.cast(pl.Float64, strict=False)
    return float(numbers.is_not_null().mean()) >= _FEWEST  # type: ignore[arg-type]


def _find_signs(samples: Sequence[pl.Series]) -> tuple[str, str]:
    """Returns the currency signs before and behind the numbers; empty if there are none."""
    found = [match for sample in samples for cell in sample.head(200) if (match := _CELL.fullmatch(cell))]
    signs = [(_known(match["before"]), _known(match["after"])) for match in found]
    named = Counter(pair for pair in signs if any(pair))
    return named.most_common(1)[0][0] if named else ("", "")


def _known(text: str) -> str:
    return text.strip() if text.strip() in CURRENCY_SIGNS else ""
