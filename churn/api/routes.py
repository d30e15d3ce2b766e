"""The application: its routes, its errors, its start and its end."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from churn.api import answers as documents
from churn.api import metrics
from churn.api.cache import Cache
from churn.api.following import Follower
from churn.api.guard import METRICS, Application, Guard
from churn.api.keys import load_keys
from churn.api.moves import find_moves
from churn.api.problems import MEDIA_TYPE, Problem, WrongField, understand_problem
from churn.api.published import read_published
from churn.api.scoring import Answer, score_many, score_one, take_in_all
from churn.api.served import Served
from churn.api.shadow import Shadow
from churn.api.what_if import build_levers, score_what_if
from churn.contracts.statuses import Basis
from churn.errors import ChurnError
from churn.intake.one_row import Row
from churn.local_stack.gate import names_of
from churn.settings import Settings
from churn.stores.ledgers.publications import require_published
from churn.timeline import check_snapshot_date, today

_log = logging.getLogger("churn.api")


def _read_day(text: object) -> object:
    # Pydantic takes a number for seconds since 1970.
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError("Write a date as YYYY-MM-DD")
    return text


CustomerId = Annotated[str, Path(min_length=1, max_length=64)]
Version = Annotated[
    int | None, Query(alias="model", ge=1, le=2**31 - 1, description="Model version (default: the champion).")
]
AsOf = Annotated[
    date | None,
    BeforeValidator(_read_day),
    Query(alias="as_of", description="Date of the score (default: today)."),
]
WithReasons = Annotated[bool, Query(alias="reasons", description="Whether to compute the reasons (default: true).")]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": documents.ProblemAnswer, "content": {MEDIA_TYPE: {}}, "description": words}
    for status, words in {
        400: "The body is no JSON.",
        401: "No known API key.",
        404: "It does not exist.",
        409: "The file of the model cannot be used.",
        413: "The body is too large.",
        422: "A field is wrong.",
        429: "Too many requests.",
        503: "Not ready; see Retry-After.",
    }.items()
}


def create_app(settings: Settings) -> Application:
    """Returns the application behind its guard.

    Raises:
        WrongUsage: the declaration or the API keys cannot be read.
    """
    follower = Follower(settings)
    hosts = [*names_of(settings.api_port), *settings.api_hosts.replace(",", " ").lower().split()]
    return Guard(build_routes(follower), load_keys(settings), frozenset(hosts), settings.api_requests_per_second)


def build_routes(follower: Follower) -> FastAPI:
    """Returns the routes over a follower, which begins with the application and ends with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(follower.start)
        yield
        await asyncio.to_thread(follower.stop)

    # No pages of documentation: FastAPI's load their scripts from another host.
    app = FastAPI(
        title="Churn: online scores",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
    )
    _add_scoring(app, follower)
    _add_reading(app, follower)
    _add_health(app, follower)
    _add_errors(app)
    return app


def _add_scoring(app: FastAPI, follower: Follower) -> None:
    """Adds the routes that score. Their bodies have the columns of the declaration."""
    form, extract_form = follower.form, follower.extract_form
    accepts_new = follower.settings.new_categories == "accept"
    customer_type: Any = form.model
    batch_type: Any = form.batch

    # async: with a folded model a score takes less time than handing it to a thread.
    @app.post("/v1/customers/score", responses={200: {"model": documents.Score}})
    async def score_customer(
        customer: customer_type, model: Version = None, as_of: AsOf = None, reasons: WithReasons = True
    ) -> Response:
        """Scores one customer. It stores nothing: the same request has the same answer."""
        served = await _find_served(follower, model)
        (row,) = take_in_all([form.values_of(customer)], form, extract_form, _choose(as_of), accepts_new)
        basis = _find_basis(follower, served)
        if served.needs_history:  # It asks the database.
            answer = await asyncio.to_thread(score_one, served, row, basis, reasons)
        else:
            answer = score_one(served, row, basis, reasons)
        metrics.scores.observe(answer["churn_probability"])
        response = _write(answer)
        if follower.shadow is not None and basis == "live":
            response.background = BackgroundTask(_compare, follower, follower.shadow, row, answer)  # Once it is sent.
        return response

    @app.post("/v1/customers/score:batch", responses={200: {"model": documents.Scores}})
    def score_customers(batch: batch_type, model: Version = None, as_of: AsOf = None) -> Response:
        """Scores up to 1,000 customers, in their order."""
        served = follower.require(model)
        values = [form.values_of(customer) for customer in batch.customers]
        rows = take_in_all(values, form, extract_form, _choose(as_of), accepts_new, "customers")
        answers = score_many(served, rows, _find_basis(follower, served))
        for answer in answers:
            metrics.scores.observe(answer["churn_probability"])
        return _write({"scores": answers})


def _compare(follower: Follower, shadow: Shadow, row: Row, answer: Answer) -> None:
    try:
        shadow.compare(follower.require(shadow.version), row, answer)
    except ChurnError as error:
        _log.warning("Model version %s cannot score in the shadow: %s", shadow.version, error)


async def _find_served(follower: Follower, version: int | None) -> Served:
    champion = follower.champion
    if champion is None or version not in (None, champion.version):
        return await asyncio.to_thread(follower.require, version)  # It may load a model, which takes seconds.
    return follower.require()


def _choose(as_of: date | None) -> date:
    return check_snapshot_date(as_of, today()) if as_of is not None else today()


def _find_basis(follower: Follower, served: Served) -> Basis:
    champion = follower.champion
    return "live" if champion is not None and champion.version == served.version else "as_if"


def _add_reading(app: FastAPI, follower: Follower) -> None:
    cache = Cache()
    levers_type: Any = build_levers(follower.extract_form.declaration)

    def _read(customer_id: str) -> dict[str, Any]:
        answer = read_published(follower.settings, customer_id)
        day = date.fromisoformat(answer["prediction_date"])
        return {**answer, "moves": find_moves(follower, answer["customer_id"], day)}

    @app.get("/v1/customers/{customer_id}", responses={200: {"model": documents.Published}})
    def read_customer(customer_id: CustomerId) -> Response:
        """Returns the published score of a customer, with its history and what changed."""
        version = follower.champion.version if follower.champion is not None else None
        key = (follower.stamp or "", version, customer_id)
        body = cache.find(key) or cache.keep(key, lambda: _encode(_read(customer_id)))
        return Response(body, media_type="application/json")

    @app.post("/v1/customers/{customer_id}/what-if", responses={200: {"model": documents.WhatIf}})
    def score_changed(customer_id: CustomerId, levers: levers_type, model: Version = None) -> Response:
        """Scores a published customer as stored and with changes: services, price, declared levers."""
        served, workplace = follower.require(model), follower.workplace()
        day = require_published(workplace.engine).prediction_date
        declaration = follower.extract_form.declaration
        return _write(score_what_if(served, workplace, declaration, day, customer_id, levers))

    @app.get("/v1/model", responses={200: {"model": documents.Model}})
    def read_model() -> Response:
        """Returns the champion that is served."""
        served = follower.require()
        decision = served.decision
        return _write(
            {
                "model_name": decision.model_name,
                "model_version": served.version,
                "family": decision.family,
                "trained_as_of": decision.as_of_date.isoformat(),
                "promoted_at": decision.decided_at.isoformat(),
                "horizon": served.horizon,
                "features": list(served.scorer.wording.features),
                "tiers": {tier.risk_tier: tier.probability_from for tier in served.one.tiers.rows()},
                "model_copy": served.scorer.why_copy,
                "is_synthetic": decision.evidence.is_synthetic,
            }
        )


def _add_health(app: FastAPI, follower: Follower) -> None:
    @app.get("/health/live", responses={200: {"model": documents.Health}})
    async def live() -> Response:
        """Answers as long as the process works."""
        return _write({"status": "live"})

    @app.get("/health/ready", responses={200: {"model": documents.Health}})
    async def ready() -> Response:
        """Answers 200 once a model is loaded, and 503 before."""
        served = follower.require()
        database = "answers" if follower.is_connected else "does not answer"
        return _write({"status": "ready", "model_version": served.version, "database": database})

    @app.get(METRICS, include_in_schema=False)
    async def show_metrics() -> Response:
        """Returns the metrics for Prometheus."""
        return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


def _add_errors(app: FastAPI) -> None:
    """Makes a problem of every error."""

    @app.exception_handler(Problem)
    async def told(_: Request, problem: Problem) -> Response:
        return _as_response(problem)

    @app.exception_handler(ChurnError)
    async def understood(_: Request, error: ChurnError) -> Response:
        problem = understand_problem(error)
        if problem.status == 500:
            _log.error("%s", error)
        return _as_response(problem)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return _as_response(_understand_validation(error))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        problem = Problem(error.status_code, str(error.detail), "see /openapi.json for the routes and their methods.")
        response = _as_response(problem)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:
        return _as_response(Problem(500, "This server has failed.", "look at the log of `churn serve`."))


def _understand_validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Problem(400, "The body is no JSON.", "send one JSON object.")
    errors = [
        # Without the value, which is personal data. The types of a choice are no part of the place in the request.
        WrongField(".".join(str(part) for part in one["loc"][1:]), one["type"], f"{one['msg']}.")
        for one in found[:100]
    ]
    return Problem(
        422, "The request does not have the form of the API.", "correct the fields that errors names.", errors
    )


def _as_response(problem: Problem) -> Response:
    return Response(problem.body(), problem.status, dict(problem.headers()), MEDIA_TYPE)


def _write(answer: object) -> Response:
    return Response(_encode(answer), media_type="application/json")


def _encode(answer: object) -> bytes:
    return json.dumps(answer, allow_nan=False).encode()
