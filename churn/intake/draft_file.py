"""Writes the draft of a declaration as TOML: each guess with a comment that says why."""

import json
from collections.abc import Iterable, Iterator

from churn.intake.draft import ColumnGuess, Draft, LeftGuess, SecondGuess, SinceGuess

_HEAD = """\
# What {file} holds. `churn init` guessed every line from {rows}.
# Read each guess and correct it: above all who left, when a value is known, and what is personal or sensitive.
# Then write your name and the date into reviewed_by. A run refuses a declaration that nobody reviewed.
"""


def write_draft(draft: Draft) -> str:
    """Returns the text of the declaration file."""
    seconds = [line for second in draft.seconds for line in _write_second(second)]
    return "\n".join([*_write_extract(draft), "", *_write_core(draft), *_write_columns(draft.columns), *seconds, ""])


def quote(text: str) -> str:
    """Returns a text as a string of TOML."""
    # JSON's escapes are TOML's, but for DEL, which JSON leaves alone and TOML forbids.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_extract(draft: Draft) -> Iterator[str]:
    profile = draft.profile
    rows = f"{profile.rows:,} rows" if profile.is_whole else f"its first {profile.rows:,} rows"
    yield _HEAD.format(file=quote(profile.file_name), rows=rows)
    yield "[extract]"
    yield 'reviewed_by = ""                # "NAME, DATE"'
    currency, why = draft.currency
    yield f"currency = {quote(currency)}  # guess: {why}"
    if profile.numbers is not None:
        yield f"numbers = {quote(profile.numbers.example)}  # guess: how the file would write 1234.50"
    if profile.encoding != "utf-8":
        yield f"encoding = {quote(profile.encoding)}  # guess: the file is not UTF-8; look at letters such as é and ü"


def _write_core(draft: Draft) -> Iterator[str]:
    yield "[core]"
    yield f"# guess: {_plain(draft.who.why)}"
    yield f"who = {_names(draft.who.columns or ('row',))}"
    yield f"# guess: {_plain(draft.value.why)}"
    yield f"value = {_names(draft.value.columns)}" if draft.value.columns else '# value = "COLUMN"'
    yield f"# guess: {_plain(draft.since.why)}"
    yield (
        f"since = {_write_since(draft.since)}"
        if draft.since.columns
        else '# since = { tenure = "COLUMN", unit = "months" }'
    )
    yield ""
    yield "[churn]"
    yield f"# guess: {_plain(draft.left.why)}"
    yield f"left = {_write_left(draft.left)}"
    yield "horizon_days = 30               # guess: the days within which a customer leaves who counts as a leaver"
    yield "tolerance_days = 7"


def _write_since(since: SinceGuess) -> str:
    if since.start_date is not None:
        return f"{{ start_date = {quote(since.start_date)}, format = {quote(since.date_format)} }}"
    return f"{{ tenure = {quote(str(since.tenure))}, unit = {quote(since.unit)} }}"


def _write_left(left: LeftGuess) -> str:
    if left.flag is not None:
        return f"{{ flag = {quote(left.flag)}, words = {_list(left.words)}, stayed = {_list(left.stayed)} }}"
    if left.end_date is not None:
        return f"{{ end_date = {quote(left.end_date)}, format = {quote(left.date_format)} }}"
    return "{ missing = true }"


def _write_second(second: SecondGuess) -> Iterator[str]:
    yield ""
    yield f"[sources.{second.name}]"
    yield f"# guess: {_plain(second.why)}"
    yield f"begins = {quote(second.begins)}"
    yield f"who = {_names(second.who)}"
    yield "needed = true                   # false: on a day without this file its columns are unknown"
    yield from _write_columns(second.columns, second.name)


def _write_columns(columns: Iterable[ColumnGuess], origin: str = "") -> Iterator[str]:
    for column in columns:
        yield ""
        yield f"[columns.{column.name}]"
        if origin:
            yield f"from = {quote(origin)}"
        yield f"# guess: {_plain(column.why)}"
        yield f"# {_plain(describe_cells(column))}"
        yield from _write_shipped(column) if column.is_shipped else _write_own(column)


def describe_cells(column: ColumnGuess) -> str:
    """Returns what a column holds in a line: blank cells, distinct values, examples, ROC-AUC alone."""
    values = "1 distinct value" if column.distinct == 1 else f"{column.distinct:,} distinct values"
    parts = [f"{column.blank_share:.1%} blank", values]
    if column.examples:
        parts.append(f"such as {', '.join(map(quote, column.examples))}")
    if column.auc is not None:
        parts.append(f"ROC-AUC alone {column.auc:.2f}")
    return ", ".join(parts)


def _write_shipped(column: ColumnGuess) -> Iterator[str]:
    yield "shipped = true"
    yield f"source = {quote(column.source)}"
    if column.words:
        yield f"words = {_table(column.words)}"
    if column.new_words:
        yield f"new_words = {_list(column.new_words)}"


def _write_own(column: ColumnGuess) -> Iterator[str]:
    yield f"source = {quote(column.source)}"
    yield f"type = {quote(column.type)}"
    if column.use == "none":
        yield 'use = "none"'
        return
    if column.date_format:
        yield f"format = {quote(column.date_format)}"
    if column.blank_share:
        yield f"blank = {quote(column.blank)}"
    if column.is_later:
        yield 'known = "after leaving"'
    if column.use != "model":
        yield f"use = {quote(column.use)}"


def _plain(text: str) -> str:
    """Returns a text that a comment may have: no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _names(names: tuple[str, ...]) -> str:
    return quote(names[0]) if len(names) == 1 else _list(names)


def _list(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(quote, texts))}]"


def _table(words: tuple[tuple[str, str], ...]) -> str:
    return f"{{ {', '.join(f'{quote(theirs)} = {quote(ours)}' for theirs, ours in words)} }}"
