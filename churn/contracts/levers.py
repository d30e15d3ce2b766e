"""The reasons of a score that a company can change. Only these may be said to a customer.

Age, tenure, household and gender are no levers: a caller cannot change them, and must not mention them. Of its own
columns a company declares which ones it can change.

A reason is recognised by its words, and not stored with a mark: so the reasons of earlier dates, of online scores and
of replayed days have one definition, and a declaration that changes is followed at once.
"""

import re
from collections.abc import Iterable

from churn.contracts.declaration import SHIPPED_DECLARATION, Declaration, DeclaredColumn

LEVERS = (
    "+ month-to-month contract",
    "+ fiber without support",
    "+ DSL without support",
    "+ no security or backup",
    "+ backup without security",
    "+ monthly bill over $70",
    "+ electronic check",
    "+ mailed check",
)
"""Reasons of the public sample, as `scoring.reasons` writes them: the sign says that they raise the risk."""
ACTIONS = {
    "+ month-to-month contract": "Offer a longer contract at a better price",
    "+ fiber without support": "Offer technical support",
    "+ DSL without support": "Offer technical support",
    "+ no security or backup": "Offer online security with backup",
    "+ backup without security": "Offer online security",
    "+ monthly bill over $70": "Look for a cheaper tariff",
    "+ electronic check": "Offer automatic payment",
    "+ mailed check": "Offer automatic payment",
}
"""What a caller offers for each lever of the public sample."""
_PRICE_ACTION = "Explain the price, and look for a cheaper tariff"
_PRICES = re.compile(r"\+ (monthly charge|price change within 30 days) .+")
"""Of a company without the list prices of the public sample, as `scoring.own_reasons` writes them."""


def find_levers(reasons: Iterable[str], declaration: Declaration = SHIPPED_DECLARATION) -> list[str]:
    """Returns the reasons that raise the risk and that the company can change, in their order."""
    told = [(column, *_how_told(column)) for column in declaration.columns if column.is_feature]
    return [
        reason
        for reason in reasons
        if reason in LEVERS or _PRICES.fullmatch(reason) is not None or _is_own_lever(reason, told)
    ]


def find_action(levers: Iterable[str]) -> str | None:
    """Returns what a caller offers for the first lever that has an action; None if none has."""
    told = (ACTIONS.get(lever) or (_PRICE_ACTION if _PRICES.fullmatch(lever) else None) for lever in levers)
    return next((action for action in told if action), None)


def _is_own_lever(reason: str, told: list[tuple[DeclaredColumn, re.Pattern[str], int]]) -> bool:
    """Returns whether a reason tells a declared lever: of several columns that fit, the one with the most own words."""
    fitting = [(words, column.is_lever) for column, pattern, words in told if pattern.fullmatch(reason)]
    return max(fitting, default=(0, False))[1]


def _how_told(column: DeclaredColumn) -> tuple[re.Pattern[str], int]:
    """Returns how a reason that raises the risk tells a column, and how many letters of it are not the value."""
    says = column.says if column.says is not None else f"{column.words_on_pages} {{value}}"
    parts = says.split("{value}")
    pattern = r"\+ " + ".+".join(map(re.escape, parts))
    return re.compile(pattern), sum(map(len, parts))
