"""A model's file: read by our own list of types, refused under other library versions."""

from importlib.metadata import version as installed_version
from pathlib import Path

from churn.contracts.scores import Predictor
from churn.errors import ModelRefused

TRUSTED_TYPES = [
    "churn.learning.averaging.LogOddsAverage",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
]
PINNED = ("scikit-learn", "xgboost")
"""A model means what it meant only under the very versions it was fitted with."""


def read_model(path: Path) -> Predictor:
    """Returns the model in a skops file.

    Raises:
        ModelRefused: the file holds types that are not on the list.
    """
    import skops.io

    strange = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES))
    if strange:
        raise ModelRefused(
            f"The model file {path.name} holds types that are not trusted: {', '.join(strange)}.",
            "find out who wrote it; nothing of it was loaded.",
        )
    predictor: Predictor = skops.io.load(path, trusted=TRUSTED_TYPES)
    return predictor


def check_versions(version: int, tags: dict[str, str]) -> None:
    """Refuses a model that was fitted with other libraries than are installed.

    Raises:
        ModelRefused: it was.
    """
    fitted = {package: tags.get(f"{package}_version", "an unknown version") for package in PINNED}
    wrong = [f"{package} {was}" for package, was in fitted.items() if was != installed_version(package)]
    if wrong:
        here = ", ".join(f"{package} {installed_version(package)}" for package in PINNED)
        raise ModelRefused(
            f"Model version {version} was fitted with {', '.join(wrong)}; here is {here}.",
            "install the versions of uv.lock with `uv sync`, or train again with `churn train --retrain`.",
        )
