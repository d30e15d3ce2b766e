"""What every flow and task shares: names by date, retries for what may pass, a time limit, what is told to whom."""

from datetime import UTC, date
from typing import Any

from prefect import runtime
from prefect.artifacts import MarkdownArtifact, TableArtifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.context import FlowRunContext
from prefect.flows import Flow
from prefect.logging.loggers import get_run_logger, task_run_logger
from prefect.settings import get_current_settings
from prefect.tasks import Task

from churn.errors import ChurnError, may_pass_by_itself
from churn.secrecy import hide_in_logs
from churn.settings import load_settings
from churn.stages import Outcome

# --- flows ---------------------------------------------------------------------------------------------------------


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
    from churn.service import alerts

    error = _find_error(state)
    if not isinstance(error, KeyboardInterrupt):
        alerts.tell_failure(load_settings(), flow.name, _day_of(flow, flow_run), error, _link_to(flow_run))


def tell_recovery(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tells people that what they were told of is over."""
    from churn.service import alerts

    alerts.tell_recovery(load_settings(), flow.name)


def _find_error(state: State[Any]) -> BaseException:
    found = None if state.is_crashed() and not state.data else state.result(raise_on_failure=False)
    if isinstance(found, BaseException):
        return found
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


REPORTS = {"load_extract": "load-report", "train_models": "model-comparison", "publish": "publication"}
"""Stages that people read a page about, and the artifact it is."""

# --- tasks ---------------------------------------------------------------------------------------------------------


def is_worth_retrying(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help: a lost connection may come back, a broken contract stays broken."""
    return isinstance(state.data, Exception) and may_pass_by_itself(state.data)


def tell_outcome(task: Task[..., Any], run: TaskRun, state: State[Any]) -> None:
    """Writes a stage's one line into the run's log, and its details as a table, where the Prefect UI shows them."""
    outcome = state.result(raise_on_failure=False)
    if not isinstance(outcome, Outcome):
        return
    task_run_logger(run, task).info("%s%s", "skipped: " if outcome.is_skipped else "", outcome.summary)
    if outcome.details:
        TableArtifact(
            key=task.name.replace("_", "-"),
            table=[*outcome.details],
            description=outcome.summary,
            task_run_id=run.id,
            flow_run_id=run.flow_run_id,
        ).create()


def show_report(task: Task[..., Any], run: TaskRun, state: State[Any]) -> None:
    """Keeps a page about what a stage did, where the Prefect UI shows it to people who read no logs."""
    outcome = state.result(raise_on_failure=False)
    if task.name not in REPORTS or (isinstance(outcome, Outcome) and outcome.is_skipped):
        return
    from churn.stages import reports

    page = reports.report_stage(load_settings(), task.name, date.fromisoformat(run.name.rpartition(" ")[2]))
    if page:
        kept = {"task_run_id": run.id, "flow_run_id": run.flow_run_id}
        MarkdownArtifact(key=REPORTS[task.name], markdown=page, description=run.name, **kept).create()


def stage_policy() -> dict[str, Any]:
    """Options of a stage's task: 2 retries 5 minutes apart, 30 minutes at most (settings change both)."""
    settings = load_settings()
    return {
        "retries": 2,
        "retry_delay_seconds": settings.retry_delay_seconds,
        "retry_condition_fn": is_worth_retrying,
        "timeout_seconds": settings.statement_timeout_minutes * 60,
        "cache_policy": NO_CACHE,
        "persist_result": False,
        "on_completion": [tell_outcome, show_report],
        "on_failure": [show_report],
    }
