"""Guesses a declaration from what a file holds. Every guess is marked, and a person reviews it.

A guess errs to the safe side: what may be personal is not read, what may be known only after a customer left is no
feature, and what may be sensitive is a slice and no feature.
"""

from dataclasses import replace

import polars as pl

from churn.contracts.declaration import SHIPPED_COLUMNS, Use
from churn.contracts.declared_extract import LONGEST_WORD
from churn.contracts.extract import KNOWN_WORDS, OPEN_COLUMNS, PUBLIC_NAMES, YES_NO
from churn.intake.declared import FALSE_WORDS, TRUE_WORDS
from churn.intake.draft import ColumnGuess, Draft
from churn.intake.guessing_core import guess_left, guess_since, guess_value, guess_who
from churn.intake.headers import CURRENCY_NAMES, plain_name
from churn.intake.naming import (
    choose_name,
    looks_later,
    looks_like_code,
    looks_personal,
    looks_sensitive,
    says,
)
from churn.intake.number_forms import CURRENCY_SIGNS, find_currency
from churn.intake.profiling import ColumnProfile, Profile
from churn.intake.separating import measure_alone, read_label
from churn.intake.vocabulary import AMOUNTS, REASON

_PUBLIC = {plain_name(name): ours for public, ours in PUBLIC_NAMES.items() for name in (public, ours)}
_SHIPPED_USES: dict[str, Use] = {"gender": "fairness", "total_charges": "show"}
"""What the public sample's columns are for that no model gets."""
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_PHONE = r"^(\+|00|\(?0)?[\d()/.\- ]{7,}$"
_AT_SNAPSHOT = 'known = "at snapshot" and use = "model"'
_MOST_CODES, _MOST_LEARNED = 20, 100
_COPY, _TOO_GOOD, _ASK = 0.999, 0.995, 0.9


def guess_declaration(profile: Profile) -> Draft:
    """Returns the draft of a declaration for a file."""
    who, left = guess_who(profile), guess_left(profile)
    taken = {*who.columns, *left.columns}
    value = guess_value(profile, taken)
    since = guess_since(profile, taken | set(value.columns), value)
    taken |= {*value.columns, *since.columns}
    label = read_label(profile, left)
    used: set[str] = set()
    columns = []
    for column in profile.columns:
        if column.source not in taken:
            guess = guess_column(column, label, used)
            used.add(guess.name)
            columns.append(guess)
    columns = _mark_reason(columns)
    leavers = None if label is None else float(label.mean())  # type: ignore[arg-type]
    return Draft(profile, who, value, since, left, _guess_currency(profile), tuple(columns), leavers)


def _mark_reason(columns: list[ColumnGuess]) -> list[ColumnGuess]:
    """Returns the guesses; the first one of words that says why customers left gives the stated reasons."""
    for place, guess in enumerate(columns):
        if guess.is_later and guess.type == "word" and guess.use == "show" and says(guess.source, REASON):
            why = f"{guess.why}; why customers left: put its words into groups, and `churn reasons` counts them"
            return [*columns[:place], replace(guess, use="reason", why=why), *columns[place + 1 :]]
    return columns


def _guess_currency(profile: Profile) -> tuple[str, str]:
    if sign := find_currency(profile.numbers):
        return sign, "its sign stands at the numbers"
    for column in profile.columns:
        codes = {word.upper() for word in column.words}
        if column.source.casefold() in CURRENCY_NAMES and len(codes) == 1 and codes <= set(CURRENCY_SIGNS.values()):
            return codes.pop(), f"the column {column.source} says so in every row"
    codes_in_names = {
        code for code in CURRENCY_SIGNS.values() for column in profile.columns if says(column.source, (code.lower(),))
    }
    if len(codes_in_names) == 1:
        return codes_in_names.pop(), "the name of a column says so"
    return "USD", "nothing in the file names a currency"


def guess_column(column: ColumnProfile, label: pl.Series | None, used: set[str]) -> ColumnGuess:
    """Returns the guess of a column beside the core.

    Args:
        column: what it holds.
        label: who left, in the order of its rows; None if that is not known.
        used: the names that other columns have.
    """
    found = ColumnGuess(
        "",
        source=column.source,
        type=column.type,
        date_format=column.date_format,
        blank_share=column.blank_share,
        distinct=column.distinct,
        auc=measure_alone(column, label),
    )
    shipped = _as_shipped(column, found, used)
    if shipped is not None:
        return shipped
    own = _as_own(column, replace(found, name=choose_name(column.source, used)), label)
    is_safe = own.use not in ("none", "fairness") and column.type == "word" and not column.is_unique
    return replace(own, examples=column.words[:3]) if is_safe else own


def _as_shipped(column: ColumnProfile, found: ColumnGuess, used: set[str]) -> ColumnGuess | None:
    """Returns the guess that it is a column of the public sample with its meaning; None if its words do not fit."""
    ours = _PUBLIC.get(plain_name(column.source))
    if ours not in SHIPPED_COLUMNS or ours in used or ours is None:
        return None
    use = _SHIPPED_USES.get(ours, "model")
    as_shipped = replace(
        found, name=ours, use=use, is_shipped=True, why="a column of the public sample, by its name and words"
    )
    if ours == "total_charges":
        return as_shipped if column.is_number else None
    words = {word.lower(): word for word in column.words}
    if column.blanks or len(words) < column.distinct:
        return None
    flags = _answer(words, ("1", "0") if ours == "senior_citizen" else YES_NO)
    if ours == "senior_citizen":
        why = "an age: leave it out where the law does not let it decide; " + as_shipped.why
        is_plain = set(words) <= {"0", "1"}
        return replace(as_shipped, words=() if is_plain else flags, why=why) if is_plain or flags else None
    known = {word.lower() for word in KNOWN_WORDS[ours]}
    examples = column.words[:3]
    if set(words) <= known:
        return replace(as_shipped, examples=examples)
    if KNOWN_WORDS[ours] == YES_NO and flags:
        return replace(as_shipped, words=flags, examples=examples)
    return _with_new_words(column, as_shipped, known)


def _with_new_words(column: ColumnProfile, as_shipped: ColumnGuess, known: set[str]) -> ColumnGuess | None:
    """Returns the guess with new words, if most rows have a known one beside Yes and No."""
    # A gender with a new word would be a feature; a column of its own is a slice.
    ours = as_shipped.name
    new = tuple(word for word in _spell(column) if word.lower() not in known)
    is_known = column.cells.str.to_lowercase().is_in([word for word in known if word not in ("yes", "no")])
    if ours not in OPEN_COLUMNS or ours == "gender" or float(is_known.mean()) < 0.5:  # type: ignore[arg-type]
        return None
    if any(len(word) > LONGEST_WORD for word in new):
        return None
    why = f"{as_shipped.why}; the public sample does not have the new words"
    return replace(as_shipped, new_words=new, why=why, examples=column.words[:3])


def _spell(column: ColumnProfile) -> tuple[str, ...]:
    """Returns its words, of those that differ in case only the most frequent."""
    return tuple({word.lower(): word for word in reversed(column.words)}.values())


def _answer(words: dict[str, str], answers: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Returns the words of a flag, each with yes or no in the words of the public sample; empty if one is neither."""
    if not set(words) <= {*TRUE_WORDS, *FALSE_WORDS}:
        return ()
    return tuple((word, answers[0] if lower in TRUE_WORDS else answers[1]) for lower, word in words.items())


def _as_own(column: ColumnProfile, found: ColumnGuess, label: pl.Series | None) -> ColumnGuess:
    """Returns the guess of a column of the company's own: its use, and the reason."""
    if (left_out := _leave_out(column, found)) is not None:
        return replace(found, use="none", why=left_out)
    own = _choose_kind(column, found)
    if looks_sensitive(column.source):
        return replace(own, use="fairness", why="sensitive: a slice, never a feature")
    if (later := _is_later(column, label, found.auc)) is not None:
        return replace(own, use="show", is_later=True, why=later)
    if column.type == "date":
        return replace(own, use="show", why="a date: no feature")
    if own.type == "word" and column.distinct > _MOST_LEARNED:
        return replace(own, use="show", why="too many different words for a model to learn from")
    is_strong = found.auc is not None and found.auc >= _ASK
    ask = "; it separates so well that you should ask when its value is known" if is_strong else ""
    return replace(own, why=f"{_describe(column, own)}{ask}")


def _leave_out(column: ColumnProfile, found: ColumnGuess) -> str | None:
    """Returns why a column is better not read; None if it is."""
    if column.is_constant:
        return "the same in every row" if column.distinct else "blank in every row"
    if column.source.casefold() in CURRENCY_NAMES:
        return "the currency: its words are counted, and two currencies are never added"
    if _is_personal(column):
        return "personal data: it is never read"
    if column.type == "word" and column.longest > LONGEST_WORD:
        return f"free text: a declared word has at most {LONGEST_WORD} characters"
    if _is_number_of_row(column):
        return "a different value in every row: nothing can be learned from it"
    if found.auc is not None and found.auc >= _COPY and column.distinct == 2 and not column.blanks:
        return "the label again: it says who left"
    return None


def _is_personal(column: ColumnProfile) -> bool:
    words = pl.Series(column.words, dtype=pl.String)
    if column.type == "word" and bool(words.str.contains(_EMAIL).any()):
        return True
    is_phone = column.type == "word" and len(words) > 0 and column.distinct > _MOST_CODES
    if is_phone and float(words.str.contains(_PHONE).mean()) > 0.5:  # type: ignore[arg-type]
        return True
    return column.type != "flag" and looks_personal(column.source)


def _is_number_of_row(column: ColumnProfile) -> bool:
    """Returns whether each row has another word, or the numbers only count the rows."""
    if not column.is_unique or column.rows < 2:
        return False
    if column.type == "count":
        spread = float(column.values.max()) - float(column.values.min())  # type: ignore[arg-type]
        return spread == column.rows - 1 or says(column.source, ("id", "key", "nr", "uuid"))
    return column.type == "word" and column.rows > _MOST_CODES


def _choose_kind(column: ColumnProfile, found: ColumnGuess) -> ColumnGuess:
    """Returns the guess with its type, where it is not the one that the cells fit, and what a blank cell means."""
    if column.type == "flag" and column.distinct == 1:
        return replace(found, blank="zero")
    if column.type == "count" and column.distinct <= _MOST_CODES and looks_like_code(column.source):
        return replace(found, type="word")
    is_money = column.type in ("count", "number") and says(column.source, AMOUNTS)
    return replace(found, type="money") if is_money else found


def _is_later(column: ColumnProfile, label: pl.Series | None, auc: float | None) -> str | None:
    """Returns why a value is probably known only after a customer left; None if it is not."""
    if label is not None and column.blanks and auc is not None:
        filled = column.cells.is_not_null()
        # Only leavers have one, such as the reason for leaving.
        if not bool((filled & ~label).any()) and float(filled.mean()) > 0:  # type: ignore[arg-type]
            return "only customers who left have a value: known only after leaving"
    if auc is not None and auc >= _TOO_GOOD:
        return f"tells leavers and stayers apart almost without error (ROC-AUC {auc:.3f})"
    if looks_later(column.source):
        return f"its name says that it is known only after leaving; if not, write {_AT_SNAPSHOT}"
    return None


def _describe(column: ColumnProfile, own: ColumnGuess) -> str:
    if own.type == "word" and column.is_number:
        return "numbers that look like codes"
    if column.type == "flag":
        return "a blank cell is taken as no" if column.distinct == 1 else "yes or no"
    if column.type == "word":
        return "words"
    low, high = float(column.values.min()), float(column.values.max())  # type: ignore[arg-type]
    return f"{'whole numbers' if column.type == 'count' else 'numbers'} from {low:,.6g} to {high:,.6g}"
