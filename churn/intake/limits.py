"""Decides when a whole file is refused: too many rejected rows, far fewer or more customers than before, new words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from churn.contracts.statuses import Origin
from churn.contracts.synthetic import are_all_synthetic
from churn.errors import ContractBroken
from churn.intake.screening import Screened
from churn.intake.second_files import SecondFile

WORTH_STOPPING_ROWS = 10_000
"""A file with fewer rows is read to its end, so that the refusal can count all of its rejected rows."""
MOST_BLANK_ROWS = 2_000_000
"""A sheet of a spreadsheet has at most 1,048,576 rows. More blank rows come from no export."""

SAMPLE_ROWS = 1_000
_NAMES_SHOWN, _NAME_SHOWN = 20, 60

NewCategories = Literal["set_aside", "accept", "refuse"]


@dataclass(frozen=True)
class Limits:
    """The limits beyond which a whole file is refused. Shares are of 0 to 1.

    Attributes:
        rejected_share: largest allowed share of rejected rows.
        row_drop: largest allowed drop in customers since the last snapshot, as a share.
        row_growth: largest allowed growth in customers since the last snapshot, as a share.
        new_categories: what happens to rows with an unknown word in gender, internet_service, contract or
            payment_method: set_aside rejects the rows, accept takes them in, refuse turns the file away.
    """

    rejected_share: float = 0.01
    row_drop: float = 0.20
    row_growth: float = 0.50
    new_categories: NewCategories = "set_aside"


@dataclass
class Tally:
    """The counts of a file so far.

    Attributes:
        kept: customers who stay in the snapshot when the file only adds corrected rows.
        monthly_charges_usd: sum over the accepted rows and the customers who stay, USD a month; None for an extract
            without a value a month, and before the first row.
        has_real: whether an accepted row, or a customer who stays, is not from the simulator.
        currencies: currency -> number of rows, where the file has a column that names it.
        left_later: customers whose leaving date is after the snapshot date.
        left_long_ago: customers who left before the time that the extract covers; they are in no other count.
        without_end: customers whose leaving date stands for none.
        forgotten: rows of customers who were forgotten; they are in no other count.
        warnings: remarks about the whole file.
        seconds: the second files that were joined to it.
    """

    kept: int = 0
    monthly_charges_usd: float | None = None
    extras: tuple[str, ...] = ()
    accepted: int = 0
    rejected: int = 0
    normalised: int = 0
    blank_rows: int = 0
    new_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken_rules: Counter[str] = field(default_factory=Counter)
    first_reason: str = ""
    has_real: bool = False
    currencies: Counter[str] = field(default_factory=Counter)
    left_later: int = 0
    left_long_ago: int = 0
    without_end: int = 0
    forgotten: int = 0
    samples: list[pl.DataFrame] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: Sequence[SecondFile] = ()

    @property
    def sample(self) -> pl.DataFrame:
        """Up to a thousand accepted rows of each batch, evenly spaced."""
        return pl.concat(self.samples) if self.samples else pl.DataFrame()

    @property
    def origin(self) -> Origin:
        """Synthetic if the simulator made every customer, else real."""
        return "synthetic" if self.customers and not self.has_real else "real"

    @property
    def rows_read(self) -> int:
        """The rows of the file so far, plus the customers who stay in the snapshot."""
        return self.kept + self.accepted + self.rejected

    @property
    def customers(self) -> int:
        """The customers that the snapshot will have."""
        return self.kept + self.accepted

    def keep(self, customers: int, monthly_charges_usd: float | None, origin: Origin) -> None:
        """Counts the customers who stay in the snapshot."""
        self.kept += customers
        self.has_real = self.has_real or origin == "real"
        self._add_charges(monthly_charges_usd)

    def add(self, screened: Screened) -> None:
        """Counts a batch."""
        self.accepted += screened.accepted.height
        self.rejected += screened.rejected.height
        self.normalised += screened.normalised
        self.blank_rows += screened.blank_rows
        if screened.accepted.height:
            self.has_real = self.has_real or not are_all_synthetic(screened.accepted["customer_id"])
        if "monthly_charges" in screened.accepted.columns:
            self._add_charges(float(screened.accepted["monthly_charges"].sum()))
        self.new_words += screened.new_words
        self.currencies += screened.currencies
        self.left_later += screened.left_later
        self.left_long_ago += screened.left_long_ago
        self.without_end += screened.without_end
        self.forgotten += screened.forgotten
        if screened.accepted.height:
            # -(-a // b) rounds up. Rounded down, a batch of 1,999 rows would give all of them.
            self.samples.append(screened.accepted.gather_every(-(-screened.accepted.height // SAMPLE_ROWS)))
        reasons = screened.rejected["reasons"].explode()
        # A reason reads "rule: sentence, found value": the rule is the part before the first colon.
        self.broken_rules.update(reasons.str.split(":").list.first().to_list())
        if not self.first_reason and screened.rejected.height:
            row = screened.rejected.row(0, named=True)
            # Without a customer's number: the ledger, alerts and Prefect's pages keep the message of a refusal.
            is_number = row["reasons"][0].startswith("customer_id_")
            reason = row["reasons"][0].partition(", found ")[0] if is_number else row["reasons"][0]
            self.first_reason = f"row {row['row_number']}: {reason}"

    def _add_charges(self, charges_usd: float | None) -> None:
        if charges_usd is not None:
            self.monthly_charges_usd = (self.monthly_charges_usd or 0.0) + charges_usd

    def tell_new_words(self) -> str:
        """Returns the new words with their counts, as "contract 'Three year' in 120 rows"."""
        return ", ".join(
            f"{column} {word!r} in {_rows(count)}" for (column, word), count in self.new_words.most_common(5)
        )

    def notes(self) -> list[str]:
        """Returns what the ledger keeps of a file beside its counts, one remark each."""
        sentences = []
        if self.extras:
            sentences.append(f"columns ignored: {_some(self.extras)}")
        if self.normalised:
            sentences.append(f"spaces or case corrected in {_cells(self.normalised)}")
        if self.blank_rows:
            sentences.append(f"{_rows(self.blank_rows).replace(' row', ' blank row')} passed over")
        if self.forgotten:
            sentences.append(f"{_rows(self.forgotten)} of forgotten customers left out")
        if self.new_words:
            sentences.append(f"new words: {self.tell_new_words()}")
        seconds = [second.tell(self.accepted + self.rejected) for second in self.seconds]
        return [*sentences, *self._tell_dates(), *seconds, *self.warnings]

    def _tell_dates(self) -> list[str]:
        counts = {
            "leave later and are active": self.left_later,
            "have a leaving date that stands for none, such as 31.12.9999, and are active": self.without_end,
            "left too long ago and are passed over": self.left_long_ago,
        }
        return [f"{count:,} customers {what}" for what, count in counts.items() if count]


def check_limits(name: str, tally: Tally, customers_before: int | None, limits: Limits) -> None:
    """Refuses a file that goes beyond the limits.

    Args:
        name: the name that messages give the file.
        tally: the counts of the whole file.
        customers_before: customers of the last snapshot before this date; None when there is no such snapshot.
        limits: see `Limits`.

    Raises:
        ContractBroken: the message has the count, the limit and the setting that changes the limit.
    """
    if tally.rows_read == tally.kept:
        raise ContractBroken(f"{name} has a header but no rows.", "ask the source for the file again.")
    if tally.new_words and limits.new_categories == "refuse":
        raise ContractBroken(
            f"{name} has unknown words: {tally.tell_new_words()}.",
            "correct the words, or accept them with CHURN_NEW_CATEGORIES=accept.",
        )
    if len(tally.currencies) > 1:
        counts = ", ".join(f"{currency} in {_rows(count)}" for currency, count in tally.currencies.most_common(5))
        raise ContractBroken(
            f"{name} has charges in {len(tally.currencies)} currencies: {counts}. They cannot be added up.",
            "convert the charges to one currency, or deliver one extract for each.",
        )
    if tally.rejected > limits.rejected_share * tally.rows_read:
        raise ContractBroken(_too_many_rejected(name, tally, limits), _next_step(tally))
    if not tally.accepted:
        raise ContractBroken(f"{name} has no row that keeps the contract.", "ask the source for the file again.")
    if customers_before:
        _check_row_count(name, tally.customers, customers_before, limits)


def check_hope(name: str, tally: Tally, most_rows: int | None, limits: Limits) -> None:
    """Refuses a file before its end when the remaining rows, even if all are good, cannot bring it within the limit.

    Args:
        name: the name that messages give the file.
        tally: the counts so far.
        most_rows: the largest number of good rows that the file can hold; None when that number is not known.
        limits: see `Limits`.

    Raises:
        ContractBroken: more rows are rejected already than the limit allows for the whole file, or far too many rows
            are blank.
    """
    if tally.blank_rows > max(MOST_BLANK_ROWS, tally.rows_read):
        raise ContractBroken(
            f"{name} has more than {MOST_BLANK_ROWS:,} blank rows.", "export the customers again without blank rows."
        )
    if most_rows is None or tally.rows_read < WORTH_STOPPING_ROWS:
        return
    # The most generous share: it assumes that all bytes of the file are good rows. The size counts the rejected rows
    # too, so that the assumption is even too kind, and a file that could still pass is never refused here.
    if tally.rejected > limits.rejected_share * (tally.kept + most_rows + tally.rejected):
        raise ContractBroken(_too_many_rejected(name, tally, limits, "the first "), _next_step(tally))


def _too_many_rejected(name: str, tally: Tally, limits: Limits, which: str = "") -> str:
    rules = ", ".join(f"{rule} {count:,}" for rule, count in tally.broken_rules.most_common(3))
    return (
        f"{name}: {tally.rejected:,} of {which}{_rows(tally.rows_read)} break the contract, more than "
        f"{limits.rejected_share * 100:.4g}% of them ({rules}); {tally.first_reason}."
    )


def _next_step(tally: Tally) -> str:
    words = " or accept the new words with CHURN_NEW_CATEGORIES=accept" if tally.new_words else ""
    return f"correct the extract{words}, then run again. Nothing was loaded. CHURN_REJECTED_SHARE_LIMIT sets the limit."


def _check_row_count(name: str, customers: int, before: int, limits: Limits) -> None:
    change = customers / before - 1
    if change < -limits.row_drop:
        setting, limit, word = "CHURN_ROW_DROP_LIMIT", limits.row_drop, "fewer"
    elif change > limits.row_growth:
        setting, limit, word = "CHURN_ROW_GROWTH_LIMIT", limits.row_growth, "more"
    else:
        return
    raise ContractBroken(
        f"{name} has {customers:,} customers, {abs(change):.0%} {word} than the last snapshot, which has {before:,} "
        f"(the limit is {limit:.0%}).",
        f"check that the extract is complete; if it is, run once with {setting}={abs(change) + 0.01:.2f}.",
    )


def _some(names: Sequence[str]) -> str:
    """Returns the first names and the number of the others, as "usage_000, usage_001 and 198 more"."""
    shown = [name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}..." for name in names[:_NAMES_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
