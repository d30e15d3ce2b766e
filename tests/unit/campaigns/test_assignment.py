"""The draw of the control group: nobody can choose it, and everybody can repeat it."""

import numpy as np
import polars as pl

from churn.campaigns.assignment import arm_of, draw, draw_all

CUSTOMERS = [f"{number:07d}-TEST" for number in range(200_000)]


def test_the_draw_of_a_customer_is_the_same_for_ever() -> None:
    # Written down once: another machine, another Python and a later release must give these digits again.
    assert draw("autumn", "7590-VHVEG") == 0.8394605772317376
    assert draw("spring", "7590-VHVEG") == 0.23304236236105003


def test_the_order_of_the_customers_does_not_matter() -> None:
    few = CUSTOMERS[:1000]
    drawn = dict(zip(few, draw_all("autumn", few), strict=True))

    assert list(draw_all("autumn", few[::-1])) == [drawn[customer] for customer in few[::-1]]


def test_a_fifth_is_held_out_and_two_campaigns_do_not_hold_out_the_same_customers() -> None:
    autumn, spring = draw_all("autumn", CUSTOMERS), draw_all("spring", CUSTOMERS)
    held_out = (arm_of(autumn, 0.2) == "control").to_numpy()
    other = (arm_of(spring, 0.2) == "control").to_numpy()

    assert abs(held_out.mean() - 0.2) < 0.004
    assert abs(np.corrcoef(held_out, other)[0, 1]) < 0.01


def test_the_arms_have_two_names() -> None:
    assert arm_of(pl.Series([0.0, 0.19, 0.2, 0.99]), 0.2).to_list() == ["control", "control", "treatment", "treatment"]
