"""The workplace: what a run, a command or a page opens once and hands down to everything that it calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.money import DEFAULT_CURRENCY, use_currency
from churn.settings import Settings, load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.tables import loads


class Store(Protocol):
    """Something that is open until it is closed."""

    def close(self) -> None:
        """Releases its connections."""


Opened = TypeVar("Opened", bound=Store)


@dataclass(frozen=True)
class Workplace:
    """The settings that were read, and the stores that were opened with them.

    It is a context manager: the end of its block closes it. The database is open from the beginning. Another store is
    opened at its first use (`open_once`): loading the SQL models takes half a second, and few commands need them.

    Attributes:
        settings: the settings of the product.
        engine: an engine for a database that has every table of this release.
    """

    settings: Settings
    engine: Engine
    _opened: dict[Callable[[Settings], Store], Store] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def open_once(self, opening: Callable[[Settings], Opened]) -> Opened:
        """Returns a store of this workplace. `opening` is called at the first use of the store, and only then."""
        if opening not in self._opened:
            self._opened[opening] = opening(self.settings)
        return cast(Opened, self._opened[opening])

    def forget(self, opening: Callable[[Settings], Store]) -> None:
        """Leaves out a store whose connection is lost: its next use opens it again."""
        self._opened.pop(opening, None)

    def close(self) -> None:
        """Closes the connections that nobody uses at this moment. A lock that is still held keeps its connection."""
        # Popped one by one, so that a store that cannot be closed is not closed again.
        while self._opened:
            self._opened.popitem()[1].close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_workplace(settings: Settings | None = None) -> Workplace:
    """Opens the database of some settings (default: those of the environment), and starts the embedded one if needed.

    Raises:
        OutdatedDatabase: the tables of a team's database are from an earlier release.
        NewerDatabase: the tables of the database are from a later release.
        Unavailable: the database did not answer; the message shows its address without the password.
    """
    settings = settings or load_settings()
    engine = open_engine(settings)
    use_currency(_find_currency(engine))
    return Workplace(settings, engine)


def _find_currency(engine: Engine) -> str:
    """Returns the currency of the stored extracts; USD before the first one."""
    query = sa.select(loads.c.currency).where(loads.c.status == "loaded").order_by(loads.c.load_id.desc()).limit(1)
    with engine.connect() as connection:
        return connection.scalar(query) or DEFAULT_CURRENCY
