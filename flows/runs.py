"""What every flow shares: its runs are named by date, and people are told when one fails and when all is well again."""

from datetime import UTC, date
from typing import Any

from prefect import runtime
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.flows import Flow
from prefect.logging.loggers import get_run_logger
from prefect.settings import get_current_settings

from churn.errors import ChurnError
from churn.secrecy import hide_in_logs
from churn.settings import load_settings


def flow_policy() -> dict[str, Any]:
    """Options of a flow: named by its date, its failure and recovery told, no secret in its log."""
    hide_in_logs(load_settings())
    return {
        "flow_run_name": name_by_date,
        "persist_result": False,
        "on_failure": [tell_failure],
        "on_crashed": [tell_failure],
        "on_completion": [tell_recovery],
    }


def run_date() -> date:
    """The date a run was scheduled for (UTC), whenever it starts; by hand: the day it was asked for."""
    return runtime.flow_run.scheduled_start_time.astimezone(UTC).date()


def is_scheduled() -> bool:
    """Whether the schedule started the run, and not a person."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.auto_scheduled)


def name_by_date() -> str:
    """Names a run by its flow and its date, as in: train 2026-11-22."""
    return f"{runtime.flow_run.flow_name} {runtime.flow_run.parameters.get('as_of') or run_date()}"


def tell_notes(notes: list[str]) -> None:
    """Writes into the run's log what a person should know of its plan."""
    for note in notes:
        get_run_logger().warning("%s", note)


def tell_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tells people that a run failed or its process died; that a person stopped it is no news.

    A worker calls it by the names of its arguments, for a run whose process is dead.
    """
    from churn.alerts import messages

    error = _find_error(state)
    if not isinstance(error, KeyboardInterrupt):
        messages.tell_failure(load_settings(), flow.name, _day_of(flow, flow_run), error, _link_to(flow_run))


def tell_recovery(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tells people that what they were told of is over."""
    from churn.alerts import messages

    messages.tell_recovery(load_settings(), flow.name)


def tell_degraded(work: str, error: ChurnError | None) -> None:
    """Tells people that a part of a run was left out though it went on; with no error, that it is done again."""
    from churn.alerts import messages

    if error is None:
        messages.tell_recovery(load_settings(), work)
    else:
        messages.tell_failure(load_settings(), work, None, error)


def _find_error(state: State[Any]) -> BaseException:
    failure = None if state.is_crashed() and not state.data else state.result(raise_on_failure=False)
    if isinstance(failure, BaseException):
        return failure
    return ChurnError(  # a run whose process died left no error behind
        f"The run's process ended: {state.message or 'nobody knows why'}",
        "read the worker's log, then start the run again: it goes on where it was.",
    )


def _day_of(flow: Flow[..., Any], run: FlowRun) -> date | None:
    """The date a daily run was to make; other flows make none that readers wait for."""
    if "source" not in flow.parameters.properties:
        return None
    asked, due = run.parameters.get("as_of"), run.expected_start_time
    return date.fromisoformat(str(asked)) if asked else due.astimezone(UTC).date() if due else None


def _link_to(run: FlowRun) -> str | None:
    pages = get_current_settings().ui_url
    return f"{pages}/runs/flow-run/{run.id}" if pages else None
