"""The gate before the routes: names, keys, rate, size and time of a request, and the headers of every answer.

It is plain ASGI: a middleware of Starlette's base class costs as much as a whole score.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from churn.api import metrics
from churn.api.keys import Keys, find_name
from churn.api.problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 2_000_000
BODY_SECONDS = 10.0
OPEN_PATHS = frozenset({"/health/live", "/health/ready"})
"""Probes of a cluster come under the address of a pod and without a key. They learn only that it is ready."""
METRICS = "/metrics"
_LOOPBACK = ("127.0.0.1", "::1")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]


@dataclass
class Bucket:
    """The requests that one key may still send: it fills up every second, and holds one second's worth."""

    rate: int
    left: float
    filled_at: float

    def take(self, now: float) -> bool:
        """Takes one request out; False if none is left."""
        self.left = min(self.rate, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True)
class Guard:
    """Passes on only what may reach the application.

    Attributes:
        application: the routes.
        keys: the API keys.
        hosts: the names, with ports, under which the server answers.
        requests_per_second: the largest number for each key.
    """

    application: Application
    keys: Keys
    hosts: frozenset[str]
    requests_per_second: int
    buckets: dict[str, Bucket] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        sending, began = _Sending(send), time.monotonic()
        try:
            self._check(scope)
            await self.application(scope, _Body(receive).receive, sending.send)
        except Problem as problem:
            # An answer that has begun cannot become another one: the server then cuts the connection.
            if sending.has_begun:
                raise
            await answer(problem, sending.send)
        finally:
            # The template of the route and not the path, which has the customer's number.
            route = getattr(scope.get("route"), "path", "none")
            metrics.requests.labels(route, sending.status).inc()
            metrics.request_seconds.labels(route).observe(time.monotonic() - began)

    def _check(self, scope: Scope) -> None:
        if scope["path"] in OPEN_PATHS:
            return
        headers = dict(scope["headers"])
        if headers.get(b"host", b"").decode("latin-1").lower() not in self.hosts:
            raise Problem(
                421, "This server does not answer under that name.", "add the name to CHURN_API_HOSTS, with its port."
            )
        if int(headers.get(b"content-length", b"0") or 0) > MOST_BYTES:
            raise _too_large()
        client = scope.get("client")
        if scope["path"] == METRICS and client and client[0] in _LOOPBACK:
            return
        name = find_name(self.keys, headers.get(b"authorization", b"").decode("latin-1"))
        if name is None:
            raise Problem(
                401,
                "The request has no known API key.",
                "send the header `Authorization: Bearer KEY`; `churn serve` says where the key is.",
            )
        self._check_rate(name)

    def _check_rate(self, name: str) -> None:
        now = time.monotonic()
        rate = self.requests_per_second
        if not self.buckets.setdefault(name, Bucket(rate, float(rate), now)).take(now):
            raise Problem(
                429,
                f"The API key {name} has sent more than {rate:,} requests in a second.",
                "send fewer requests, or several customers in one request to /v1/customers/score:batch.",
                retry_after=1,
            )


class _Body:
    """The body of a request, up to its limits."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:  # From here on a message means that the caller has gone: that may take any time.
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_SECONDS)
        except TimeoutError:
            raise Problem(
                408, f"The body did not arrive within {BODY_SECONDS:.0f} seconds.", "send the request again."
            ) from None
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > MOST_BYTES:
            raise _too_large()
        return message


class _Sending:
    """An answer on its way, with the headers of every answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun, self.status = True, message["status"]
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await self._send(message)


def _too_large() -> Problem:
    return Problem(
        413, f"The body is larger than {MOST_BYTES:,} bytes.", "send at most 1,000 customers in one request."
    )


async def answer(problem: Problem, send: Send) -> None:
    """Sends a problem."""
    body = problem.body()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers().items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
