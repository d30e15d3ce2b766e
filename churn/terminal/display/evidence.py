"""Model versions and the decisions on them."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from churn.contracts.decisions import Promotion
from churn.contracts.statuses import VERDICT_WORDS, Decider
from churn.terminal.display.layout import Column, indented, moment, open_console, print_table

FAMILY_NAMES = {
    "logistic_regression": "logistic regression",
    "random_forest": "random forest",
    "xgboost": "XGBoost",
    "xgboost_deep": "XGBoost, deep",
    "average": "average of two",
    "stack": "stack of three",
}
_NO_MODEL = "No model was trained yet. Run `churn run --source FILE`."
_DECIDERS: dict[Decider, str] = {"gate": "the gate", "person": "a person"}
_COLUMNS = (
    Column("version"),
    Column("family"),
    Column("trained as of", drop=2),
    Column("test PR-AUC (95%)", drop=1),
    Column("decision"),
)


def show_models(decisions: Sequence[Promotion], champion_version: int | None, console: Console | None = None) -> None:
    """Prints each model version, newest first; a star marks the champion."""
    console = console or open_console()
    if not decisions:
        console.print(_NO_MODEL)
        return
    rows = [
        [
            f"{'★' if decision.model_version == champion_version else ' '} {decision.model_version}",
            FAMILY_NAMES[decision.family],
            decision.as_of_date.isoformat(),
            _test_result(decision),
            _verdict(decision),
        ]
        for decision in decisions
    ]
    print_table(console, "Model versions (★ champion)", _COLUMNS, rows)


def _test_result(decision: Promotion) -> str:
    test = decision.evidence.candidates[decision.family].test["pr_auc"]
    return f"{test.value:.3f} ({test.low:.3f} to {test.high:.3f})"


def _verdict(decision: Promotion) -> str:
    return f"{VERDICT_WORDS[decision.decision]} by {escape(decision.person or _DECIDERS[decision.decided_by])}"


def show_history(decisions: Sequence[Promotion], console: Console | None = None) -> None:
    """Prints every decision with its reasons, oldest first."""
    console = console or open_console()
    if not decisions:
        console.print(_NO_MODEL)
    for decision in decisions:
        before = f"champion before: {decision.champion_version or 'none'}"
        version = f"version {decision.model_version} ({FAMILY_NAMES[decision.family]})"
        console.print(f"[bold]{moment(decision.decided_at)} {version} {_verdict(decision)}[/bold]; {before}")
        for reason in decision.reasons:
            console.print(indented(f"- {reason}", 2))


def decision_sentence(decision: Promotion) -> str:
    """Returns what a training did: the version, the decision on it, its first reason."""
    trained = f"Version {decision.model_version} ({FAMILY_NAMES[decision.family]}, {decision.as_of_date})"
    before = decision.champion_version
    stays = f"version {before} stays the champion" if before else "there is no champion yet"
    verdict = {
        "promote": "is the new champion",
        "hold": f"is held; {stays}",
        "reject": f"is rejected; {stays}",
    }[decision.decision]
    return f"{trained} {verdict}: {decision.reasons[0].rstrip('.')}."


def as_document(decision: Promotion) -> dict[str, object]:
    """Returns a decision as a JSON object, with the evidence as the ledger stores it."""
    return {**asdict(decision), "evidence": decision.evidence.to_json()}
