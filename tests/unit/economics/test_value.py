"""The money of an offer: the worked example, and costs that cost."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from churn.economics.policies import POLICY_FILE, load_policies
from churn.economics.value import (
    contact_from,
    expected_cost_usd,
    expected_profit_usd,
    profit_if_contacted_usd,
    profit_usd,
)
from churn.errors import WrongUsage
from churn.terminal.cli import app

POLICY = load_policies().value
CHARGES = np.array([65.0, 65.0])
LEFT = np.array([True, False])


def test_the_worked_example_of_the_docstring() -> None:
    assert profit_if_contacted_usd(LEFT, CHARGES, POLICY) == pytest.approx([103.30, -41.0])
    assert contact_from(CHARGES, POLICY) == pytest.approx(0.284, abs=0.0005)


def test_the_worked_example_of_a_probability_is_one_formula_for_numbers_and_columns() -> None:
    customer = pl.DataFrame({"p": [0.6], "charge": [65.0]})
    column = customer.select(expected_profit_usd(pl.col("p"), pl.col("charge"), POLICY)).item()

    assert column == pytest.approx(45.58)
    assert expected_profit_usd(np.array([0.6]), np.array([65.0]), POLICY)[0] == column
    assert expected_cost_usd(np.array([0.6]), np.array([65.0]), POLICY)[0] == pytest.approx(24.62)


def test_at_the_threshold_contacting_neither_earns_nor_costs() -> None:
    threshold = contact_from(CHARGES, POLICY)[0]
    if_left, if_stayed = profit_if_contacted_usd(LEFT, CHARGES, POLICY)
    assert threshold * if_left + (1 - threshold) * if_stayed == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("cost", ["contact_usd", "offer_monthly_charges"])
def test_a_higher_cost_never_earns_more(cost: str) -> None:
    """A sign error in a cost would turn this round."""
    dearer = replace(POLICY, **{cost: getattr(POLICY, cost) * 1.5})
    assert (profit_if_contacted_usd(LEFT, CHARGES, dearer) < profit_if_contacted_usd(LEFT, CHARGES, POLICY)).all()
    assert (contact_from(CHARGES, dearer) > contact_from(CHARGES, POLICY)).all()


def test_a_higher_save_rate_pays_on_leavers_only() -> None:
    better = replace(POLICY, save_rate=0.5)
    gain = profit_if_contacted_usd(LEFT, CHARGES, better) - profit_if_contacted_usd(LEFT, CHARGES, POLICY)
    assert gain[0] > 0
    assert gain[1] == 0


def test_a_customer_with_a_credit_is_never_worth_a_contact() -> None:
    credit, leaves = np.array([-10.0, 0.0]), np.array([1.0, 1.0])

    assert np.isinf(contact_from(credit, POLICY)).all()
    assert (expected_profit_usd(leaves, credit, POLICY) == -POLICY.contact_usd).all()


def test_nobody_below_the_threshold_is_contacted() -> None:
    probabilities = contact_from(CHARGES, POLICY) + np.array([-1e-9, 1e-9])
    assert profit_usd(LEFT, probabilities, CHARGES, POLICY) == pytest.approx([0.0, -41.0])


@pytest.mark.parametrize(
    ("line", "wrong"), [("contact_usd = 2.0", "contact_usd = -2.0"), ("save_rate = 0.3", "save_rate = 30")]
)
def test_a_policy_file_with_a_wrong_sign_or_unit_is_refused(tmp_path: Path, line: str, wrong: str) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(POLICY_FILE.read_text().replace(line, wrong))
    with pytest.raises(WrongUsage, match=wrong.split(" = ")[0]):
        load_policies(path)


def test_a_policy_file_that_lacks_a_value_says_which(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(POLICY_FILE.read_text().replace("contact_usd = 2.0", ""))
    with pytest.raises(WrongUsage, match="contact_usd"):
        load_policies(path)


def test_the_old_name_of_a_section_is_read_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(POLICY_FILE.read_text().replace("[value]", "[retention]"))

    policies = load_policies(path)

    assert policies.value == POLICY
    assert policies.notes == ("ours.toml uses [retention], the old name of the section [value]. Rename the section.",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[gate", "is not valid TOML"),
        ("[surprises]\nmany = 1\n", r"unknown section \[surprises\]"),
        (POLICY_FILE.read_text().replace("save_rate = 0.3", 'save_rate = "30%"'), "save_rate = '30%'"),
        (POLICY_FILE.read_text().replace("save_rate = 0.3", "save_rate = nan"), "save_rate = nan"),
    ],
)
def test_a_policy_file_that_is_wrong_is_refused_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(content)

    with pytest.raises(WrongUsage, match=said):
        load_policies(path)


def test_the_company_names_its_own_policy_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(POLICY_FILE.read_text().replace("contact_usd = 2.0", "contact_usd = 7.5"))
    monkeypatch.setenv("CHURN_POLICIES", str(ours))

    in_force = CliRunner().invoke(app, ["policy"])
    default = CliRunner().invoke(app, ["policy", str(POLICY_FILE), "--json"])
    monkeypatch.setenv("CHURN_POLICIES", str(tmp_path / "missing.toml"))
    missing = CliRunner().invoke(app, ["policy"])

    assert (in_force.exit_code, "contact_usd = 7.5" in in_force.output) == (0, True)
    assert json.loads(default.output)["values"]["value"]["contact_usd"] == 2.0
    assert (missing.exit_code, "missing.toml cannot be read" in missing.output) == (2, True)
