"""How screens, pages and messages write money: in the currency of the extracts, and never as zero where it is unknown.

A home has one currency: two are never added. So the currency is a fact of the process, as a locale is, and is set where
a workplace is opened. The rows of views and exports have it as a column, whatever the names of their columns say.
"""

from dataclasses import dataclass

NO_VALUE = "The extract has no value a month, so that no figure is money."
"""Stands in the place of every sum."""

DEFAULT_CURRENCY = "USD"
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}
"""The sign of a currency that has one of its own. Every other currency is written as its code: CHF 1,234."""


@dataclass
class _InForce:
    currency: str = DEFAULT_CURRENCY


_in_force = _InForce()


def use_currency(currency: str) -> None:
    """Lets everything that is written from now on be in a currency."""
    _in_force.currency = currency


def name_currency(text: str) -> str:
    """Returns a text about money with the currency in force: definitions and headings are written for USD."""
    return text.replace(DEFAULT_CURRENCY, _in_force.currency)


def write_money(amount: float, decimals: int = 0, minus: str = "-") -> str:
    """Returns an amount with its currency.

    Examples: 429955.6 is $429,956; -12.5 with two decimals is -$12.50; 1234 in Swiss francs is CHF 1,234.

    Args:
        amount: the amount, in the currency in force.
        decimals: the digits after the point. An amount that they round to 0 has no minus.
        minus: the sign of a negative amount.
    """
    digits = f"{abs(amount):,.{decimals}f}"
    sign = minus if amount < 0 and any(digit in digits for digit in "123456789") else ""
    return f"{sign}{currency_sign()}{digits}"


def currency_sign() -> str:
    """Returns what stands before the digits of an amount."""
    return _SIGNS.get(_in_force.currency, f"{_in_force.currency} ")


def axis_format() -> str:
    """Returns the d3 format of an axis of money: its dollar stands for USD only, and the title names the currency."""
    return "$,.0f" if _in_force.currency == DEFAULT_CURRENCY else ",.0f"
