"""Where things are: the only reader of the environment.

Settings say where (database, registry, home folder) and how long to wait. What to run is a flow's parameter, how to
model is `ModelParams`; neither belongs here.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

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

    @cached_property
    def home_dir(self) -> Path:
        """Absolute path of `home`, so that a later change of directory does not move it."""
        return self.home.expanduser().resolve()


def load_settings() -> Settings:
    """Reads the environment as it is now."""
    return Settings()
