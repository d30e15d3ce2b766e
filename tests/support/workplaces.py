"""The workplace of a test, opened once for its settings, as a run does."""

from churn.settings import Settings
from churn.stores.workplace import Workplace, open_workplace

_open: dict[Settings, Workplace] = {}


def at(settings: Settings) -> Workplace:
    """The workplace of some settings, opened at its first use. One at a time is open: each holds connections."""
    if settings not in _open:
        leave()
        _open[settings] = open_workplace(settings)
    return _open[settings]


def leave() -> None:
    """Closes the workplace. The next use opens one anew and reads the files of the SQL models again, as a run does."""
    while _open:
        _open.popitem()[1].close()
