"""Declares the tables of the retention loop: promises, draws, contacts and what came of them. Timestamps are in UTC."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from churn.contracts.campaigns import LEAST_HOLDOUT, MOST_HOLDOUT, Arm, CampaignStatus
from churn.stores.postgres.metadata import keep_append_only, metadata, one_of

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Text, primary_key=True, comment="Name of the campaign and salt of its draw; used once only"),
    Column("status", Text, nullable=False, comment="running or stopped"),
    Column("offers", ARRAY(Text), nullable=False, comment="Ids of the offers that the campaign may give"),
    Column("holdout_share", Double, nullable=False, comment="Share of the enrolled customers who are not contacted"),
    Column("window_days", Integer, nullable=False, comment="Days after enrolment within which leaving counts"),
    Column("enrol_from", Date, nullable=False, comment="First day of enrolment"),
    Column("enrol_until", Date, nullable=False, comment="Last day of enrolment"),
    Column("read_on", Date, nullable=False, comment="Agreed day of the reading"),
    Column("smallest_effect", Double, nullable=False, comment="Smallest relative reduction of leaving to be seen"),
    Column("power", Double, nullable=False, comment="Probability to see that reduction if it exists"),
    Column(
        "planned_variance", Double, nullable=False, comment="Variance of the estimate expected on the day of reading"
    ),
    Column("policy_sha256", Text, nullable=False, comment="Digest of the policy file that it was started with"),
    Column("terms", JSONB, nullable=False, comment="Offers, costs and margin that it was started with; they stay"),
    Column("is_synthetic", Boolean, nullable=False, comment="Whether its customers come from the simulator"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    CheckConstraint(one_of("status", CampaignStatus), name="campaigns_status"),
    CheckConstraint(f"holdout_share between {LEAST_HOLDOUT} and {MOST_HOLDOUT}", name="campaigns_holdout"),
    schema="ops",
    comment="One row per campaign: the promise that was written down before the first customer was enrolled.",
)

campaign_events = Table(
    "campaign_events",
    metadata,
    Column("event_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("campaign_id", Text, nullable=False, comment="The campaign"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    Column("to_status", Text, nullable=False, comment="The status from then on"),
    Column("why", Text, nullable=False, comment="The reason, in words"),
    Column("person", Text, nullable=False, comment="Who did it"),
    schema="ops",
    comment="Ledger: one row per change of the status of a campaign.",
)

assignments = Table(
    "assignments",
    metadata,
    Column("campaign_id", Text, primary_key=True, comment="The campaign"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("enrolled_on", Date, nullable=False, comment="Day of the wave"),
    Column("prediction_date", Date, nullable=False, comment="The published date that the customer was chosen from"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the score"),
    Column("draw", Double, nullable=False, comment="Draw of the customer, 0 to 1: below holdout_share is control"),
    Column("arm", Text, nullable=False, comment="treatment, or control: held out and never contacted"),
    Column("offer_id", Text, nullable=False, comment="The offer chosen before the draw, for both arms"),
    Column("channel", Text, nullable=False, comment="The channel chosen before the draw, for both arms"),
    Column("expected_profit_usd", Double, nullable=False, comment="Expected profit of the contact, in USD"),
    Column("churn_probability", Double, nullable=False, comment="The score at enrolment, frozen"),
    Column("monthly_charges", Double, nullable=False, comment="The charge at enrolment, frozen, in USD a month"),
    Column(
        "chosen_by", Text, nullable=False, server_default="profit", comment="profit, or draw: a seat given by a draw"
    ),
    CheckConstraint(one_of("arm", Arm), name="assignments_arm"),
    Index("assignments_customer", "customer_id"),
    schema="ops",
    comment="One row per customer enrolled in a campaign. Whoever is enrolled stays in the count, reached or not.",
)

exclusions = Table(
    "exclusions",
    metadata,
    Column("campaign_id", Text, primary_key=True, comment="The campaign"),
    Column("wave_date", Date, primary_key=True, comment="Day of the wave"),
    Column("reason", Text, primary_key=True, comment="The first reason that held, or enrolled"),
    Column("customers_count", BigInteger, nullable=False, comment="Active customers with this reason"),
    schema="ops",
    comment="One row per wave and reason: enrolled and excluded customers together are the active customers.",
)

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Text, primary_key=True, comment="UUID of campaign and customer: the key of its deliveries"),
    Column("campaign_id", Text, nullable=False, comment="The campaign"),
    Column("customer_id", Text, nullable=False, comment="The company's own customer number"),
    Column("wave_date", Date, nullable=False, comment="Day of the wave"),
    Column("priority_rank", BigInteger, nullable=False, comment="Order within the wave, 1 first: by expected profit"),
    Column("say_why", ARRAY(Text), nullable=False, comment="Reasons that the company can change, for the talk"),
    Column("offer_worth_usd", Double, nullable=False, comment="What the offer costs the company, in USD"),
    Column("expires_on", Date, nullable=False, comment="After this day the contact is no longer made"),
    Column("sent_on", Date, comment="Day on which it was sent; NULL while it waits for a seat"),
    Column("sent_at", DateTime(timezone=True), comment="When it was sent, UTC"),
    Column("destination", Text, comment="Where it was sent: a file, reporting.contact_list, or a web address"),
    Index("contacts_customer", "customer_id"),
    schema="ops",
    comment="One row per customer to contact: the treatment group only.",
)

contact_events = Table(
    "contact_events",
    metadata,
    Column("event_id", Text, primary_key=True, comment="Digest of the event: the same event is recorded once"),
    Column("contact_id", Text, nullable=False, comment="The contact"),
    Column("event", Text, nullable=False, comment="What happened, in the product's words"),
    Column("occurred_at", DateTime(timezone=True), nullable=False, comment="When, UTC"),
    Column("channel", Text, comment="The channel that was really used"),
    Column("offer_id_given", Text, comment="The offer that was really given"),
    Column("cost_usd", Double, comment="What the contact cost, in USD"),
    Column("stated_reason", Text, comment="Why the customer wants to leave, in the customer's words"),
    Column("their_code", Text, comment="The company's own code"),
    Column("source", Text, nullable=False, comment="The file that it came from"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    Index("contact_events_contact", "contact_id"),
    schema="ops",
    comment="One row per event that came back for a contact. Whether a customer left is never taken from here.",
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("channel", Text, primary_key=True, comment="The channel, or all"),
    Column("since", Date, primary_key=True, comment="First day"),
    Column("until", Date, comment="Last day; NULL without an end"),
    Column("reason", Text, nullable=False, comment="opted_out, complaint, deceased, legal, agent, or consent"),
    Column("source", Text, nullable=False, comment="The file or the contact that it came from"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    schema="ops",
    comment="One row per statement that a customer must not be contacted. The last one counts; consent ends it.",
)

readings = Table(
    "readings",
    metadata,
    Column("reading_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("campaign_id", Text, nullable=False, comment="The campaign"),
    Column("as_of_date", Date, nullable=False, comment="Snapshot date up to which leavers are known"),
    Column("outcome", Text, nullable=False, comment="left, or money_usd"),
    Column("contrast", Text, nullable=False, comment="all, or the id of an offer against its control customers"),
    Column("treated_count", BigInteger, nullable=False, comment="Matured customers of the treatment group"),
    Column("control_count", BigInteger, nullable=False, comment="Matured customers of the control group"),
    Column("treated_leavers", BigInteger, nullable=False, comment="Leavers of the treatment group"),
    Column("control_leavers", BigInteger, nullable=False, comment="Leavers of the control group"),
    Column("effect", Double, comment="Treatment minus control for one customer; NULL without a verdict"),
    Column("standard_error", Double, comment="Of the effect"),
    Column("agreed_low", Double, comment="Lower end of the 96% interval, for the agreed day"),
    Column("agreed_high", Double, comment="Upper end of the 96% interval, for the agreed day"),
    Column("any_day_low", Double, comment="Lower end of the 99% interval that holds on any day"),
    Column("any_day_high", Double, comment="Upper end of the 99% interval that holds on any day"),
    Column("sample_ratio_p", Double, nullable=False, comment="Probability of arms as uneven as these"),
    Column("reached_share", Double, nullable=False, comment="Share of the treatment group that was reached"),
    Column("verdict", Text, nullable=False, comment="works, harms, no effect seen, not known yet or broken draw"),
    Column("why", Text, nullable=False, comment="The verdict in a sentence"),
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    schema="ops",
    comment="Ledger: one row per reading of a campaign, outcome and contrast.",
)

keep_append_only(campaign_events)
keep_append_only(readings)
