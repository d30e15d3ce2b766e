"""A flow file run by itself, the way one tries a flow before deploying it. Lies below the flows, which call it."""

import inspect
from typing import Annotated, Any, get_type_hints

import typer

from churn.local_stack.temporary_prefect import reach_prefect
from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import parse_date


def run_flow_file(flow: Any) -> None:
    """Runs a flow file by itself, the way one tries a flow before deploying it: its parameters become options."""

    def call(**arguments: Any) -> None:
        with told_in_one_line(verbose=False), reach_prefect(load_settings()) as wait:
            wait()
            flow(**arguments)

    kinds = get_type_hints(flow.fn)  # without the bounds, which the flow itself checks
    parameters = [
        _as_option(parameter.replace(annotation=kinds[name]))
        for name, parameter in inspect.signature(flow.fn).parameters.items()
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__doc__ = inspect.getdoc(flow.fn)
    typer.run(call)


def _as_option(parameter: inspect.Parameter) -> inspect.Parameter:
    """A flow's parameter as an option; dates are written YYYY-MM-DD."""
    option = typer.Option(parser=parse_date, metavar="DATE") if "date" in str(parameter.annotation) else typer.Option()
    return parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=Annotated[parameter.annotation, option])
