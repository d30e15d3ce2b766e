"""When a file as a whole is refused: too many bad rows, far fewer or more customers than last time, new words."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from churn.contracts.extract import Origin
from churn.contracts.synthetic import are_all_synthetic
from churn.errors import ContractBroken
from churn.intake.screening import Screened

WORTH_STOPPING_ROWS = 10_000
"""Shorter files are read to their end, so that the refusal can count all of their bad rows."""

NewCategories = Literal["set_aside", "accept", "refuse"]


@dataclass(frozen=True)
class Limits:
    """What a file may differ by before nothing of it is taken.

    Attributes:
        rejected_share: share of rows that may break the contract.
        row_drop: share of the last snapshot's customers that may be missing.
        row_growth: share of the last snapshot's customers that may be new on top.
        new_categories: what to do with words never seen before in gender, internet_service, contract, payment_method.
    """

    rejected_share: float = 0.01
    row_drop: float = 0.20
    row_growth: float = 0.50
    new_categories: NewCategories = "set_aside"


@dataclass
class Tally:
    """What was seen of a file so far.

    Attributes:
        kept: customers of the date that stay, when the file only adds corrected rows.
        monthly_charges_usd: sum over accepted rows and those that stay, USD a month.
        has_real: an accepted row is of a customer whom the simulator did not make.
    """

    kept: int = 0
    monthly_charges_usd: float = 0.0
    extras: tuple[str, ...] = ()
    accepted: int = 0
    rejected: int = 0
    normalised: int = 0
    new_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken_rules: Counter[str] = field(default_factory=Counter)
    first_reason: str = ""
    has_real: bool = False

    @property
    def origin(self) -> Origin:
        """Synthetic where every accepted row is of the simulator's customers, else real."""
        return "synthetic" if self.customers and not self.has_real else "real"

    @property
    def rows_read(self) -> int:
        """Rows of the file so far, and those that stay."""
        return self.kept + self.accepted + self.rejected

    @property
    def customers(self) -> int:
        """Customers the date will hold."""
        return self.kept + self.accepted

    def keep(self, customers: int, monthly_charges_usd: float, origin: Origin) -> None:
        """Counts customers of the date that stay."""
        self.kept += customers
        self.has_real = self.has_real or origin == "real"
        self.monthly_charges_usd += monthly_charges_usd

    def add(self, screened: Screened) -> None:
        """Counts a batch."""
        self.accepted += screened.accepted.height
        self.rejected += screened.rejected.height
        self.normalised += screened.normalised
        if screened.accepted.height:
            self.has_real = self.has_real or not are_all_synthetic(screened.accepted["customer_id"])
        self.monthly_charges_usd += float(screened.accepted["monthly_charges"].sum())
        self.new_words += screened.new_words
        reasons = screened.rejected["reasons"].explode()
        self.broken_rules.update(reasons.str.split(":").list.first().to_list())
        if not self.first_reason and screened.rejected.height:
            row = screened.rejected.row(0, named=True)
            self.first_reason = f"row {row['row_number']}: {row['reasons'][0]}"

    def tell_new_words(self) -> str:
        """Returns the new words with their counts, as "contract 'Three year' in 120 rows"."""
        return ", ".join(
            f"{column} {word!r} in {_rows(count)}" for (column, word), count in self.new_words.most_common(5)
        )

    def notes(self) -> list[str]:
        """What the ledger keeps of a file beside its counts, one sentence each."""
        found = []
        if self.extras:
            found.append(f"columns ignored: {', '.join(self.extras)}")
        if self.normalised:
            found.append(f"spaces or case put right in {_cells(self.normalised)}")
        if self.new_words:
            found.append(f"new words: {self.tell_new_words()}")
        return found


def check_limits(name: str, tally: Tally, customers_before: int | None, limits: Limits) -> None:
    """Refuses a file that differs by more than the limits.

    Args:
        name: what messages call the file.
        tally: everything that was seen of it.
        customers_before: customers of the last snapshot before this date; None when there is none.
        limits: see `Limits`.

    Raises:
        ContractBroken: with the count, the limit and the setting that changes it.
    """
    if tally.rows_read == tally.kept:
        raise ContractBroken(f"{name} has a header and no rows.", "ask the source for the file again.")
    if tally.new_words and limits.new_categories == "refuse":
        raise ContractBroken(
            f"{name} holds words never seen before: {tally.tell_new_words()}.",
            "correct them, or take them in with CHURN_NEW_CATEGORIES=accept.",
        )
    if tally.rejected > limits.rejected_share * tally.rows_read:
        raise ContractBroken(_too_many_rejected(name, tally, limits), _next_step(tally))
    if not tally.accepted:
        raise ContractBroken(f"{name} has no row that can be accepted.", "ask the source for the file again.")
    if customers_before:
        _check_row_count(name, tally.customers, customers_before, limits)


def check_hope(name: str, tally: Tally, most_rows: int | None, limits: Limits) -> None:
    """Refuses a file before its end when nothing that may still come can bring it within the limit.

    Args:
        name: what messages call the file.
        tally: what was seen so far.
        most_rows: good rows the file can have at most; None when that is not known.
        limits: see `Limits`.

    Raises:
        ContractBroken: more rows are bad already than may be bad in all.
    """
    if most_rows is None or tally.rows_read < WORTH_STOPPING_ROWS:
        return
    if tally.rejected > limits.rejected_share * (tally.kept + most_rows + tally.rejected):
        raise ContractBroken(_too_many_rejected(name, tally, limits, "the first "), _next_step(tally))


def _too_many_rejected(name: str, tally: Tally, limits: Limits, which: str = "") -> str:
    rules = ", ".join(f"{rule} {count:,}" for rule, count in tally.broken_rules.most_common(3))
    return (
        f"{name}: {tally.rejected:,} of {which}{_rows(tally.rows_read)} break the contract, more than "
        f"{limits.rejected_share * 100:.4g}% of them ({rules}); {tally.first_reason}."
    )


def _next_step(tally: Tally) -> str:
    words = " or take new words in with CHURN_NEW_CATEGORIES=accept," if tally.new_words else ""
    return f"correct the extract,{words} and run again; nothing was loaded (CHURN_REJECTED_SHARE_LIMIT is the limit)."


def _check_row_count(name: str, customers: int, before: int, limits: Limits) -> None:
    change = customers / before - 1
    if change < -limits.row_drop:
        setting, limit, word = "CHURN_ROW_DROP_LIMIT", limits.row_drop, "fewer"
    elif change > limits.row_growth:
        setting, limit, word = "CHURN_ROW_GROWTH_LIMIT", limits.row_growth, "more"
    else:
        return
    raise ContractBroken(
        f"{name} has {customers:,} customers, {abs(change):.0%} {word} than the {before:,} of the last snapshot "
        f"({limit:.0%} is the limit).",
        f"check that the extract is whole; if it is right, run once with {setting}={abs(change) + 0.01:.2f}.",
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
