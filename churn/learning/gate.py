"""Whether a challenger replaces the champion: decided on the same rows, with reasons that can be defended later."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from churn.learning.figures import Interval, bootstrap_weights, weighted_figures

Verdict = Literal["promote", "hold", "refuse"]


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger, and why."""

    verdict: Verdict
    reasons: list[str]


def judge(
    labels: NDArray[np.bool_],
    challenger: NDArray[np.float64],
    champion: NDArray[np.float64] | None,
    pr_auc: Interval,
    seed: int,
) -> Decision:
    """Compares a challenger with the champion on the challenger's test rows.

    Args:
        labels: (n,) who left.
        challenger: (n,) its probabilities.
        champion: (n,) the champion's on the same rows; None when there is no champion yet.
        pr_auc: the challenger's test PR-AUC.
        seed: of the paired bootstrap.

    Returns:
        refuse: it ranks no better than chance. promote: there is no champion, or it is better beyond chance. Else hold.
    """
    base_rate = float(labels.mean())
    if pr_auc.low <= base_rate:
        return Decision("refuse", [f"PR-AUC {pr_auc.value:.3f} is not beyond the base rate of {base_rate:.3f}"])
    if champion is None:
        return Decision(
            "promote", [f"first champion; PR-AUC {pr_auc.value:.3f} against a base rate of {base_rate:.3f}"]
        )
    weights = bootstrap_weights(len(labels), seed)
    gain = (
        weighted_figures(labels, challenger, weights)["pr_auc"] - weighted_figures(labels, champion, weights)["pr_auc"]
    )
    low, middle, high = np.quantile(gain, [0.025, 0.5, 0.975])
    stated = f"PR-AUC gain {middle:+.4f} ({low:+.4f} to {high:+.4f}) on the same {len(labels):,} customers"
    return Decision("promote" if low > 0 else "hold", [stated])
