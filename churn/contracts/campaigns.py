"""The records of the retention loop: campaigns, arms, contacts and their events, and the states that they may have."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

Arm = Literal["treatment", "control"]
CampaignStatus = Literal["running", "stopped"]
Exclusion = Literal[
    "suppressed",
    "no consent",
    "cooldown",
    "in another campaign",
    "enrolled before",
    "better left alone",
    "no offer pays",
    "beyond the seats",
]
EXCLUSIONS: tuple[Exclusion, ...] = get_args(Exclusion)
"""Why an active customer is not enrolled on a day. Each customer counts once, with the first reason that holds."""

ContactEvent = Literal[
    "delivered", "not_reached", "bounced", "wrong_person", "reached", "callback", "declined", "accepted",
    "do_not_contact",
]  # fmt: skip
EVENTS: tuple[ContactEvent, ...] = get_args(ContactEvent)
VIEW = "view"
"""Where a channel of the policy file sends its contacts if another system reads them from reporting.contact_list."""
CONTACT_LIST = "reporting.contact_list"
"""The destination of these contacts, and the name of what is read."""
REACHED: tuple[ContactEvent, ...] = ("reached", "callback", "declined", "accepted")
"""The events that say that the company spoke to the customer."""

LEAST_HOLDOUT, MOST_HOLDOUT = 0.05, 0.5
"""The smallest and the largest share that may be held out: outside, one of the two groups is too small to compare."""
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


Outcome = Literal["left", "money_usd"]
Verdict = Literal["works", "harms", "no effect seen", "not known yet", "broken draw"]


@dataclass(frozen=True)
class Reading:
    """What is known of a campaign on a day, for one outcome and one contrast.

    Attributes:
        as_of_date: the snapshot up to which leavers are known.
        contrast: "all", or the id of an offer, compared with the control customers who would have got it.
        treated_count: customers of the treatment group whose window is over; control_count likewise.
        treated_leavers: those of them who left within the window; control_leavers likewise.
        effect: treatment minus control for one customer: a share for left, USD for money_usd; None if it is not known.
        agreed_low: the 96% interval (to agreed_high), which holds on the agreed day only.
        any_day_low: the 99% interval (to any_day_high), which holds on any day.
        sample_ratio_p: the probability of arms as uneven as these if the draw works.
        reached_share: the share of the treatment group that was reached.
        why: the verdict in a sentence.
    """

    campaign_id: str
    as_of_date: date
    outcome: Outcome
    contrast: str
    treated_count: int
    control_count: int
    treated_leavers: int
    control_leavers: int
    effect: float | None
    standard_error: float | None
    agreed_low: float | None
    agreed_high: float | None
    any_day_low: float | None
    any_day_high: float | None
    sample_ratio_p: float
    reached_share: float
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class Event:
    """One event of a contact; see ops.contact_events. The event_id is a digest of the others."""

    event_id: str
    contact_id: str
    event: str
    occurred_at: datetime
    channel: str | None
    offer_id_given: str | None
    cost_usd: float | None
    stated_reason: str | None
    their_code: str | None
    source: str


EVERY_CHANNEL = "all"
CONSENT = "consent"
SuppressionReason = Literal["opted_out", "complaint", "deceased", "legal", "agent", "consent"]


@dataclass(frozen=True)
class Suppression:
    """A statement that a customer must not be contacted, or (reason "consent") may be contacted again.

    Attributes:
        channel: a channel, or "all".
        until: the last day; None without an end.
        source: the file or the contact that it came from.
    """

    customer_id: str
    channel: str
    since: date
    until: date | None
    reason: str
    source: str
