"""Writes documents about the product's data and models: the data contract and the model card."""

from churn.contracts.card import write_card
from churn.contracts.data_contract import LastDelivery, describe_contract
from churn.intake.declaring import read_declared
from churn.stores.ledgers import loads, promotions
from churn.stores.workplace import Workplace


def write_contract(workplace: Workplace) -> str:
    """Returns the contract of the extract as YAML (ODCS 3.1), from the declaration in force and the last load."""
    import yaml  # Only this document needs it.

    current = loads.find_current_loads(workplace.engine)
    last = current[-1] if current else None
    delivered = LastDelivery(last.snapshot_date, last.rows_accepted, last.origin) if last else None
    document = describe_contract(read_declared(workplace.settings), delivered)
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def write_model_card(workplace: Workplace, version: int | None = None) -> str:
    """Returns the card of a model version as Markdown (default: the champion).

    Raises:
        NotThere: there is no such version, or no champion yet.
    """
    engine = workplace.engine
    decision = promotions.require_champion(engine) if version is None else promotions.require_decision(engine, version)
    return write_card(decision.model_name, decision.family, decision.as_of_date, decision.evidence, decision)
