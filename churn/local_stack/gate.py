"""A gate before a web service of this machine: it answers under its own names, to its own pages, to whoever logs in.

Without it, a page on another site that the reader visits could send requests to 127.0.0.1, under a name of its own that
it lets point there (DNS rebinding), and so could every other user of the machine.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/health", "/api/health"})
"""Health checks: they tell nothing but that the service answers."""


def close(application: Application, hosts: list[str], login: str | None) -> Application:
    """Returns an ASGI application that passes on only what may reach the given one.

    Args:
        application: the service.
        hosts: the names, with ports, under which readers reach it.
        login: `user:password` for HTTP's basic login; None where the service asks by itself.
    """

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" else _refuse(scope, hosts, login)
        if refusal is None:
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # Before it is accepted: the reader sees 403.
        else:
            status, text = refusal
            headers = [(b"content-type", b"text/plain"), (b"www-authenticate", b'Basic realm="churn"')]
            await send(
                {"type": "http.response.start", "status": status, "headers": headers[: 2 if status == 401 else 1]}
            )
            await send({"type": "http.response.body", "body": text.encode()})

    return gate


def _refuse(scope: Scope, hosts: list[str], login: str | None) -> tuple[int, str] | None:
    """Returns the status and the text of a refusal; None for a request that may pass."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if headers.get("host", "") not in hosts:
        return 403, "This service does not answer under that name."
    origin = headers.get("origin")
    if origin is not None and origin not in {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts}:
        return 403, "This service does not answer to pages of other sites."
    if login is None or scope["path"] in OPEN_PATHS:
        return None
    expected = f"Basic {base64.b64encode(login.encode()).decode()}"
    if not hmac.compare_digest(headers.get("authorization", "").encode(), expected.encode()):
        return 401, "Log in. `churn up` says where the login is."
    return None


def names_of(port: int | str) -> list[str]:
    """Returns the names under which a service of this machine is reached."""
    return [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
