"""Every error of the library is a problem that tells callers what they may know."""

import json

import pytest

from churn.api.problems import Problem, understand_problem
from churn.errors import AccessRefused, ChurnError, ModelRefused, NotThere, RegistryDown, Unavailable, WrongUsage

ADDRESS = "postgresql://churn@db.internal/churn"


@pytest.mark.parametrize(
    ("error", "status", "detail", "retry_after"),
    [
        (NotThere("Model version 9 does not exist.", "see."), 404, "Model version 9 does not exist.", None),
        (WrongUsage("The date is in the future.", "give another."), 422, "The date is in the future.", None),
        (ModelRefused("The file has changed.", "find out who."), 409, "The file has changed.", None),
        (Unavailable(f"{ADDRESS} did not answer.", "start it."), 503, "The database does not answer.", "5"),
        (RegistryDown(f"{ADDRESS} did not answer.", "start it."), 503, "The model registry does not answer.", "5"),
        (AccessRefused(f"{ADDRESS} refused.", "grant."), 500, "This server has failed.", None),
        (ChurnError(f"{ADDRESS} broke.", "look."), 500, "This server has failed.", None),
    ],
)
def test_an_error_is_a_problem_without_addresses(
    error: ChurnError, status: int, detail: str, retry_after: str | None
) -> None:
    problem = understand_problem(error)
    document = json.loads(problem.body())

    assert (document["status"], document["detail"]) == (status, detail)
    assert problem.headers().get("Retry-After") == retry_after
    assert "db.internal" not in problem.body().decode()


def test_a_caller_without_a_key_is_told_the_scheme() -> None:
    assert Problem(401, "No key.", "send one.").headers() == {"WWW-Authenticate": "Bearer"}
