"""Changes that concern a whole file: each row may keep the contract, and still all of them are wrong.

A sample of the file's customers is held against the same customers in the last snapshot: customer numbers that were
renumbered, money in cents or in another currency, a column that was swapped with another, one word everywhere. What
needs no earlier snapshot is checked as well: tenure in days, and customer numbers that look like personal data.
"""

from dataclasses import dataclass

import polars as pl

from churn.contracts.extract import KNOWN_WORDS
from churn.errors import ContractBroken

FEWEST_CUSTOMERS = 200
"""With fewer customers to compare, a share says nothing."""

FEWEST_BILLED = 50

WORD_COLUMNS = (*(column for column in KNOWN_WORDS if column != "churn"), "senior_citizen")
MOST_MONTHS_RATIO = 6.0
"""Days are 30 times as many as months. A price rise or a discount moves total charges far less."""

_LOOKS = {
    "look like e-mail addresses": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "look like phone numbers": (
        r"^(\+[\d ()/.\-]{7,}|00[1-9]\d{8,}|0[1-9]\d{8,11}|0\d{2,5}[ /\-]\d[\d \-]{4,}|\(?\d{3}\)?[ \-]\d{3}-\d{4})$"
    ),
    "end in .0, as if they had been numbers: another file may write them without it": r"^\d+\.0$",
    "are written as powers of ten, so that digits are lost": r"^\d(\.\d+)?[eE]\+?\d+$",
}
"""What the customer numbers of a file may look like, and the pattern. A tenth of them is enough for a warning."""


MOST_UNKNOWN, MOST_CHARGES, MOST_WORDS = 0.5, 0.5, 0.35
"""The limits: share of the file's customers whom the last snapshot does not have; change of the monthly charges of the
same customers (median); share of the same customers with another word in one column, which is only said. Normal days
change a few percent.
"""

WORTH_SAYING = 0.03


@dataclass(frozen=True)
class Change:
    """A change of the whole file since the last snapshot.

    Attributes:
        fact: what changed, to follow the name of the file.
        check: what to check, as an instruction.
        is_too_large: whether the file is refused for it; else it is only said.
    """

    fact: str
    check: str
    is_too_large: bool = True


def refuse_changes(name: str, changes: list[Change]) -> None:
    """Refuses a file with a change that is too large.

    Raises:
        ContractBroken: with the change and the setting that lets the file pass.
    """
    for change in changes:
        if change.is_too_large:
            raise ContractBroken(
                f"{name} has {change.fact}.",
                f"{change.check}; if the file is right, run once with CHURN_WHOLESALE_CHANGES=warn.",
            )


def describe_ids(sample: pl.DataFrame) -> list[str]:
    """Returns a warning for each odd look that a tenth of the customer numbers has; one e-mail address is enough."""
    ids, warnings = sample["customer_id"], []
    for look, pattern in _LOOKS.items():
        count = int(ids.str.contains(pattern).sum())
        if count and (count * 10 >= len(ids) or "e-mail" in look):
            warnings.append(f"customer numbers {look} ({count:,} of {len(ids):,} looked at)")
    return warnings


def check_tenure(name: str, sample: pl.DataFrame) -> None:
    """Refuses a file whose tenure is in another unit than months, judged by total and monthly charges.

    Example: 240 with charges of $30.45 a month and $226.45 in all is 7.4 months, so that 240 are days.

    Raises:
        ContractBroken: half of the customers or more have a tenure of 6 times what they were billed for.
    """
    billed = sample.filter(pl.col("tenure") >= 2, pl.col("total_charges") > 0)
    # The median, not the mean: a few customers with credits have any ratio.
    ratio = billed.select((pl.col("tenure") * pl.col("monthly_charges") / pl.col("total_charges")).median()).item()
    if billed.height < FEWEST_BILLED or ratio is None or ratio < MOST_MONTHS_RATIO:
        return
    raise ContractBroken(
        f"{name} has a tenure that is {ratio:,.0f} times the months that customers were billed for (total charges by "
        "monthly charges, median): it is probably in days, not in months.",
        "write its unit in a declaration, which `churn init --from FILE` drafts: days, weeks, months or years.",
    )


def compare_numbers(ids: int, known: int, is_other_form: bool) -> list[Change]:
    """Returns a change if most customers are not in the last snapshot, as after a renumbering.

    Args:
        ids: the number of customers that were looked for in the last snapshot.
        known: the number of them that it has.
        is_other_form: whether it has some of the others with, or without, a trailing .0.
    """
    unknown = 1 - known / max(ids, 1)
    if ids < FEWEST_CUSTOMERS or unknown <= MOST_UNKNOWN:
        return []
    form = "; their numbers differ from those there by a trailing .0" if is_other_form else ""
    fact = f"{unknown:.0%} customers whom the last snapshot does not have (the limit is {MOST_UNKNOWN:.0%}){form}"
    return [Change(fact, "write the customer numbers as in the last extract")]


def compare_customers(now: pl.DataFrame, before: pl.DataFrame) -> list[Change]:
    """Compares customers with their rows in the last snapshot: monthly charges, and each column of words."""
    both = now.join(before, on="customer_id", suffix="_before")
    if both.height < FEWEST_CUSTOMERS:
        return []
    has_charges = "monthly_charges" in now.columns and bool(before["monthly_charges"].count())
    return [*(_compare_charges(both) if has_charges else []), *_compare_words(both)]


def _compare_charges(both: pl.DataFrame) -> list[Change]:
    ratio = float(both.select((pl.col("monthly_charges") / pl.col("monthly_charges_before")).median()).item())
    # Halved counts as much as doubled: cents taken for dollars and dollars taken for cents are the same mistake.
    change = max(ratio, 1 / ratio) - 1
    fact = f"monthly charges that are {ratio:.4g} times those of the last snapshot (median of the same customers)"
    is_worth = change > WORTH_SAYING
    return [Change(fact, "check the unit and the currency of the charges", change > MOST_CHARGES)] if is_worth else []


def _compare_words(both: pl.DataFrame) -> list[Change]:
    shares = {
        column: both.filter(pl.col(column) != pl.col(f"{column}_before")).height / both.height
        for column in WORD_COLUMNS
        if column in both.columns
    }
    # One word for everybody, in a column that had others: a default value in place of the truth. Another word for many
    # is only said: after a migration of contracts or payment methods it is true.
    filled = [name for name, share in shares.items() if share >= WORTH_SAYING and both[name].n_unique() == 1]
    changed = [f"{name} ({share:.0%})" for name, share in shares.items() if share > MOST_WORDS and name not in filled]
    changes = [
        Change(
            f"the same {name} for every customer, where {shares[name]:.0%} had another one in the last snapshot",
            f"check the export of {name}",
        )
        for name in filled
    ]
    if changed:
        fact = f"other words than the last snapshot for many of the same customers: {', '.join(changed)}"
        changes.append(Change(fact, "check that no columns are swapped", is_too_large=False))
    return changes
