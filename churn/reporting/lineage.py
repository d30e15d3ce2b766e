"""Tells a lineage server, or a file, which stage read and wrote what: OpenLineage events, if somebody asks for them.

Who asks sets OpenLineage's own variables, such as OPENLINEAGE_URL or OPENLINEAGE_CONFIG; they keep their meaning. An
event that cannot be sent is logged and never fails a run.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec

from churn.settings import wants_lineage
from churn.stores.workplace import Workplace

NAMESPACE, _PRODUCER = "churn", "https://pypi.org/project/churn"
_log = logging.getLogger("churn.lineage")

_RAW, _STAGED = ("raw_data.telco_churn_raw", "raw_data.declared_columns"), ("staging.stg_telco_churn",)
_FEATURES, _SCORES = ("analytics.fct_customer_features",), ("analytics.predictions",)
_SHOWN = ("analytics.customer_risk", "analytics.risk_by_profile")
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "load_extract": ((), (*_RAW, "raw_data.loads")),
    "validate_extract": ((*_RAW, "raw_data.loads"), ()),
    "run_transforms": (_RAW, (*_STAGED, *_FEATURES)),
    "audit_transforms": ((*_STAGED, *_FEATURES), ()),
    "train_models": (_FEATURES, ("ops.promotions",)),
    "score_customers": ((*_FEATURES, "ops.promotions"), (*_SCORES, "ops.publications")),
    "publish": (_SCORES, (*_SHOWN, "ops.publications")),
    "rebuild_features": (_RAW, (*_STAGED, *_FEATURES)),
    "score_history": ((*_FEATURES, "ops.promotions"), (*_SCORES, "ops.publications")),
    "publish_history": (_SCORES, (*_SHOWN, "ops.publications")),
    "judge_matured": ((*_SCORES, "analytics.training_examples"), ("analytics.score_performance",)),
    "watch_newest": (_SHOWN, ("analytics.score_changes", "analytics.feature_drift", "analytics.segment_spikes")),
}
"""What each stage reads and writes. A stage that is not here has an event without tables."""


@dataclass(frozen=True)
class StageRun:
    """A stage that has ended.

    Attributes:
        run_id: a UUID, the same for the events of its beginning and its end.
        failure: why it failed; None if it did not.
    """

    stage: str
    run_id: str
    started_at: datetime
    ended_at: datetime
    failure: BaseException | None = None


def tell_stage(workplace: Workplace, run: StageRun) -> None:
    """Sends the events of the beginning and the end of a stage, if somebody asks for them."""
    if not wants_lineage():
        return
    if find_spec("openlineage") is None:
        _log.warning("OpenLineage is configured and not installed: run `pip install 'churn[lineage]'`.")
        return
    try:
        _send(workplace, run)
    except Exception as error:  # Whatever the transport raises: lineage is no reason to fail a run.
        _log.warning("The OpenLineage events of %s were not sent: %s", run.stage, type(error).__name__)


def _send(workplace: Workplace, run: StageRun) -> None:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import error_message_run

    place, database = _name_database(workplace)
    read, written = TABLES.get(run.stage, ((), ()))
    inputs = [InputDataset(place, f"{database}.{table}") for table in read]
    outputs = [OutputDataset(place, f"{database}.{table}") for table in written]
    # The class of the error alone: its words may hold a file's name or a value.
    fault = error_message_run.ErrorMessageRunFacet(type(run.failure).__name__, "python")
    last = RunState.COMPLETE if run.failure is None else RunState.FAIL
    client = OpenLineageClient()
    for state, moment in ((RunState.START, run.started_at), (last, run.ended_at)):
        client.emit(
            RunEvent(
                eventType=state,
                eventTime=moment.isoformat(),
                run=Run(run.run_id, {"errorMessage": fault} if state == RunState.FAIL else {}),
                job=Job(NAMESPACE, run.stage),
                producer=_PRODUCER,
                inputs=inputs,
                outputs=outputs,
            )
        )
    client.close()


def _name_database(workplace: Workplace) -> tuple[str, str]:
    """Returns the namespace of the database by OpenLineage's rule for Postgres, and its name."""
    url = workplace.engine.url
    host = url.host or "localhost"  # The embedded server has a socket in the place of a host.
    return f"postgres://{host}:{url.port or 5432}", url.database or "postgres"
