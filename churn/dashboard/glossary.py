"""The glossary of figures: the label, the format and the definition of each, for pages, report and guide.

A figure has the name of its column in `reporting`, so that a reader finds it in the database under the same name.
"""

from dataclasses import dataclass

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
        return f"{self.label}, USD" if self.form in (formats.tell_usd, formats.tell_usd_cents) else self.label


BASES = {
    "live": "Live",
    "replayed": "Replayed",
    "as_if": "As if",
    "reconstructed": "Reconstructed",
}
"""How the scores of a date were made."""

FIGURES: dict[str, Figure] = {
    "at_risk_customers_count": Figure(
        "At risk", "Active customers whose probability of leaving is 0.5 or more.", formats.tell_count
    ),
    "active_customers_count": Figure(
        "Active customers", "Customers in the extract who have not left.", formats.tell_count
    ),
    "revenue_at_risk_usd": Figure(
        "Revenue at risk",
        "Twelve monthly charges of the active customers at risk, in USD a year: the loss if all of them left.",
        formats.tell_usd,
    ),
    "expected_annual_loss_usd": Figure(
        "Expected yearly loss",
        "Probability of leaving times twelve monthly charges, in USD a year, summed over the active customers.",
        formats.tell_usd,
    ),
    "average_churn_probability": Figure(
        "Average probability", "Mean probability of leaving of the active customers.", formats.tell_percent
    ),
    "at_risk_rate": Figure(
        "Share at risk", "Active customers at risk, as a share of all active customers.", formats.tell_percent
    ),
    "high_count": Figure("High", "Active customers with a probability of 0.7 or more.", formats.tell_count),
    "medium_count": Figure("Medium", "Active customers with a probability from 0.5 to below 0.7.", formats.tell_count),
    "low_count": Figure("Low", "Active customers with a probability below 0.5.", formats.tell_count),
    "call_rank": Figure(
        "Rank", "The order of calls: rank 1 has the largest expected yearly loss of the date.", formats.tell_count
    ),
    "customer_id": Figure("Customer", "The company's own customer number."),
    "risk_tier": Figure("Tier", "High from a probability of 0.7 on, Medium from 0.5 on, else Low."),
    "churn_probability": Figure("Probability", "The customer's probability of leaving.", formats.tell_percent),
    "lifetime_value_usd": Figure(
        "Lifetime value",
        "Monthly charge times months of tenure, in USD: what the customer paid so far at today's price.",
        formats.tell_usd,
    ),
    "monthly_charges": Figure("Monthly charge", "The bill of one month, in USD.", formats.tell_usd_cents),
    "total_charges": Figure("Total charges", "The sum of all bills since joining, in USD.", formats.tell_usd),
    "tenure_months": Figure("Tenure", "Whole months as a customer.", formats.tell_months),
    "tenure_band": Figure("Tenure band", "Months as a customer, in four bands."),
    "contract": Figure("Contract", "The term of the contract."),
    "internet_service": Figure("Internet", "DSL, fiber optic or none."),
    "payment_method": Figure("Payment", "How the customer pays the bill."),
    "senior_citizen": Figure("Senior", "Whether the customer is 65 or older."),
    "is_senior_citizen": Figure("Senior", "yes: the customer is 65 or older.", formats.tell_yes_no),
    "has_online_security": Figure("Online security", "yes: the customer has online security.", formats.tell_yes_no),
    "has_tech_support": Figure("Tech support", "yes: the customer has technical support.", formats.tell_yes_no),
    "services_count": Figure("Services", "Number of services of the customer, 0 to 9.", formats.tell_count),
    "price_above_list_usd": Figure(
        "Above list price",
        "Monthly charge minus list price, in USD a month: a positive amount leaves room for an offer.",
        formats.tell_usd_cents,
    ),
    "reasons": Figure("Reasons", "What changes the score most: + raises the score, - lowers it."),
    "recommended_action": Figure("Action", "The recommended action for the tier."),
    "segment": Figure("Segment", "The value of the dimension."),
    "prediction_date": Figure("Date", "The date that was scored.", formats.tell_day),
    "model_version": Figure("Model", "Version of the model that gave the score."),
    "basis": Figure(
        "Basis",
        "Live: scored on the day itself. Replayed: scored later, with the champion of that day. As if: scored later, "
        "with a model that did not exist yet. Reconstructed: customers rewound from the first extract.",
        lambda basis: BASES[basis],
    ),
}
"""Figures by column name."""

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

DIMENSIONS = ("contract", "tenure_band", "internet_service", "payment_method", "senior_citizen")
"""The attributes that divide the customers into segments."""
FAMILIES = {
    "logistic_regression": "Logistic regression",
    "random_forest": "Random forest",
    "xgboost": "XGBoost",
    "average": "Average of two",
}


def tell(name: str, value: object) -> str:
    """Returns a value in the format of its figure."""
    return FIGURES[name].form(value)
