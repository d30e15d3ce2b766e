"""The artifacts of a candidate, in addition to its figures: pictures for people, tables for programs."""

import json
from dataclasses import asdict

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from numpy.typing import NDArray

from churn.economics.policies import ValuePolicy
from churn.economics.value import expected_profit_usd, find_charges, profit_if_contacted_usd
from churn.learning import plots
from churn.learning.candidates import importances
from churn.learning.training import Candidate, Training


def draw_candidate(training: Training, candidate: Candidate, policy: ValuePolicy) -> dict[str, Figure]:
    """Returns the pictures of a candidate on the test part, by file name. `policy` gives the values of the profit.

    Without a value a month there is no picture of the profit.
    """
    labels, probabilities = training.split.test["has_churned"].to_numpy(), candidate.test_probabilities
    family, test = candidate.family, candidate.test
    profits = _profits(training, probabilities, policy)
    return {
        "confusion_matrix.png": plots.draw_confusion(candidate.confusion, family),
        "precision_recall_curve.png": plots.draw_precision_recall(labels, probabilities, test["pr_auc"], family),
        "calibration_curve.png": plots.draw_calibration(labels, probabilities, test["ece"], family),
        "gain_and_lift.png": plots.draw_gain(labels, probabilities, family),
        **({"profit_curve.png": plots.draw_profit(profits, family)} if profits else {}),
        "feature_importance.png": plots.draw_importances(importances(candidate.model, training.params), family),
    }


def _profits(
    training: Training, probabilities: NDArray[np.float64], policy: ValuePolicy
) -> dict[str, NDArray[np.float64]]:
    """Returns the profit of contacting each test customer, by highest probability and by highest expected profit.

    Nothing without a value a month.
    """
    test = training.split.test
    if (charges := find_charges(test)) is None:
        return {}
    profit = profit_if_contacted_usd(test["has_churned"].to_numpy(), charges, policy)
    expected = expected_profit_usd(probabilities, charges, policy)
    orders = {"by probability": -probabilities, "by expected profit": -expected}
    return {name: profit[np.argsort(order, kind="stable")] for name, order in orders.items()}


def invent_customers(training: Training) -> pl.DataFrame:
    """Returns three customers who do not exist: quartiles of each number and the most frequent of each word.

    Every feature is taken apart from the others. MLflow shows people and programs how the input of a model looks; rows
    of the examples would be real customers.
    """
    given, train = training.params.given, training.split.train
    number = pl.all().quantile
    invented = [train.select(given.numbers).select(number(at, interpolation="nearest")) for at in (0.25, 0.5, 0.75)]
    most_frequent = [train[word].drop_nulls().mode().sort().first() for word in given.words]
    words = [pl.lit(found).alias(word) for word, found in zip(given.words, most_frequent, strict=True)]
    return pl.concat(invented).with_columns(words).select(given.names)


def write_candidate(training: Training, candidate: Candidate) -> dict[str, str]:
    """Returns the tables of a candidate, by file name."""
    figures = {name: asdict(interval) for name, interval in candidate.test.items()}
    return {
        "feature_importance.csv": importances(candidate.model, training.params).write_csv(),
        "test_figures.json": json.dumps(figures, indent=2),
    }
