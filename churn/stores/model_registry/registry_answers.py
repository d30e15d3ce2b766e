"""Telling a registry that does not answer from one that says no.

MLflow's error is told by its name, so that asking does not import MLflow.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from churn.errors import RegistryDown

Params = ParamSpec("Params")
Answer = TypeVar("Answer")

_ANSWERS = ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "INVALID_PARAMETER_VALUE")
"""Codes by which a registry in order says no; any other is the word of one that is not."""


@contextmanager
def answering() -> Iterator[None]:
    """Asks the registry within the block.

    Raises:
        RegistryDown: no answer, or not that of a registry in order.
    """
    try:
        yield
    except Exception as error:
        if not _is_silence(error):
            raise
        raise RegistryDown(
            f"The MLflow registry did not answer: {str(error).strip().splitlines()[0][:200]}",
            "check that it runs and that CHURN_MLFLOW_TRACKING_URI is right; `churn doctor` shows what is configured.",
        ) from error


def told_when_down(call: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Lets a call say in our words that the registry is down."""

    @wraps(call)
    def asked(*arguments: Params.args, **options: Params.kwargs) -> Answer:
        with answering():
            return call(*arguments, **options)

    return asked


def _is_silence(error: Exception) -> bool:
    if isinstance(error, OSError):  # requests' errors are too
        return error.errno not in (errno.ENOSPC, errno.ENOENT)
    names = {kind.__name__ for kind in type(error).__mro__}
    if "MlflowException" in names:
        return getattr(error, "error_code", "") not in _ANSWERS
    return "OperationalError" in names  # MLflow's own database
