"""The body of a request, made from the declaration in force: its columns, their types, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from churn.contracts.declaration import DeclaredColumn
from churn.contracts.extract import KNOWN_WORDS
from churn.intake.extract_form import ExtractForm
from churn.intake.requests import LABEL, LEFT_SOURCE, is_public, name_fields

MOST_CUSTOMERS = 1_000
_LARGEST_WHOLE = 2**53
_LONGEST_TEXT = 300

# Strict: "1" and true are no numbers. Without the limits a column is checked by the contract, which names the rule.
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
_Whole = Annotated[int, Field(ge=-_LARGEST_WHOLE, le=_LARGEST_WHOLE)]

_DECLARED: Mapping[str, Any] = {
    "count": Annotated[int, Field(ge=0, le=_LARGEST_WHOLE)],
    "number": float,
    "money": float,
    "share": float,
    "flag": bool | _Text,
    "word": _Text,
    "date": _Text,
}
_PUBLIC_TYPES: Mapping[str, Any] = {"senior_citizen": _Whole, "tenure": _Whole, "monthly_charges": float}
_EXAMPLE: dict[str, Any] = {
    "customerID": "7590-VHVEG", "gender": "Female", "SeniorCitizen": 0, "Partner": "Yes", "Dependents": "No",
    "tenure": 1, "PhoneService": "No", "MultipleLines": "No phone service", "InternetService": "DSL",
    "OnlineSecurity": "No", "OnlineBackup": "Yes", "DeviceProtection": "No", "TechSupport": "No", "StreamingTV": "No",
    "StreamingMovies": "No", "Contract": "Month-to-month", "PaperlessBilling": "Yes",
    "PaymentMethod": "Electronic check", "MonthlyCharges": 29.85, "TotalCharges": 29.85,
}  # fmt: skip
"""The first customer of the public sample."""


@dataclass(frozen=True)
class Form:
    """How a customer is written in a request.

    Attributes:
        model: the type of one customer.
        batch: the type of several customers.
        columns: the name of each field in `model` -> our name of the column.
        names: our name of a column -> its name in the request; a core column that is made from others has the name
            of the first of them.
    """

    model: type[BaseModel]
    batch: type[BaseModel]
    columns: Mapping[str, str]
    names: Mapping[str, str]

    def values_of(self, customer: BaseModel) -> dict[str, Any]:
        """Returns the values of a customer by our names."""
        return {ours: getattr(customer, field) for field, ours in self.columns.items()}

    def name_of(self, column: str | None) -> str:
        """Returns the name in the request of one of our columns; empty for a rule about several."""
        return self.names.get(column or "", column or "")


def build_form(extract_form: ExtractForm) -> Form:
    """Returns the form of the customers of a declaration."""
    wanted = name_fields(extract_form)
    own = {column.name: column for column in extract_form.declaration.stored}
    fields: dict[str, Any] = {}
    columns = {}
    for place, (ours, theirs) in enumerate(wanted.items()):
        kind = _type_of(ours, own.get(ours), extract_form)
        # Our names may have a #, which no field of a type can have.
        field = f"column_{place}"
        fields[field] = (kind | None, Field(default=None, alias=theirs)) if ours in (LABEL, LEFT_SOURCE) else (
            kind, Field(alias=theirs)
        )  # fmt: skip
        columns[field] = ours
    config = _STRICT | ConfigDict(json_schema_extra={"examples": [_EXAMPLE]} if is_public(extract_form) else None)
    model: type[BaseModel] = create_model("Customer", __config__=config, **fields)
    names = {ours.partition("#")[0]: theirs for ours, theirs in reversed(wanted.items())} | wanted
    several: Any = Annotated[list[model], Field(min_length=1, max_length=MOST_CUSTOMERS)]
    batch: type[BaseModel] = create_model("Customers", __config__=ConfigDict(extra="forbid"), customers=(several, ...))
    return Form(model, batch, columns, names)


def _type_of(ours: str, own: DeclaredColumn | None, extract_form: ExtractForm) -> Any:
    """Returns the type of a column in a request."""
    if own is not None:
        kind = _DECLARED[own.type]
        return kind if own.blank == "refuse" else kind | None
    if ours in (LABEL, LEFT_SOURCE):
        return _Text if is_public(extract_form) else bool | _Whole | _Text
    name = ours.partition("#")[0]
    if name == "tenure":
        core = extract_form.declaration.core
        return _Text if core is not None and core.start_date is not None else _Whole
    if name == "total_charges":
        return float | None
    if name == "senior_citizen" and not is_public(extract_form):
        return bool | _Whole | _Text
    if is_public(extract_form) and name in KNOWN_WORDS:
        return Annotated[_Text, Field(json_schema_extra={"enum": list(KNOWN_WORDS[name])})]
    return _PUBLIC_TYPES.get(name, _Text)
