"""A model version, as the ledger of decisions knows it."""

from dataclasses import dataclass

MODEL_NAME = "telco_churn_best_model"


@dataclass(frozen=True)
class RegisteredModel:
    """A model version. People say its number; run, fingerprint and file decide which model it is.

    Another registry has a version 1 too. Scores of that model must never be published under the name of ours.

    Attributes:
        run_id: the MLflow run that logged the model.
        training_fingerprint: SHA-256 of the examples and of all settings.
        sha256: the digest of the model's file; None for a model of a release that did not record it.
    """

    name: str
    version: int
    run_id: str
    training_fingerprint: str
    sha256: str | None = None
