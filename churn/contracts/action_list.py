"""The columns of the action list, each named once: the page, its downloads, the export and the glossary read them here.

A new column needs its line in transforms/models/reporting/action_list.sql, that model's test, and a line here. BI tools
read the columns and their meanings from the database.
"""

from typing import Literal, NamedTuple

Unit = Literal[
    "text", "long_text", "yes_no", "date", "basis", "count", "share", "usd", "usd_cents", "months", "version", "points"
]
NUMERIC: tuple[Unit, ...] = ("count", "share", "usd", "usd_cents", "months", "points")


class ListColumn(NamedTuple):
    """A column of reporting.action_list.

    Attributes:
        name: the name in the database.
        label: two or three words for a heading, without the unit of money.
        definition: one sentence; a page shows it when the reader points at the label.
        unit: how a value is shown. usd and usd_cents are whole dollars and dollars with cents.
        is_on_page: whether the page shows the column. An export has every column.
    """

    name: str
    label: str
    definition: str
    unit: Unit = "text"
    is_on_page: bool = True


ACTION_LIST = (
    ListColumn("prediction_date", "Date", "The date that was scored.", "date", False),
    ListColumn("call_rank", "Rank", "The order of calls: a contact with rank 1 is expected to earn most.", "count"),
    ListColumn("customer_id", "Customer", "The company's own customer number."),
    ListColumn(
        "expected_profit_usd",
        "Expected profit",
        "The margin that a contact with an offer is expected to save, minus its cost, in USD.",
        "usd_cents",
    ),
    ListColumn(
        "expected_cost_usd", "Expected cost", "The cost of the contact and of its offer, in USD.", "usd_cents", False
    ),
    ListColumn(
        "is_within_seats",
        "Within seats",
        "yes: the contacts a day of the policy reach as far as this rank. Empty if the policy sets no limit.",
        "yes_no",
    ),
    ListColumn("at_risk_flag", "At risk", "yes: the customer is in tier Medium or High.", "yes_no"),
    ListColumn("risk_tier", "Tier", "High, Medium or Low, by the bounds of the date: the page Today shows them."),
    ListColumn(
        "churn_probability", "Probability", "The customer's probability of leaving within the horizon.", "share"
    ),
    ListColumn(
        "horizon", "Horizon", "Within which time the probability says that the customer leaves.", is_on_page=False
    ),
    ListColumn(
        "expected_annual_loss_usd",
        "Year's revenue expected to leave",
        "A year's revenue expected to leave within the horizon of the probability (30 days, or the month the extract "
        "covers): the probability times twelve monthly charges, in USD.",
        "usd",
    ),
    ListColumn(
        "probability_12m",
        "Probability within 12 months",
        "The customer's probability of leaving within 12 months. Empty if the label has no horizon of its own.",
        "share",
        False,
    ),
    ListColumn(
        "expected_loss_12m_usd",
        "Expected loss within 12 months",
        "The monthly charge times the months of the next 12 that are expected to be lost, in USD. Empty if the label "
        "has no horizon of its own.",
        "usd",
    ),
    ListColumn(
        "future_value_usd",
        "Future value",
        "The margin of the next 24 months, discounted, in USD. Empty if the label has no horizon of its own.",
        "usd",
        False,
    ),
    ListColumn(
        "best_call_month",
        "Call before month",
        "The month ahead, 1 to 24, with the highest risk of leaving. Empty if the label has no horizon of its own.",
        "count",
        False,
    ),
    ListColumn("reasons", "Reasons", "What changes the score most: + raises the score, - lowers it.", "long_text"),
    ListColumn("reason_1", "Reason 1", "The first of the reasons.", is_on_page=False),
    ListColumn("reason_2", "Reason 2", "The second of the reasons.", is_on_page=False),
    ListColumn("reason_3", "Reason 3", "The third of the reasons.", is_on_page=False),
    ListColumn("recommended_action", "Action", "The recommended action for the tier.", "long_text"),
    ListColumn("monthly_charges", "Monthly charge", "The bill of one month, in USD.", "usd_cents"),
    ListColumn("tenure_months", "Tenure", "Whole months as a customer.", "months"),
    ListColumn("contract", "Contract", "The term of the contract."),
    ListColumn("internet_service", "Internet", "DSL, fiber optic or none."),
    ListColumn("payment_method", "Payment", "How the customer pays the bill."),
    ListColumn("services_count", "Services", "Number of services of the customer, 0 to 9.", "count"),
    ListColumn(
        "price_above_list_usd",
        "Above list price",
        "Monthly charge minus list price, in USD a month: a positive amount leaves room for an offer.",
        "usd_cents",
    ),
    ListColumn(
        "revenue_at_risk_usd",
        "Revenue at risk",
        "Twelve monthly charges of the active customers at risk, in USD a year: the loss if all of them left.",
        "usd",
    ),
    ListColumn(
        "lifetime_value_usd",
        "Lifetime value",
        "Monthly charge times months of tenure, in USD: what the customer paid so far at today's price.",
        "usd",
    ),
    ListColumn("total_charges", "Total charges", "The sum of all bills since joining, in USD.", "usd"),
    ListColumn("tenure_band", "Tenure band", "Months as a customer, in four bands.", is_on_page=False),
    ListColumn("has_online_security", "Online security", "yes: the customer has online security.", "yes_no", False),
    ListColumn("has_tech_support", "Tech support", "yes: the customer has technical support.", "yes_no", False),
    ListColumn("is_senior_citizen", "Senior", "yes: the customer is 65 or older.", "yes_no", False),
    ListColumn(
        "churn_risk_score", "Rule of thumb", "Points from 0 to 10: easy to read, not calibrated.", "points", False
    ),
    ListColumn("currency", "Currency", "The currency of all money, such as USD or CHF.", is_on_page=False),
    ListColumn(
        "basis",
        "Basis",
        "Live: scored on the day itself. Replayed: scored later, with the champion of that day. As if: scored later, "
        "with a model that did not exist yet. Reconstructed: customers rewound from the first extract.",
        "basis",
        False,
    ),
    ListColumn("model_version", "Model", "Version of the model that gave the score.", "version", False),
    ListColumn("is_synthetic", "Synthetic", "yes: the simulator made the customers.", "yes_no", False),
    ListColumn("policy_sha256", "Policy", "Digest of the policy file that was in force.", is_on_page=False),
)
"""The columns, in the order of the page and of an export."""
