"""Guesses which columns say who a customer is, who left, the value a month, and since when."""

from itertools import combinations

import polars as pl

from churn.contracts.declaration import TenureUnit
from churn.contracts.extract import VISIBLE
from churn.intake.declared import FALSE_WORDS, TRUE_WORDS
from churn.intake.draft import LeftGuess, SinceGuess, ValueGuess, WhoGuess
from churn.intake.headers import plain_name
from churn.intake.naming import (
    find_unit,
    is_row_number,
    looks_like_end,
    looks_like_start,
    looks_personal,
    looks_sensitive,
    rank_tenure,
    rank_value,
    says,
    split_name,
)
from churn.intake.profiling import ColumnProfile, Profile
from churn.intake.vocabulary import CHURN, CUSTOMER, ID, LEFT_WORDS, MONEY, STATUS
from churn.intake.wholesale import MOST_MONTHS_RATIO

LONGEST_ID = 64
_MOST_KEYS, _MOST_MONTHS = 6, 1_200
_MOST_LABELS = 12


def guess_who(profile: Profile) -> WhoGuess:
    """Guesses the column, or the two columns, whose values no two rows share."""
    keys = [column for column in profile.columns if _is_key(column)]
    if single := sorted((column for column in keys if column.is_unique), key=_rank_key):
        best = single[0]
        if not looks_personal(best.source):
            return WhoGuess("every row has a value of its own, and none is blank", (best.source,))
        why = (
            "every row has a value of its own, but it is personal data: better ask for a customer number; "
            'or write who = "row": no history and no list by customer'
        )
        return WhoGuess(why, (best.source,))
    named = [column for column in keys if not column.blanks and says(column.source, ID)][:_MOST_KEYS]
    for one, other in combinations(named, 2):
        if _is_unique_pair(one, other):
            return WhoGuess("only both together differ in every row", (one.source, other.source))
    repeated = next((column for column in named if says(column.source, CUSTOMER)), None)
    if repeated is not None:
        several = repeated.cells.filter(repeated.cells.is_duplicated()).n_unique()
        why = f"{repeated.source} is not a key: {several:,} of its values stand in several rows; name a second column"
        return WhoGuess(f"{why}, or keep row: every row a customer of its own, no history, no list by customer")
    return WhoGuess("no column looks like a customer number: no history and no list by customer")


def _is_key(column: ColumnProfile) -> bool:
    is_kind = column.type == "word" or (column.type in ("count", "flag") and says(column.source, ID))
    is_odd = is_row_number(column.source) or column.source == "row" or column.longest > LONGEST_ID
    return is_kind and not is_odd and bool(column.cells.drop_nulls().str.contains(VISIBLE).all())


def _rank_key(column: ColumnProfile) -> tuple[bool, bool, bool]:
    """Returns what sorts the best key first: not personal, named as a number, named after the customer."""
    is_id, is_customer = says(column.source, ID), says(column.source, CUSTOMER)
    return looks_personal(column.source), not (is_id and is_customer), not is_id


def _is_unique_pair(one: ColumnProfile, other: ColumnProfile) -> bool:
    pair = pl.DataFrame([one.cells.alias("one"), other.cells.alias("other")])
    return not bool(pair.is_duplicated().any())


def guess_left(profile: Profile) -> LeftGuess:
    """Guesses the label: a flag with its words, or else a leaving date."""
    flags = [(rank, column) for column in profile.columns if (rank := _rank_flag(column))]
    if flags:
        _, column = max(flags, key=lambda found: found[0])
        left = [word for word in column.words if word.lower() in _left_words(column)]
        stayed = [word for word in column.words if word not in left]
        why = f"{', '.join(left)} in {_share(column, left):.1%} of the rows; every other word is listed as stayed"
        blank = ("",) if column.blanks else ()
        more = f"; {column.blank_share:.1%} of it is blank, which is taken as stayed" if blank else ""
        return LeftGuess(why + more, column.source, tuple(left), (*stayed, *blank))
    ends = [column for column in profile.columns if column.type == "date" and looks_like_end(column.source)]
    if ends:
        best = max(ends, key=lambda column: column.blanks)
        return LeftGuess(
            "a leaving date; blank for those who stay", end_date=best.source, date_format=best.date_format or "%Y-%m-%d"
        )
    return LeftGuess("no column says who left: customers who are missing from a later extract count as leavers")


def _rank_flag(column: ColumnProfile) -> int:
    """Returns how surely a column is the label: 0 for not at all. Words that say it beat the numbers 0 and 1."""
    left = _left_words(column)
    if column.distinct > _MOST_LABELS or column.distinct + bool(column.blanks) < 2 or not left:
        return 0
    if left == column.lower_words and not column.blanks:
        return 0
    is_named, is_plain = says(column.source, CHURN), column.type == "flag" and column.words[0] in ("0", "1")
    if left & LEFT_WORDS:
        return 3 if is_named or says(column.source, STATUS) else 1
    return (3 if is_plain else 4) if is_named else 0


def _left_words(column: ColumnProfile) -> frozenset[str]:
    """Returns the words of a column that say that a customer left."""
    spoken = column.lower_words & LEFT_WORDS
    return spoken or column.lower_words & set(TRUE_WORDS) - set(FALSE_WORDS)


def _share(column: ColumnProfile, words: list[str]) -> float:
    return float(column.cells.is_in(words).fill_null(False).mean())  # type: ignore[arg-type]


def guess_value(profile: Profile, taken: set[str]) -> ValueGuess:
    """Guesses the value a month: a column of its name, or the sum of columns of one kind of charge."""
    free = [column for column in profile.columns if column.source not in taken and _may_be_money(column)]
    ranked = [(rank, column.type == "number", column) for column in free if (rank := rank_value(column.source))]
    if ranked:
        rank, _, best = max(ranked, key=lambda found: found[:2])
        others = [column.source for _, _, column in ranked if column is not best]
        named = "its name says a charge a month" if rank > 2 else "its name says money, but not that it is a month's"
        also = f"; it could also be {', '.join(others[:3])}" if others else ""
        return ValueGuess(f"{named}{also}", (best.source,))
    for word in MONEY:
        parts = tuple(column.source for column in free if split_name(column.source)[-1:] == (word,))
        if len(parts) > 1:
            return ValueGuess(f"the sum of all columns that end in {word}: check that they are of one month", parts)
    return ValueGuess("no column has the name of a charge; without a value a month no figure is money")


def _may_be_money(column: ColumnProfile) -> bool:
    return column.type in ("count", "number") and not column.blanks and not column.is_constant


def guess_since(profile: Profile, taken: set[str], value: ValueGuess) -> SinceGuess:
    """Guesses the time as a customer, with its unit, or else the first day as one."""
    free = [column for column in profile.columns if column.source not in taken and not column.blanks]
    lengths = [column for column in free if column.type == "count" and not looks_sensitive(column.source)]
    best = max(lengths, key=lambda column: rank_tenure(column.source), default=None)
    if best is not None and rank_tenure(best.source):
        why, unit = _guess_unit(profile, best, value)
        return SinceGuess(why, best.source, unit)
    dates = [column for column in free if column.type == "date"]
    starts = [column for column in dates if looks_like_start(column.source) or rank_tenure(column.source)]
    if starts:
        return SinceGuess("the first day as a customer", None, "months", starts[0].source, starts[0].date_format or "")
    return SinceGuess(
        "no column has the name of a tenure; without one no feature says how long a customer has been one"
    )


def _guess_unit(profile: Profile, tenure: ColumnProfile, value: ValueGuess) -> tuple[str, TenureUnit]:
    """Returns why a tenure has its unit, and the unit: by its name, by what was billed, or by its longest value."""
    longest = float(tenure.values.max() or 0)  # type: ignore[arg-type]
    if unit := find_unit(tenure.source):
        return f"its longest value is {longest:,.0f}, and its name says the unit", unit
    ratio = _compare_with_bills(profile, tenure, value)
    if ratio is not None and ratio >= MOST_MONTHS_RATIO:
        return f"it is {ratio:,.0f} times the months that were billed (total by monthly charges): it is in days", "days"
    unit = "days" if longest > _MOST_MONTHS else "months"
    return f"its longest value is {longest:,.0f}, and nothing says the unit: is it {unit}?", unit


def _compare_with_bills(profile: Profile, tenure: ColumnProfile, value: ValueGuess) -> float | None:
    """Returns the tenure as a multiple of total by monthly charges, median; None without total charges."""
    named = {plain_name(column.source): column for column in profile.columns if column.is_number}
    total = named.get("totalcharges")
    monthly = next((column for column in profile.columns if value.columns == (column.source,)), None)
    if total is None or monthly is None:
        return None
    is_billed = (total.values > 0).fill_null(False) & (tenure.values >= 2).fill_null(False)
    ratio = (tenure.values * monthly.values / total.values).filter(is_billed).median()
    return None if ratio is None else float(ratio)  # type: ignore[arg-type]
