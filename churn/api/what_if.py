"""What the score of a known customer would be with another contract, another service or another price.

Only levers: what a company can change, of the public sample's columns and of its own. The answer is an association in
past data and no promised effect, and it says so: a campaign with a control group measures the effect.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from churn.api.problems import Problem, WrongField
from churn.api.scoring import Answer, score_one
from churn.api.served import Served
from churn.contracts.declaration import Declaration
from churn.errors import understand
from churn.intake.one_row import Row, find_broken
from churn.stores.rows.one_snapshot import read_customer_row
from churn.stores.workplace import Workplace

NOTE = "An association in past data, not a promised effect. A campaign with a control group measures the effect."
PRICE = "monthly_charges"
_Word = Annotated[str, Field(min_length=1, max_length=100)]


class Levers(BaseModel):
    """What may be changed, by the names and words of the public sample; a lever that is left out stays as stored."""

    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False,
        json_schema_extra={"examples": [{"contract": "Two year", "monthly_charges": 60.0}]},
    )  # fmt: skip

    contract: _Word | None = None
    tech_support: _Word | None = None
    online_security: _Word | None = None
    online_backup: _Word | None = None
    payment_method: _Word | None = None
    monthly_charges: float | None = None


_OWN: Mapping[str, Any] = {
    "count": Annotated[int, Field(ge=0, le=2**53)],
    "number": float,
    "money": float,
    "share": float,
    "flag": bool,
    "word": _Word,
}


def build_levers(declaration: Declaration) -> type[Levers]:
    """Returns the levers of a declaration: those of the public sample, and its own columns that are declared so."""
    own: dict[str, Any] = {
        column.name: (_OWN[column.type] | None, None) for column in declaration.stored if column.is_lever
    }
    return create_model("OwnLevers", __base__=Levers, **own) if own else Levers


def score_what_if(
    served: Served, workplace: Workplace, declaration: Declaration, day: date, customer_id: str, levers: Levers
) -> Answer:
    """Returns the score of a customer as stored, and the score with the changes.

    Args:
        served: the model version.
        workplace: the database.
        declaration: what the extract holds.
        day: the date whose stored row is changed.
        customer_id: the customer.
        levers: the changes.

    Raises:
        Problem: the date does not have the customer, nothing is changed, or the changed customer breaks a rule.
        ChurnError: the database did not answer.
    """
    changes = {name: value for name, value in levers.model_dump().items() if value is not None}
    _check_levers(changes, declaration)
    row = _read(workplace, day, customer_id)
    changed = _change(row, changes)
    # A stored row keeps its rules, perhaps with a new word that was accepted: only the changes can break one.
    found = find_broken(changed, declaration)
    if broken := [one for one in found if one.column is None or one.column in changes]:
        errors = [WrongField(one.column or "", one.rule, f"{one.sentence}.") for one in broken]
        raise Problem(422, "The changed customer breaks rules of the extract.", "correct the changes.", errors)
    before, after = (score_one(served, one, "as_if", with_reasons=True) for one in (row, changed))
    unsettled = _is_unsettled(served, row, changed, after)
    if unsettled:
        after = score_one(served, {**changed, PRICE: row[PRICE]}, "as_if", with_reasons=True)
    change = round(after["churn_probability"] - before["churn_probability"], 9)
    told = {"probability_change": change, "unsettled": [PRICE] if unsettled else [], "note": NOTE}
    return {"customer_id": customer_id, "changes": changes, "before": before, "after": after, **told}


def _check_levers(changes: Mapping[str, Any], declaration: Declaration) -> None:
    present = {*declaration.extract_columns, *(column.name for column in declaration.stored)}
    absent = [name for name in changes if name not in present]
    if not changes or absent:
        errors = [WrongField(name, "not_in_extract", f"The extract has no {name}.") for name in absent]
        raise Problem(422, "There is no lever to change.", "change one that the extract has.", errors)


def _read(workplace: Workplace, day: date, customer_id: str) -> Row:
    try:
        row = read_customer_row(workplace.engine, day, customer_id)
    except Exception as error:
        raise understand(error) from None  # The message of the driver has the customer's number: it goes into no log.
    if row is None:
        raise Problem(404, f"The extract of {day} does not have this customer.", "check the customer number.")
    return {**row, "left_on": None, "load_id": None, "is_reconstructed": False}


def _change(row: Row, changes: Mapping[str, Any]) -> Row:
    changed = {**row, **changes}
    total = changed["total_charges"]
    # The bills so far are no lever; a higher price than all of them together would break a rule about them.
    covered = total if total is None or changed[PRICE] is None else max(total, changed[PRICE])
    return {**changed, "total_charges": covered}


def _is_unsettled(served: Served, row: Row, changed: Row, after: Answer) -> bool:
    """Returns whether a higher price lowers the risk, or a lower one raises it: past data cannot settle its effect."""
    if row[PRICE] is None or changed[PRICE] == row[PRICE]:
        return False
    held = score_one(served, {**changed, PRICE: row[PRICE]}, "as_if", with_reasons=False)
    move = after["churn_probability"] - held["churn_probability"]
    return bool(move * (changed[PRICE] - row[PRICE]) < 0)
