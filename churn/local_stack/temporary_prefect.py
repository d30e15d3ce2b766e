"""Chooses the Prefect server for a run: the user's, else the local stack's, else a temporary server for this run only.

Prefect 3.8 would start a temporary server by itself, but only after it has imported the whole server into the process
of the flow. Started here, before the imports, the server is ready when they are done, and the flow's process does not
import it.

python -m churn.local_stack.temporary_prefect SOCKET
"""

import os
import secrets
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from churn.errors import Unavailable
from churn.local_stack.gate import close, names_of
from churn.local_stack.processes import stop
from churn.local_stack.services import HERE
from churn.settings import Settings, prefect_environment
from churn.stack_note import find_stack, read_login

PATIENCE_SECONDS = 120
_SERVER_VARIABLES = {
    "PREFECT_API_URL",
    "PREFECT_PROFILE",
    "PREFECT_PROFILES_PATH",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
    "PREFECT_SERVER_EPHEMERAL_ENABLED",
}


@contextmanager
def reach_prefect(settings: Settings) -> Iterator[Callable[[], None]]:
    """Chooses the Prefect server for the runs of the block; starts a temporary server if there is none.

    Yields:
        A function that waits until the server answers. It raises Unavailable when a temporary server never answers.
    """
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_URL,
        PREFECT_UI_URL,
        get_current_settings,
        temporary_settings,
    )

    chosen = get_current_settings()
    stack = find_stack(settings.home_dir)
    address = stack.url_of("prefect") if stack is not None else None
    if chosen.api.url is not None or not (address or chosen.server.ephemeral.enabled):
        yield lambda: None
    elif address is not None:
        known = {PREFECT_API_URL: f"{address}/api", PREFECT_API_AUTH_STRING: read_login(settings.home_dir)}
        with temporary_settings(known):
            yield lambda: None
    else:
        server, address, login = _start()
        no_pages = {PREFECT_UI_URL: ""}  # An alert must not link to pages that end with the run.
        access = {PREFECT_API_URL: f"{address}/api", PREFECT_API_AUTH_STRING: login}
        with temporary_settings(access | no_pages):
            yield lambda: _wait_for(server, address)


def may_have_server(settings: Settings) -> bool:
    """Returns whether a Prefect server may be configured, without importing Prefect, which takes most of a second.

    In doubt the answer is yes: `reach_prefect` then asks Prefect itself.
    """
    given = prefect_environment()
    if find_stack(settings.home_dir) is not None or not given.keys().isdisjoint(_SERVER_VARIABLES):
        return True
    profiles = Path(given.get("PREFECT_HOME") or "~/.prefect").expanduser() / "profiles.toml"
    files = {profiles: "", Path("prefect.toml"): "", Path("pyproject.toml"): "tool.prefect", Path(".env"): "PREFECT_"}
    return any(path.is_file() and word in path.read_text(errors="replace") for path, word in files.items())


def _start() -> tuple["subprocess.Popen[bytes]", str, str]:
    """Starts a server that ends with this process. Returns the process, the address and the login."""
    import atexit

    # The kernel chooses the port, and the server inherits the listening socket. A port that is chosen, closed and
    # opened again could be taken in between; and a request that comes before the server is ready waits, not fails.
    login = f"run:{secrets.token_hex(24)}"  # Every user of this machine reaches the port.
    with socket.create_server((HERE, 0)) as listening:
        port, file = listening.getsockname()[1], listening.fileno()
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "churn.local_stack.temporary_prefect", str(file)],
            env=os.environ | {"PREFECT_SERVER_API_AUTH_STRING": login, "PYTHONSAFEPATH": "1"},
            stdin=subprocess.PIPE,  # The kernel closes the pipe when this process ends, even after SIGKILL.
            pass_fds=(file,),
            start_new_session=True,  # Ctrl-C must reach the run only: the run still reports its end to the server.
        )
    # Prefect 3.8 sends its last logs and events when its threads are joined, which Python does before atexit calls.
    atexit.register(stop, [server])
    return server, f"http://{HERE}:{port}", login


def _wait_for(server: "subprocess.Popen[bytes]", address: str) -> None:
    try:
        # An empty ProxyHandler: a proxy of the environment is for other machines.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{address}/api/health", timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        server.kill()
        raise Unavailable(
            f"Prefect's temporary server did not start: {error}",
            "read its output above, or start a Prefect server and set PREFECT_API_URL.",
        ) from error


def serve(file: int) -> None:
    """Serves the runs of the parent process until the parent ends."""
    import uvicorn
    from prefect.server.api.server import create_app

    listening = socket.socket(fileno=file)
    app = close(create_app(ephemeral=True, final=True), names_of(listening.getsockname()[1]), login=None)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))

    def end_with_parent() -> None:
        sys.stdin.buffer.read()  # Returns when the kernel closes the parent's end of the pipe.
        server.should_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.run([listening])


if __name__ == "__main__":
    serve(int(sys.argv[1]))
