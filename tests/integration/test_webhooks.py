"""Contacts are posted to another system: signed, each once in effect, and nobody of the control group."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from churn.settings import Settings
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.campaigns import SECRET, Receiver, campaign, receiving, run
from tests.support.days import ask, execute
from tests.support.telecoms import Telecoms

CHILD = """
import os, signal
from churn.stages import posting
from churn.stages.delivering import send_contacts
from churn.stores.workplace import open_workplace
from datetime import date

genuine, left = posting._post, [{kill_after}]
def post(*arguments):
    code = genuine(*arguments)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return code
posting._post = post
with open_workplace() as workplace:
    send_contacts(workplace, "hook", on=date.fromisoformat("{day}"))
"""
TO_QUEUE = """
import os, signal
from churn.stores.ledgers import outbox
queue_before = outbox.queue
def queue(*arguments):
    queue_before(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
outbox.queue = queue
"""


def send_and_die(settings: Settings, script: str) -> None:
    """Runs a send in a process that kills itself, and waits until the server has noticed."""
    child = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, check=False)
    assert child.returncode == -9, child.stderr.decode()


@pytest.fixture(scope="module")
def posted(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Receiver]]:
    """A campaign whose contacts are posted to a receiver."""
    with receiving() as receiver:
        folder = tmp_path_factory.mktemp("posted")
        with campaign(telecoms, folder, "hook", "push", receiver.address) as settings:
            execute(settings, "UPDATE ops.contacts SET expires_on = current_date + 14")
            yield settings, receiver


def make_due(settings: Settings) -> None:
    """The wait for the next attempt is over."""
    execute(settings, "UPDATE ops.outbox SET next_attempt_at = now()")


def test_a_process_that_dies_before_it_posts_has_marked_nothing(posted: tuple[Settings, Receiver]) -> None:
    settings, receiver = posted
    send_and_die(settings, TO_QUEUE + CHILD.format(kill_after=99, day=DAY))

    assert receiver.posts == []
    assert ask(settings, "SELECT count(*) FROM ops.contacts WHERE sent_on IS NOT NULL") == [(0,)]


def test_a_process_that_dies_between_post_and_record_posts_no_contact_twice_in_effect(
    posted: tuple[Settings, Receiver],
) -> None:
    settings, receiver = posted
    send_and_die(settings, CHILD.format(kill_after=3, day=DAY))
    assert len(receiver.posts) == 3
    assert ask(settings, "SELECT count(*) FROM ops.outbox WHERE delivered_at IS NOT NULL") == [(2,)]

    said = run("campaign", "send", "hook", "--on", str(DAY))
    sent = {row[0] for row in ask(settings, "SELECT contact_id FROM ops.contacts WHERE sent_on IS NOT NULL")}
    acted = [contact["contact_id"] for contact in receiver.acted_on]

    assert f"posted to {receiver.address}" in said
    assert receiver.wrong == 0
    assert len(receiver.posts) == len(sent) + 1
    assert sorted(map(str, acted)) == sorted(sent)
    assert ask(settings, "SELECT count(*) FROM ops.outbox WHERE delivered_at IS NULL") == [(0,)]


def test_the_receiver_gets_no_control_customer_no_score_and_no_group(posted: tuple[Settings, Receiver]) -> None:
    settings, receiver = posted
    control = {row[0] for row in ask(settings, "SELECT customer_id FROM ops.assignments WHERE arm = 'control'")}

    assert receiver.acted_on
    for contact in receiver.acted_on:
        assert contact["customer_id"] not in control
        assert not {"churn_probability", "arm", "draw", "expected_profit_usd"} & set(contact)


def test_a_rejected_contact_waits_and_holds_up_no_other(posted: tuple[Settings, Receiver]) -> None:
    settings, receiver = posted
    execute(settings, "UPDATE ops.outbox SET delivered_at = NULL, attempts = 0")
    receiver.posts.clear()
    receiver.answers = {1: 500}
    said = run("campaign", "send", "hook", "--on", str(DAY))
    (waiting,) = ask(settings, "SELECT contact_id, attempts, answer_code FROM ops.outbox WHERE delivered_at IS NULL")

    assert "1 wait for another attempt" in said
    assert waiting == (receiver.posts[0], 1, 500)
    assert len(receiver.posts) == len(set(receiver.posts))

    make_due(settings)
    run("campaign", "send", "hook", "--on", str(DAY))
    assert receiver.posts[-1] == waiting[0]
    assert ask(settings, "SELECT count(*) FROM ops.outbox WHERE delivered_at IS NULL") == [(0,)]


def test_who_says_no_after_the_contact_was_written_is_not_posted(posted: tuple[Settings, Receiver]) -> None:
    settings, receiver = posted
    customer, contact = ask(settings, "SELECT customer_id, contact_id FROM ops.outbox ORDER BY contact_id LIMIT 1")[0]
    execute(settings, f"UPDATE ops.outbox SET delivered_at = NULL WHERE contact_id = '{contact}'")
    execute(
        settings,
        f"INSERT INTO ops.suppressions VALUES ('{customer}', 'all', '{DAY}', NULL, 'opted_out', 'a file')",
    )
    receiver.posts.clear()
    run("campaign", "send", "hook", "--on", str(DAY))

    assert receiver.posts == []


def test_an_address_that_is_gone_gets_nothing_more_and_the_contacts_wait(posted: tuple[Settings, Receiver]) -> None:
    settings, receiver = posted
    execute(
        settings, "DELETE FROM ops.suppressions; UPDATE ops.outbox SET delivered_at = NULL, next_attempt_at = now()"
    )
    receiver.posts.clear()
    receiver.answers = {2: 410}
    results = [CliRunner().invoke(app, ["campaign", "send", "hook", "--on", str(DAY)]) for _ in range(2)]

    assert [result.exit_code for result in results] != [0, 0]
    for result in results:
        assert "answered 410 Gone" in " ".join(result.output.split())
    assert len(receiver.posts) == 2


def test_a_webhook_without_a_secret_is_refused_before_anything_is_marked(
    posted: tuple[Settings, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_WEBHOOK_SECRET", "whsec_short")
    result = CliRunner().invoke(app, ["campaign", "send", "hook", "--on", str(DAY)])

    assert result.exit_code == 2
    assert "CHURN_WEBHOOK_SECRET is no secret of Standard Webhooks" in " ".join(result.output.split())
    assert SECRET.removeprefix("whsec_") not in json.dumps(result.output)
