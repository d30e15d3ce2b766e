"""Deploys, refreshes and audits the SQL models. Only this package imports SQLMesh, and only when a function needs it.

Three traps of SQLMesh 0.236 are handled here. It has no lock, so that concurrent refreshes double rows (`contexts`). It
sends the facts of failed audits to its console instead of its errors (`console`). And it keeps views that read tables
of another version (`versions` and `bindings`).
"""

from churn.stores.sql_models.cleaning import Cleaning, drop_old_tables
from churn.stores.sql_models.deploying import (
    Change,
    Deployment,
    deploy,
    describe_change,
    read_features_version,
    repair_days,
)
from churn.stores.sql_models.describing import describe_models
from churn.stores.sql_models.evaluations import Evaluation
from churn.stores.sql_models.refreshing import FEATURE_MODELS, RISK_MODELS, audit, refresh

__all__ = [
    "FEATURE_MODELS",
    "RISK_MODELS",
    "Change",
    "Cleaning",
    "Deployment",
    "Evaluation",
    "audit",
    "deploy",
    "describe_change",
    "describe_models",
    "drop_old_tables",
    "read_features_version",
    "refresh",
    "repair_days",
]
