"""The card of a model: what it is, what it learned from, how it did, and what it must not be used for."""

from collections.abc import Sequence
from datetime import date

from churn.contracts.decisions import CandidateFigures, Evidence, Promotion, Slice

_FIGURES = {
    "pr_auc": "PR-AUC",
    "roc_auc": "ROC-AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "calibration error (ECE)",
    "recall_at_10": "recall in the top 10%",
    "lift_at_10": "lift in the top 10%",
}
_MOST_SLICES = 20


def write_card(name: str, family: str, as_of_date: date, evidence: Evidence, decision: Promotion | None = None) -> str:
    """Returns the card as Markdown.

    Args:
        name: the registered name of the model.
        family: the family of the selected candidate.
        as_of_date: the date of its examples.
        evidence: what the ledger keeps of its training.
        decision: what was decided about it; None before that.
    """
    version = f" version {decision.model_version}" if decision else ""
    parts = [
        [f"# Model card: {name}{version}"],
        _tell_use(evidence),
        _tell_training(family, as_of_date, evidence),
        _tell_figures(evidence.candidates.get(family)),
        _tell_slices(evidence.curves.slices),
        _tell_decision(decision),
        _tell_limits(evidence),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _tell_use(evidence: Evidence) -> list[str]:
    horizon = evidence.labels.horizon if evidence.labels else None
    within = f"within {horizon}" if horizon else "within the month that the extract covers"
    return [
        "## Use",
        "",
        f"The model gives the probability that an active customer leaves {within}. The retention team uses it to "
        "choose whom to contact first.",
        "It must not be used to set prices, to refuse a service, or to judge a person: it learned associations, not "
        "causes.",
    ]


def _tell_training(family: str, as_of_date: date, evidence: Evidence) -> list[str]:
    rows = ", ".join(f"{part} {count:,}" for part, count in evidence.rows.items())
    labels = evidence.labels
    told = [
        "## Training",
        "",
        f"- Family: {family}",
        f"- Examples of {as_of_date}: {rows}",
        f"- Customers: {'synthetic, from the simulator' if evidence.is_synthetic else 'real'}",
    ]
    if labels is not None:
        dates = ", ".join(map(str, labels.as_of_dates))
        told.append(f"- Labels: {labels.kind}, of {dates}")
        if labels.leaver_share is not None:
            told.append(f"- Share of leavers: {labels.leaver_share:.1%}")
    if evidence.tested_on:
        told.append(f"- {evidence.tested_on[:1].upper()}{evidence.tested_on[1:]}")
    if evidence.profiles:
        told.append(f"- Features ({len(evidence.profiles)}): {', '.join(evidence.profiles)}")
    return told


def _tell_figures(figures: CandidateFigures | None) -> list[str]:
    if figures is None or not figures.test:
        return []
    rows = [
        f"| {_FIGURES.get(name, name.replace('_', ' '))} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} |"
        for name, one in figures.test.items()
    ]
    return ["## Figures on the test part", "", "| figure | value | 95% interval |", "|---|---|---|", *rows]


def _tell_slices(slices: Sequence[Slice]) -> list[str]:
    if not slices:
        return []
    rows = [
        f"| {one.column} | {one.value} | {one.customers:,} | {one.promised_rate:.1%} | {one.left_rate:.1%} | "
        f"{'' if one.roc_auc is None else f'{one.roc_auc.value:.2f}'} |"
        for one in slices[:_MOST_SLICES]
    ]
    head = "| column | value | customers | expected to leave | left | ROC-AUC |"
    return ["## Kinds of customers", "", head, "|---|---|---|---|---|---|", *rows]


def _tell_decision(decision: Promotion | None) -> list[str]:
    if decision is None:
        return []
    reasons = [f"- {reason}" for reason in decision.reasons]
    who = decision.person or decision.decided_by
    return [
        f"## Decision: {decision.decision}",
        "",
        f"By {who}, {decision.decided_at:%Y-%m-%d %H:%M} UTC.",
        "",
        *reasons,
    ]


def _tell_limits(evidence: Evidence) -> list[str]:
    told = ["## What it does not know", ""]
    if evidence.ranges is not None:
        told.append("- A number outside the range of the training is clipped to it, and such customers are counted.")
    told.append("- It cannot see that customers begin to behave in another way. Matured labels do: `churn monitor`.")
    if evidence.is_synthetic:
        told.append("- It learned from synthetic customers: its figures say nothing about real ones.")
    return told
