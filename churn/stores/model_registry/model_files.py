"""Reads the file of a model with a list of trusted types, and refuses a model of other library versions."""

from collections.abc import Callable
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import polars as pl

from churn.contracts.scores import Predictor
from churn.errors import ModelRefused

TRUSTED_TYPES = [
    "churn.learning.averaging.LogOddsAverage",
    "churn.learning.averaging.LogOddsStack",
    "churn.learning.bounded.BoundedModel",
    "churn.learning.directed.DirectedLogistic",
    "numpy.dtype",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
]
MODEL_FILE = "model.skops"
"""The name of the file within the artifacts of a model."""
PINNED = ("scikit-learn", "xgboost")
"""A model gives the same scores only with exactly the library versions that it was trained with."""

Stored = TypeVar("Stored")
_REQUIREMENTS = ("scikit-learn", "xgboost", "skops", "polars", "numpy")
_OWN_MODULES = (
    "__init__",
    "learning/__init__",
    "learning/averaging",
    "learning/bounded",
    "learning/directed",
    "learning/weighting",
)
"""The product's own kinds of models, and what they import of the product."""


def store_model(write: Callable[..., Stored], model: Predictor, example: pl.DataFrame) -> Stored:
    """Stores a model so that a program without the product loads it and asks it.

    Args:
        write: a function of `mlflow.sklearn` that stores a model.
        model: the fitted model.
        example: customers with the features of the model. MLflow stores them beside it, for everybody to read.

    Returns:
        What `write` returns.
    """
    from mlflow.models import infer_signature

    rows = example.to_pandas()
    with TemporaryDirectory() as folder:
        return write(
            model,
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
            pyfunc_predict_fn="predict_proba",
            signature=infer_signature(rows, model.predict_proba(pl.from_pandas(rows))),
            input_example=rows,
            pip_requirements=[f"{name}=={installed_version(name)}" for name in _REQUIREMENTS],
            code_paths=[str(_copy_own_modules(Path(folder)))],
        )


def _copy_own_modules(folder: Path) -> Path:
    source, copy = Path(__file__).parents[2], folder / "churn"
    for name in _OWN_MODULES:
        file = copy / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((source / f"{name}.py").read_bytes())
    return copy


def read_model(path: Path) -> Predictor:
    """Returns the model in a skops file.

    Raises:
        ModelRefused: the file has types that are not on the list of trusted types.
    """
    import skops.io

    # Looked up before loading: skops names the types of the file without creating any of them.
    untrusted = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES))
    if untrusted:
        raise ModelRefused(
            f"The model file {path.name} has types that are not trusted: {', '.join(untrusted)}. It was not loaded.",
            "find out who wrote the file, or train a new model with `churn train --retrain`.",
        )
    predictor: Predictor = skops.io.load(path, trusted=TRUSTED_TYPES)
    return predictor


def check_versions(version: int, tags: dict[str, str]) -> None:
    """Refuses a model that was trained with other library versions than the installed ones.

    Raises:
        ModelRefused: the versions differ.
    """
    trained = {package: tags.get(f"{package}_version", "an unknown version") for package in PINNED}
    wrong = [f"{package} {was}" for package, was in trained.items() if was != installed_version(package)]
    if wrong:
        here = ", ".join(f"{package} {installed_version(package)}" for package in PINNED)
        raise ModelRefused(
            f"Model version {version} was trained with {', '.join(wrong)}, but {here} are installed.",
            "install the versions of uv.lock with `uv sync`, or train a new model with `churn train --retrain`.",
        )
