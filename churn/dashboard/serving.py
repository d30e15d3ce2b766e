"""Starting the web app: bound to one address, no telemetry, nothing fetched from anywhere else."""

import socket
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from churn.errors import Unavailable

APP = Path(__file__).with_name("app.py")
OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "theme.light.primaryColor": "#1F6391",
    "theme.light.textColor": "#1B2733",
    "theme.light.linkColor": "#1F6391",
    "theme.dark.primaryColor": "#7DB8E0",
    "theme.dark.backgroundColor": "#11181F",
    "theme.dark.secondaryBackgroundColor": "#1A242E",
    "theme.dark.textColor": "#E8EDF2",
    "theme.dark.linkColor": "#8CC4EA",
    "theme.baseRadius": "10px",
    "theme.headingFontSizes": ["1.7rem", "1.15rem"],
}


def serve(host: str, port: int) -> None:
    """Serves the pages until the process is stopped; /_stcore/health answers once they can be read.

    Raises:
        Unavailable: the port is taken.
    """
    _check_free(host, port)
    from streamlit.web import bootstrap

    threading.Thread(target=import_module, args=("churn.dashboard.app",), name="warm-up", daemon=True).start()
    options = OPTIONS | {"server.address": host, "server.port": port}
    flags = {name.replace(".", "_"): value for name, value in options.items()}
    bootstrap.load_config_options(flags)
    bootstrap.run(str(APP), False, [], flags)


def _check_free(host: str, port: int) -> None:
    """Streamlit would end with a line of its own and no word of what to do."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} of {host} cannot be used ({error.strerror}).",
                "give another --port, or stop what is there.",
            ) from error
