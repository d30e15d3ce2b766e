"""Running a flow file by itself, to try a flow before it is deployed. This module lies below the flows that call it."""

import inspect
from typing import Annotated, Any, get_type_hints

import typer

from churn.local_stack.temporary_prefect import reach_prefect
from churn.settings import load_settings
from churn.shell.one_line import one_line_errors, show_any_letter
from churn.shell.options import parse_date


def run_flow_file(flow: Any) -> None:
    """Runs a flow as a command of its own: each parameter of the flow becomes an option."""

    def call(**arguments: Any) -> None:
        with one_line_errors(verbose=False), reach_prefect(load_settings()) as wait:
            wait()
            flow(**arguments)

    # The hints carry no bounds (Annotated is dropped); the flow itself checks them.
    kinds = get_type_hints(flow.fn)
    parameters = [
        _as_option(parameter.replace(annotation=kinds[name]))
        for name, parameter in inspect.signature(flow.fn).parameters.items()
    ]
    # Typer reads the options from a signature, and `call` itself has only **arguments.
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__doc__ = inspect.getdoc(flow.fn)
    show_any_letter()
    typer.run(call)


def _as_option(parameter: inspect.Parameter) -> inspect.Parameter:
    """Returns a parameter of a flow as an option; a date is written YYYY-MM-DD."""
    option = typer.Option(parser=parse_date, metavar="DATE") if "date" in str(parameter.annotation) else typer.Option()
    return parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=Annotated[parameter.annotation, option])
