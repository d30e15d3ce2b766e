"""The policy of every flow: runs are named by date, and an alert is sent when a run fails and when it works again."""

import logging
from collections.abc import Callable
from datetime import UTC, date
from typing import TYPE_CHECKING, Any, TypedDict

from prefect import runtime
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.flows import Flow, FlowStateHook
from prefect.logging.handlers import APILogHandler
from prefect.logging.loggers import get_run_logger
from prefect.settings import get_current_settings

from churn.errors import ChurnError
from churn.secrecy import hide_in_logs
from churn.settings import Settings, load_settings

if TYPE_CHECKING:
    from churn.stores.workplace import Workplace


class FlowOptions(TypedDict):
    """The options of Prefect's `flow` that every flow here has in common."""

    flow_run_name: Callable[[], str]
    persist_result: bool
    on_failure: list[FlowStateHook[..., Any]]
    on_crashed: list[FlowStateHook[..., Any]]
    on_completion: list[FlowStateHook[..., Any]]


def flow_policy() -> FlowOptions:
    """Returns the options of a flow: the name of its runs, and alerts on failure and recovery."""
    hide_in_logs(load_settings())  # Here, since every process that runs a flow imports its module, a worker's too.
    _show_waiting()
    return {
        "flow_run_name": name_by_date,
        "persist_result": False,
        "on_failure": [tell_failure],
        "on_crashed": [tell_failure],
        "on_completion": [tell_recovery],
    }


def _show_waiting() -> None:
    """Writes to the log of the run that it waits for another one."""
    log = logging.getLogger("churn.locks")
    if not any(isinstance(handler, APILogHandler) for handler in log.handlers):
        log.addHandler(APILogHandler())


def run_date() -> date:
    """Returns the date that the run was scheduled for (UTC), even if it starts late; by hand, the day of its start."""
    # Not now(): a worker that was down starts last night's run in the morning, perhaps on another date.
    return runtime.flow_run.scheduled_start_time.astimezone(UTC).date()


def is_scheduled() -> bool:
    """Returns whether the schedule, and not a person, started the run."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.auto_scheduled)


def name_by_date() -> str:
    """Returns the name of a run: its flow and its date, for example `train 2026-11-22`."""
    return f"{runtime.flow_run.flow_name} {runtime.flow_run.parameters.get('as_of') or run_date()}"


def tell_notes(notes: list[str]) -> None:
    """Writes remarks about the plan of a run to its log."""
    for note in notes:
        get_run_logger().warning("%s", note)


def release_named(workplace: "Workplace", as_of: date | None, command: str) -> None:
    """Lets a date be published again that a person withdrew, because a command names it; says so in the run's log."""
    from churn.shell.person import find_person
    from churn.stages import withdrawing

    if as_of and (note := withdrawing.release_day(workplace, as_of, find_person(), command)):
        tell_notes([note])


def tell_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Sends an alert when a run failed or its process died, but not when a person stopped it.

    Prefect's worker calls this function by the names of its arguments for a run whose process has died.
    """
    from churn.alerts import messages

    error = _find_error(state)
    if not isinstance(error, KeyboardInterrupt):
        messages.tell_failure(load_settings(), flow.name, _day_of(flow, flow_run), error, _link_to(flow_run))


def tell_recovery(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Sends an alert that earlier incidents of the flow are over."""
    from churn.alerts import messages

    messages.tell_recovery(load_settings(), flow.name)


def tell_degraded(settings: Settings, work: str, error: ChurnError | None) -> None:
    """Sends an alert that a run went on without a part of its work; without an error, that the part works again."""
    from churn.alerts import messages

    if error is None:
        messages.tell_recovery(settings, work)
    else:
        messages.tell_failure(settings, work, None, error)


def _find_error(state: State[Any]) -> BaseException:
    # A crashed run without data has no result: result() would raise an error of Prefect's about that instead.
    failure = None if state.is_crashed() and not state.data else state.result(raise_on_failure=False)
    if isinstance(failure, BaseException):
        return failure
    return ChurnError(  # A process that died has left no exception, only the message of the worker.
        f"The process of the run ended: {state.message or 'Prefect has no reason'}",
        "read the log of the worker, then start the run again: the run continues where it stopped.",
    )


def _day_of(flow: Flow[..., Any], run: FlowRun) -> date | None:
    """Returns the date that a daily run works on; None for other flows, since readers do not wait for their dates."""
    if "source" not in flow.parameters.properties:
        return None
    asked, due = run.parameters.get("as_of"), run.expected_start_time
    return date.fromisoformat(str(asked)) if asked else due.astimezone(UTC).date() if due else None


def _link_to(run: FlowRun) -> str | None:
    pages = get_current_settings().ui_url
    return f"{pages}/runs/flow-run/{run.id}" if pages else None
