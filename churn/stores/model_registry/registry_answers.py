"""Distinguishes a registry that does not answer from a registry that answers with an error.

MLflow's exception is recognised by the name of its class, so that this module does not import MLflow.
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
"""The error codes of a healthy registry, for example for a missing version. Any other code means a faulty registry."""


@contextmanager
def answering() -> Iterator[None]:
    """Turns errors within the block into RegistryDown, if they mean that the registry does not answer.

    Raises:
        RegistryDown: the registry did not answer, or is faulty.
    """
    try:
        yield
    except Exception as error:
        if not _is_no_answer(error):
            raise
        raise RegistryDown(
            f"The MLflow registry did not answer: {str(error).strip().splitlines()[0][:200]}",
            "start it, or correct CHURN_MLFLOW_TRACKING_URI; `churn doctor` shows what is configured.",
        ) from error


def raises_registry_down(call: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Makes a function raise RegistryDown if the registry does not answer."""

    @wraps(call)
    def call_registry(*arguments: Params.args, **options: Params.kwargs) -> Answer:
        with answering():
            return call(*arguments, **options)

    return call_registry


def _is_no_answer(error: Exception) -> bool:
    if isinstance(
        error, OSError
    ):  # The errors of requests are subclasses of OSError. A full disk or a missing file is local.
        return error.errno not in (errno.ENOSPC, errno.ENOENT)
    names = {kind.__name__ for kind in type(error).__mro__}
    if "MlflowException" in names:
        return getattr(error, "error_code", "") not in _ANSWERS
    return "OperationalError" in names  # SQLAlchemy's error for the database of MLflow.
