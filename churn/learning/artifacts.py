"""What is kept of a candidate beside its figures: pictures for people, tables for programs."""

import json
from dataclasses import asdict

from matplotlib.figure import Figure

from churn.learning import plots
from churn.learning.candidates import importances
from churn.learning.training import Candidate, Training


def draw_candidate(training: Training, candidate: Candidate) -> dict[str, Figure]:
    """Returns the pictures of a candidate on the test part, by file name."""
    labels, probabilities = training.split.test["has_churned"].to_numpy(), candidate.test_probabilities
    family, test = candidate.family, candidate.test
    return {
        "confusion_matrix.png": plots.draw_confusion(candidate.confusion, family),
        "precision_recall_curve.png": plots.draw_precision_recall(labels, probabilities, test["pr_auc"], family),
        "calibration_curve.png": plots.draw_calibration(labels, probabilities, test["ece"], family),
        "feature_importance.png": plots.draw_importances(importances(candidate.model, training.params), family),
    }


def write_candidate(training: Training, candidate: Candidate) -> dict[str, str]:
    """Returns the tables of a candidate, by file name."""
    figures = {name: asdict(interval) for name, interval in candidate.test.items()}
    return {
        "feature_importance.csv": importances(candidate.model, training.params).write_csv(),
        "test_figures.json": json.dumps(figures, indent=2),
    }
