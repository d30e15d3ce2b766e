"""Checks whether a service works, in the way its users reach it: over HTTP."""

import socket
import urllib.error
import urllib.request

from churn.errors import WrongUsage

_ANSWER_BYTES = 1_000_000


def answers(address: str, sign: str = "", patience_seconds: float = 3) -> bool:
    """Returns whether an address of this machine answers 200 with the sign in its text."""
    # An empty ProxyHandler: with HTTP_PROXY set, urllib would ask the proxy for 127.0.0.1.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=patience_seconds) as answer:
            text = answer.read(_ANSWER_BYTES).decode("utf-8", errors="replace")
            return answer.status == 200 and sign.replace(" ", "") in text.replace(" ", "")
    except (OSError, ValueError):  # URLError is an OSError.
        return False


def check_free(host: str, port: int, title: str, setting: str) -> None:
    """Checks that no program listens on a port.

    Raises:
        WrongUsage: a program does. The message names the program, if this user may see it, and the setting that
            changes the port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without SO_REUSEADDR the port of a stack that has just stopped would count as taken for a minute (TIME_WAIT).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise WrongUsage(
                f"{title} needs port {port}, but {_who_listens(port)} uses it.",
                f"stop that program, or set {setting} to a free port.",
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
    except psutil.Error:  # macOS shows connections only to root.
        pass
    return "another program"
