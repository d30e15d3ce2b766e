"""Scores with a challenger in the shadow: its answer is compared and counted, and the champion's is given."""

import logging
import threading
import time

from churn.api import metrics
from churn.api.scoring import Answer, score_one
from churn.api.served import Served
from churn.intake.one_row import Row

TOLD_EVERY_SECONDS = 60.0
_log = logging.getLogger("churn.api")


class Shadow:
    """The comparison of one process: it logs a summary every minute, and never a customer."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._lock = threading.Lock()
        self._count, self._sum, self._moved = 0, 0.0, 0
        self._told_at = time.monotonic()

    def compare(self, challenger: Served, row: Row, answer: Answer) -> None:
        """Scores a customer with the challenger and notes how it differs from the champion's answer."""
        other = score_one(challenger, row, "as_if", with_reasons=False)
        difference = abs(other["churn_probability"] - answer["churn_probability"])
        is_moved = other["risk_tier"] != answer["risk_tier"]
        metrics.shadow_difference.observe(difference)
        metrics.shadow_tier_changes.inc(is_moved)
        with self._lock:
            self._count, self._sum, self._moved = self._count + 1, self._sum + difference, self._moved + is_moved
            if time.monotonic() - self._told_at >= TOLD_EVERY_SECONDS:
                self._tell()

    def _tell(self) -> None:
        _log.warning(
            "Model version %s in the shadow: %s customers, mean absolute difference %.4f, %s in another tier.",
            self.version,
            f"{self._count:,}",
            self._sum / self._count,
            f"{self._moved:,}",
        )
        self._count, self._sum, self._moved, self._told_at = 0, 0.0, 0, time.monotonic()
