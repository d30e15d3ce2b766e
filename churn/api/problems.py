"""Problems in the form of RFC 9457: what happened, the next step, and for a customer every field that is wrong.

A problem never repeats a value of the request: it may be logged by whoever receives it, and values are personal data.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from churn.errors import ChurnError, ModelRefused, NotThere, RegistryDown, Unavailable, WrongUsage

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class WrongField:
    """One thing that is wrong with a request.

    Attributes:
        field: the place in the request, such as `tenure` or `customers.3.tenure`; empty for the request as a whole.
        rule: the name of the rule that it breaks.
        message: what the rule demands.
    """

    field: str
    rule: str
    message: str


class Problem(Exception):
    """An answer that is no success.

    Attributes:
        status: the HTTP status.
        detail: what happened.
        next_step: what the caller does next.
        errors: the fields that are wrong.
        retry_after: seconds after which the same request may succeed; None if waiting does not help.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        next_step: str,
        errors: Sequence[WrongField] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.next_step = status, detail, next_step
        self.errors, self.retry_after = errors, retry_after

    def body(self) -> bytes:
        """Returns the JSON document."""
        document: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "next_step": self.next_step,
        }
        if self.errors:
            document["errors"] = [asdict(error) for error in self.errors]
        return json.dumps(document).encode()

    def headers(self) -> Mapping[str, str]:
        """Returns the headers beside the type of the body."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}
        return headers | ({"Retry-After": str(self.retry_after)} if self.retry_after is not None else {})


def understand_problem(error: ChurnError) -> Problem:
    """Returns the problem of an error of the library. Without a place of its own it is a fault of this server."""
    if isinstance(error, NotThere):
        return Problem(404, error.fact, error.next_step)
    if isinstance(error, WrongUsage):
        return Problem(422, error.fact, error.next_step)
    if isinstance(error, ModelRefused):
        return Problem(409, error.fact, error.next_step)
    if isinstance(error, Unavailable):
        # Without the message of the driver, which has the address of the database.
        who = "The model registry" if isinstance(error, RegistryDown) else "The database"
        return Problem(503, f"{who} does not answer.", "send the request again later.", retry_after=RETRY_AFTER_SECONDS)
    return Problem(500, "This server has failed.", "look at the log of `churn serve`.")
