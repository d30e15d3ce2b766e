"""The SQL models: deployed, refreshed for one range of dates, audited. The only room that imports SQLMesh.

SQLMesh neither locks (concurrent refreshes double rows) nor raises audit failures with their facts (they go to its
console), and it lets views outlive the tables they read. `contexts`, `console`, `versions` and `bindings` make up for
each of these. Nothing here imports SQLMesh before a function needs it.
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
