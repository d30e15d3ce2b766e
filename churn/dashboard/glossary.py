"""The glossary of figures: the label, the format and the definition of each, for pages, report and guide.

A figure has the name of its column in `reporting`, so that a reader finds it in the database under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from churn.contracts.action_list import ACTION_LIST, Unit
from churn.contracts.horizons import tell_horizon
from churn.contracts.money import name_currency
from churn.dashboard import formats
from churn.dashboard.formats import Form


@dataclass(frozen=True)
class Figure:
    """A figure or attribute that pages show.

    Attributes:
        label: two or three words.
        definition: one sentence with the unit; a page shows it when the reader points at the label.
        form: converts a value to text.
    """

    label: str
    definition: str
    form: Form = formats.tell_text

    @property
    def heading(self) -> str:
        """The label for the head of a column or a card, with the unit of money."""
        is_money = self.form in (formats.tell_usd, formats.tell_usd_cents)
        return name_currency(f"{self.label}, USD") if is_money else self.label

    @property
    def meaning(self) -> str:
        """The definition, in the currency in force."""
        return name_currency(self.definition)


BASES = {
    "live": "Live",
    "replayed": "Replayed",
    "as_if": "As if",
    "reconstructed": "Reconstructed",
}
"""How the scores of a date were made."""

_FORMS: dict[Unit, Form] = {
    "text": formats.tell_text,
    "long_text": formats.tell_text,
    "yes_no": formats.tell_yes_no,
    "date": formats.tell_day,
    "basis": lambda basis: BASES[basis],
    "count": formats.tell_count,
    "share": formats.tell_percent,
    "usd": formats.tell_usd,
    "usd_cents": formats.tell_usd_cents,
    "months": formats.tell_months,
    "version": formats.tell_text,
    "points": formats.tell_count,
}

FIGURES: dict[str, Figure] = {
    **{column.name: Figure(column.label, column.definition, _FORMS[column.unit]) for column in ACTION_LIST},
    "at_risk_customers_count": Figure("At risk", "Active customers in tier Medium or High.", formats.tell_count),
    "listed_customers_count": Figure(
        "Worth a contact", "Active customers for whom a contact is expected to pay.", formats.tell_count
    ),
    "within_seats_count": Figure(
        "Within the seats", "Customers of the list whom the contacts a day of the policy reach.", formats.tell_count
    ),
    "active_customers_count": Figure(
        "Active customers", "Customers in the extract who have not left.", formats.tell_count
    ),
    "average_churn_probability": Figure(
        "Average probability", "Mean probability of leaving of the active customers.", formats.tell_percent
    ),
    "at_risk_rate": Figure(
        "Share at risk", "Active customers at risk, as a share of all active customers.", formats.tell_percent
    ),
    "high_count": Figure("High", "Active customers in tier High.", formats.tell_count),
    "medium_count": Figure("Medium", "Active customers in tier Medium.", formats.tell_count),
    "low_count": Figure("Low", "Active customers in tier Low.", formats.tell_count),
    "senior_citizen": Figure("Senior", "Whether the customer is 65 or older."),
    "segment": Figure("Segment", "The value of the dimension."),
}
"""Figures by column name."""

_OF_THE_HORIZON = ("churn_probability", "average_churn_probability", "expected_annual_loss_usd")


def find_figures(horizon: str | None) -> Mapping[str, Figure]:
    """Returns the figures of scores with a horizon: their labels say within which time customers leave.

    Args:
        horizon: the horizon, such as "30 days"; None for the month that the extract covers.
    """
    within = {name: FIGURES[name] for name in _OF_THE_HORIZON}
    return FIGURES | {
        name: replace(figure, label=f"{figure.label} {tell_horizon(horizon)}") for name, figure in within.items()
    }


MODEL_FIGURES: dict[str, Figure] = {
    "pr_auc": Figure(
        "PR-AUC",
        "Area under the curve of precision over recall, 0 to 1. A random model has the base rate.",
        formats.tell_ratio,
    ),
    "roc_auc": Figure(
        "ROC-AUC",
        "Probability that the model ranks a leaver above a stayer. A random model has 0.5.",
        formats.tell_ratio,
    ),
    "log_loss": Figure("Log loss", "Penalty for wrong probabilities. Lower is better.", formats.tell_ratio),
    "brier": Figure("Brier score", "Mean squared error of the probabilities. Lower is better.", formats.tell_ratio),
    "ece": Figure(
        "Calibration error",
        "Mean gap between predicted and actual rate in ten groups. Chance can only add to it, so its interval lies "
        "above the true error.",
        formats.tell_ratio,
    ),
    "precision": Figure("Precision", "Share of the customers flagged at 0.5 who left.", formats.tell_percent),
    "recall": Figure("Recall", "Share of the leavers who were flagged at 0.5.", formats.tell_percent),
    "recall_at_10": Figure(
        "Found in top 10%", "Share of all leavers who are in the top 10% by probability.", formats.tell_percent
    ),
    "lift_at_10": Figure("Lift in top 10%", "Leavers in the top 10%, relative to a random 10%.", formats.tell_ratio),
}
"""Figures by their name in reporting.model_figures, measured once on customers that the model was not trained on."""

CAMPAIGN_FIGURES: dict[str, Figure] = {
    "campaign_id": Figure("Campaign", "The name of the campaign in the policy file."),
    "status": Figure("Status", "running, or stopped."),
    "treated_count": Figure("To contact", "Customers enrolled to be contacted.", formats.tell_count),
    "control_count": Figure(
        "Held out",
        "Customers of the control group: enrolled by the same rules, and contacted by nobody.",
        formats.tell_count,
    ),
    "sent_count": Figure("Sent", "Contacts that were sent.", formats.tell_count),
    "waiting_count": Figure("Waiting", "Contacts that wait for a seat.", formats.tell_count),
    "reached_count": Figure("Reached", "Customers whom the company spoke to.", formats.tell_count),
    "accepted_count": Figure("Accepted", "Customers who accepted an offer.", formats.tell_count),
    "contact_cost_usd": Figure(
        "Cost of contacts", "The costs that came back with the outcomes of contacts.", formats.tell_usd
    ),
    "held_out_profit_usd": Figure(
        "Price of the control group", "The expected profit of the contacts that it gives up.", formats.tell_usd
    ),
    "enrol_until": Figure("Enrols until", "The last day on which customers are enrolled.", formats.tell_day),
    "read_on": Figure("Read on", "The day that was agreed before the start for the reading.", formats.tell_day),
    "leaving_verdict": Figure("Fewer leave?", "The newest verdict: works, harms, no effect seen, or not known yet."),
    "outcome": Figure("Outcome", "Whether customers left, or the money that was kept."),
    "contrast": Figure("Customers", "All of them, or those of one offer with the control customers for it."),
    "verdict": Figure("Verdict", "What the numbers allow to say."),
    "why": Figure("Why", "The verdict in a sentence."),
    "treated_leavers_count": Figure("Left, to contact", "Leavers of the group to contact.", formats.tell_count),
    "control_leavers_count": Figure("Left, held out", "Leavers of the control group.", formats.tell_count),
    "reached_share": Figure("Share reached", "Customers spoken to, of those to contact.", formats.tell_percent),
    "as_of_date": Figure("As of", "The newest snapshot that the reading knows.", formats.tell_day),
    "reason": Figure("Reason", "enrolled, or the first reason that held against it."),
    "customers_count": Figure("Customers", "Active customers with this reason.", formats.tell_count),
}
"""Figures by their name in reporting.campaign_history, campaign_readings and campaign_exclusions."""

SEGMENT_FIGURES: Mapping[str, Figure] = FIGURES | {
    "segment_number": Figure("Segment", "It keeps its number while later segmentations have one about as it."),
    "segment_name": Figure("Called", "The features in which it differs most from all customers."),
    "strongest_features": Figure(
        "In common", "Five features in which it differs most from all customers, the strongest first.", ", ".join
    ),
    "active_share": Figure("Share", "These customers, as a share of all active customers.", formats.tell_percent),
}
"""Figures by their name in reporting.segment_history."""

REASON_FIGURES: Mapping[str, Figure] = {
    "reason_group": Figure("Group", "The group of the reason, by the declaration."),
    "reason": Figure("Reason", "Why customers left, in the words of the company."),
    "leavers_count": Figure("Leavers", "Customers who left and stated it.", formats.tell_count),
    "leavers_share": Figure("Share", "These leavers, as a share of all who stated a reason.", formats.tell_percent),
    "reason_probability": Figure(
        "Probability",
        "Probability that the reason is of this group, if the customer leaves. The model is measured on leavers that "
        "it had not seen.",
        formats.tell_percent,
    ),
}
"""Figures by their name in reporting.leaving_reasons and customer_reasons."""

LEAVE_ALONE_FIGURES: dict[str, Figure] = {
    "contract": Figure("Contract", "The contract of the customer."),
    "tenure_band": Figure("Tenure, months", "The months as a customer, in bands."),
    "internet_service": Figure("Internet", "The internet service of the customer."),
    "payment_method": Figure("Payment", "How the customer pays the bill."),
    "customers_count": Figure("Customers", "Active customers of this group.", formats.tell_count),
    "expected_effect": Figure(
        "A contact adds", "What a contact adds to the probability of leaving, on average.", formats.tell_percent
    ),
    "campaign_id": CAMPAIGN_FIGURES["campaign_id"],
}
"""Figures of the page about whom to leave alone, by their name in reporting.leave_alone and held_out."""

DIMENSIONS = ("contract", "tenure_band", "internet_service", "payment_method", "senior_citizen")
"""The dimensions of the public sample. A company's own come from its declaration."""


def describe_dimension(name: str) -> Figure:
    """Returns the label of a dimension: that of the public sample, or of a column that the company declares."""
    own = Figure(name.replace("_", " ").capitalize(), "A column that the company declares as a segment.")
    return FIGURES.get(name, own)


"""The attributes that divide the customers into segments."""
FAMILIES = {
    "logistic_regression": "Logistic regression",
    "random_forest": "Random forest",
    "xgboost": "XGBoost",
    "xgboost_deep": "XGBoost, deep",
    "average": "Average of two",
    "stack": "Stack of three",
}


def tell(name: str, value: object) -> str:
    """Returns a value in the format of its figure."""
    return FIGURES[name].form(value)
