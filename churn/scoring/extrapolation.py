"""What a model with a horizon has not seen: features outside the range of its training, to which it clips them."""

from collections.abc import Iterable
from dataclasses import dataclass

from churn.contracts.features import PRICE_CHANGE
from churn.scoring.reasons import SUBJECTS

NOTED_SHARE = 0.01
"""A page and the summary of a run name a subject from this share of the active customers on."""
ALERTED_SHARE = 0.1
"""An alert is sent from this share of the active customers on."""

_WORDS = {"bill": "prices", PRICE_CHANGE: "price changes"}
_SUBJECTS = {feature: name for name, subject in SUBJECTS.items() for feature in subject.features}


@dataclass(frozen=True)
class OutOfRange:
    """One feature of one day: how many of the active customers lie outside the range of the training.

    Attributes:
        outside_count: the active customers below or above the range.
        active_count: the active customers of the day.
    """

    feature: str
    outside_count: int
    active_count: int


def tell_out_of_range(counts: Iterable[OutOfRange]) -> str:
    """Returns a remark about the subjects that lie outside what the model has seen; empty if there is none.

    Example: "outside what the model has seen: the prices of 100% and the tenure of 6% of the active customers".
    """
    each = [f"the {words} of {share:.0%}" for words, share in find_shares(counts, NOTED_SHARE).items()]
    return f"outside what the model has seen: {join_words(each)} of the active customers" if each else ""


def find_shares(counts: Iterable[OutOfRange], smallest: float) -> dict[str, float]:
    """Returns the share of the active customers by subject, the largest first, of the shares that are large enough.

    A subject such as prices has several features; its share is that of the feature that is outside most often.
    """
    shares: dict[str, float] = {}
    for one in counts:
        subject = _SUBJECTS.get(one.feature, one.feature)
        words = _WORDS.get(subject, subject)
        shares[words] = max(shares.get(words, 0.0), one.outside_count / max(one.active_count, 1))
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return {words: share for words, share in ordered if share >= smallest}


def join_words(words: Iterable[str]) -> str:
    """Returns words as a list: "prices, tenure and age"."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
