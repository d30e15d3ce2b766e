"""Starts the web app: it listens on one address, sends no telemetry, and loads nothing from another host."""

import socket
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from churn.errors import Unavailable

HERE = "127.0.0.1"
APP = Path(__file__).with_name("app.py")
OPTIONS: Mapping[str, object] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",  # A traceback on a page could show an address with a password.
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,  # Magic would write every bare expression of app.py on the page.
    "server.fileWatcherType": "none",  # Watching is for developers; it polls every imported file.
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


def serve(host: str, port: int, open_browser: bool = False) -> None:
    """Serves the pages until the process is stopped. /_stcore/health answers as soon as the pages can be opened.

    Args:
        host: the address to listen on.
        port: the port to listen on.
        open_browser: open the pages in the browser of this machine, if it has one.

    Raises:
        Unavailable: another program uses the port, or this user may not.
    """
    _check_free(host, port)
    from streamlit.web import bootstrap

    # Streamlit imports the app for the first reader, who would wait for Altair and SQLAlchemy. The thread imports it
    # while the server starts; Python's import lock makes an early reader wait for the thread, not import twice.
    threading.Thread(target=import_module, args=("churn.dashboard.app",), name="warm-up", daemon=True).start()
    # Streamlit opens the browser itself unless it runs "headless".
    chosen = {"server.address": host, "server.port": port, "server.headless": not open_browser}
    options = {**OPTIONS} | chosen | _closed_to_other_names(host)
    flags = {name.replace(".", "_"): value for name, value in options.items()}
    bootstrap.load_config_options(flags)
    bootstrap.run(str(APP), False, [], flags)


def _closed_to_other_names(host: str) -> dict[str, object]:
    """Refuses pages of other sites and, on this machine, names that another site lets point here (DNS rebinding).

    Where the pages are open to the network, a proxy with a name of its own stands before them.
    """
    closed: dict[str, object] = {"server.enableCORS": True, "server.enableXsrfProtection": True}
    return closed | ({"server.allowedHosts": [HERE, "localhost"]} if host in (HERE, "localhost") else {})


def _check_free(host: str, port: int) -> None:
    """Refuses a port that cannot be used. Streamlit 1.67 would print a line of its own without a next step."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} of {host} cannot be used ({error.strerror}).",
                "choose another --port, or stop the program that uses it.",
            ) from error
