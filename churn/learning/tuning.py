"""Searching for better model settings with Optuna, inside the training part.

The objective is the cross-validated log loss, not PR-AUC: it is the smoother of the two, and on these examples, where
effects add up, what lowers one raises the other. A study is kept in a file: a search that was stopped goes on where it
was, and more trials add to the old ones.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import polars as pl
from optuna.storages.journal import JournalFileBackend

from churn.learning.candidates import build_candidates, fit_candidate
from churn.learning.folds import losses_by_fold, split_folds
from churn.learning.params import FAMILIES, Family, ModelParams, fingerprint_training

Suggest = Callable[[optuna.Trial], dict[str, Any]]
AfterTrial = Callable[[Family, int], None]

SPACES: Mapping[Family, Suggest] = {
    "logistic_regression": lambda trial: {"logistic_c": trial.suggest_float("logistic_c", 1e-3, 1e2, log=True)},
    "random_forest": lambda trial: {"forest_leaf_rows": trial.suggest_int("forest_leaf_rows", 3, 60, log=True)},
    "xgboost": lambda trial: {
        "boosting_rounds": trial.suggest_int("boosting_rounds", 100, 1000, step=50),
        "boosting_depth": trial.suggest_int("boosting_depth", 1, 4),
        "boosting_rate": trial.suggest_float("boosting_rate", 0.01, 0.2, log=True),
        "boosting_columns": trial.suggest_float("boosting_columns", 0.3, 1.0),
    },
}


def tune(
    train: pl.DataFrame,
    params: ModelParams,
    trials: int,
    timeout_seconds: float,
    folder: Path,
    after_trial: AfterTrial = lambda family, done: None,
) -> tuple[ModelParams, pl.DataFrame]:
    """Searches each family's settings.

    Args:
        train: the training part; nothing else is looked at.
        params: where the search starts, and what it does not touch.
        trials: of each family, those of an earlier search counted.
        timeout_seconds: for all families together; each gets its share.
        folder: where studies are kept, one file.
        after_trial: told the family and how many of its trials are done.

    Returns:
        The best settings found, and one row per trial: family, trial, log_loss.
    """
    optuna.logging.set_verbosity(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "studies.journal")))
    best, rows = params, []
    for family in FAMILIES:
        study = _search(family, train, params, trials, timeout_seconds / len(FAMILIES), storage, after_trial)
        best = replace(best, **study.best_params)
        rows += [{"family": family, "trial": trial.number, "log_loss": trial.value} for trial in _complete(study)]
    return best, pl.DataFrame(rows)


def _search(
    family: Family,
    train: pl.DataFrame,
    params: ModelParams,
    trials: int,
    timeout_seconds: float,
    storage: optuna.storages.JournalStorage,
    after_trial: AfterTrial,
) -> optuna.Study:
    study = optuna.create_study(
        study_name=f"{family} {fingerprint_training(train, params)[:16]}",
        storage=storage,
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=params.seed),
    )
    folds = split_folds(train, params.seed)
    if not study.trials:
        study.enqueue_trial({name: getattr(params, name) for name in _names(family)})  # never worse than the start

    def objective(trial: optuna.Trial) -> float:
        tried = replace(params, **SPACES[family](trial))
        return float(losses_by_fold(folds, lambda part: fit_candidate(_pipeline(family, tried), part)).mean())

    def tell(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        after_trial(family, len(_complete(study)))

    missing = max(trials - len(_complete(study)), 0)
    if missing:
        study.optimize(objective, n_trials=missing, timeout=timeout_seconds, callbacks=[tell])
    return study


def _pipeline(family: Family, params: ModelParams) -> Any:
    return build_candidates(params, leaver_weight=1.0)[family]


def _names(family: Family) -> list[str]:
    prefix = {"logistic_regression": "logistic_c", "random_forest": "forest_leaf", "xgboost": "boosting_"}[family]
    return [name for name in ModelParams.__dataclass_fields__ if name.startswith(prefix)]


def _complete(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
