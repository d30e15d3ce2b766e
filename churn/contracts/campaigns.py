"""The records of the retention loop: campaigns, arms, contacts and their events, and the states that they may have."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

Arm = Literal["treatment", "control"]
CampaignStatus = Literal["draft", "running", "reading", "read", "closed", "stopped"]
Exclusion = Literal[
    "suppressed",
    "no consent",
    "cooldown",
    "in another campaign",
    "enrolled before",
    "no offer pays",
    "beyond the seats",
]
EXCLUSIONS: tuple[Exclusion, ...] = get_args(Exclusion)
"""Why an active customer is not enrolled on a day. Each customer counts once, with the first reason that holds."""

ContactState = Literal[
    "planned", "sent", "delivered", "not_reached", "bounced", "wrong_person", "expired", "reached", "callback",
    "declined", "accepted", "suppressed",
]  # fmt: skip
STATE_RANK: dict[str, int] = {state: rank for rank, state in enumerate(get_args(ContactState))}
"""The state of a contact is the event with the highest rank, in whatever order the events arrive."""

ContactEvent = Literal[
    "delivered", "not_reached", "bounced", "wrong_person", "reached", "callback", "declined", "accepted",
    "do_not_contact",
]  # fmt: skip
EVENTS: tuple[ContactEvent, ...] = get_args(ContactEvent)
REACHED: frozenset[str] = frozenset({"reached", "callback", "declined", "accepted"})

FEWEST_LEAVERS = 20
"""With fewer leavers in an arm there is no verdict: an interval by normal approximation would be wrong."""


@dataclass(frozen=True)
class Campaign:
    """A promise that is written down before the first customer is enrolled.

    Attributes:
        campaign_id: the name of the campaign, and the salt of its draw. It is used once only.
        offers: the ids of the offers that the campaign may give.
        holdout_share: the share of the enrolled customers who are not contacted.
        window_days: a customer counts as a leaver if he or she leaves within this many days after enrolment.
        enrol_from: the first day of enrolment.
        enrol_until: the last day of enrolment.
        read_on: the agreed day of the reading.
        smallest_effect: the smallest relative reduction of leaving that the company wants to see (0.2 = 20%).
        power: the probability to see that reduction if it exists.
        planned_variance: the variance of the estimate that was expected on the day of reading; it tunes the any-day
            interval.
        policy_sha256: the digest of the policy file that the campaign was started with.
        is_synthetic: whether its customers come from the simulator.
    """

    campaign_id: str
    offers: tuple[str, ...]
    holdout_share: float
    window_days: int
    enrol_from: date
    enrol_until: date
    read_on: date
    smallest_effect: float
    power: float
    planned_variance: float
    policy_sha256: str
    is_synthetic: bool
