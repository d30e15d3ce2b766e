"""The served champion follows the ledger; a silent registry or database stops no score."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from churn.api import published as published_scores
from churn.errors import RegistryDown, Unavailable
from churn.settings import Settings
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from tests.support.days import RuleOfThumb, execute
from tests.support.machines import eventually
from tests.support.online import serving
from tests.support.telecoms import Telecoms


@pytest.fixture
def learned(telecoms: Telecoms, tmp_path: Path) -> Iterator[Settings]:
    with telecoms.copy("learned", tmp_path / "home") as settings:
        yield settings


def customer_of(client: TestClient) -> dict[str, Any]:
    document = client.get("/openapi.json").json()
    example: dict[str, Any] = document["components"]["schemas"]["Customer"]["examples"][0]
    return example


def find_own(settings: Settings) -> int:
    """The version that the customers were scored with: the registry of a worker may have had others before it."""
    return min(decision.model_version for decision in promotions.read_history(open_engine(settings)))


def promote(settings: Settings, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promotion by hand; the version after the customers' own is the rule of thumb."""
    own = find_own(settings)
    load = loading.load_model
    rule = loading.LoadedModel(RuleOfThumb())
    monkeypatch.setattr(loading, "load_model", lambda s, model: load(s, model) if model.version == own else rule)
    decision = promotions.require_decision(open_engine(settings), own)
    decided = replace(decision, model_version=version, decided_at=datetime.now(UTC), decided_by="person", person="ada")
    promotions.record_promotion(open_engine(settings), decided)


def version_of(client: TestClient) -> int:
    return int(client.get("/v1/model").json()["model_version"])


def test_a_promotion_and_a_rollback_are_followed_without_a_dropped_request(
    learned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(learned) as client:
        customer, answers, ended = customer_of(client), Counter[tuple[int, int, float]](), threading.Event()

        def ask_on() -> None:
            while not ended.is_set():
                answer = client.post("/v1/customers/score", json=customer)
                score = answer.json()
                answers[answer.status_code, score["model_version"], score["churn_probability"]] += 1

        asking = threading.Thread(target=ask_on)
        asking.start()
        promote(learned, find_own(learned) + 1, monkeypatch)
        assert eventually(lambda: version_of(client) == find_own(learned) + 1, patience_seconds=10)
        promote(learned, find_own(learned), monkeypatch)
        assert eventually(lambda: version_of(client) == find_own(learned), patience_seconds=10)
        ended.set()
        asking.join()

    assert {(status, version) for status, version, _ in answers} == {
        (200, find_own(learned)),
        (200, find_own(learned) + 1),
    }
    assert len(answers) == 2, "each version has one probability: no answer mixes the two"


def test_another_version_scores_on_request_as_if(learned: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(learned) as client:
        customer = customer_of(client)
        promote(learned, find_own(learned) + 1, monkeypatch)
        assert eventually(lambda: version_of(client) == find_own(learned) + 1, patience_seconds=10)
        champion = client.post("/v1/customers/score", json=customer).json()
        other = client.post(f"/v1/customers/score?model={find_own(learned)}", json=customer).json()

    assert (champion["model_version"], champion["basis"], champion["reasons"]) == (find_own(learned) + 1, "live", None)
    assert (other["model_version"], other["basis"]) == (find_own(learned), "as_if")
    assert len(other["reasons"]) == 3


def test_a_silent_registry_is_said_and_the_kept_copy_gives_the_same_number(
    learned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(learned) as client:
        customer = customer_of(client)
        before = client.post("/v1/customers/score", json=customer).json()

    def fail(*_: object) -> None:
        raise RegistryDown("MLflow does not answer.", "start it.")

    monkeypatch.setattr(loading, "_fetch_model", fail)
    with serving(learned) as client:
        after = client.post("/v1/customers/score", json=customer).json()

    assert after == {**before, "model_copy": "the registry does not answer"}


def test_a_challenger_in_the_shadow_is_compared_and_the_champion_answers(
    learned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(learned, find_own(learned) + 1, monkeypatch)
    promote(learned, find_own(learned), monkeypatch)
    with serving(learned.model_copy(update={"api_shadow": find_own(learned) + 1})) as client:
        was = read_metric(client, "churn_shadow_difference_count")
        answer = client.post("/v1/customers/score", json=customer_of(client)).json()

        assert answer["model_version"] == find_own(learned)
        assert eventually(lambda: read_metric(client, "churn_shadow_difference_count") == was + 1, patience_seconds=10)


def read_metric(client: TestClient, name: str) -> float:
    lines = [line.split() for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    return sum(float(value) for series, value in lines if series.partition("{")[0] == name)


def test_a_published_customer_is_remembered_until_something_is_published(
    learned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Counter[str]()
    read = published_scores.read_published

    def counting(settings: Settings, customer_id: str) -> Any:
        asked[customer_id] += 1
        return read(settings, customer_id)

    monkeypatch.setattr("churn.api.routes.read_published", counting)
    with serving(learned) as client:
        number = customer_number(learned)
        first = [client.get(f"/v1/customers/{number}").json() for _ in range(3)]
        assert asked[number] == 1
        execute(learned, "UPDATE ops.publications SET published_at = published_at + interval '1 minute'")
        assert eventually(lambda: bool(client.get(f"/v1/customers/{number}")) and asked[number] == 2, 10)

    assert first[0] == first[1] == first[2]


def customer_number(settings: Settings) -> str:
    from tests.support.declared import ask_rows

    return str(ask_rows(settings, "SELECT min(customer_id) AS number FROM analytics.predictions")[0]["number"])


def test_without_the_database_the_champion_goes_on_and_stored_scores_say_when_to_ask_again(
    learned: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(learned) as client:
        customer = customer_of(client)
        before = client.post("/v1/customers/score", json=customer).json()

        def fail(*_: object) -> None:
            raise Unavailable("The database at postgresql://secret.host did not answer.", "start it.")

        monkeypatch.setattr("churn.api.following.find_stamp", fail)
        monkeypatch.setattr("churn.api.published.reading", fail)
        assert eventually(
            lambda: client.get("/health/ready").json()["database"] == "does not answer", patience_seconds=10
        )
        after = client.post("/v1/customers/score", json=customer).json()
        stored = client.get("/v1/customers/7590-VHVEG")
        monkeypatch.undo()
        assert eventually(lambda: client.get("/health/ready").json()["database"] == "answers", patience_seconds=10)

    assert after == before
    assert (stored.status_code, stored.headers["retry-after"]) == (503, "5")
    assert "secret" not in stored.text


def test_before_the_first_champion_the_server_lives_and_is_not_ready(deployed: Settings) -> None:
    with serving(deployed) as client:
        states = [client.get(f"/health/{state}") for state in ("live", "ready")]
        score = client.post("/v1/customers/score", json=customer_of(client))

    assert [state.status_code for state in states] == [200, 503]
    assert (score.status_code, score.headers["retry-after"]) == (503, "5")
    assert "run `churn run`" in score.json()["next_step"]


def test_another_declaration_under_a_running_server_scores_nobody(learned: Settings) -> None:
    from tests.integration.test_declared_extract import DECLARATION

    with serving(learned) as client:
        customer = customer_of(client)
        (learned.home_dir / "declaration.toml").write_text(DECLARATION, encoding="utf-8")
        assert eventually(lambda: client.get("/health/ready").status_code == 503, patience_seconds=10)
        assert client.post("/v1/customers/score", json=customer).json()["next_step"] == "restart `churn serve`."


def test_the_metrics_tell_what_happened_and_name_nobody(learned: Settings) -> None:
    with serving(learned) as client:
        was = read_metric(client, "churn_score_probability_count")
        client.post("/v1/customers/score", json=customer_of(client))
        client.get("/v1/customers/somebody")
        text = client.get("/metrics").text

        assert read_metric(client, "churn_score_probability_count") == was + 1
        assert read_metric(client, "churn_model_version") == find_own(learned)
        assert read_metric(client, "churn_active_customers") > 0
    assert 'churn_requests_total{route="/v1/customers/{customer_id}",status="404"}' in text
    assert "somebody" not in text
    assert "7590" not in text
