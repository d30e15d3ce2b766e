"""The policy of every task: retries of temporary failures, a time limit, and a report in the log and in Prefect."""

from datetime import date
from typing import Any, TypedDict

from prefect.artifacts import MarkdownArtifact, TableArtifact
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging.loggers import task_run_logger
from prefect.tasks import RetryConditionCallable, StateHookCallable, Task

from churn.errors import may_pass_by_itself
from churn.settings import load_settings, wants_lineage
from churn.stages import Outcome
from churn.timeline import now_utc

REPORTS = {"load_extract": "load-report", "train_models": "model-comparison", "publish": "publication"}
"""The stages that write a page for people, and the key of the Prefect artifact."""


def is_worth_retrying(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Returns whether a retry may help: a lost connection may come back, a broken contract stays broken."""
    return isinstance(state.data, Exception) and may_pass_by_itself(state.data)


def tell_outcome(task: Task[..., Any], run: TaskRun, state: State[Any]) -> None:
    """Writes the summary of a stage to the log of the run, and its details to a table in the Prefect UI."""
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
    """Writes a page about a stage to the Prefect UI, for people who do not read logs."""
    outcome, context = state.result(raise_on_failure=False), TaskRunContext.get()
    # A failed task has an exception as its result; only what was skipped writes no page.
    if context is None or task.name not in REPORTS or (isinstance(outcome, Outcome) and outcome.is_skipped):
        return
    from churn.reporting import reports

    # Prefect calls the hooks of a task while its context lasts, so the stores of the run are still open.
    workplace = context.parameters["workplace"]
    failure = outcome if isinstance(outcome, BaseException) else None
    page = reports.report_stage(workplace, task.name, date.fromisoformat(run.name.rpartition(" ")[2]), failure)
    if page:
        kept = {"task_run_id": run.id, "flow_run_id": run.flow_run_id}
        MarkdownArtifact(key=REPORTS[task.name], markdown=page, description=run.name, **kept).create()


def tell_lineage(task: Task[..., Any], run: TaskRun, state: State[Any]) -> None:
    """Sends the OpenLineage events of a stage, if somebody asks for them."""
    from churn.reporting import lineage

    context = TaskRunContext.get()
    if context is None or not wants_lineage() or run.start_time is None:
        return
    outcome = state.result(raise_on_failure=False)
    failure = outcome if isinstance(outcome, BaseException) else None
    ended = run.end_time or now_utc()
    told = lineage.StageRun(task.name, str(run.id), run.start_time, ended, failure)
    lineage.tell_stage(context.parameters["workplace"], told)


class TaskOptions(TypedDict):
    """The options of Prefect's `task` that every stage has in common."""

    retries: int
    retry_delay_seconds: float
    retry_condition_fn: RetryConditionCallable
    timeout_seconds: float
    cache_policy: CachePolicy
    persist_result: bool
    on_completion: list[StateHookCallable]
    on_failure: list[StateHookCallable]


def stage_policy() -> TaskOptions:
    """Returns the options of a task: 2 retries, 5 minutes apart, and 30 minutes at most (settings change both)."""
    settings = load_settings()
    return {
        "retries": 2,
        "retry_delay_seconds": settings.retry_delay_seconds,
        "retry_condition_fn": is_worth_retrying,
        "timeout_seconds": settings.statement_timeout_minutes * 60,
        "cache_policy": NO_CACHE,  # A stage decides by itself what to skip: Prefect must never reuse a result.
        "persist_result": False,  # The database has the results; Prefect would pickle each of them to disk as well.
        "on_completion": [tell_outcome, show_report, tell_lineage],
        "on_failure": [show_report, tell_lineage],
    }
