"""Turns failures of SQLMesh into errors for people, with model, file, line, days and what readers see."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import AuditFailed, ChurnError, TransformFailed, Unavailable, understand_database
from churn.settings import PROJECT_DIR
from churn.stores.postgres.tables import publications
from churn.stores.workplace import Workplace
from churn.timeline import EARLIEST_SNAPSHOT, tell_dates

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

_AGAIN = "then run again; `churn transforms apply` shows what changed and applies it."
_PLACE = re.compile(r"'(?P<file>[^']+\.(?:sql|py|yaml))'|Line (?P<line>\d+)", re.IGNORECASE)
_IDENTIFIERS = re.compile(r'"([^"]+)"|\w+\.(\w+)|function (\w+)\(')


def understand_load(error: Exception, project: Path) -> TransformFailed:
    """Returns the error of a project that cannot be read, with the file and the line if SQLMesh names them."""
    message = " ".join(str(error).split())
    places = [match.groupdict() for match in _PLACE.finditer(message)]
    file = next((place["file"] for place in places if place["file"]), str(project))
    line = next((f" line {place['line']}" for place in places if place["line"]), "")
    return TransformFailed(
        f"The SQL models cannot be read: {_shown(Path(file))}{line}: {_without_place(message)[:300]}",
        f"correct it, {_AGAIN} Nothing was changed.",
    )


def _without_place(message: str) -> str:
    return re.sub(r"^Failed to load model (definition at|from file) '[^']+'[.:]?\s*", "", message)


def understand_plan(
    workplace: Workplace, context: "Context", error: Exception, failures: Sequence[Any], is_change: bool = False
) -> ChurnError:
    """Returns the error of a plan that could not be built or applied.

    Args:
        workplace: where the database is.
        context: the context of the plan.
        error: the error that SQLMesh raised.
        failures: the errors of single models from the console, each with its node and its cause.
        is_change: True if the plan deploys changed models, False if it refreshes the rows of dates.
    """
    # SQLMesh 0.236 raises only "Plan application failed." The facts are in `failures`, which it sends to its console.
    if not failures:
        first_line = str(error).strip().splitlines()[0].rstrip(".")
        return TransformFailed(
            f"The SQL models could not be applied: {first_line}. {tell_readers(workplace)}",
            "run `uv run sqlmesh -p transforms plan` to see the whole message.",
        )
    failed = failures[0]
    model = context.get_model(failed.node.snapshot_name) if hasattr(failed, "node") else None
    cause = failed.__cause__ or failed
    # SQLMesh 0.236 wraps the errors of all audits of a node in one; the first of them is reported.
    audit = next(iter(getattr(cause, "errors", [])), cause)
    if hasattr(audit, "audit_name"):
        return understand_audit(
            workplace,
            audit.audit_name,
            audit.model or model,
            audit.count,
            audit.sql("postgres"),
            audit.audit_args,
            "the change is not applied" if is_change else "the date is not published",
        )
    return _understand_model(workplace, model, cause, failed.node)


def _understand_model(workplace: Workplace, model: Any, cause: BaseException, node: Any) -> ChurnError:
    if (refusal := understand_database(cause)) is not None:  # A full disk or a missing right is no error of the model.
        return refusal
    message = " ".join(str(cause).strip().splitlines()[:1])
    name, file = (model.name, _shown(Path(model._path))) if model is not None else (node.snapshot_name, "transforms")
    line = _find_line(Path(model._path), message) if model is not None else 1
    what = f"The SQL model {name} ({file} line {line}) failed{_describe_interval(node)}"
    return TransformFailed(
        f"{what}: {message.rstrip('.')}. {tell_readers(workplace)}",
        f"correct {file}, {_AGAIN}",
    )


def _describe_interval(node: Any) -> str:
    """Returns a text with the days that were evaluated."""
    if not hasattr(node, "interval"):
        return ""
    first, last = (datetime.fromtimestamp(stamp / 1000, UTC).date() for stamp in node.interval)
    # SQLMesh's intervals end with the first moment after them, and count milliseconds in UTC.
    last = max(first, date.fromordinal(last.toordinal() - 1))
    if first <= EARLIEST_SNAPSHOT:
        return f" over all days up to {last}"
    return f" for {first}" if first == last else f" for {first} to {last}"


def _find_line(path: Path, message: str) -> int:
    """Returns the first line of a model's file with a name from the message, or the first line of its query."""
    words = [word for groups in _IDENTIFIERS.findall(message) for word in groups if word]
    lines = path.read_text().splitlines()
    for word in words:
        for number, line in enumerate(lines, 1):
            if re.search(rf"\b{re.escape(word)}\b", line):
                return number
    return next((number for number, line in enumerate(lines, 1) if re.match(r"\s*(WITH|SELECT)\b", line)), 1)


def understand_audit(
    workplace: Workplace,
    audit: str,
    model: Any,
    count: int,
    query: str,
    arguments: Any = None,
    consequence: str = "the date is not published",
) -> AuditFailed:
    """Returns the error of a failed audit, with the model, the days of the rows, and the file and line of the audit."""
    return AuditFailed(
        audit,
        str(getattr(model, "name", "")),
        count,
        query,
        place=_find_audit(audit, Path(model._path), arguments) if model is not None else "",
        days=tell_dates(_failing_days(workplace, model, query)),
        readers=tell_readers(workplace),
        consequence=consequence,
    )


def _find_audit(audit: str, model_path: Path, arguments: Any) -> str:
    """Returns where an audit is written: its own file, or the line of the model that calls an audit of SQLMesh.

    A model may call the same audit for several columns. The result is then the line that names the column.
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


def _failing_days(workplace: Workplace, model: Any, query: str) -> list[date]:
    """Returns the days of the rows that failed, if the query of the audit has a column with the day."""
    time_column = getattr(getattr(model, "time_column", None), "column", None)
    column = time_column.name if time_column is not None else "prediction_date"
    with suppress(SQLAlchemyError, Unavailable), workplace.engine.connect() as connection:
        # text() would take the `::date` of a cast for a parameter, so each colon is escaped.
        rows = connection.execute(sa.text(_FAILING_DAYS.format(column=column, query=query.replace(":", "\\:"))))
        return [day for (day,) in rows]
    return []


_FAILING_DAYS = "SELECT DISTINCT {column} FROM ({query}) AS failing WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 100"


def tell_readers(workplace: Workplace) -> str:
    """Returns a sentence about what readers see; an empty text if the database does not answer."""
    latest = sa.select(sa.func.max(publications.c.prediction_date)).where(publications.c.status == "published")
    with suppress(SQLAlchemyError, Unavailable), workplace.engine.connect() as connection:
        day = connection.scalar(latest)
        return f"Readers still see {day} unchanged." if day else "Nothing is published yet."
    return ""


def find_failed_tests(result: Any) -> Iterator[str]:
    """Yields a text for each failed unit test: its name, model, file and line, and the rows that differ."""
    for test, message in [*result.failures, *result.errors]:
        path = Path(test.path)
        lines = path.read_text().splitlines()
        number = next((at for at, line in enumerate(lines, 1) if line.startswith(f"{test.test_name}:")), 1)
        differs = [line for line in message.removeprefix("AssertionError: ").splitlines() if line.strip()]
        rows = "\n  ".join(line for line in differs if not line.startswith("["))
        yield f"{test.test_name} of {test.model.name} ({_shown(path)} line {number}): {rows}"


def find_broken_laws(violations: Sequence[Any]) -> Iterator[str]:
    """Yields a text for each violation of a lint rule: the rule, the file and what is wrong."""
    for item in violations:
        if item.violation_type == "error":
            yield f"{item.rule.name} ({_shown(Path(item.model._path))}): {item.violation_msg}"


def _shown(path: Path) -> str:
    """Returns a path as a person types it: relative to the project if it is in the project."""
    resolved = path.resolve()
    return str(resolved.relative_to(PROJECT_DIR)) if resolved.is_relative_to(PROJECT_DIR) else str(path)
