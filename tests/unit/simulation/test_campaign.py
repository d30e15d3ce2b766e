"""Contacts of a campaign: a known effect, and no change before the contact."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.errors import WrongUsage
from churn.simulation.campaign import COLUMNS, CampaignContacts, effect_on_leaving, read_contacts
from churn.simulation.living import live
from churn.simulation.world import World

FIRST = date(2026, 3, 1)
WORLD = World(2_000, seed=20)


def write(path: Path, *rows: tuple[str, str, str, str]) -> Path:
    pl.DataFrame(rows, schema=COLUMNS, orient="row").write_csv(path)
    return path


@pytest.fixture(scope="module")
def contacted() -> list[str]:
    """The active customers of day 5."""
    day = next(day for day in live(WORLD, 6) if day.number == 5)
    return day.extract.filter(pl.col("Churn") == "No")["customerID"].to_list()


@pytest.fixture(scope="module")
def contacts(contacted: list[str], tmp_path_factory: pytest.TempPathFactory) -> CampaignContacts:
    path = tmp_path_factory.mktemp("campaign") / "contacts.csv"
    return read_contacts(write(path, *((customer, "2026-03-06", "standard", "post") for customer in contacted)), FIRST)


def test_the_days_before_a_contact_stay_the_same_byte_for_byte(contacts: CampaignContacts) -> None:
    without, with_contacts = live(WORLD, 6), live(replace(WORLD, campaign=contacts), 6)

    assert all(mine.extract.equals(other.extract) for mine, other in zip(without, with_contacts, strict=True))


def test_each_profile_answers_in_its_own_way_and_all_profiles_exist(contacts: CampaignContacts) -> None:
    day = next(day for day in live(replace(WORLD, campaign=contacts), 6) if day.number == 5)
    effects = dict(day.contacted.group_by("profile").agg(pl.col("effect").mean()).iter_rows())
    shares = dict(day.contacted.group_by("profile").agg(pl.len() / day.contacted.height).iter_rows())

    assert effects["persuadable"] < -0.01
    assert effects["do_not_disturb"] > 0
    assert effects["sure"] == effects["lost"] == 0
    assert all(shares[profile] > 0.04 for profile in ("persuadable", "sure", "lost", "do_not_disturb"))


def test_a_customer_who_is_not_reached_does_not_answer(tmp_path: Path, contacted: list[str]) -> None:
    path = write(tmp_path / "mails.csv", *((customer, "2026-03-06", "standard", "email") for customer in contacted))
    day = next(day for day in live(replace(WORLD, campaign=read_contacts(path, FIRST)), 6) if day.number == 5)

    assert day.contacted["is_reached"].mean() == pytest.approx(0.3, abs=0.05)
    assert (day.contacted.filter(~pl.col("is_reached"))["effect"] == 0).all()


def test_a_second_contact_within_60_days_annoys(tmp_path: Path, contacted: list[str]) -> None:
    rows = [(contacted[0], day, "standard", "post") for day in ("2026-03-02", "2026-03-06")]
    contacts = read_contacts(write(tmp_path / "twice.csv", *rows), FIRST)

    assert contacts.is_repeated.tolist() == [False, True]


def test_the_effect_of_the_worked_example() -> None:
    assert effect_on_leaving(np.array([0.05]), np.array([0.1])) == pytest.approx([-0.0925])


def test_a_line_without_a_synthetic_customer_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "wrong.csv", ("7590-VHVEG", "2026-03-06", "standard", "post"))
    with pytest.raises(WrongUsage, match=r"Line 2 of wrong\.csv has no synthetic customer"):
        read_contacts(path, FIRST)
