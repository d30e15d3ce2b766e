"""The gate passes on what its own pages and whoever logs in ask for, and nothing else."""

import asyncio
import base64
import stat
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from churn.local_stack.gate import close, names_of
from churn.stack_note import ensure_login, read_login

LOGIN = "churn:secret"
RIGHT = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"


def call(path: str, kind: str = "http", login: str | None = LOGIN, **headers: str) -> int:
    """Asks through a gate. Returns the status; 1000 and more are codes of a closed websocket."""
    told: list[int] = []

    async def service(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> MutableMapping[str, Any]:
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.extend(message[name] for name in ("status", "code") if name in message)

    raw = [(name.encode(), value.encode()) for name, value in ({"host": "127.0.0.1:5000"} | headers).items()]
    scope = {"type": kind, "path": path, "headers": raw}
    asyncio.run(close(service, names_of(5000), login)(scope, receive, send))  # type: ignore[arg-type]
    return told[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Basic Y2h1cm46d3Jvbmc="}, 401),
        ({"authorization": RIGHT}, 200),
        ({"authorization": RIGHT, "host": "localhost:5000", "origin": "http://localhost:5000"}, 200),
        ({"authorization": RIGHT, "host": "evil.example:5000"}, 403),
        ({"authorization": RIGHT, "host": "127.0.0.1.evil.example:5000"}, 403),
        ({"authorization": RIGHT, "host": "127.0.0.1:5001"}, 403),
        ({"authorization": RIGHT, "origin": "http://evil.example"}, 403),
        ({"authorization": RIGHT, "origin": "http://127.0.0.1:8501"}, 403),
        ({"authorization": RIGHT, "origin": "null"}, 403),
    ],
)
def test_a_request_passes_with_login_name_and_own_page(headers: dict[str, str], status: int) -> None:
    assert call("/api/2.0/mlflow/runs/search", **headers) == status


def test_a_health_check_needs_no_login_but_the_name() -> None:
    assert call("/health") == 200
    assert call("/health", host="evil.example") == 403
    assert call("/x/health") == 401


def test_a_websocket_of_another_page_is_closed() -> None:
    assert call("/api/events/out", "websocket", None, origin="http://evil.example") == 1008
    assert call("/api/events/out", "websocket", None, origin="http://127.0.0.1:5000") == 200


def test_a_home_keeps_its_login_to_itself(tmp_path: Path) -> None:
    login = ensure_login(tmp_path / "home")

    assert read_login(tmp_path / "home") == login == ensure_login(tmp_path / "home")
    assert stat.S_IMODE((tmp_path / "home" / "services.login").stat().st_mode) == 0o600
    assert len(login) > 40
