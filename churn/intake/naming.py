"""What the name of a column suggests, in English and German: a customer number, a charge, a person's data.

A name is only a hint. `churn init` writes what it concluded beside each guess, and a person decides.
"""

import re
import unicodedata

from churn.contracts.declaration import TenureUnit
from churn.intake import vocabulary as words_of
from churn.intake.column_section import TAKEN
from churn.intake.headers import plain_name

_LONG = 6
"""A word of so many letters is also found inside a name that is written as one word, such as tenureinmonths."""
_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"), ("ß", "ss"))


def split_name(name: str) -> tuple[str, ...]:
    """Returns the words of a name in lower case, without accents: "TotalCharges_90T" is total, charges, 90, t."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)", " ", fold(name, keep_case=True))
    return tuple(re.findall(r"[a-z]+|\d+", parted.lower()))


def fold(name: str, keep_case: bool = False) -> str:
    """Returns a name in plain letters: Gebühr is gebuehr."""
    for letter, spelled in _UMLAUTS:
        name = name.replace(letter, spelled)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain if keep_case else plain.lower()


def says(name: str, words: tuple[str, ...]) -> bool:
    """Returns whether one of the words is in a name: as a word of it, or inside it if it is long."""
    parts, whole = set(split_name(name)), plain_name(fold(name))
    return any(word in parts or word == whole or (len(word) >= _LONG and word in whole) for word in words)


def is_row_number(name: str) -> bool:
    """Returns whether a name says that a column only counts the rows."""
    return says(name, words_of.ROW)


def looks_personal(name: str) -> bool:
    """Returns whether a column with this name probably has a person's name, address, place, or free text."""
    parts = split_name(name)
    is_name = "name" in parts and set(parts) <= words_of.NAME_OF
    return is_name or (says(name, words_of.PERSONAL) and not says(name, words_of.NO_PERSON))


def looks_sensitive(name: str) -> bool:
    """Returns whether a column with this name probably has an age, a gender, a family, an origin or a health."""
    return says(name, words_of.SENSITIVE)


def looks_later(name: str) -> bool:
    """Returns whether a column with this name is probably filled in after a customer left."""
    is_status = "status" in split_name(name) and set(split_name(name)) <= words_of.STATUS_OF
    return is_status or says(name, words_of.AFTER) or says(name, words_of.CHURN)


def looks_like_code(name: str) -> bool:
    """Returns whether the numbers of a column with this name are probably codes of words."""
    return says(name, words_of.CODES)


def looks_like_start(name: str) -> bool:
    """Returns whether a column with this name probably has the first day as a customer."""
    return says(name, words_of.START)


def looks_like_end(name: str) -> bool:
    """Returns whether a column with this name probably has the day of leaving."""
    return says(name, words_of.END)


def rank_tenure(name: str) -> int:
    """Returns how much a name says that a column has the time as a customer: 0 for not at all."""
    if says(name, words_of.TENURE):
        return 2
    # The age of a customer is a person's; the age of an account is not.
    is_length = says(name, words_of.LENGTH) and says(name, words_of.LENGTH_OF)
    return 1 if is_length or (says(name, ("age",)) and says(name, words_of.AGE_OF)) else 0


def rank_value(name: str) -> int:
    """Returns how much a name says that a column has the value a month: 0 for not at all."""
    if not says(name, words_of.MONEY) or says(name, words_of.NO_MONTHLY_VALUE) or plain_name(name).startswith("total"):
        return 0
    is_part = says(name, words_of.PART_OF_MONEY)
    return (3 if says(name, words_of.MONTHLY) else 1) - (0 if not is_part else 1)


def find_unit(name: str) -> TenureUnit | None:
    """Returns the unit of time that a name says."""
    return next((unit for unit, words in words_of.UNITS.items() if says(name, words)), None)


def choose_name(source: str, used: set[str]) -> str:
    """Returns a name for a column in tables and on pages that no other column has, such as own_plan for Plan."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", fold(source, keep_case=True))
    words = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") or "column"
    name = words if words[0].isalpha() else f"c_{words}"
    if name in TAKEN or name in words_of.SQL_WORDS:
        name = f"own_{name}"
    name = name[:46].rstrip("_")
    if name not in used and name not in TAKEN:
        return name
    return next(tried for number in range(2, 10**6) if (tried := f"{name}_{number}"[:50]) not in used | TAKEN)
