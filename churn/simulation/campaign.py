"""Contacts of a campaign from a file, with a known effect: what the retention loop is proven against.

The file has the contacts so far: customerID, contacted_on, offer_id, channel. How a customer answers depends on the
customer's features, so that a model can learn whom to leave alone:

- do_not_disturb: a two-year contract. A contact reminds the customer that it can be cancelled.
- lost: less than four months a customer and without a fixed term.
- persuadable: without a fixed term, and later than that.
- sure: everybody else.

An effect lasts 60 days and is the larger, the better the offer. A customer is reached with a probability that depends
on the channel; without that nothing happens. A second contact within 60 days annoys, whatever the offer is.

With the same seed the days before a contact stay the same, byte for byte: contacts draw no number of the simulation.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.synthetic import synthetic_numbers
from churn.errors import WrongUsage
from churn.simulation.contacts import LASTING_DAYS
from churn.simulation.customers import Columns, Floats

PROFILES = ("persuadable", "sure", "lost", "do_not_disturb")
_LOG_ODDS = np.array([-1.0, 0.0, 0.0, 0.6])
ANNOYED_LOG_ODDS = 0.4
OFFERS = {"standard": 1.0, "support_3m": 1.2, "price_5": 0.8}
"""How much of the full effect an offer has. An offer that is not here has the full effect."""
REACHED_SHARES = {"call": 0.6, "phone": 0.6, "email": 0.3, "letter": 0.8}
"""The share of the contacts of a channel that reach the customer. A channel that is not here reaches everybody."""
COLUMNS = ("customerID", "contacted_on", "offer_id", "channel")


@dataclass(frozen=True)
class CampaignContacts:
    """The contacts of a simulation, one element for each contact, in order of day.

    Attributes:
        numbers: the customers, as the numbers that the simulator gave them.
        days: the day of the simulation.
        strengths: the share of the full effect: the offer's, 0 for a customer who was not reached.
        is_repeated: whether the customer was contacted within the 60 days before.
    """

    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    days: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    strengths: Floats = field(default_factory=lambda: np.zeros(0))
    is_repeated: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def log_odds(self, columns: Columns, day: int) -> Floats:
        """Returns (n,) what all contacts in force add to the log-odds of leaving of each customer on a day."""
        added = np.zeros(len(columns["tenure"]))
        in_force = (self.days <= day) & (day - self.days < LASTING_DAYS) & (self.numbers < len(added))
        numbers = self.numbers[in_force]
        full = _LOG_ODDS[profile_of(columns)[numbers]]
        # The last contact counts: `np.maximum.at` or a sum would give a customer with two contacts twice the effect.
        added[numbers] = full * self.strengths[in_force]
        reached_again = in_force & self.is_repeated & (self.strengths > 0)
        added[self.numbers[reached_again]] += ANNOYED_LOG_ODDS
        return added


def profile_of(columns: Columns) -> NDArray[np.int64]:
    """Returns (n,) positions in PROFILES."""
    without_term = (columns["one"] == 0) & (columns["two"] == 0)
    is_lost = without_term & (columns["tenure"] < 4)
    return np.select([columns["two"] == 1, is_lost, without_term], [3, 2, 0], default=1).astype(np.int64)


def read_contacts(path: Path | None, first_date: date) -> CampaignContacts:
    """Reads a file of contacts.

    Args:
        path: a CSV file with COLUMNS; without it, nobody is contacted.
        first_date: the date of day 0.

    Raises:
        WrongUsage: the file cannot be read, lacks a column, or has a customer or a date that is none.
    """
    if path is None:
        return CampaignContacts()
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WrongUsage(f"The file of contacts {path} cannot be read: {error}.", "check the path.") from error
    if missing := [name for name in COLUMNS if name not in rows.columns]:
        raise WrongUsage(f"{path.name} lacks the column {missing[0]}.", f"write the columns {', '.join(COLUMNS)}.")
    days = (rows["contacted_on"].str.to_date(strict=False) - first_date).dt.total_days()
    typed = rows.with_columns(synthetic_numbers(rows["customerID"]).alias("number"), days.alias("day"))
    wrong = typed.with_row_index("line", 2).filter(pl.col("number").is_null() | pl.col("day").is_null())
    if not wrong.is_empty():
        raise WrongUsage(
            f"Line {wrong['line'][0]} of {path.name} has no synthetic customer or no date.",
            "name customers of the simulated extracts, and write dates like 2026-11-28.",
        )
    return _understand(typed.sort("day", maintain_order=True))


def _understand(rows: pl.DataFrame) -> CampaignContacts:
    before = rows["day"] - rows.select(pl.col("day").shift(1).over("number")).to_series()
    offers = rows["offer_id"].replace_strict(OFFERS, default=1.0, return_dtype=pl.Float64).to_numpy()
    reached = [is_reached(*row) for row in rows.select("customerID", "day", "channel").iter_rows()]
    return CampaignContacts(
        rows["number"].to_numpy(),
        rows["day"].to_numpy(),
        offers * np.array(reached, dtype=np.float64),
        (before < LASTING_DAYS).fill_null(False).to_numpy(),
    )


def is_reached(customer_id: str, day: int, channel: str | None) -> bool:
    """Returns whether a contact on a day of the simulation reaches the customer.

    Drawn by a hash, so that a contact that is added to the file changes no earlier one.
    """
    digest = hashlib.sha256(f"{customer_id}|{day}|{channel}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < REACHED_SHARES.get(channel or "", 1.0)


def effect_on_leaving(hazard_with: Floats, hazard_without: Floats, days: int = LASTING_DAYS) -> Floats:
    """Returns (n,) the change of the probability of leaving within some days, for monthly hazards that stay the same.

    Example: a hazard of 10% that a contact lowers to 5% changes leaving within 60 days by (1 - 0.95 ** 2) -
    (1 - 0.9 ** 2) = -9.25 points.
    """
    months = days / 30
    return np.asarray((1 - (1 - hazard_with) ** months) - (1 - (1 - hazard_without) ** months))
