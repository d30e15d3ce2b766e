"""What the doctor tries instead of believing: a write to the registry, the folder of extracts, an alert."""

import os
from pathlib import Path

from churn.errors import ChurnError, WrongUsage
from churn.intake.daily_files import find_daily_files
from churn.intake.declaring import read_declared
from churn.secrecy import split_addresses, without_login
from churn.settings import PROJECT_DIR, Settings
from churn.stack_note import find_stack

LANDING = PROJECT_DIR / "landing"
"""The folder from which the daily deployment of prefect.yaml takes its extracts."""


def try_registry(settings: Settings) -> str:
    """Returns where models are registered, once a training could record one there.

    Raises:
        ChurnError: it could not; the error has the reason and the next step.
    """
    from churn.stores.model_registry import recording, registry
    from churn.stores.postgres import embedded

    if settings.mlflow_tracking_uri is not None:
        recording.try_recording(settings)
        return f"MLflow at {without_login(settings.mlflow_tracking_uri.get_secret_value())} took a run and a file"
    where = "MLflow, in the database `mlflow` on the same server as the product's database"
    if settings.database_url is None and embedded.find_embedded(settings.home_dir) is None:
        return where
    registry.locate_registry(settings)
    _check_writable(settings.artifacts_dir)
    return f"{where}; its tables and {settings.artifacts_dir} can be written"


def _check_writable(folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise WrongUsage(f"This user may not write {there}.", "give the user write permission on it.")


def try_landing(settings: Settings) -> str:
    """Returns what the daily deployment would find in its folder.

    Raises:
        ChurnError: the folder cannot be read, holds no extract, or holds a file that a run would leave out; or it does
            not exist although the local stack runs the deployment.
    """
    if not LANDING.is_dir():
        fact = f"The folder {LANDING} does not exist."
        if find_stack(settings.home_dir) is not None:
            raise WrongUsage(fact, "create it and put the daily extracts there: the daily run takes them from it.")
        return "no folder landing; the daily run of `churn up` takes its extracts from it"
    found = find_daily_files(LANDING, [second.begins for second in read_declared(settings).sources])
    if odd := [item.what for item in found.left_out if item.is_delivery]:
        raise WrongUsage(f"A run leaves out files of {LANDING}: {'; '.join(odd[:3])}.", "rename or remove these files.")
    files = "1 extract" if len(found.files) == 1 else f"{len(found.files):,} extracts"
    return f"{files} in {LANDING}, the newest of {found.files[-1][0]}"


def try_alerts(settings: Settings, is_sent: bool) -> str:
    """Returns which services receive alerts, without their addresses, which are secrets.

    Args:
        settings: the settings of the product.
        is_sent: whether to send a test alert to each address.

    Raises:
        WrongUsage: there is no address, or apprise does not understand one.
        ChurnError: an address did not accept the test alert.
    """
    addresses = split_addresses(settings)
    if not addresses:
        raise WrongUsage(
            "No service receives alerts: nobody notices a run that fails.", "set CHURN_ALERT_URLS to their addresses."
        )
    import apprise

    schemes = [address.partition("://")[0] for address in addresses]
    for number, (scheme, address) in enumerate(zip(schemes, addresses, strict=True), 1):
        if not apprise.Apprise.instantiate(address):
            raise WrongUsage(
                f"Apprise does not understand address {number} of CHURN_ALERT_URLS ({scheme}://).",
                "write it in the form that the documentation of apprise gives for that service.",
            )
    return f"sent to {', '.join(schemes)}{_send_test(settings) if is_sent else ''}"


def _send_test(settings: Settings) -> str:
    from churn.alerts.messages import Message, send

    text = "`churn doctor --test-alert` sent this message. Nothing has failed, and there is nothing to do."
    if not send(settings, Message("warning", "[churn] test: alerts arrive here", text)):
        raise ChurnError(
            "Not every address of CHURN_ALERT_URLS accepted the test alert.",
            "correct the address, or ask the service why it refused the message.",
        )
    return "; each of them accepted the test alert"
