"""Online scores: one customer, now, with the number that the batch stored."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from churn.settings import Settings
from churn.stages import intake, scoring, transforms
from churn.stores.ledgers import promotions
from churn.stores.postgres.database import open_engine
from tests.conftest import DAY
from tests.support.days import day_number
from tests.support.factories import make_extract, write_extract
from tests.support.online import check_same_as_batch, read_requests, serving
from tests.support.telecoms import LEARNED_CUSTOMERS, Telecoms
from tests.support.workplaces import at


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extract that the published customers came from."""
    return write_extract(tmp_path_factory.mktemp("online") / "extract.csv", make_extract(LEARNED_CUSTOMERS))


@pytest.fixture(scope="module")
def client(published: Settings) -> Any:
    with serving(published) as client:
        yield client


@pytest.fixture(scope="module")
def bodies(client: TestClient, extract: Path) -> list[dict[str, Any]]:
    return read_requests(client.follower.form, extract)  # type: ignore[attr-defined]


def test_every_customer_scores_online_as_in_the_batch(published: Settings, extract: Path) -> None:
    assert check_same_as_batch(published, extract) == LEARNED_CUSTOMERS


@pytest.mark.slow
def test_every_customer_of_the_public_sample_scores_online_as_in_the_batch(
    telecoms: Telecoms, public_sample: Path, tmp_path: Path
) -> None:
    day = day_number(
        -1
    )  # Before the telecom's own day: its extract has a sixth of the customers, and the door asks why.
    with telecoms.copy("learned", tmp_path / "home") as settings:
        intake.load_extract(at(settings), public_sample, day)
        transforms.run_transforms(at(settings), day)
        scoring.score_customers(at(settings), day, "test run", model_version=1)

        assert check_same_as_batch(settings, public_sample, day) == 7_043


def test_an_answer_says_what_it_is(client: TestClient, bodies: list[dict[str, Any]], published: Settings) -> None:
    answer = client.post("/v1/customers/score", params={"as_of": str(DAY)}, json=bodies[0]).json()

    champion = promotions.require_champion(open_engine(published))
    expected = {
        "customer_id": bodies[0]["customerID"],
        "prediction_date": str(DAY),
        "basis": "live",
        "model_version": champion.model_version,
        "model_copy": None,
        "is_synthetic": False,
        "horizon": "the month that the extract covers",
    }
    assert {name: answer[name] for name in expected} == expected
    assert len(answer["reasons"]) == 3


def test_the_batch_route_answers_in_the_order_of_the_request(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    some = bodies[40:0:-1]
    answer = client.post("/v1/customers/score:batch", json={"customers": some}).json()

    assert [one["customer_id"] for one in answer["scores"]] == [one["customerID"] for one in some]


def test_the_published_score_comes_with_its_history(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    number = bodies[3]["customerID"]
    published = client.get(f"/v1/customers/{number}").json()
    now = client.post("/v1/customers/score", params={"as_of": str(DAY)}, json=bodies[3]).json()

    same = ("churn_probability", "risk_tier", "reasons", "is_active", "horizon", "model_version", "prediction_date")
    assert {name: published[name] for name in same} == {name: now[name] for name in same}
    assert [point["prediction_date"] for point in published["history"]] == [str(DAY)]
    assert published["changes"] == []


def test_without_reasons_the_number_is_the_same(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    whole = client.post("/v1/customers/score", json=bodies[5]).json()
    bare = client.post("/v1/customers/score?reasons=false", json=bodies[5]).json()

    assert bare == {**whole, "reasons": None}


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"InternetService": "Fibre"}, "InternetService", "internet_service_known"),
        ({"tenure": "12"}, "tenure", "int_type"),
        ({"tenure": True}, "tenure", "int_type"),
        ({"tenure": -1}, "tenure", "tenure_at_least_0"),
        ({"MonthlyCharges": "45.0"}, "MonthlyCharges", "float_type"),
        ({"customerID": ""}, "customerID", "customer_id_length"),
        ({"customerID": "a\u200bb"}, "customerID", "customer_id_printable"),
        ({"shoe_size": 44}, "shoe_size", "extra_forbidden"),
        ({"gender": ...}, "gender", "missing"),
        ({"PhoneService": "No", "MultipleLines": "No"}, "", "multiple_lines_agree_with_phone_service"),
    ],
)
def test_a_wrong_field_is_named(
    client: TestClient, bodies: list[dict[str, Any]], change: dict[str, Any], field: str, rule: str
) -> None:
    changed = {name: value for name, value in {**bodies[0], **change}.items() if value is not ...}
    answer = client.post("/v1/customers/score", json=changed)

    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (field, rule) in {(error["field"], error["rule"]) for error in problem["errors"]}
    assert "Fibre" not in answer.text, "a problem repeats no value of the request"


def test_a_wrong_customer_of_a_batch_is_named_by_its_place(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    some = [bodies[0], {**bodies[1], "tenure": 2_000}, {**bodies[2], "tenure": None}]

    first = client.post("/v1/customers/score:batch", json={"customers": some}).json()
    second = client.post("/v1/customers/score:batch", json={"customers": some[:2]}).json()
    assert [error["field"] for error in first["errors"]] == ["customers.2.tenure"]
    assert [error["field"] for error in second["errors"]] == ["customers.1.tenure"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/customers/nobody", None, 404),
        ("GET", "/v2/customers", None, 404),
        ("POST", "/v1/customers/score?as_of=0", "{}", 422),
        ("PUT", "/v1/model", None, 405),
        ("POST", "/v1/customers/score", "{", 400),
        ("POST", "/v1/customers/score", '{"MonthlyCharges": NaN}', 422),
        ("POST", "/v1/customers/score", "[1, 2]", 422),
        ("POST", "/v1/customers/score:batch", '{"customers": []}', 422),
        ("POST", "/v1/customers/score", " " * 2_000_001, 413),
    ],
)
def test_every_refusal_is_a_problem(client: TestClient, method: str, path: str, body: str | None, status: int) -> None:
    answer = client.request(method, path, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json().keys() >= {"type", "title", "status", "detail", "next_step"}


def test_a_model_that_does_not_exist_is_a_problem(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    answer = client.post("/v1/customers/score?model=99", json=bodies[0])

    assert (answer.status_code, answer.json()["detail"]) == (404, "Model version 99 does not exist.")


def test_without_the_key_only_the_probes_answer(client: TestClient) -> None:
    asked = {
        path: client.get(path, headers={"Authorization": ""}) for path in ("/health/live", "/health/ready", "/v1/model")
    }
    wrong = client.get("/v1/model", headers={"Authorization": "Bearer wrong"})

    assert [answer.status_code for answer in asked.values()] == [200, 200, 401]
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")


def test_another_name_is_refused_and_every_answer_has_the_headers(client: TestClient) -> None:
    answers = [client.get("/v1/model", headers={"Host": host}) for host in ("evil.example", "127.0.0.1:8600")]

    assert [answer.status_code for answer in answers] == [421, 200]
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)


def test_a_key_that_sends_too_much_waits(published: Settings) -> None:
    with serving(published, requests_per_second=3) as client:
        answers = [client.get("/v1/model") for _ in range(5)]

    assert [answer.status_code for answer in answers][:3] == [200, 200, 200]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "1"


def test_the_document_names_the_columns_of_the_declaration(client: TestClient, bodies: list[dict[str, Any]]) -> None:
    document = client.get("/openapi.json").json()

    customer = document["components"]["schemas"]["Customer"]
    assert set(bodies[0]) == set(customer["properties"])
    assert set(customer["required"]) == set(bodies[0]) - {"Churn"}
    assert client.post("/v1/customers/score", json=customer["examples"][0]).status_code == 200


@pytest.mark.parametrize("day", ["1999-12-31", "2999-01-01"])
def test_a_date_that_no_extract_can_have_is_refused(client: TestClient, bodies: list[dict[str, Any]], day: str) -> None:
    answer = client.post("/v1/customers/score", params={"as_of": day}, json=bodies[0])

    assert (answer.status_code, day in answer.json()["detail"]) == (422, True)
