"""Sends the digest of the morning with the HTML report attached."""

import tempfile
from pathlib import Path

from churn.dashboard.report import write_report
from churn.reporting.digest import send_digest
from churn.stores.workplace import Workplace


def send_morning(workplace: Workplace) -> None:
    """Sends the digest and the report to the addresses of the alerts.

    Raises:
        NotPublished: no date is published yet.
        WrongUsage: no address is set.
        ChurnError: an address did not accept it.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "churn.html")
        write_report(workplace.settings, report, None)
        send_digest(workplace, report)
