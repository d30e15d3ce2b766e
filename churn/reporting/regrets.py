"""Answers what the list of the newest matured date cost: leavers whom nobody listed, and calls that nobody needed."""

from dataclasses import dataclass
from datetime import date

from churn.errors import NotThere
from churn.monitoring.limits import choose_newest
from churn.stores.rows import outcomes, regrets
from churn.stores.rows.regrets import Regret
from churn.stores.shown.performance import read_performance
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class Regrets:
    """The customers about whom a date was wrong at the highest price.

    Attributes:
        missed: who left without being on the list, the largest yearly revenue first.
        needless: who was on the list and stayed without a contact, the dearest call first.
    """

    prediction_date: date
    window_days: int
    missed: tuple[Regret, ...]
    needless: tuple[Regret, ...]


def read_regrets(workplace: Workplace) -> Regrets:
    """Returns the regrets of the newest matured date that its model had not seen; without one, of the newest.

    Raises:
        NotThere: no published date has matured labels yet.
    """
    with workplace.engine.connect() as connection:
        judged = read_performance(connection)
    newest = choose_newest(judged) or (judged[-1] if judged else None)
    matured = {day.prediction_date: day for day in outcomes.find_matured(workplace.engine)}
    if newest is None or newest.prediction_date not in matured:
        raise NotThere("No published date has matured labels yet.", "run `churn monitor`: it says when the first has.")
    day = matured[newest.prediction_date]
    missed, needless = (tuple(read(workplace.engine, day)) for read in (regrets.read_missed, regrets.read_needless))
    return Regrets(day.prediction_date, day.window_days, missed, needless)
