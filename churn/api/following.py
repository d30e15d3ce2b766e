"""Follows the champion: a thread asks the ledger every two seconds, loads what is new, then swaps it in one step.

A request takes the served version once and keeps it to its end. So a promotion drops no request, and no answer mixes
two versions. While the database does not answer, the version that was loaded last goes on scoring.
"""

import contextlib
import gc
import logging
import threading
import time
from collections import OrderedDict

from churn.api import metrics
from churn.api.business import refresh_gauges
from churn.api.forms import Form, build_form
from churn.api.problems import RETRY_AFTER_SECONDS, Problem
from churn.api.served import Served, load_served
from churn.api.shadow import Shadow
from churn.economics.policies import load_policies
from churn.errors import ChurnError, understand
from churn.intake.declaring import read_extract_form
from churn.settings import Settings
from churn.stores.ledgers.promotions import find_champion_version
from churn.stores.ledgers.publications import find_stamp
from churn.stores.workplace import Workplace, open_workplace

PAUSE_SECONDS = 2.0
ASK_AGAIN_SECONDS = 60.0
"""After this time a registry is asked again that did not deliver the served model."""
MOST_VERSIONS = 4
"""Versions beside the champion that are kept loaded, for requests that name one."""

_log = logging.getLogger("churn.api")


class Follower:
    """The served versions of one process.

    Attributes:
        extract_form: how customers are written, from the start of the server on.
        form: the same, as the type of a request.
        champion: the served champion; None before the first one is loaded.
        stamp: a text that changes whenever a date is published or withdrawn; None before the database answered.
        is_connected: whether the database answered the last question.
        is_redeclared: whether the declaration has changed since the start, so that customers are written differently.
        shadow: the comparison with a challenger; None without one.
    """

    def __init__(self, settings: Settings, pause_seconds: float = PAUSE_SECONDS) -> None:
        self.settings = settings
        self.extract_form = read_extract_form(settings.declaration_in_force)
        self.form: Form = build_form(self.extract_form)
        self.champion: Served | None = None
        self.stamp: str | None = None
        self.is_connected = False
        self.is_redeclared = False
        self._complaint = ""
        self._pause_seconds = pause_seconds
        self.shadow = Shadow(settings.api_shadow) if settings.api_shadow is not None else None
        self._workplace: Workplace | None = None
        self._loaded_from: tuple[object, ...] = ()
        self._loaded_at = 0.0
        self._others: OrderedDict[tuple[int, tuple[object, ...]], Served] = OrderedDict()
        self._loading = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow the champion", daemon=True)

    def start(self) -> None:
        """Loads the champion, if there is one, and begins to follow."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and closes the database."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._close()

    def look(self) -> None:
        """Asks the ledger once, and loads what is new. Errors are logged: what is served stays."""
        try:
            self._look()
            self.is_connected, self._complaint = True, ""
            metrics.database_up.set(1)
        except Exception as error:
            known = understand(error)
            metrics.database_up.set(0)
            if str(known) != self._complaint:  # Once, and not every two seconds.
                _log.warning("The champion cannot be followed: %s", known)
            self._complaint = str(known)
            self.is_connected = False
            self._close()  # The embedded server may have to be started again, on another socket.

    def require(self, version: int | None = None) -> Served:
        """Returns the champion, or a version that a request names.

        Raises:
            Problem: no champion is loaded yet, or the declaration has changed since the start.
            ChurnError: the version does not exist or cannot be loaded.
        """
        champion = self.champion
        if self.is_redeclared:
            raise Problem(
                503,
                "The declaration of the extract has changed since this server started.",
                "restart `churn serve`.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        if champion is None:
            raise Problem(
                503,
                "No model is loaded yet.",
                "run `churn run` if no model was ever promoted; otherwise send the request again later.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        return champion if version in (None, champion.version) else self._find_other(version or 0)

    def workplace(self) -> Workplace:
        """Returns the database that is followed.

        Raises:
            Unavailable: it does not answer.
        """
        return self._open()

    def _find_other(self, version: int) -> Served:
        with self._loading:
            key = (version, self._loaded_from)
            if key not in self._others:
                workplace = self._open()
                self._others[key] = load_served(workplace, version, self.extract_form.declaration)
                while len(self._others) > MOST_VERSIONS:
                    self._others.popitem(last=False)
            self._others.move_to_end(key)
            return self._others[key]

    def _follow(self) -> None:
        while not self._stopped.wait(self._pause_seconds):
            self.look()

    def _look(self) -> None:
        self.is_redeclared = read_extract_form(self.settings.declaration_in_force) != self.extract_form
        workplace = self._open()
        stamp, version = find_stamp(workplace.engine), find_champion_version(workplace.engine)
        found = (version, stamp, load_policies(self.settings.policies).sha256)
        if version is not None and (found != self._loaded_from or self._may_leave_copy()):
            self._load(workplace, version)
            self._loaded_from = found
        if stamp != self.stamp:
            self._refresh_gauges()
        self.stamp = stamp

    def _refresh_gauges(self) -> None:
        try:
            refresh_gauges(self.settings)
        except Exception as error:  # Views of an earlier release, until the next run: scores need none of them.
            _log.warning("The figures of the latest published date are not in the metrics: %s", understand(error))

    def _may_leave_copy(self) -> bool:
        """Returns whether to ask a registry again that did not deliver the served model."""
        is_copy = self.champion is not None and self.champion.scorer.why_copy is not None
        return is_copy and time.monotonic() - self._loaded_at > ASK_AGAIN_SECONDS

    def _load(self, workplace: Workplace, version: int) -> None:
        began, before = time.monotonic(), self.champion
        # A new publication may move the tiers, and the model stays: it is not downloaded again.
        is_same = before is not None and before.version == version and before.scorer.why_copy is None
        scorer = before.scorer if before is not None and is_same else None
        self.champion = load_served(workplace, version, self.extract_form.declaration, scorer)
        self._loaded_at = time.monotonic()
        metrics.model_version.set(version)
        metrics.model_is_copy.set(self.champion.scorer.why_copy is not None)
        # What was just loaded lives long: without this, every full collection searches it, for 200 milliseconds.
        gc.collect()
        gc.freeze()
        _log.info("Model version %s is served, loaded in %.1f s.", version, self._loaded_at - began)

    def _open(self) -> Workplace:
        if self._workplace is None:
            self._workplace = open_workplace(self.settings)
        return self._workplace

    def _close(self) -> None:
        workplace, self._workplace = self._workplace, None
        if workplace is not None:
            with contextlib.suppress(ChurnError):
                workplace.close()
