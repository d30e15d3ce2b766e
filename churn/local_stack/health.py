"""Whether a service does its work, asked as its users ask: over HTTP, or in SQL."""

import socket
import urllib.error
import urllib.request

from churn.errors import WrongUsage

_ANSWER_BYTES = 1_000_000


def answers(address: str, sign: str = "", patience_seconds: float = 3) -> bool:
    """Whether an address of this machine answers 200 with the sign in its text. No proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=patience_seconds) as answer:
            text = answer.read(_ANSWER_BYTES).decode("utf-8", errors="replace")
            return answer.status == 200 and sign.replace(" ", "") in text.replace(" ", "")
    except (OSError, ValueError):  # URLError is an OSError
        return False


def check_free(host: str, port: int, title: str, setting: str) -> None:
    """Checks that nobody listens on a port.

    Raises:
        WrongUsage: somebody does; the message says who, as far as this user may know, and which setting moves it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise WrongUsage(
                f"Port {port}, where {title} is to answer, is taken by {_who_listens(port)}.",
                f"stop it, or set {setting} to a port that is free.",
            ) from None


def _who_listens(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f"another program ({psutil.Process(connection.pid).name()}, process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"
