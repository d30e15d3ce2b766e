"""The settings: this module is the only reader of the environment.

Settings say where things are (database, registry, home folder), how long to wait and how much an extract may differ.
What a run does is a parameter of its flow, and how a model is trained is in `ModelParams`: neither belongs here.
"""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from churn.errors import WrongUsage
from churn.stack_note import find_stack, read_login

PROJECT_DIR = Path(__file__).resolve().parent.parent

_HERE = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OF_LIBRARIES = re.compile("PG[A-Z]|MLFLOW_|PREFECT_|STREAMLIT_|SSL_CERT_|REQUESTS_CA_|CURL_CA_")
_DIVERTING = re.compile(
    "GIT_|STREAMLIT_(?!SERVER_BASE_URL_PATH$|SERVER_SSL_)|"
    "MLFLOW_(RUN_ID|RUN_CONTEXT|EXPERIMENT_ID|EXPERIMENT_NAME|ACTIVE_MODEL_ID|REGISTRY_URI|ENABLE_ASYNC_LOGGING)$"
)
"""Settings of another project's work: a run to continue, a repository, options of another app."""
_LIBPQ = re.compile("PG[A-Z]+$")
_LIBPQ_LOGINS = re.compile("PG(PASSWORD|PASSFILE|SERVICEFILE|CHANNELBINDING|REQUIREAUTH|(SSL|GSS|KRB)[A-Z]*)$")


class Settings(BaseSettings):
    """The environment, read once and frozen. README's settings table lists every field."""

    # frozen: engines and caches are kept per settings object. hide_input_in_errors: Pydantic would otherwise print a
    # wrong value, which may be an address with a password. env_ignore_empty: compose files and CI set a variable to
    # the empty text where they mean that it is not set.
    model_config = SettingsConfigDict(
        env_prefix="CHURN_", frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    home: Path = Field(
        default=Path(".churn"),
        description="Folder for everything that this machine keeps: the embedded database, model artifacts and logs.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql:// address of your own Postgres. Without it, an embedded Postgres runs under "
        "CHURN_HOME.",
    )
    mlflow_tracking_uri: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("CHURN_MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"),
        description="Address of your own MLflow server. Without it, MLflow's records are in a database `mlflow` beside "
        "the product's own, and its artifacts are under CHURN_HOME.",
    )
    declaration: Path | None = Field(
        default=None,
        description="The company's declaration file (TOML): what its extract holds. Without it, the one that the last "
        "`churn run --declaration FILE` left in CHURN_HOME is in force, or else the declaration of the public sample.",
    )
    policies: Path | None = Field(
        default=None,
        description="The company's policy file (TOML). Without it, the policy file that comes with the program is in "
        "force. `churn policy` prints the values in force.",
    )
    alert_urls: SecretStr | None = Field(
        default=None,
        description="Where to send alerts about failures and recoveries: apprise addresses (Slack, e-mail, webhook and "
        "others), separated by spaces or commas. Without it, no alert is sent.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Secret that signs the contacts of webhooks (Standard Webhooks): whsec_ and base64. A channel "
        "with an address needs it.",
    )
    statement_timeout_minutes: int = Field(
        default=30,
        ge=1,
        le=24 * 60,
        description="Longest time for one database statement and for one task, in minutes.",
    )
    retry_delay_seconds: int = Field(
        default=300, ge=0, le=3600, description="Seconds to wait before a task is retried after a temporary failure."
    )

    rejected_share_limit: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Largest allowed share of rejected rows in an extract (0.01 = 1%). Above it the whole file is "
        "refused.",
    )
    row_drop_limit: float = Field(
        default=0.20,
        ge=0,
        le=1,
        description="Largest allowed drop in customers since the last snapshot, as a share (0.2 = 20%).",
    )
    row_growth_limit: float = Field(
        default=0.50,
        ge=0,
        description="Largest allowed growth in customers since the last snapshot, as a share (0.5 = 50%).",
    )
    new_categories: Literal["set_aside", "accept", "refuse"] = Field(
        default="set_aside",
        description="What happens to rows with an unknown word in gender, internet service, contract or payment "
        "method: `set_aside` rejects the rows, `accept` takes them in and notes the word, `refuse` refuses the file.",
    )
    wholesale_changes: Literal["refuse", "warn"] = Field(
        default="refuse",
        description="What happens to an extract in which half of the customers are unknown to the last snapshot, "
        "charges changed by half, or everybody has the same word in a column: `refuse` it, or only `warn`.",
    )
    max_extract_megabytes: int = Field(
        default=10_000, ge=1, description="Largest allowed extract in megabytes, both as it arrives and unpacked."
    )
    download_timeout_seconds: float = Field(
        default=60, gt=0, le=3600, description="Abort a download after this many seconds without data."
    )

    old_models_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="Days to keep the tables of a replaced SQL model. Within these days, undoing the change needs no "
        "recalculation.",
    )
    prefect_port: int = Field(default=4200, ge=1, le=65535, description="Port of the Prefect server of `churn up`.")
    worker_port: int = Field(default=4201, ge=1, le=65535, description="Health-check port of the worker of `churn up`.")
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="Port of the MLflow server of `churn up`.")
    dashboard_port: int = Field(default=8501, ge=1, le=65535, description="Port of the dashboard of `churn up`.")
    api_port: int = Field(default=8600, ge=1, le=65535, description="Port of the online scores of `churn up`.")
    api_keys: SecretStr | None = Field(
        default=None,
        description="API keys of `churn serve`: NAME=KEY or NAME=sha256:DIGEST, separated by spaces or commas. Without "
        "it, the key is in the file api.key of CHURN_HOME.",
    )
    api_hosts: str = Field(
        default="",
        description="Further names, with ports, under which `churn serve` answers, such as that of your TLS proxy.",
    )
    api_shadow: int | None = Field(
        default=None,
        ge=1,
        description="Model version that `churn serve` compares with the champion, whose answer is given.",
    )
    api_requests_per_second: int = Field(
        default=2_000,
        ge=1,
        description="Largest number of requests a second for each API key and each worker of `churn serve`.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _without_line_end(cls, value: object) -> object:
        """Removes blanks and line ends around a value: a file that holds a secret ends with a line end."""
        return value.strip() if isinstance(value, str) else value

    @field_validator("database_url", "mlflow_tracking_uri")
    @classmethod
    def _of_one_line(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and re.search(r"[\r\n\t]", value.get_secret_value()):
            raise ValueError("should have no line end and no tab")
        return value

    @cached_property
    def home_dir(self) -> Path:
        """The absolute path of `home`, so that a later change of directory does not move the folder."""
        return self.home.expanduser().resolve()

    @property
    def kept_declaration(self) -> Path:
        """The copy of the declaration that the last run with `--declaration` left."""
        return self.home_dir / "declaration.toml"

    @property
    def declaration_in_force(self) -> Path | None:
        """The declaration file; None for the declaration of the public sample."""
        return self.declaration or (self.kept_declaration if self.kept_declaration.is_file() else None)

    @property
    def artifacts_dir(self) -> Path:
        """The folder for models and pictures, unless an MLflow server of your own chooses another place."""
        return self.home_dir / "mlflow" / "artifacts"


def settle_environment() -> None:
    """Removes from the environment of this process what would divert a library. Children inherit what is left.

    This is the one place that decides which variables the libraries of this process see:

    - A variable of a library without a value is not set.
    - Calls to this machine use no proxy. Proxies of another kind than http are not used: httpx would refuse to start.
    - The address of the database decides alone where it is; of libpq's variables only logins and certificates stay.
      The embedded database needs none.
    - MLflow's, Git's and Streamlit's variables for another run, repository or app are not seen.
    - A child Python imports nothing from the folder that it works in. No library reports to its makers.
    """
    is_embedded = not os.environ.get("CHURN_DATABASE_URL", "").strip()
    for name, value in list(os.environ.items()):
        is_unset = not value.strip() and (name in _PROXIES or _OF_LIBRARIES.match(name))
        is_no_http = name in _PROXIES and "://" in value and not value.lower().startswith("http")
        is_of_address = _LIBPQ.match(name) and (is_embedded or not _LIBPQ_LOGINS.match(name))
        if is_unset or is_no_http or is_of_address or _DIVERTING.match(name):
            del os.environ[name]
    # Both spellings hold the same: the standard library reads the lower case alone where there are two.
    chosen = ",".join(os.environ.get(name, "") for name in ("no_proxy", "NO_PROXY")).split(",")
    direct = ",".join(dict.fromkeys([*filter(None, map(str.strip, chosen)), *_HERE]))
    os.environ |= {"no_proxy": direct, "NO_PROXY": direct}
    os.environ |= {"PYTHONSAFEPATH": "1", "DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _check_certificates() -> None:
    """Refuses a file of certificates that does not exist: httpx would fail later, without its name."""
    for name in _CERTIFICATES:
        value = os.environ.get(name)
        if value is not None and not Path(value).exists():
            raise WrongUsage(
                f"{name} is {value!r}, which is not allowed: it should be the path of certificates that exist.",
                f"correct or unset {name}.",
            )


def read_environment() -> Settings:
    """Reads the current environment, once it is settled.

    Raises:
        WrongUsage: a variable has a value that is not allowed; the message names the variable and what is allowed.
    """
    settle_environment()
    _check_certificates()
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise _not_allowed(str(first["loc"][0]), first["input"], first["msg"]) from None


def _not_allowed(field: str, value: object, reason: str) -> WrongUsage:
    name = field if field.isupper() else f"CHURN_{field.upper()}"
    setting = Settings.model_fields.get(name.removeprefix("CHURN_").lower())
    is_secret = setting is None or "SecretStr" in str(setting.annotation)  # An address may hold a password.
    shown = "has a value that" if is_secret else f"is {str(value)!r}, which"
    allowed = reason.removeprefix("Value error, ").removeprefix("Input ")
    return WrongUsage(
        f"{name} {shown} is not allowed: it {allowed}.",
        f"correct or unset {name}; README's table of settings explains it.",
    )


def load_settings() -> Settings:
    """Reads the current environment; an unset MLflow address is taken from the local stack, if that is up."""
    settings = read_environment()
    stack = find_stack(settings.home_dir)
    registry = stack.url_of("mlflow") if stack is not None else None
    if registry is None or settings.mlflow_tracking_uri is not None:  # An address of the user's always wins.
        return settings
    login = read_login(settings.home_dir)
    address = registry.replace("://", f"://{login}@") if login else registry
    return settings.model_copy(update={"mlflow_tracking_uri": SecretStr(address)})


def inherited_environment() -> dict[str, str]:
    """Returns the environment for a service of the local stack, without the user's settings of Prefect and Streamlit.

    The stack runs a Prefect of its own: a PREFECT_API_URL of the user would send its worker to another server. A base
    path of the user would move the pages away from the address that is checked.
    """
    settle_environment()
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "STREAMLIT_"))}


def prefect_environment() -> dict[str, str]:
    """Returns the user's variables of Prefect that have a value."""
    return {name: value for name, value in os.environ.items() if name.startswith("PREFECT_") and value.strip()}


def read_gate() -> tuple[list[str], str]:
    """Returns the names under which a service answers, and its login. Whoever starts MLflow's server sets both."""
    return os.environ["CHURN_STACK_NAMES"].split(","), os.environ["CHURN_STACK_LOGIN"]


def wants_lineage() -> bool:
    """Returns whether a variable of OpenLineage is set, and none that turns it off."""
    is_off = os.environ.get("OPENLINEAGE_DISABLED", "").lower() == "true"
    return not is_off and any(name.startswith("OPENLINEAGE_") for name in os.environ)


def environment_for_postgres() -> dict[str, str]:
    """Returns the environment for the embedded Postgres, without the port, locale and time zone of its user."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}
