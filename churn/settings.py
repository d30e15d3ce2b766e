"""Where things are: the only reader of the environment.

Settings say where (database, registry, home folder) and how long to wait. What to run is a flow's parameter, how to
model is `ModelParams`; neither belongs here.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from churn.stack_note import find_stack

PROJECT_DIR = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The environment, read once and frozen. Every field is documented in README's settings table."""

    model_config = SettingsConfigDict(env_prefix="CHURN_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(
        default=Path(".churn"),
        description="Folder of everything kept on this machine: the embedded database, model artifacts, logs.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql:// address of your own Postgres; unset: an embedded one under CHURN_HOME.",
    )
    mlflow_tracking_uri: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("CHURN_MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"),
        description="MLflow server; unset: a database `mlflow` beside the product's own, artifacts under CHURN_HOME.",
    )
    policies: Path | None = Field(
        default=None,
        description="The company's policy file (TOML); unset: the one that comes with the program. `churn policy` "
        "prints the values in force.",
    )
    alert_urls: SecretStr | None = Field(
        default=None,
        description="Where failures and recoveries are told: apprise addresses (Slack, e-mail, webhook and others), "
        "separated by spaces or commas; unset: nowhere.",
    )
    statement_timeout_minutes: int = Field(
        default=30, ge=1, le=24 * 60, description="No database statement and no task may run longer."
    )
    retry_delay_seconds: int = Field(
        default=300, ge=0, le=3600, description="Wait before a task that may pass by itself is tried again."
    )

    rejected_share_limit: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of an extract's rows that may be set aside; above it nothing is loaded.",
    )
    row_drop_limit: float = Field(
        default=0.20, ge=0, le=1, description="Share of customers an extract may have fewer than the last snapshot."
    )
    row_growth_limit: float = Field(
        default=0.50, ge=0, description="Share of customers an extract may have more than the last snapshot."
    )
    new_categories: Literal["set_aside", "accept", "refuse"] = Field(
        default="set_aside",
        description="A word never seen before in gender, internet service, contract or payment method: set its rows "
        "aside, accept them and say so, or refuse the file.",
    )
    max_extract_megabytes: int = Field(
        default=10_000, ge=1, description="No extract may be larger, as it arrives or unpacked."
    )
    download_timeout_seconds: float = Field(
        default=60, gt=0, le=3600, description="An address that is silent for longer is given up."
    )

    old_models_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="Days for which the tables of a replaced SQL model are kept: a change taken back within them is "
        "there at once.",
    )
    prefect_port: int = Field(default=4200, ge=1, le=65535, description="Where the Prefect of `churn up` answers.")
    worker_port: int = Field(
        default=4201, ge=1, le=65535, description="Where the worker of `churn up` says that it is well."
    )
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="Where the MLflow of `churn up` answers.")
    dashboard_port: int = Field(default=8501, ge=1, le=65535, description="Where the dashboard of `churn up` answers.")

    @cached_property
    def home_dir(self) -> Path:
        """Absolute path of `home`, so that a later change of directory does not move it."""
        return self.home.expanduser().resolve()

    @property
    def artifacts_dir(self) -> Path:
        """Where models and pictures are kept unless an MLflow server of one's own says where."""
        return self.home_dir / "mlflow" / "artifacts"


def read_environment() -> Settings:
    """Reads the environment as it is now, and nothing else."""
    return Settings()


def load_settings() -> Settings:
    """Reads the environment as it is now; what it leaves open, a local stack that is up answers (`churn up`)."""
    settings = read_environment()
    stack = find_stack(settings.home_dir)
    registry = stack.url_of("mlflow") if stack is not None else None
    if registry is None or settings.mlflow_tracking_uri is not None:
        return settings
    return settings.model_copy(update={"mlflow_tracking_uri": SecretStr(registry)})


def inherited_environment() -> dict[str, str]:
    """The environment for a service of the local stack: all of it but Prefect's settings, which are its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
