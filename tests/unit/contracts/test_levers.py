"""A caller may say what the company can change, and nothing else."""

import numpy as np
import pytest

from churn.contracts.declaration import Declaration, DeclaredColumn
from churn.contracts.levers import LEVERS, find_levers
from churn.scoring.own_reasons import word_reasons
from churn.scoring.reasons import SUBJECTS, tell_reasons
from tests.unit.scoring.test_own_reasons import CUSTOMERS

LEVER = {"care_calls", "waits", "edition"}
COLUMNS = (
    DeclaredColumn("care_calls", "Calls", "count", is_lever=True),
    DeclaredColumn("outages", "Outages", "count"),
    DeclaredColumn("waits", "Waits", "number", says="waited {value} minutes", is_lever=True),
    DeclaredColumn("roaming", "Roaming", "flag"),
    DeclaredColumn("edition", "Edition", "word", is_lever=True),
)
OWN = Declaration(columns=COLUMNS)


def test_a_declared_lever_is_said_and_a_declared_fact_is_not() -> None:
    names = tuple(column.name for column in COLUMNS)
    wording = word_reasons(names, (), OWN, {"care_calls": 1.0, "outages": 0.0})
    for place, column in enumerate(COLUMNS):
        for sign in (1.0, -1.0):
            parts = np.zeros((CUSTOMERS.height, len(names)))
            parts[:, place] = sign
            first = [reasons[0] for reasons in tell_reasons(CUSTOMERS, parts, wording).to_list()]
            assert find_levers(first, OWN) == (first if sign > 0 and column.name in LEVER else [])


def test_the_levers_of_the_public_sample_stay_levers() -> None:
    told = [f"{sign} {words}" for subject in SUBJECTS.values() for words in subject.words() for sign in "+-"]

    assert sorted(find_levers(told)) == sorted(LEVERS)
    assert find_levers(["- month-to-month contract", "+ monthly charge 45.90, usually 30"]) == [
        "+ monthly charge 45.90, usually 30"
    ]


@pytest.mark.parametrize(("plan", "plan_b"), [(True, False), (False, True)])
def test_of_two_names_that_begin_alike_the_longer_one_is_meant(plan: bool, plan_b: bool) -> None:
    own = Declaration(
        columns=(
            DeclaredColumn("plan", "Plan", "word", is_lever=plan),
            DeclaredColumn("plan_b", "Plan B", "word", is_lever=plan_b),
        )
    )
    assert bool(find_levers(["+ plan b Pro"], own)) is plan_b
    assert bool(find_levers(["+ plan Pro"], own)) is plan


def test_what_may_be_said_changes_nothing_that_is_stored() -> None:
    plain = tuple(DeclaredColumn(one.name, one.source, one.type, says=one.says) for one in COLUMNS)

    assert Declaration(columns=plain).fingerprint() == OWN.fingerprint()
