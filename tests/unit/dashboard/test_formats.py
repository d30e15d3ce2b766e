from datetime import UTC, date, datetime

import pytest

from churn.dashboard import formats


@pytest.mark.parametrize(
    ("form", "value", "told"),
    [
        (formats.tell_count, 1234, "1,234"),
        (formats.tell_usd, 429955.6, "$429,956"),
        (formats.tell_usd, -3.6, "−$4"),
        (formats.tell_usd, -0.2, "$0"),
        (formats.tell_usd_cents, 70.5, "$70.50"),
        (formats.tell_percent, 0.1834, "18.3%"),
        (formats.tell_months, 1, "1 month"),
        (formats.tell_months, 0, "0 months"),
        (formats.tell_yes_no, False, "no"),
        (formats.tell_text, ["+ a", "- b"], "+ a; - b"),
        (formats.tell_day, date(2026, 5, 1), "2026-05-01"),
        (formats.tell_moment, datetime(2026, 5, 1, 4, 5, tzinfo=UTC), "2026-05-01 04:05 UTC"),
    ],
)
def test_figures_are_told_with_their_units(form: formats.Form, value: object, told: str) -> None:
    assert form(value) == told


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    forms = (formats.tell_count, formats.tell_usd, formats.tell_percent, formats.tell_day, formats.tell_text)

    assert {form(None) for form in forms} == {formats.NOTHING}


@pytest.mark.parametrize(
    ("now", "before", "form", "told"),
    [
        (12, 10, formats.tell_count, "+2"),
        (10.0, 1010.0, formats.tell_usd, "−$1,000"),
        (0.183, 0.171, formats.tell_percent, "+1.2 pp"),
        (0.1830, 0.1829, formats.tell_percent, "no change"),
        (1, None, formats.tell_count, None),
    ],
)
def test_a_change_is_told_with_its_sign(now: float, before: float | None, form: formats.Form, told: str | None) -> None:
    assert formats.tell_change(now, before, form) == told
