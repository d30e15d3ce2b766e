"""Rules for the versions of a model, for plans of the product and for plans by hand alike.

For SQLMesh 0.236 an added column is not a breaking change: the tables and views that read the model keep their version
and their physical names, and are rebuilt in place. When the change is undone, SQLMesh finds the old versions in its
state and builds nothing, so that the views go on reading tables of the removed version. Here every direct change is
breaking: each version has its own tables and views, which are filled and audited before readers see them.
"""

from typing import Any, Literal

from pydantic import Field
from sqlmesh.core.config.scheduler import BuiltInSchedulerConfig
from sqlmesh.core.context import Context, GenericContext
from sqlmesh.core.plan import PlanBuilder
from sqlmesh.core.plan.evaluator import BuiltInPlanEvaluator
from sqlmesh.core.snapshot import SnapshotChangeCategory
from sqlmesh.utils.errors import PlanError

from churn.settings import load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.sql_models.bindings import heal_views, list_views
from churn.stores.sql_models.contexts import take_turn


class WholeVersions(PlanBuilder):
    """Builds plans in which every direct change is breaking. Refuses plans that would show incomplete tables."""

    def build(self) -> Any:
        """Builds the plan.

        Raises:
            PlanError: a plan for production would change tables in place, or leave new tables empty.
        """
        flags = {
            "--forward-only": self._forward_only,
            "--skip-backfill": self._skip_backfill,
            "--empty-backfill": self._empty_backfill,
        }
        refused = [name for name, is_set in flags.items() if is_set]
        if refused and not self._is_dev:
            raise PlanError(
                f"{', '.join(refused)} would show tables to readers before the tables are filled and audited. "
                "Plan production without this option. A plan of another environment may have it."
            )
        return super().build()

    def _categorize_snapshot(self, snapshot: Any, forward_only: bool, dag: Any, indirectly_modified: Any) -> None:
        if self._context_diff.directly_modified(snapshot.name):
            snapshot.categorize_as(SnapshotChangeCategory.BREAKING, forward_only)
        else:
            super()._categorize_snapshot(snapshot, forward_only, dag, indirectly_modified)


class OneAtATime(BuiltInPlanEvaluator):
    """Applies one plan at a time on a database, and repairs views of production that read a wrong table."""

    def evaluate(self, plan: Any, circuit_breaker: Any = None) -> None:
        """Applies a plan. Waits while a run of the product or another plan works on the models."""
        if self.snapshot_evaluator.adapter.dialect != "postgres":
            super().evaluate(plan, circuit_breaker)
            return
        with take_turn():
            super().evaluate(plan, circuit_breaker)
            if plan.is_prod:
                snapshots = self.state_sync.get_snapshots(plan.environment.snapshots)
                heal_views(open_engine(load_settings()), list_views(snapshots.values()))

    def visit_migrate_schemas_stage(self, stage: Any, plan: Any) -> None:
        """Skips views of which only the description, the audits or the schedule changed.

        SQLMesh 0.236 drops such a view with CASCADE and creates it again. The views that read it are dropped too: for a
        moment, or, if the plan stops there, until the next plan.
        """
        stage.snapshots = [snapshot for snapshot in stage.snapshots if not snapshot.is_view]
        super().visit_migrate_schemas_stage(stage, plan)


class OneAtATimeScheduler(BuiltInSchedulerConfig):
    """SQLMesh's built-in scheduler, with the plan evaluator above."""

    type_: Literal["one_at_a_time"] = Field(alias="type", default="one_at_a_time")

    def create_plan_evaluator(self, context: GenericContext[Any]) -> Any:
        """Returns the plan evaluator."""
        return OneAtATime(
            state_sync=context.state_sync,
            snapshot_evaluator=context.snapshot_evaluator,
            create_scheduler=context.create_scheduler,
            default_catalog=context.default_catalog,
            console=context.console,
        )


def keep_versions_whole() -> OneAtATimeScheduler:
    """Makes every SQLMesh context of this process follow these rules. Returns the scheduler that applies its plans."""
    # A class attribute: SQLMesh 0.236 has no setting for the builder, and `sqlmesh plan` by hand must follow the rules
    # too.
    Context.PLAN_BUILDER_TYPE = WholeVersions
    return OneAtATimeScheduler()
