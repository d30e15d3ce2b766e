"""What SQLMesh failed on, in the words of the person who has to act: model, file, line, day, and what readers see."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import AuditFailed, ChurnError, TransformFailed, Unavailable
from churn.settings import PROJECT_DIR, Settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.tables import publications
from churn.timeline import EARLIEST_SNAPSHOT, tell_dates

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

_AGAIN = "then run again; `churn transforms apply` shows what changed and applies it."
_PLACE = re.compile(r"'(?P<file>[^']+\.(?:sql|py|yaml))'|Line (?P<line>\d+)", re.IGNORECASE)
_IDENTIFIERS = re.compile(r'"([^"]+)"|\w+\.(\w+)|function (\w+)\(')


def understand_load(error: Exception, project: Path) -> TransformFailed:
    """Returns why the project's files cannot be read, with the file and the line where SQLMesh names them."""
    said = " ".join(str(error).split())
    places = [found.groupdict() for found in _PLACE.finditer(said)]
    file = next((place["file"] for place in places if place["file"]), str(project))
    line = next((f" line {place['line']}" for place in places if place["line"]), "")
    return TransformFailed(
        f"The SQL models cannot be read: {_shown(Path(file))}{line}: {_without_place(said)[:300]}",
        f"correct it, {_AGAIN} Nothing was changed.",
    )


def _without_place(said: str) -> str:
    return re.sub(r"^Failed to load model (definition at|from file) '[^']+'[.:]?\s*", "", said)


def understand_plan(
    settings: Settings, context: "Context", error: Exception, failures: Sequence[Any], is_change: bool = False
) -> ChurnError:
    """Returns why a plan could not be built or applied.

    Args:
        settings: where to ask what readers see.
        context: whose models the plan was of.
        error: what SQLMesh raised.
        failures: the errors of single models, each with its node and its cause, as the console got them.
        is_change: the plan was to bring changed models before readers, not the rows of a date.
    """
    if not failures:
        first_line = str(error).strip().splitlines()[0].rstrip(".")
        return TransformFailed(
            f"The SQL models could not be applied: {first_line}. {tell_readers(settings)}",
            "run `uv run sqlmesh -p transforms plan` to see the whole message.",
        )
    failed = failures[0]
    model = context.get_model(failed.node.snapshot_name) if hasattr(failed, "node") else None
    cause = failed.__cause__ or failed
    audit = next(iter(getattr(cause, "errors", [])), cause)
    if hasattr(audit, "audit_name"):
        return understand_audit(
            settings,
            audit.audit_name,
            audit.model or model,
            audit.count,
            audit.sql("postgres"),
            audit.audit_args,
            "the change is not applied" if is_change else "the date is not published",
        )
    return _understand_model(settings, model, cause, failed.node)


def _understand_model(settings: Settings, model: Any, cause: BaseException, node: Any) -> TransformFailed:
    said = " ".join(str(cause).strip().splitlines()[:1])
    name, file = (model.name, _shown(Path(model._path))) if model is not None else (node.snapshot_name, "transforms")
    line = _find_line(Path(model._path), said) if model is not None else 1
    what = f"The SQL model {name} ({file} line {line}) failed{_tell_interval(node)}"
    return TransformFailed(
        f"{what}: {said.rstrip('.')}. {tell_readers(settings)}",
        f"correct {file}, {_AGAIN}",
    )


def _tell_interval(node: Any) -> str:
    """The days that were evaluated; a whole history has no day to name."""
    if not hasattr(node, "interval"):
        return ""
    first, last = (datetime.fromtimestamp(stamp / 1000, UTC).date() for stamp in node.interval)
    last = max(first, date.fromordinal(last.toordinal() - 1))
    if first <= EARLIEST_SNAPSHOT:
        return f" over all days up to {last}"
    return f" for {first}" if first == last else f" for {first} to {last}"


def _find_line(path: Path, said: str) -> int:
    """Returns the line of a model's file that first holds what the database names, else the one its query begins on."""
    words = [word for found in _IDENTIFIERS.findall(said) for word in found if word]
    lines = path.read_text().splitlines()
    for word in words:
        for number, line in enumerate(lines, 1):
            if re.search(rf"\b{re.escape(word)}\b", line):
                return number
    return next((number for number, line in enumerate(lines, 1) if re.match(r"\s*(WITH|SELECT)\b", line)), 1)


def understand_audit(
    settings: Settings,
    audit: str,
    model: Any,
    count: int,
    query: str,
    arguments: Any = None,
    consequence: str = "the date is not published",
) -> AuditFailed:
    """Returns which rows failed an audit: of which model and days, and where audit and model are written."""
    return AuditFailed(
        audit,
        str(getattr(model, "name", "")),
        count,
        query,
        place=_find_audit(audit, Path(model._path), arguments) if model is not None else "",
        days=tell_dates(_failing_days(settings, model, query)),
        readers=tell_readers(settings),
        consequence=consequence,
    )


def _find_audit(audit: str, model_path: Path, arguments: Any) -> str:
    """The place an audit is written at: a file of its own, or the line of the model that calls one of SQLMesh's.

    A model may call the same audit for several columns: the line that names the column is the one.
    """
    for path in sorted(model_path.parents[2].glob("audits/*.sql")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(rf"\bname {re.escape(audit)}\b", line):
                return f"{_shown(path)} line {number}"
    calls = [
        (number, line)
        for number, line in enumerate(model_path.read_text().splitlines(), 1)
        if re.search(rf"\b{re.escape(audit)}\b", line)
    ]
    column = str((arguments or {}).get("column", ""))
    of_column = [number for number, line in calls if column and column.strip('"') in line]
    number = (of_column or [number for number, _ in calls] or [1])[0]
    return f"{_shown(model_path)} line {number}"


def _failing_days(settings: Settings, model: Any, query: str) -> list[date]:
    """The days of the rows that failed, as far as the audit's query gives them."""
    time_column = getattr(getattr(model, "time_column", None), "column", None)
    column = time_column.name if time_column is not None else "prediction_date"
    with suppress(SQLAlchemyError, Unavailable), open_engine(settings).connect() as connection:
        found = connection.execute(sa.text(_FAILING_DAYS.format(column=column, query=query.replace(":", "\\:"))))
        return [day for (day,) in found]
    return []


_FAILING_DAYS = "SELECT DISTINCT {column} FROM ({query}) AS failing WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 100"


def tell_readers(settings: Settings) -> str:
    """A sentence about what readers see; empty while the database cannot say."""
    latest = sa.select(sa.func.max(publications.c.prediction_date)).where(publications.c.status == "published")
    with suppress(SQLAlchemyError, Unavailable), open_engine(settings).connect() as connection:
        day = connection.scalar(latest)
        return f"Readers still see {day} as it was." if day else "Nothing is published yet."
    return ""


def find_failed_tests(result: Any) -> Iterator[str]:
    """Yields for each unit test that failed its name, model, file, line and the rows that differ."""
    for test, said in [*result.failures, *result.errors]:
        path = Path(test.path)
        lines = path.read_text().splitlines()
        number = next((at for at, line in enumerate(lines, 1) if line.startswith(f"{test.test_name}:")), 1)
        differs = [line for line in said.removeprefix("AssertionError: ").splitlines() if line.strip()]
        rows = "\n  ".join(line for line in differs if not line.startswith("["))
        yield f"{test.test_name} of {test.model.name} ({_shown(path)} line {number}): {rows}"


def find_broken_laws(violations: Sequence[Any]) -> Iterator[str]:
    """Yields for each violation of a lint rule the rule, the file and what is wrong."""
    for one in violations:
        if one.violation_type == "error":
            yield f"{one.rule.name} ({_shown(Path(one.model._path))}): {one.violation_msg}"


def _shown(path: Path) -> str:
    """A path as a person types it: within the project, from its root."""
    resolved = path.resolve()
    return str(resolved.relative_to(PROJECT_DIR)) if resolved.is_relative_to(PROJECT_DIR) else str(path)
