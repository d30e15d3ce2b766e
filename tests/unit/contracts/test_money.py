"""Money is written in the currency of the extracts, and never as a negative zero."""

from collections.abc import Iterator

import pytest

from churn.contracts.money import axis_format, name_currency, use_currency, write_money


@pytest.fixture(autouse=True)
def _back_to_dollars() -> Iterator[None]:
    yield
    use_currency("USD")


@pytest.mark.parametrize(
    ("currency", "amount", "decimals", "expected"),
    [
        ("USD", 429955.6, 0, "$429,956"),
        ("USD", -12.5, 2, "-$12.50"),
        ("USD", -0.4, 0, "$0"),
        ("EUR", 70.5, 2, "€70.50"),
        ("CHF", 1234, 0, "CHF 1,234"),
        ("IDR", -7_500_000, 0, "-IDR 7,500,000"),
    ],
)
def test_an_amount_names_its_currency(currency: str, amount: float, decimals: int, expected: str) -> None:
    use_currency(currency)

    assert write_money(amount, decimals) == expected


def test_definitions_and_axes_follow_the_currency() -> None:
    assert (name_currency("Revenue, USD"), axis_format()) == ("Revenue, USD", "$,.0f")
    use_currency("CHF")

    assert (name_currency("Revenue, USD"), axis_format()) == ("Revenue, CHF", ",.0f")
