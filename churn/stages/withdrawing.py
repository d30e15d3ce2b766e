"""Takes a published day back: readers see the last good day before it until somebody publishes the day again."""

from datetime import date

from churn.errors import NotThere, WrongUsage
from churn.stages import Outcome
from churn.stores.ledgers import publications, withdrawals
from churn.stores.ledgers.withdrawals import DayWithdrawn
from churn.stores.workplace import Workplace


def withdraw_day(workplace: Workplace, day: date, person: str, why: str) -> Outcome:
    """Hides a published date from readers, and keeps runs from publishing it until a command names it.

    The date's extract and features stay: the training of a model may use them. Customers whom a campaign has enrolled
    from the date stay enrolled.

    Raises:
        WrongUsage: no reason was given, or the date is withdrawn already.
        NotThere: the date is not published.
    """
    if not why.strip():
        raise WrongUsage("A withdrawal needs a reason.", 'give the reason with --why "...".')
    engine = workplace.engine
    taken_back = withdrawals.withdraw(engine, day, person, why.strip())
    if taken_back is None:
        if held := withdrawals.find_held(engine, [day]):
            raise DayWithdrawn(held[day])
        raise NotThere(f"{day} is not published.", "run `churn status` to see which date is.")
    last = publications.find_publication(engine)
    readers = f"readers see {last.prediction_date}" if last else "readers see no date, since no other is published"
    return Outcome(
        f"{day} is withdrawn: {taken_back.customers_count:,} scores of model version {taken_back.model_version} are "
        f"hidden; {readers}. `churn score --as-of {day}` publishes it again"
    )


def release_day(workplace: Workplace, day: date, person: str, command: str) -> str:
    """Lets a date be published again that a person withdrew.

    Args:
        workplace: the settings and the database.
        day: the date that a command names.
        person: who gave the command.
        command: the command, which the ledger keeps as the reason.

    Returns:
        A sentence about the withdrawal that ends; empty if the date is not withdrawn.
    """
    ended = withdrawals.release(workplace.engine, day, person, f"named by {command}")
    return f"{ended}. This run names the date, so that it is published again." if ended else ""


def refuse_withdrawn(workplace: Workplace, day: date) -> None:
    """Raises DayWithdrawn if a person withdrew the date."""
    if held := withdrawals.find_held(workplace.engine, [day]):
        raise DayWithdrawn(held[day])
