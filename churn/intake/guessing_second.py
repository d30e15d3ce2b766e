"""Finds second files beside an extract, such as usage or tickets, and guesses how they are joined to its customers."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl

from churn.contracts.declaration import SHIPPED_COLUMNS
from churn.errors import ContractBroken
from churn.intake.daily_files import list_dated, read_dates
from churn.intake.draft import ColumnGuess, Draft, SecondGuess
from churn.intake.guessing import guess_column
from churn.intake.headers import plain_name
from churn.intake.profiling import Profile, profile_file

_FEWEST_KNOWN = 0.5
"""The share of a file's customer numbers that the extract must have: of another system they would be other numbers."""


def add_second_files(draft: Draft, path: Path, max_bytes: int) -> Draft:
    """Returns the draft with the files of the same day beside the extract that have its customers.

    Args:
        draft: the draft of the extract's declaration.
        path: the extract.
        max_bytes: the largest size of a file, after unpacking.
    """
    days = read_dates(path.name)
    if len(days) != 1 or not draft.who.columns:
        return draft
    used = {column.name for column in draft.columns}
    for beside, dated in list_dated(path.parent):
        if dated == days and beside.name != path.name and (guess := _guess(draft, beside, used, max_bytes)):
            draft = replace(draft, seconds=(*draft.seconds, guess))
            used |= {column.name for column in guess.columns}
    return draft


def _guess(draft: Draft, beside: Path, used: set[str], max_bytes: int) -> SecondGuess | None:
    begins = re.split(r"[-_. ]*20\d\d", beside.name)[0]
    if not begins or draft.profile.file_name.casefold().startswith(begins.casefold()):
        return None
    try:
        profile = profile_file(beside, beside.name, max_bytes)
    except ContractBroken:
        return None  # The run that leaves the file out says that it is no extract.
    who = tuple(_find_key(profile, name) for name in draft.who.columns)
    if "" in who or not _share_known(draft.profile, draft.who.columns, profile, who) >= _FEWEST_KNOWN:
        return None
    name = re.sub(r"[^a-z0-9]+", "_", begins.casefold()).strip("_") or "second"
    why = f"{beside.name} is of the same day, and its customer numbers are those of the extract"
    return SecondGuess(why, name, begins, who, _guess_columns(profile, who, used))


def _find_key(profile: Profile, wanted: str) -> str:
    """Returns the column that is named as the customer's number in the extract; empty if there is none."""
    return next((one.source for one in profile.columns if plain_name(one.source) == plain_name(wanted)), "")


def _share_known(extract: Profile, ours: tuple[str, ...], second: Profile, theirs: tuple[str, ...]) -> float:
    known, asked = _keys(extract, ours), _keys(second, theirs)
    return asked.join(known, on=asked.columns, how="semi").height / max(asked.height, 1)


def _keys(profile: Profile, names: tuple[str, ...]) -> pl.DataFrame:
    cells = {column.source: column.cells for column in profile.columns}
    return pl.DataFrame([cells[name].alias(str(place)) for place, name in enumerate(names)]).unique()


def _guess_columns(profile: Profile, who: tuple[str, ...], used: set[str]) -> tuple[ColumnGuess, ...]:
    columns = []
    for column in profile.columns:
        if column.source in who:
            continue
        guess = guess_column(column, None, used | set(SHIPPED_COLUMNS))
        used = used | {guess.name}
        columns.append(guess)
    return tuple(columns)
