"""Learns whom a contact helps and whom it drives away, from a campaign whose windows are over.

The learner is small, because effects are hard to see: logit P(leaves) = a + b logit(score) + treated x (alpha + facts x
beta). The facts of a customer are standardised, and beta is shrunk; cross-validation chooses how strongly. Learners
that fit each arm by itself (T, X, DR) were tried and rejected: at 5,000 treated customers they rank worse.

Nobody has to start it, and it is silent until it can prove itself:

- It needs 5,000 contacted customers and 100 leavers in each arm.
- It must rank better than the score alone, on customers that it was not fitted on, with a 95% interval.
- It says "better left alone" of a group only if the worst tenth, again of customers that it was not fitted on, leaves
  more often when contacted, with a 95% interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from churn.campaigns.lift import Estimate, estimate_effect

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_TREATED = 5_000
FEWEST_LEAVERS = 100
STRENGTHS = (10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0)
"""How strongly beta is shrunk; cross-validation chooses one."""
FOLDS = 5
ERROR = 0.05
WORST_SHARE = 0.1
_CLIP = 1e-4
_NEWTON_STEPS = 30


@dataclass(frozen=True)
class Trial:
    """A campaign whose windows are over.

    Attributes:
        left: (n,) whether each enrolled customer left within the window.
        is_treated: (n,) whether the customer was enrolled to be contacted.
        scores: (n,) the frozen score at enrolment.
        facts: (n, k) what was known of the customer at enrolment.
    """

    left: Bools
    is_treated: Bools
    scores: Floats
    facts: Floats

    def only(self, rows: Bools) -> "Trial":
        """Returns the chosen customers."""
        return Trial(self.left[rows], self.is_treated[rows], self.scores[rows], self.facts[rows])

    def has_power(self) -> bool:
        """Returns whether there are enough customers and leavers to learn from."""
        treated, leavers = int(self.is_treated.sum()), int(self.left[self.is_treated].sum())
        return treated >= FEWEST_TREATED and min(leavers, int(self.left.sum()) - leavers) >= FEWEST_LEAVERS


@dataclass(frozen=True)
class Uplift:
    """What was learned: the coefficients of the formula above.

    Attributes:
        base: a and b.
        alpha: the effect on the average customer, in log-odds.
        beta: (k,) how each standardised fact changes it.
        centre: (k,) the mean of each fact.
        scale: (k,) the standard deviation of each fact; 1 for one that never varies.
    """

    base: tuple[float, float]
    alpha: float
    beta: Floats
    centre: Floats
    scale: Floats

    def effects(self, scores: Floats, facts: Floats) -> Floats:
        """Returns (n,) what a contact changes in the probability of leaving; negative where it keeps the customer."""
        without = self.base[0] + self.base[1] * _log_odds(scores)
        change = self.alpha + ((facts - self.centre) / self.scale) @ self.beta
        return np.asarray(expit(without + change) - expit(without))


@dataclass(frozen=True)
class Proof:
    """What is known of the learner from customers that it was not fitted on.

    Attributes:
        gain: leavers kept for one customer more than by ranking by the score, averaged over all sizes of a list.
        worst: the effect of a contact on leaving in the tenth for which the learner expects most harm.
        leave_alone_above: an expected effect above this one says that a contact harms; None if that is not proven.
    """

    gain: Estimate
    worst: Estimate
    leave_alone_above: float | None

    @property
    def beats_risk(self) -> bool:
        """Whether the learner ranks better than the score alone."""
        return self.gain.interval(ERROR)[0] > 0


def learn(trial: Trial) -> tuple[Uplift, Proof]:
    """Fits the learner on a trial, and proves it on customers that it was not fitted on."""
    folds = _folds(len(trial.left))
    expected = np.zeros(len(trial.left))
    for fold in range(FOLDS):
        # The strength is chosen inside the other folds: chosen on all rows, the proof would know its own answers.
        fitted = _fit_best(trial.only(folds != fold))
        expected[folds == fold] = fitted.effects(trial.scores[folds == fold], trial.facts[folds == fold])
    return _fit_best(trial), _prove(trial, expected)


def _folds(customers: int) -> NDArray[np.int64]:
    """Returns (n,) the fold of each customer: always the same for the same number of customers."""
    return np.random.default_rng(customers).permutation(customers) % FOLDS


def _fit_best(trial: Trial) -> Uplift:
    """Fits with the strength that predicts leaving best on left-out customers."""
    folds = _folds(len(trial.left))
    losses = [
        sum(_loss(_fit(trial.only(folds != fold), strength), trial.only(folds == fold)) for fold in range(FOLDS))
        for strength in STRENGTHS
    ]
    return _fit(trial, STRENGTHS[int(np.argmin(losses))])


def _loss(uplift: Uplift, trial: Trial) -> float:
    """Returns minus the log-likelihood of what happened."""
    without = uplift.base[0] + uplift.base[1] * _log_odds(trial.scores)
    change = uplift.alpha + ((trial.facts - uplift.centre) / uplift.scale) @ uplift.beta
    odds = without + np.where(trial.is_treated, change, 0.0)
    return float(np.logaddexp(0, np.where(trial.left, -odds, odds)).sum())


def _fit(trial: Trial, strength: float) -> Uplift:
    """Fits by Newton's method; only beta is shrunk."""
    scale = trial.facts.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    centre = trial.facts.mean(axis=0)
    treated = trial.is_treated.astype(np.float64)[:, None]
    ones = np.ones((len(treated), 1))
    facts = (trial.facts - centre) / scale
    design = np.hstack([ones, _log_odds(trial.scores)[:, None], treated, treated * facts])
    # A little on the first three as well: in a fold without leavers of an arm they would run away.
    penalty = np.concatenate([np.full(3, 1e-3), np.full(facts.shape[1], strength)])
    weights = np.zeros(design.shape[1])
    weights[1] = 1.0  # The score is about right: Newton's method starts near the answer.
    for _ in range(_NEWTON_STEPS):
        likely = expit(design @ weights)
        slope = design.T @ (trial.left - likely) - penalty * weights
        curve = (design * (likely * (1 - likely))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return Uplift((float(weights[0]), float(weights[1])), float(weights[2]), weights[3:], centre, scale)


def _log_odds(scores: Floats) -> Floats:
    return np.asarray(logit(np.clip(scores, _CLIP, 1 - _CLIP)))


def _prove(trial: Trial, expected: Floats) -> Proof:
    """Compares two orders of the same customers: by the expected effect, and by the score alone.

    A customer's own part in the number of leavers kept is weighed by the draw: minus 1 / share for a treated leaver,
    1 / (1 - share) for a held-out one. The area between the two curves of leavers kept is the mean of that part times
    the difference of the customer's two places. It is a mean, so that its error is known.
    """
    share = float(trial.is_treated.mean())
    surprise = trial.left - trial.scores  # The score is known before the draw: taken out, it only removes noise.
    kept = np.where(trial.is_treated, -surprise / share, surprise / (1 - share))
    gains = kept * (_places(-trial.scores) - _places(expected))
    gain = Estimate(float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains))))
    bound = float(np.quantile(expected, 1 - WORST_SHARE))
    group = trial.only(expected >= bound)
    worst = estimate_effect(group.left.astype(np.float64), group.is_treated, group.scores[:, None])
    is_proven = bound > 0 and worst.interval(ERROR)[0] > 0
    return Proof(gain, worst, bound if is_proven else None)


def _places(values: Floats) -> Floats:
    """Returns (n,) the place of each customer in a list, 0 to 1, the smallest value first."""
    places = np.empty(len(values))
    places[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return places


def save_factors(scores: Floats, effects: Floats) -> Floats:
    """Returns (n,) how much more or less a contact saves of a customer's risk than it saves on average.

    Policies name an average save rate; the factors spread it over the customers. Example: contacts keep a tenth of the
    risk on average, and a fifth of this customer's: 2. A customer whom a contact drives away has a factor below 0.
    """
    average = -float(effects.sum()) / float(scores.sum())
    # Where contacts keep nobody on average, there is no average to spread: whoever they keep counts as usual.
    return np.where(effects < 0, 1.0, 0.0) if average <= 0 else -effects / np.maximum(scores, _CLIP) / average
