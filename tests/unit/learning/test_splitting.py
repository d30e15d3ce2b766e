import numpy as np
import polars as pl
import pytest

from churn.learning.splitting import split_examples


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    """As many customers and leavers as the public sample has."""
    has_churned = np.zeros(7043, dtype=bool)
    has_churned[:1869] = True
    return pl.DataFrame({"customer_id": [f"C{i}" for i in range(7043)], "has_churned": has_churned})


def test_the_public_sample_splits_into_4929_705_and_1409(examples: pl.DataFrame) -> None:
    split = split_examples(examples, seed=20)

    assert (split.train.height, split.validation.height, split.test.height) == (4929, 705, 1409)


def test_every_part_has_the_base_rate(examples: pl.DataFrame) -> None:
    split = split_examples(examples, seed=20)

    assert [int(part["has_churned"].sum()) for part in (split.train, split.validation, split.test)] == [1308, 187, 374]


def test_every_customer_is_in_exactly_one_part(examples: pl.DataFrame) -> None:
    split = split_examples(examples, seed=20)
    seen = pl.concat([split.train, split.validation, split.test])

    assert seen.sort("customer_id").equals(examples.sort("customer_id"))


def test_the_order_of_rows_does_not_matter(examples: pl.DataFrame) -> None:
    shuffled = examples.sample(fraction=1, shuffle=True, seed=1)

    ours, theirs = split_examples(examples, seed=20), split_examples(shuffled, seed=20)

    assert ours.test.sort("customer_id").equals(theirs.test.sort("customer_id"))


def test_customers_keep_their_part_when_the_base_grows(examples: pl.DataFrame) -> None:
    newcomers = pl.DataFrame({"customer_id": [f"N{i}" for i in range(70)], "has_churned": [False] * 70})

    before = set(split_examples(examples, seed=20).train["customer_id"])
    after = set(split_examples(pl.concat([examples, newcomers]), seed=20).test["customer_id"])

    assert len(before & after) <= 70


def test_another_seed_is_another_split(examples: pl.DataFrame) -> None:
    ours, theirs = split_examples(examples, seed=20), split_examples(examples, seed=21)

    assert not ours.test.equals(theirs.test)
