"""The contract of the extract as an ODCS 3.1 document (Open Data Contract Standard): columns, types, rules, timing."""

from dataclasses import dataclass
from datetime import date

from churn.contracts.declaration import Declaration, DeclaredColumn
from churn.contracts.extract import KNOWN_WORDS, PUBLIC_NAMES

Document = dict[str, object]

_LOGICAL = {
    "count": "integer",
    "number": "number",
    "money": "number",
    "share": "number",
    "flag": "boolean",
    "word": "string",
    "date": "date",
}
_SHIPPED = {
    "customer_id": "string",
    "senior_citizen": "integer",
    "tenure": "integer",
    "monthly_charges": "number",
    "total_charges": "number",
}
"""The types of the columns of the public sample that are no words."""
_MAY_BE_BLANK = ("total_charges",)


@dataclass(frozen=True)
class LastDelivery:
    """The last file that was taken in."""

    snapshot_date: date
    rows: int
    origin: str


def describe_contract(declaration: Declaration, last: LastDelivery | None) -> Document:
    """Returns the document.

    Args:
        declaration: what the extract holds.
        last: the last file that was taken in; None before the first one.
    """
    properties = [*_describe_core(declaration), *(_describe(column) for column in declaration.stored)]
    schema: Document = {
        "name": "customer_extract",
        "logicalType": "object",
        "physicalType": "file",
        "dataGranularityDescription": "One row per customer and business date.",
        "properties": properties,
        "quality": [{"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0}],
    }
    document: Document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "churn-customer-extract",
        "name": "Customer extract for churn prediction",
        "version": "1.0.0",
        "status": "active",
        "description": {
            "purpose": "The daily file from which the probability of leaving of each customer is computed.",
            "limitations": "What is known only after a customer has left is no feature.",
            "usage": f"All money is in {declaration.currency}.",
        },
        "schema": [schema],
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "d"}],
    }
    if last is not None:
        document["customProperties"] = [
            {"property": "lastSnapshotDate", "value": last.snapshot_date.isoformat()},
            {"property": "lastRowCount", "value": last.rows},
            {"property": "origin", "value": last.origin},
        ]
    return document


def _describe_core(declaration: Declaration) -> list[Document]:
    theirs = {ours: name for name, ours in PUBLIC_NAMES.items()}
    sources = declaration.core_sources
    return [
        _describe_shipped(declaration, name, sources.get(f"{name}#1", theirs[name]))
        for name in declaration.extract_columns
    ]


def _describe_shipped(declaration: Declaration, name: str, source: str) -> Document:
    logical = _SHIPPED.get(name, "string")
    column: Document = {
        "name": name,
        "physicalName": source,
        "logicalType": logical,
        "required": name not in _MAY_BE_BLANK,
    }
    if name == "customer_id":
        column |= {"primaryKey": True, "unique": True}
    if name in KNOWN_WORDS and name != "churn":
        words = list(declaration.known_words(name))
        column["quality"] = [
            {"type": "library", "metric": "invalidValues", "arguments": {"validValues": words}, "mustBe": 0}
        ]
    return column


def _describe(declared: DeclaredColumn) -> Document:
    return {
        "name": declared.name,
        "physicalName": declared.source,
        "logicalType": _LOGICAL[declared.type],
        "required": declared.blank == "refuse",
        "description": f"Use: {declared.use}"
        + ("" if declared.is_known_at_snapshot else "; known only after a customer has left")
        + (f"; from the file {declared.origin}" if declared.origin else ""),
    }
