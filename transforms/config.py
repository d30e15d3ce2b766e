"""The SQLMesh project: gateways, state, defaults and lint rules, for `sqlmesh -p transforms` and for the product."""

from sqlmesh.core.config import Config, LinterConfig, ModelDefaultsConfig
from sqlmesh.core.config.common import TableNamingConvention
from sqlmesh.core.config.format import FormatConfig
from sqlmesh.core.config.plan import PlanConfig

from churn.settings import load_settings
from churn.stores.sql_models.declared import DeclaredLoader, declared_variables
from churn.stores.sql_models.gateways import duckdb_gateway, find_cache_dir, postgres_gateway
from churn.stores.sql_models.versions import keep_versions_whole
from churn.timeline import EARLIEST_SNAPSHOT

config = Config(
    project="churn",
    gateways={"postgres": postgres_gateway(), "duckdb": duckdb_gateway()},
    default_gateway="postgres",
    loader=DeclaredLoader,
    variables=declared_variables(),
    model_defaults=ModelDefaultsConfig(
        dialect="postgres",
        start=EARLIEST_SNAPSHOT.isoformat(),
        # With a daily cron SQLMesh 0.236 fills a new table up to yesterday: a plan by hand would lack today's rows.
        cron="* * * * *",
        interval_unit="day",
        allow_partials=True,
    ),
    default_scheduler=keep_versions_whole(),
    # Lets `plan dev` without a change make a copy of what is deployed. By default SQLMesh refuses to.
    plan=PlanConfig(include_unmodified=True),
    cache_dir=str(find_cache_dir()),
    snapshot_ttl=f"in {load_settings().old_models_days} days",
    # Postgres cuts identifiers after 63 characters: with the schema in the name, two environments could share a table.
    physical_table_naming_convention=TableNamingConvention.TABLE_ONLY,
    disable_anonymized_analytics=True,
    # The models run in Postgres. By default SQLMesh lists every installed package at each plan, a quarter of a second.
    infer_python_dependencies=False,
    format=FormatConfig(append_newline=True),
    linter=LinterConfig(
        enabled=True,
        rules={
            "ambiguousorinvalidcolumn",
            "invalidselectstarexpansion",
            "noambiguousprojections",
            "noselectstar",
            "nomissingaudits",
            "nomissingexternalmodels",
            "nomissingunittest",
            # transforms/linter/laws.py
            "auditedgrain",
            "describedcolumns",
            "layerorder",
            "noinnerstar",
        },
    ),
)
