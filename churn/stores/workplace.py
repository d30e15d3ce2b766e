"""The workplace: what a run, a command or a page opens once and hands down to everything that it calls."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from churn.settings import Settings, load_settings
from churn.stores.postgres.database import open_engine


@dataclass(frozen=True)
class Workplace:
    """The settings that were read, and the database that was opened with them.

    It is a context manager: the end of its block closes it. The registry is no part of it. MLflow is connected at its
    first use, since its import takes seconds, and a day can be published while it does not answer.

    Attributes:
        settings: the settings of the product.
        engine: an engine for a database that has every table of this release.
    """

    settings: Settings
    engine: Engine

    def close(self) -> None:
        """Closes the connections that nobody uses at this moment. A lock that is still held keeps its connection."""
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
    return Workplace(settings, open_engine(settings))
