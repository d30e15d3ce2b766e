"""The gate: decides on the same test rows whether a challenger replaces the champion, and gives reasons.

- reject: the challenger must not be used. It ranks no better than chance, its probabilities are wrong, or it fails for
  a kind of customer.
- promote: there is no champion yet, or the challenger ranks better beyond chance and is not significantly worse in log
  loss or profit.
- hold: the challenger is usable, but not shown to be better. The champion stays.
"""

from dataclasses import asdict, dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import GateEvidence, Interval, Slice
from churn.contracts.statuses import Verdict
from churn.economics.policies import GatePolicy, Policies
from churn.economics.value import profit_usd
from churn.learning.figures import (
    Weights,
    bootstrap_weights,
    calibration_error,
    calibration_error_if_true,
    log_losses,
    weighted_pr_auc,
)
from churn.learning.slices import measure_slices

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contest:
    """The input of the gate: the test rows of the challenger.

    Attributes:
        labels: (n,) who left.
        challenger: (n,) probabilities of the challenger.
        champion: (n,) probabilities of the champion on the same rows; None when there is no champion yet.
        monthly_charges: (n,) monthly charges in USD; None without a value a month: profit is not compared then.
        groups: n rows with the columns that divide the customers; an empty frame measures no slices.
    """

    labels: NDArray[np.bool_]
    challenger: Floats
    champion: Floats | None
    monthly_charges: Floats | None
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True)
class Decision:
    """The decision of the gate.

    Attributes:
        reasons: the reasons, the decisive ones first.
        evidence: the figures and the policy that the decision is based on.
    """

    verdict: Verdict
    reasons: list[str]
    evidence: GateEvidence


def judge(contest: Contest, policies: Policies, seed: int) -> Decision:
    """Decides on a challenger by the policies.

    Args:
        seed: the seed of the paired bootstrap.
    """
    # The first row weighs each customer once: the figure itself. The others are the replicates around it.
    weights = np.vstack([np.ones(len(contest.labels)), bootstrap_weights(len(contest.labels), seed)])
    slices = measure_slices(contest.labels, contest.challenger, contest.groups, seed)
    pr_auc = weighted_pr_auc(contest.labels, contest.challenger, weights)
    evidence = GateEvidence(asdict(policies), tuple(slices))
    faults = [*_faults(contest, pr_auc, policies.gate, seed), *_failed_slices(slices, policies.gate)]
    if faults:
        return Decision("reject", faults, evidence)
    if contest.champion is None:
        return Decision("promote", [_first(contest.labels, pr_auc)], evidence)
    gains = _gains(contest, contest.champion, pr_auc, policies, weights)
    return Decision(*_compare(gains, policies.gate, len(contest.labels)), replace(evidence, gains=gains))


def _faults(contest: Contest, pr_auc: Floats, policy: GatePolicy, seed: int) -> list[str]:
    """Returns the faults that make a model unusable, whatever the champion is."""
    faults = []
    base_rate = float(contest.labels.mean())
    # The first value is that of the rows themselves; the interval is that of the resampled rows after it.
    if np.nanquantile(pr_auc[1:], 0.025) <= base_rate:
        faults.append(f"PR-AUC {pr_auc[0]:.3f} is not above the base rate of {base_rate:.3f} beyond chance")
    error = calibration_error(contest.labels, contest.challenger)
    allowed = calibration_error_if_true(contest.challenger, seed) + policy.calibration_slack
    if error > allowed:
        faults.append(f"calibration error {error:.3f} is above {allowed:.3f}: the probabilities are wrong")
    return faults


def _failed_slices(slices: list[Slice], policy: GatePolicy) -> list[str]:
    return [
        f"ROC-AUC {part.roc_auc.value:.3f} among {part.customers:,} customers with {part.column} {part.value} is below "
        f"{policy.slice_roc_auc_floor:.2f} beyond chance"
        for part in slices
        if part.roc_auc is not None
        and part.customers >= policy.slice_fewest_customers
        and part.leavers >= policy.slice_fewest_leavers
        and part.roc_auc.high < policy.slice_roc_auc_floor
    ]


def _first(labels: NDArray[np.bool_], pr_auc: Floats) -> str:
    return f"no champion to compare with: PR-AUC {pr_auc[0]:.3f}, base rate {labels.mean():.3f}"


def _gains(
    contest: Contest, champion: Floats, pr_auc: Floats, policies: Policies, weights: Weights
) -> dict[str, Interval]:
    """Returns challenger minus champion on the same resampled rows. Positive is better in every figure.

    Without a value a month there is no profit to compare.
    """
    labels, rows = contest.labels, len(contest.labels)
    # Differences row by row, then weighted: both models are measured on the same draws, and most of the noise cancels.
    losses = log_losses(labels, champion) - log_losses(labels, contest.challenger)
    gains = {
        "pr_auc": _interval(pr_auc - weighted_pr_auc(labels, champion, weights)),
        "log_loss": _interval(weights @ losses / rows),
    }
    if (charges := contest.monthly_charges) is None:
        return gains
    of_challenger, of_champion = (
        profit_usd(labels, scores, charges, policies.value) for scores in (contest.challenger, champion)
    )
    return gains | {"profit_usd_per_1000": _interval(weights @ (of_challenger - of_champion) / rows * 1000)}


def _interval(gains: Floats) -> Interval:
    """Returns the gain and its 95% interval. A replicate without a leaver has no PR-AUC (NaN) and is left out."""
    low, high = np.nanquantile(gains[1:], [0.025, 0.975])
    return Interval(float(gains[0]), float(low), float(high))


def _compare(gains: dict[str, Interval], policy: GatePolicy, rows: int) -> tuple[Verdict, list[str]]:
    pr_auc, log_loss, profit = gains["pr_auc"], gains["log_loss"], gains.get("profit_usd_per_1000")
    kept = {f"log loss lower by {_tell(log_loss, '.4f')}": log_loss}
    if profit is not None:
        kept[f"profit higher by {_tell(profit, ',.0f')} USD per 1,000 customers"] = profit
    sentences = [f"PR-AUC gain {_tell(pr_auc, '.4f')} on the same {rows:,} customers", *kept]
    ranks_better = pr_auc.low > policy.pr_auc_gain_floor
    worse = [text for text, gain in kept.items() if gain.high < 0]
    if ranks_better and not worse:
        return "promote", sentences
    if not ranks_better:
        return "hold", [f"{sentences[0]}: not beyond chance", *sentences[1:]]
    return "hold", [f"ranks better, but significantly worse: {text}" for text in worse] + sentences


def _tell(gain: Interval, form: str) -> str:
    return f"{gain.value:+{form}} ({gain.low:+{form}} to {gain.high:+{form}})"
