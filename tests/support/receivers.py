"""A web server and a mail server that take what alerts send them."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Receivers:
    """What the two servers got, and what the web server answers."""

    web: list[dict[str, Any]] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    web_address: str = ""
    mail_address: str = ""
    status: int = 200

    def forget(self) -> None:
        self.web, self.mail, self.status = [], [], 200


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening() -> Iterator[Receivers]:
    """Both servers, for the block."""
    got = Receivers()

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.web.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(got.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    class Mail:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            got.mail.append(envelope.content.decode())
            return "250 taken"

    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    port = free_port()
    mail = Controller(Mail(), hostname="127.0.0.1", port=port)
    mail.start()
    got.web_address = f"json://127.0.0.1:{web.server_port}/hook"
    got.mail_address = f"mailto://127.0.0.1:{port}?from=churn@telecom.example&to=data-team@telecom.example"
    yield got
    mail.stop()
    web.shutdown()
    web.server_close()
