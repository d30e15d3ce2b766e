"""The answers, for the OpenAPI document: types and meanings of what the routes write."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from churn.contracts.statuses import Basis, RiskTier


class About(BaseModel):
    """What an answer says about itself."""

    prediction_date: date = Field(description="The date that the score is for.")
    horizon: str = Field(description="Within which time the customer leaves by the probability.", examples=["30 days"])
    basis: Basis = Field(description="live: the champion on its day; as_if: another model version.")
    currency: str = Field(description="The currency of all money, also of fields whose name ends in _usd.")
    model_version: int
    model_copy_: str | None = Field(
        alias="model_copy", description="Why a kept copy of the model answers; null if the registry delivered it."
    )
    is_synthetic: bool = Field(description="Whether the model was trained on synthetic customers.")


class Score(About):
    """The score of one customer. Money is null if the extract has no value a month."""

    customer_id: str
    churn_probability: float = Field(ge=0, le=1)
    at_risk_flag: bool = Field(description="Whether the customer is in tier Medium or High.")
    risk_tier: RiskTier
    expected_annual_loss_usd: float | None
    expected_profit_usd: float | None = Field(description="The expected profit of contacting the customer.")
    has_unseen_plan: bool = Field(description="Whether the training examples did not have the customer's tariff.")
    is_active: bool
    unknown_features: list[str] = Field(
        description="Features of change that are not known, since no earlier extract has the customer; they count as 0."
    )
    reasons: list[str] | None = Field(
        description="The largest reasons first; + raises the risk, - lowers it. Null if they were not asked for.",
        examples=[["+ month-to-month contract", "+ in the first 6 months", "- no internet service"]],
    )


class Scores(BaseModel):
    """The scores of a batch, in the order of the request."""

    scores: list[Score]


class Point(BaseModel):
    """One published score."""

    prediction_date: date
    churn_probability: float
    risk_tier: RiskTier
    basis: Basis
    model_version: int


class Change(BaseModel):
    """One change between two published dates."""

    prediction_date: date = Field(description="The first date with the new value.")
    column: str
    before: Any
    after: Any
    probability_change: float = Field(description="The change of the probability between the two dates.")


class MovePart(BaseModel):
    """A part of a move."""

    what: str = Field(description="As a reason says it, or: another model, corrected data, other features.")
    log_odds: float


class Move(BaseModel):
    """Why the score moved since an earlier published date. The parts add up to the change of the log-odds."""

    days: int = Field(description="Since how many days before: 1, 7 or 30.")
    earlier_date: date
    probability_before: float = Field(description="The score of the earlier date as readers saw it first.")
    probability_after: float
    parts: list[MovePart] = Field(description="The largest first.")


class Published(BaseModel):
    """The published score of a customer."""

    customer_id: str
    prediction_date: date
    churn_probability: float
    horizon: str
    at_risk_flag: bool
    risk_tier: RiskTier
    recommended_action: str
    reasons: list[str] | None
    expected_annual_loss_usd: float | None
    expected_profit_usd: float | None
    is_active: bool
    is_synthetic: bool | None
    currency: str | None
    basis: Basis
    model_version: int
    history: list[Point] = Field(description="Up to 12 published scores, the earliest first.")
    changes: list[Change] = Field(description="What changed within this history, the latest first.")
    moves: list[Move] = Field(description="Why the score moved; empty without an earlier published date.")


class WhatIf(BaseModel):
    """The score of a customer as stored and with changes."""

    customer_id: str
    changes: dict[str, Any]
    before: Score
    after: Score
    probability_change: float
    unsettled: list[str] = Field(
        description="Changes whose effect past data cannot settle: a higher price would lower the risk, or a lower one "
        "raise it. `after` leaves them out."
    )
    note: str


class Model(BaseModel):
    """The champion."""

    model_name: str
    model_version: int
    family: str
    trained_as_of: date
    promoted_at: str
    horizon: str
    features: list[str]
    tiers: dict[str, float] = Field(description="The smallest probability of each tier.")
    model_copy_: str | None = Field(alias="model_copy")
    is_synthetic: bool


class Health(BaseModel):
    """Whether the server can answer."""

    status: str = Field(examples=["ready"])
    model_version: int | None = None
    database: str | None = Field(
        default=None, description="answers, or does not answer: stored scores cannot be read then."
    )


class WrongFieldAnswer(BaseModel):
    """One field that is wrong."""

    field: str
    rule: str
    message: str


class ProblemAnswer(BaseModel):
    """A problem by RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    next_step: str
    errors: list[WrongFieldAnswer] = []
