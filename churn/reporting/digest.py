"""The morning in at most ten lines: what is published, what changed and why, whether the scores came true."""

from pathlib import Path

from churn.alerts.messages import Message, send
from churn.contracts.horizons import tell_horizon
from churn.contracts.money import write_money
from churn.errors import ChurnError, WrongUsage
from churn.reporting.health import Health, read_health
from churn.reporting.status import Status, read_status
from churn.stores.workplace import Workplace

_MOST_FINDINGS = 3


def write_digest(workplace: Workplace) -> list[str]:
    """Returns the lines of the digest.

    Raises:
        NotPublished: no date is published yet.
    """
    return _write(read_status(workplace), read_health(workplace))


def _write(status: Status, health: Health) -> list[str]:
    findings = [f"Look at this: {finding.fact}" for finding in health.findings[:_MOST_FINDINGS]]
    return [*findings, *_tell_published(status), *_tell_change(health), *_tell_came_true(health), *health.lacks[:2]]


def send_digest(workplace: Workplace, report: Path | None) -> None:
    """Sends the digest to the addresses of the alerts, with a report.

    Raises:
        WrongUsage: no address is set.
        ChurnError: an address did not accept it.
    """
    if workplace.settings.alert_urls is None:
        raise WrongUsage(
            "CHURN_ALERT_URLS is not set, so there is nobody to send the digest to.",
            "set it to apprise addresses, or run `churn digest` to print the digest.",
        )
    health = read_health(workplace)
    title = f"[churn] {health.published}: {health.verdict}"
    text = "\n".join(_write(read_status(workplace), health))
    if not send(workplace.settings, Message("digest", title, text, report)):
        raise ChurnError(
            "Not every address of CHURN_ALERT_URLS accepted the digest.", "run `churn doctor --test-alert` to find it."
        )


def _tell_published(status: Status) -> list[str]:
    within = tell_horizon(status.horizon)
    synthetic = " These customers are synthetic." if status.is_synthetic else ""
    lines = [
        f"Published as of {status.as_of_date}: {status.active_customers:,} active customers, "
        f"{status.expected_leavers:,.0f} expected to leave {within}.{synthetic}"
    ]
    if status.expected_annual_loss_usd is not None:
        lines.append(f"A year's revenue expected to leave {within}: {write_money(status.expected_annual_loss_usd)}.")
    if status.list.profit_usd is not None:  # No customer's number: messages go to chats that many people read.
        lines.append(
            f"A contact pays for {status.list.customers:,} customers and earns {write_money(status.list.profit_usd)}."
        )
    return lines


def _tell_change(health: Health) -> list[str]:
    movement = health.change.movement if health.change else None
    if health.change is None or movement is None:
        return []
    moved = movement.after - movement.before
    why = "; ".join(f"{cause.kind} ({cause.evidence})" for cause in health.causes[:2])
    sign = "-" if moved < 0 else "+"
    change = f"Since {health.change.previous_date}: {sign}{write_money(abs(moved))}"
    return [f"{change}: {why}." if why else f"{change}, no cause stands out."]


def _tell_came_true(health: Health) -> list[str]:
    day = health.newest
    if day is None or day.expected_leavers is None:
        return []
    band = f"{day.expected_leavers_low:,.0f} to {day.expected_leavers_high:,.0f}"
    return [
        f"Of {day.prediction_date}, {day.actual_leavers:,.0f} left within {day.window_days} days where "
        f"{day.expected_leavers:,.0f} were expected ({band} if the scores are true)."
    ]
