"""Every kind of champion loads by MLflow's pyfunc in a program that has nothing of the product."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.learning.bounded import bound, find_ranges
from churn.learning.candidates import Model, predict_leaving
from churn.learning.fitting import fit_candidates
from churn.learning.params import ModelParams
from churn.stores.model_registry.model_files import store_model
from churn.stores.model_registry.registry import import_mlflow
from tests.unit.learning.examples import make_examples

pytestmark = pytest.mark.integration

READS_ALONE = """
import json, sys
from pathlib import Path
import mlflow.pyfunc
import pandas as pd
rows = pd.read_csv("rows.csv")
found = {}
for folder in sorted(Path("models").iterdir()):
    found[folder.name] = mlflow.pyfunc.load_model(str(folder)).predict(rows)[:, 1].tolist()
own = sorted(name for name in sys.modules if name.partition(".")[0] == "churn")
homes = sorted({str(Path(sys.modules[name].__file__).resolve()) for name in own if sys.modules[name].__file__})
print(json.dumps({"found": found, "homes": homes}))
"""


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    """One model of every kind; with a horizon too, where directions bind the coefficients."""
    examples = make_examples()
    fast = ModelParams(forest_trees=5, boosting_rounds=20, deep_rounds=20)
    directed = ModelParams(
        boosting_rounds=20, deep_rounds=20, forest_trees=5, directions=(1, *[0] * (len(FEATURES) - 1))
    )
    ranges = find_ranges(examples, FEATURES)
    with_horizon = fit_candidates(examples, directed)
    return {
        **fit_candidates(examples, fast),
        **{f"{family}_30_days": bound(model, ranges, 0.2, 30 / 28) for family, model in with_horizon.items()},
    }


@pytest.fixture(scope="module")
def stored(models: dict[str, Model], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models as MLflow stores them, beside customers in rows.csv."""
    folder = tmp_path_factory.mktemp("alone")
    rows = make_examples(40).select(FEATURES)
    rows.write_csv(folder / "rows.csv")
    import_mlflow()
    import mlflow

    for name, model in models.items():
        store_model(partial(mlflow.sklearn.save_model, path=folder / "models" / name), model, rows[:3])
    return folder


def check_same(models: dict[str, Model], stored: Path, python: Path, *options: str) -> None:
    done = subprocess.run([python, *options, "-c", READS_ALONE], cwd=stored, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    rows = pl.read_csv(stored / "rows.csv")
    assert set(told["found"]) == set(models)
    for name, found in told["found"].items():
        assert np.abs(np.array(found) - predict_leaving(models[name], rows)).max() < 1e-12, name
    assert told["homes"]
    assert all(Path(home).is_relative_to((stored / "models").resolve()) for home in told["homes"]), told["homes"]


def test_every_kind_of_model_brings_its_own_code(models: dict[str, Model], stored: Path) -> None:
    # The program finds the product's code beside the model first: what it imported came from there, and sufficed.
    check_same(models, stored, Path(sys.executable))


@pytest.mark.slow
def test_every_kind_of_model_loads_in_an_empty_environment(
    models: dict[str, Model], stored: Path, tmp_path: Path
) -> None:
    subprocess.run(["uv", "venv", "-q", "-p", sys.executable, tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    requirements = stored / "models" / "stack" / "requirements.txt"
    subprocess.run(["uv", "pip", "install", "-q", "-p", python, "-r", requirements], check=True)
    assert subprocess.run([python, "-c", "import churn"], cwd=tmp_path, capture_output=True).returncode == 1
    check_same(models, stored, python)
