"""What a company may offer: read from the policy file, and kept as it was when a campaign started."""

import json
from datetime import date

import pytest

from churn.economics.offers import Terms, agree_terms, read_contact_policy
from churn.economics.policies import ValuePolicy
from churn.errors import WrongUsage

VALUE = ValuePolicy(0.6, 2.0, 0.3, 0.5, 12)
SECTIONS = {
    "channels": {"call": {"seats": 60, "reach": 0.6}},
    "offers": [{"id": "support", "worth_months": 0.3, "save_rate": 0.2, "only_if": {"contract": ["One year"]}}],
    "campaign": {
        "autumn": {
            "holdout_share": 0.2,
            "window_days": 60,
            "enrol_from": date(2026, 12, 1),
            "enrol_days": 120,
            "read_on": date(2027, 6, 1),
        }
    },
}


def test_without_sections_there_is_one_channel_and_one_offer_with_the_values_of_the_policy() -> None:
    policy = read_contact_policy({}, VALUE)

    assert (list(policy.channels), policy.channels["call"].contact_usd) == (["call"], 2.0)
    assert (policy.offers["standard"].worth_months, policy.offers["standard"].save_rate) == (0.6, 0.3)


def test_the_terms_of_a_campaign_come_back_from_the_ledger_as_they_were() -> None:
    policy = read_contact_policy(SECTIONS, VALUE)
    terms = agree_terms(policy.campaigns["autumn"], policy, VALUE)

    assert Terms.from_json(json.loads(json.dumps(terms.to_json()))) == terms


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": {"call": {"seats": -1}}}, "channels.call.seats = -1, but it must be a number from 0 to inf"),
        (
            {"channels": {"call": {"seat": 1}}},
            "has a wrong or a missing name: got an unexpected keyword argument 'seat'",
        ),
        ({"contact": {"cooldown": 3}}, "contact.cooldown = 3, but it must be removed"),
        ({"offers": [{"id": "a", "worth_months": 1, "save_rate": 2}]}, "offers.a.save_rate = 2"),
        ({"offers": [{"id": "a", "worth_months": 1, "save_rate": 0.1, "channels": ["fax"]}]}, "it must be one of call"),
        ({"campaign": {"autumn": SECTIONS["campaign"]["autumn"] | {"holdout_share": 0.01}}}, "from 0.05 to 0.5"),  # type: ignore[index]
        ({"campaign": {"autumn": SECTIONS["campaign"]["autumn"] | {"offers": ["x"]}}}, "it must be one of support"),  # type: ignore[index]
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(change: dict[str, object], words: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        read_contact_policy({**SECTIONS, **change}, VALUE)

    assert words in refused.value.fact
