"""Searches for better model settings with Optuna, inside the training part.

The objective is the cross-validated log loss, not PR-AUC: log loss is smoother, and on these examples, whose effects
are additive, a lower log loss comes with a higher PR-AUC. A study is stored in a file, so that a stopped search
continues where it stopped, and a later search adds trials to the earlier ones.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import polars as pl
from optuna.storages.journal import JournalFileBackend

from churn.learning.candidates import fit_candidate
from churn.learning.folds import losses_by_fold, split_folds
from churn.learning.params import FAMILIES, Family, ModelParams, fingerprint_training

Suggest = Callable[[optuna.Trial], Mapping[str, Any]]
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
    "xgboost_deep": lambda trial: {
        "deep_rounds": trial.suggest_int("deep_rounds", 50, 600, step=50),
        "deep_depth": trial.suggest_int("deep_depth", 2, 6),
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
    """Searches the settings of each family.

    Args:
        train: the training part; the search uses nothing else.
        params: the settings to start from. The search does not change the other settings.
        trials: the number of trials for each family, with the trials of earlier searches.
        timeout_seconds: the time for all families together; each family gets an equal part.
        folder: the folder of the file with the studies.
        after_trial: called after each trial with the family and the number of its finished trials.

    Returns:
        The best settings, and one row per trial: family, trial, log_loss.
    """
    optuna.logging.set_verbosity(logging.WARNING)  # Optuna logs every trial to stderr, into the middle of our screen.
    folder.mkdir(parents=True, exist_ok=True)
    # A journal file needs no database: Optuna's RDBStorage would bring SQLAlchemy, Alembic and their migrations.
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
        # The fingerprint in the name: a search on other examples or settings never continues this one.
        study_name=f"{family} {fingerprint_training(train, params)[:16]}",
        storage=storage,
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=params.seed),
    )
    folds = split_folds(train, params.seed)
    if not study.trials:
        # The first trial is the starting point, so that the best settings are never worse than it.
        study.enqueue_trial({name: getattr(params, name) for name in _names(family)})

    def objective(trial: optuna.Trial) -> float:
        tried = replace(params, **SPACES[family](trial))
        return float(losses_by_fold(folds, lambda part: fit_candidate(family, part, tried)).mean())

    def report_trial(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        after_trial(family, len(_complete(study)))

    missing = max(trials - len(_complete(study)), 0)
    if missing:
        study.optimize(objective, n_trials=missing, timeout=timeout_seconds, callbacks=[report_trial])
    return study


def _names(family: Family) -> list[str]:
    prefix = {
        "logistic_regression": "logistic_c",
        "random_forest": "forest_leaf",
        "xgboost": "boosting_",
        "xgboost_deep": "deep_",
    }[family]
    return [name for name in ModelParams.__dataclass_fields__ if name.startswith(prefix)]


def _complete(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
