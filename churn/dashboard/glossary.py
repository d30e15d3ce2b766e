"""What each figure is: its label, its unit and the definition shown on hover, once for pages, report and guide.

Named as the columns of `reporting` are, so that a figure on a page is found in the database under the same name.
"""

from dataclasses import dataclass

from churn.dashboard import formats
from churn.dashboard.formats import Form


@dataclass(frozen=True)
class Figure:
    """A figure or attribute that pages show.

    Attributes:
        label: two or three words.
        definition: one sentence with its unit, for whoever asks what it means.
        form: from its value to text.
    """

    label: str
    definition: str
    form: Form = formats.tell_text


BASES = {
    "live": "Live",
    "replayed": "Replayed",
    "as_if": "As if",
    "reconstructed": "Reconstructed",
}
"""How a day's scores came to be."""

FIGURES: dict[str, Figure] = {
    "at_risk_customers_count": Figure(
        "At risk", "Active customers whose probability of leaving is 0.5 or more.", formats.tell_count
    ),
    "active_customers_count": Figure(
        "Active customers", "Customers in the extract who have not left.", formats.tell_count
    ),
    "revenue_at_risk_usd": Figure(
        "Revenue at risk",
        "Twelve monthly charges of active customers at risk, USD a year. Everything they bill, as if all of them left.",
        formats.tell_usd,
    ),
    "expected_annual_loss_usd": Figure(
        "Expected yearly loss",
        "Probability of leaving times twelve monthly charges, added up over the active customers counted, USD a year.",
        formats.tell_usd,
    ),
    "average_churn_probability": Figure(
        "Average probability", "Mean probability of leaving of active customers.", formats.tell_percent
    ),
    "at_risk_rate": Figure(
        "Share at risk", "Active customers at risk, as a share of active ones.", formats.tell_percent
    ),
    "high_count": Figure("High", "Active customers with a probability of 0.7 or more.", formats.tell_count),
    "medium_count": Figure("Medium", "Active customers with a probability of 0.5 to 0.7.", formats.tell_count),
    "low_count": Figure("Low", "Active customers with a probability below 0.5.", formats.tell_count),
    "call_rank": Figure(
        "Rank", "1 is called first: the largest expected yearly loss of the whole date.", formats.tell_count
    ),
    "customer_id": Figure("Customer", "The company's own customer number."),
    "risk_tier": Figure("Tier", "High from a probability of 0.7, Medium from 0.5, else Low."),
    "churn_probability": Figure("Probability", "The customer's probability of leaving.", formats.tell_percent),
    "lifetime_value_usd": Figure(
        "Lifetime value",
        "Monthly charge times months of tenure: billed so far at today's price, USD.",
        formats.tell_usd,
    ),
    "monthly_charges": Figure("Monthly charge", "Billed per month, USD.", formats.tell_usd_cents),
    "total_charges": Figure("Total charges", "Billed since joining, USD.", formats.tell_usd),
    "tenure_months": Figure("Tenure", "Whole months as a customer.", formats.tell_months),
    "tenure_band": Figure("Tenure band", "Months as a customer, in four bands."),
    "contract": Figure("Contract", "How long the customer is bound."),
    "internet_service": Figure("Internet", "DSL, fiber optic or none."),
    "payment_method": Figure("Payment", "How the bill is paid."),
    "senior_citizen": Figure("Senior", "65 or older, or not."),
    "is_senior_citizen": Figure("Senior", "65 or older.", formats.tell_yes_no),
    "has_online_security": Figure("Online security", "Holds online security.", formats.tell_yes_no),
    "has_tech_support": Figure("Tech support", "Holds technical support.", formats.tell_yes_no),
    "services_count": Figure("Services", "Services held, 0 to 9.", formats.tell_count),
    "price_above_list_usd": Figure(
        "Above list price",
        "Billed above list price (minus: below), USD a month: room for an offer.",
        formats.tell_usd_cents,
    ),
    "reasons": Figure("Reasons", "What moves the score most: + raises it, - lowers it."),
    "recommended_action": Figure("What to do", "The action recommended for the tier."),
    "segment": Figure("Segment", "Value within the dimension."),
    "prediction_date": Figure("Date", "The day that was scored.", formats.tell_day),
    "model_version": Figure("Model", "Version of the model that gave the score."),
    "basis": Figure(
        "Basis",
        "live: scored on its day. replayed: later, by that day's champion. as_if: by another model. reconstructed: "
        "rewound from the first extract.",
        lambda basis: BASES[basis],
    ),
}
"""By column name."""

MODEL_FIGURES: dict[str, Figure] = {
    "pr_auc": Figure(
        "PR-AUC", "Area under precision over recall, 0 to 1; the base rate is chance.", formats.tell_ratio
    ),
    "roc_auc": Figure("ROC-AUC", "Chance that a leaver is ranked above a stayer; 0.5 is chance.", formats.tell_ratio),
    "log_loss": Figure("Log loss", "Penalty for wrong probabilities; lower is better.", formats.tell_ratio),
    "brier": Figure("Brier", "Mean squared error of the probabilities; lower is better.", formats.tell_ratio),
    "ece": Figure(
        "Calibration error",
        "Mean gap between promised and real rate in ten groups. Chance only adds to it, so its interval lies high.",
        formats.tell_ratio,
    ),
    "precision": Figure("Precision", "Share of those flagged at 0.5 who left.", formats.tell_percent),
    "recall": Figure("Recall", "Share of leavers who were flagged at 0.5.", formats.tell_percent),
    "recall_at_10": Figure(
        "Found in top 10 %", "Share of leavers among the tenth ranked highest.", formats.tell_percent
    ),
    "lift_at_10": Figure("Lift in top 10 %", "Leavers there, times those of a tenth drawn by lot.", formats.tell_ratio),
}
"""By name in reporting.model_figures; measured once, on customers the model had not seen."""

DIMENSIONS = ("contract", "tenure_band", "internet_service", "payment_method", "senior_citizen")
"""What customers are divided by."""
FAMILIES = {
    "logistic_regression": "Logistic regression",
    "random_forest": "Random forest",
    "xgboost": "XGBoost",
    "average": "Average of two",
}


def tell(name: str, value: object) -> str:
    """A value in the form of its figure."""
    return FIGURES[name].form(value)
