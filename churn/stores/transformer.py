"""Everything SQLMesh: deploy the models, refresh one range of dates, audit. Failures become typed errors.

SQLMesh neither locks (concurrent refreshes double rows) nor raises audit failures with their facts (they go to its
console). Both are mended here: a Postgres advisory lock around every call, and a console that remembers.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from churn.errors import AuditFailed, TransformFailed, Unavailable
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores.catalogue import ColumnNote, TableNote
from churn.stores.database import Lock, hold_lock, locate, open_engine
from churn.stores.readers import ensure_reader
from churn.stores.tables import predictions, publications

if TYPE_CHECKING:
    from sqlmesh.core.config.connection import PostgresConnectionConfig
    from sqlmesh.core.config.gateway import GatewayConfig
    from sqlmesh.core.context import Context

TRANSFORMS_DIR = PROJECT_DIR / "transforms"
STATE_SCHEMA = "sqlmesh"
WORK_MEM = "128MB"

_LIBPQ_VARIABLES = {
    name: f"PG{name.upper()}"
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "channelbinding", "gssencmode")
}
"""Options of an address that SQLMesh's connection settings have no room for, and what libpq calls them otherwise."""

FEATURE_MODELS = ("staging.stg_telco_churn", "analytics.fct_customer_features")
"""What a changed extract refreshes, before scoring."""
RISK_MODELS = ("analytics.customer_risk", "analytics.risk_by_profile")
"""What changed predictions refresh, before publishing."""


@dataclass(frozen=True)
class Evaluation:
    """One model evaluated over a range of dates.

    Attributes:
        model: its name.
        rows: rows written; None where the engine does not say.
        milliseconds: time it took.
        audits_passed: audits that ran on the result and found nothing.
    """

    model: str
    rows: int | None
    milliseconds: int
    audits_passed: int


def postgres_gateway() -> "GatewayConfig":
    """The gateway of transforms/config.py: the product's own database, SQLMesh's state in a schema of it."""
    settings = load_settings()
    _prepare_environment(settings)
    from sqlmesh.core.config.gateway import GatewayConfig

    open_engine(settings)  # `sqlmesh` by hand may be the first to come: its models read tables that Python declares.
    return GatewayConfig(connection=_connection(locate(settings)), state_schema=STATE_SCHEMA)


def duckdb_gateway() -> "GatewayConfig":
    """A second engine for the same models: a DuckDB file under CHURN_HOME, its raw rows brought there by hand."""
    from sqlmesh.core.config.connection import DuckDBConnectionConfig
    from sqlmesh.core.config.gateway import GatewayConfig

    home_dir = load_settings().home_dir
    home_dir.mkdir(parents=True, exist_ok=True)
    return GatewayConfig(connection=DuckDBConnectionConfig(database=str(home_dir / "transforms.duckdb")))


def _connection(uri: str) -> "PostgresConnectionConfig":
    from sqlmesh.core.config.connection import PostgresConnectionConfig

    url = make_url(uri)
    query: dict[str, Any] = dict(url.query)
    return PostgresConnectionConfig(
        host=url.host or query.get("host", "localhost"),
        port=url.port or 5432,
        user=url.username or "",
        password=url.password or "",
        database=url.database or "",
        sslmode=query.get("sslmode"),
        application_name="churn transforms",
        # One connection at a time: the models of a date depend on each other anyway.
        concurrent_tasks=1,
    )


os.environ["MAX_FORK_WORKERS"] = "1"  # Before sqlmesh is imported: it would fork inside a threaded process otherwise.


def _prepare_environment(settings: Settings) -> None:
    """Gives psycopg2 what SQLMesh's connection settings have no room for: certificates, a time limit, and memory.

    A refresh is one connection at a time; with Postgres' default of 4 MB its joins and uniqueness audits go to disk.
    """
    chosen = make_url(settings.database_url.get_secret_value()).query if settings.database_url is not None else {}
    for option, variable in _LIBPQ_VARIABLES.items():
        if option in chosen:
            os.environ[variable] = str(chosen[option])
    wanted = f"-c statement_timeout={settings.statement_timeout_minutes}min -c work_mem={WORK_MEM}"
    options = os.environ.get("PGOPTIONS", "")
    if wanted not in options:
        os.environ["PGOPTIONS"] = f"{options} {wanted}".strip()


def deploy(settings: Settings, today: date) -> str:
    """Brings the models in the database to what the SQL files say, and rebuilds the history of those that changed.

    Scores that are staged are dropped when models change: they were made from other features.

    Args:
        today: intervals up to the end of this day are marked as evaluated, so that a plan by hand finds nothing to do.

    Returns:
        The version of the features: a fingerprint that changes when their SQL does.

    Raises:
        TransformFailed: the project does not load or a statement failed.
        AuditFailed: a rebuilt model failed an audit.
    """
    with _locked_context(settings) as context:
        with open_engine(settings).begin() as connection:
            ensure_reader(connection)
        plan = _build_plan(context, execution_time=_end_of(today))
        if plan.context_diff.has_changes:
            _discard_staged_scores(settings)
        try:
            _apply(context, plan)
        except AuditFailed as failure:
            # Scores that failed their audit stay staged until they are made again; they are no reason not to begin.
            if plan.context_diff.has_changes or failure.model not in RISK_MODELS:
                raise
        return _features_version(context)


def _discard_staged_scores(settings: Settings) -> None:
    """Drops scores that readers do not see: changed models make them outdated, failed ones would stop the change."""
    staged = sa.select(publications.c.prediction_date).where(publications.c.status != "published")
    with open_engine(settings).begin() as connection:
        connection.execute(sa.delete(predictions).where(predictions.c.prediction_date.in_(staged)))


def refresh(settings: Settings, changed_table: str, models: Sequence[str], dates: Sequence[date]) -> list[Evaluation]:
    """Evaluates models again for the dates whose rows changed in a table that Python writes.

    Args:
        changed_table: `raw_data.telco_churn_raw` or `analytics.predictions`.
        models: the models to evaluate, of those that depend on the table.
        dates: dates to replace; the range from the first to the last is replaced in one go, no other date is touched.

    Returns:
        What was evaluated, in order.

    Raises:
        AuditFailed: an audit found rows; later models were not evaluated.
        TransformFailed: a statement failed.
    """
    first, last = min(dates), max(dates)
    with _locked_context(settings) as context:
        plan = _build_plan(
            context,
            restate_models=[changed_table],
            backfill_models=list(models),
            start=first.isoformat(),
            end=last.isoformat(),
            # Without it a day that is not over yet is silently left out, and the result depends on the clock.
            execution_time=_end_of(last),
        )
        _apply(context, plan)
        return list(_console().evaluations)


def audit(settings: Settings, models: Sequence[str], dates: Sequence[date]) -> list[tuple[str, str]]:
    """Runs every audit of the models over the dates, once more, on what is stored now.

    Returns:
        Model and name of each audit that ran.

    Raises:
        AuditFailed: the first audit that found rows.
    """
    with _locked_context(settings) as context:
        results = [
            result
            for model in models
            for result in context.snapshot_evaluator.audit(
                snapshot=context.get_snapshot(model, raise_if_missing=True),
                start=min(dates).isoformat(),
                end=max(dates).isoformat(),
                execution_time=_end_of(max(dates)),
                snapshots=context.snapshots,
            )
        ]
    for result in results:
        if result.count:
            query = result.query.sql("postgres") if result.query else ""
            raise AuditFailed(result.audit.name, str(getattr(result.model, "name", "")), result.count, query)
    return [(str(getattr(result.model, "name", "")), result.audit.name) for result in results]


def describe_models(settings: Settings) -> list[TableNote]:
    """Returns what the SQL models say of themselves, in the order in which they build on each other."""
    with _locked_context(settings) as context:
        ordered = [
            context.get_model(name, raise_if_missing=True) for name in context.dag.sorted if name in context.models
        ]
        return [_describe(model) for model in ordered if not model.kind.is_external]


def _describe(model: Any) -> TableNote:
    notes = model.column_descriptions
    columns = [
        ColumnNote(name, kind.sql("postgres"), notes.get(name, "")) for name, kind in model.columns_to_types.items()
    ]
    grain = [column.name for one in model.grains for column in (one.expressions or [one])]
    kind = "SQL view" if model.kind.is_view else "SQL, one date at a time"
    return TableNote(model.name, model.description or "", tuple(grain), kind, tuple(columns))


def _end_of(day: date) -> str:
    return (day + timedelta(days=1)).isoformat()


def _build_plan(context: "Context", **scope: Any) -> Any:
    from sqlmesh.utils.errors import SQLMeshError

    try:
        return context.plan_builder("prod", skip_tests=True, skip_linter=True, **scope).build()
    except SQLMeshError as error:
        raise _transform_failed(str(error)) from error


def _apply(context: "Context", plan: Any) -> None:
    from sqlmesh.utils.errors import SQLMeshError

    console = _console()
    console.forget()
    try:
        context.apply(plan)
    except SQLMeshError as error:
        raise (console.failure() or _transform_failed(str(error))) from error


def _transform_failed(fact: str) -> TransformFailed:
    return TransformFailed(
        f"The SQL models could not be evaluated: {fact.strip().splitlines()[0]}",
        "run `uv run sqlmesh -p transforms plan` to see the whole message.",
    )


def _features_version(context: "Context") -> str:
    fingerprints = [context.get_snapshot(model, raise_if_missing=True).fingerprint for model in FEATURE_MODELS]
    parts = [f"{fingerprint.data_hash}.{fingerprint.parent_data_hash}" for fingerprint in fingerprints]
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _locked_context(settings: Settings) -> Iterator["Context"]:
    """Yields the context to one process at a time; a database that went away is told, whatever SQLMesh makes of it."""
    with hold_lock(open_engine(settings), Lock.TRANSFORMS, wait=True) as is_held:
        try:
            yield _context(settings)
        except Exception as error:
            if is_held():
                raise
            _context.cache_clear()  # Its connection is dead.
            raise Unavailable("The database went away.", "check that it runs, then run again.") from error


@lru_cache(maxsize=1)
def _context(settings: Settings) -> "Context":
    """The SQLMesh context, loaded once per process: it costs half a second."""
    _prepare_environment(settings)
    from sqlmesh.core.context import Context

    _console()
    return Context(paths=[str(TRANSFORMS_DIR)])


@lru_cache(maxsize=1)
def _console() -> Any:
    """The console of this process, which remembers what SQLMesh would have printed."""
    import churn.stores.sqlmesh_console as recording

    return recording.install()
