"""A campaign on a telecom that has learned, and a system that takes contacts by webhook.

The receiver verifies with the reference library of Standard Webhooks.
"""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner

from churn.economics.policies import POLICY_FILE
from churn.settings import Settings
from churn.terminal.cli import app
from tests.support.factories import DAY
from tests.support.telecoms import Telecoms

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
POLICY = """
[channels.call]
seats = 20
reach = 0.6
to = "view"
[channels.push]
seats = 12
contact_usd = 0.1
reach = 0.3
to = "ADDRESS"
[contact]
codes = {{ OK = "accepted" }}
[[offers]]
id = "{name}"
worth_months = 0.3
save_rate = 0.3
channels = ["{channel}"]
[campaign.{name}]
offers = ["{name}"]
holdout_share = 0.2
window_days = 60
enrol_from = DAY
enrol_days = 120
read_on = 2027-06-01
"""


@dataclass
class Receiver:
    """A system that takes contacts: it verifies each one, and acts on an id only once."""

    address: str = ""
    status: int = 200
    wrong: int = 0
    posts: list[str] = field(default_factory=list)
    acted_on: list[dict[str, object]] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.posts.append(headers["webhook-id"])
        if status := self.answers.get(len(self.posts)):
            return status
        try:
            document = Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            self.wrong += 1
            return 400
        known = {contact["contact_id"] for contact in self.acted_on}
        if self.status == 200 and headers["webhook-id"] not in known:
            self.acted_on.append(document["data"])
        return self.status


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take({name.lower(): value for name, value in self.headers.items()}, body))
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.address = f"http://127.0.0.1:{server.server_port}/contacts"
    yield receiver
    server.shutdown()
    server.server_close()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@contextmanager
def campaign(telecoms: Telecoms, folder: Path, name: str, channel: str, address: str) -> Iterator[Settings]:
    """A telecom with a campaign whose wave is enrolled."""
    policy = folder / "policy.toml"
    sections = POLICY.format(name=name, channel=channel).replace("ADDRESS", address).replace("DAY", str(DAY))
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + sections, encoding="utf-8")
    with telecoms.copy("learned", folder / "home") as found, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_POLICIES", str(policy))
        monkeypatch.setenv("CHURN_WEBHOOK_SECRET", SECRET)
        run("campaign", "start", name, "--anyway", "--why", "a test")
        run("campaign", "wave", name)
        yield found.model_copy(update={"policies": policy})
