"""What `churn run` says before anything large starts: that nothing has changed, or that a file is no extract.

Only a run that no Prefect server would record ends here. With a server the run itself starts, and is recorded there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console

from churn.alerts import messages
from churn.errors import ChurnError
from churn.intake.sources import check_there
from churn.local_stack.temporary_prefect import may_have_server
from churn.reporting.status import Status, read_status
from churn.settings import Settings
from churn.stages import asking
from churn.stages.arrivals import is_folder
from churn.stages.asking import Unchanged
from churn.stages.withdrawing import refuse_withdrawn
from churn.stores.workplace import Workplace, open_workplace
from churn.terminal.display.layout import open_console
from churn.timeline import today


def find_unchanged_status(
    settings: Settings, source: str | None, as_of: date | None, declaration: Path | None
) -> Status | None:
    """Shows what a run would skip and returns the status, if it would skip everything; None if it may have work to do.

    Raises:
        ChurnError: the source cannot be read, or the file is no extract; an alert is sent, as by a run.
    """
    if not asking.is_local(source) or may_have_server(settings):
        return None
    if source is not None:
        check_there(source)
    with _as_a_run(settings, as_of or today()), open_workplace(settings) as workplace:
        unchanged = _ask(workplace, source, as_of, declaration)
        if unchanged is None:
            return None
        messages.tell_recovery(settings, messages.DAILY)
        _show(unchanged, open_console(stderr=True))
        return read_status(workplace, unchanged.day)
    return None


def _ask(workplace: Workplace, source: str | None, as_of: date | None, declaration: Path | None) -> Unchanged | None:
    if source is not None and is_folder(source):
        return asking.find_unchanged_folder(workplace, source) if as_of is None else None
    if as_of is None:
        refuse_withdrawn(workplace, today())  # Only a date that a person typed releases it.
    return asking.find_unchanged(workplace, source, as_of or today(), declaration)


@contextmanager
def _as_a_run(settings: Settings, day: date) -> Iterator[None]:
    """Sends an alert for an error of the block, as a run does; what else goes wrong is left to the run that follows."""
    try:
        yield
    except ChurnError as error:
        messages.tell_failure(settings, messages.DAILY, day, error)
        raise
    except Exception:  # A table that a person dropped, for example: the run repairs or reports it.
        return


def _show(unchanged: Unchanged, console: Console) -> None:
    since = f"{unchanged.finished_at:%Y-%m-%d %H:%M} UTC"
    console.print(f"Nothing has changed since the run of {unchanged.day} ended ({since}). Skipped:", markup=False)
    for line in (*unchanged.reasons, *unchanged.notes):
        console.print(f"  {line}", markup=False, highlight=False)
