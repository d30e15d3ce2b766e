"""The Prefect that shows a run: the one that was chosen, the local stack's, else one for this run alone.

Prefect would start a server for the run by itself, from a process that first imports all of it. Started here, before
the imports, it is ready when they are done, and the flow's process never imports a server.

python -m churn.local_stack.temporary_prefect SOCKET
"""

import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from churn.errors import Unavailable
from churn.local_stack.processes import stop
from churn.local_stack.services import HERE
from churn.settings import Settings
from churn.stack_note import find_stack

PATIENCE_SECONDS = 120


@contextmanager
def reach_prefect(settings: Settings) -> Iterator[Callable[[], None]]:
    """Chooses the Prefect of the block's runs; starts one where there is none.

    Yields:
        Waits until it answers; raises Unavailable when one that was started never does.
    """
    from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, get_current_settings, temporary_settings

    chosen = get_current_settings()
    stack = find_stack(settings.home_dir)
    address = stack.url_of("prefect") if stack is not None else None
    if chosen.api.url is not None or not (address or chosen.server.ephemeral.enabled):
        yield lambda: None
    elif address is not None:
        with temporary_settings({PREFECT_API_URL: f"{address}/api"}):
            yield lambda: None
    else:
        server, address = _start()
        no_pages = {PREFECT_UI_URL: ""}  # no link to what is gone when the run is
        with temporary_settings({PREFECT_API_URL: f"{address}/api"} | no_pages):
            yield lambda: _wait_for(server, address)


def _start() -> tuple["subprocess.Popen[bytes]", str]:
    """Starts a server that ends with this process. It inherits a socket that listens: no port is guessed."""
    import atexit

    with socket.create_server((HERE, 0)) as listening:
        port, file = listening.getsockname()[1], listening.fileno()
        server = subprocess.Popen(
            [sys.executable, "-m", "churn.local_stack.temporary_prefect", str(file)],
            stdin=subprocess.PIPE,  # the kernel closes it when this process is gone, however it went
            pass_fds=(file,),
            start_new_session=True,  # Ctrl-C is for the run, which tells the server how it ended
        )
    atexit.register(stop, [server])  # Logs and events are sent before: Prefect does so when threads end.
    return server, f"http://{HERE}:{port}"


def _wait_for(server: "subprocess.Popen[bytes]", address: str) -> None:
    try:
        urllib.request.urlopen(f"{address}/api/health", timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        server.kill()
        raise Unavailable(
            f"Prefect's temporary server did not start: {error}",
            "read what it printed above, or run one and name it in PREFECT_API_URL.",
        ) from error


def serve(file: int) -> None:
    """Serves the runs of the process that started this one, until that ends."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.run([socket.socket(fileno=file)])


if __name__ == "__main__":
    serve(int(sys.argv[1]))
