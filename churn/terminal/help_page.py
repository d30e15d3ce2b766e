"""The help of a command: usage, what it does, arguments and options, examples. It is readable from 40 columns.

Typer's own page (0.29) puts options into six columns and cuts them on a narrow screen; it also prints `<bool>` beside
flags and a blank line between two examples.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

Function = TypeVar("Function", bound=Callable[..., Any])
Pairs = list[tuple[str, str]]
_WIDEST = 100
_WIDEST_LEFT = 30


class HelpfulCommand(TyperCommand):
    """A command whose help is this page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the page instead of filling the formatter."""
        _print_page(self, ctx)


class HelpfulGroup(TyperGroup):
    """A group of commands whose help is this page, its commands under the headings of their tasks."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the page instead of filling the formatter."""
        _print_page(self, ctx)


def command(
    app: typer.Typer, task: str, *examples: str, name: str | None = None, ending: str = "", **settings: Any
) -> Callable[[Function], Function]:
    """Registers a function as a command.

    Args:
        app: the app it belongs to.
        task: heading under which `churn --help` lists it.
        examples: command lines, printed at the end of its help.
        name: its name (default: the function's).
        ending: a line after the examples.
        settings: passed on to Typer.
    """
    epilog = "\n".join([*as_examples(examples), *([ending] if ending else [])])
    return app.command(name, cls=HelpfulCommand, rich_help_panel=task, epilog=epilog, **settings)


def as_examples(examples: Sequence[str]) -> list[str]:
    """Returns the lines of examples under their heading."""
    heading = "Example:" if len(examples) == 1 else "Examples:"
    return [heading, *(f"  {example}" for example in examples)] if examples else []


def _print_page(shown: TyperCommand | TyperGroup, ctx: Any) -> None:
    from churn.terminal.display.layout import open_console

    console = open_console()
    console.width = min(console.width, _WIDEST)
    console.print(_one_line(shown.get_usage(ctx)), markup=False)
    console.print()
    console.print(_one_line(shown.help or ""), markup=False)
    sections = _sections(shown, ctx)
    lengths = [len(left) for pairs in sections.values() for left, _ in pairs]
    widest = max((length for length in lengths if length <= _WIDEST_LEFT), default=0)
    for title, pairs in sections.items():
        console.print(f"\n[bold]{title}:[/bold]")
        for left, right in pairs:
            _print_pair(console, left, right, widest)
    _print_end(console, (shown.epilog or "").splitlines())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _sections(shown: TyperCommand | TyperGroup, ctx: Any) -> dict[str, Pairs]:
    """Returns title -> (left, right): commands by task first, then arguments, then options."""
    sections: dict[str, Pairs] = {}
    for name, entry in getattr(shown, "commands", {}).items():
        task = getattr(entry, "rich_help_panel", None) or "Commands"
        sections.setdefault(task, []).append((name, _one_line((entry.help or "").split("\n\n")[0])))
    for parameter in shown.get_params(ctx):
        if record := parameter.get_help_record(ctx):
            title = "Arguments" if isinstance(parameter, TyperArgument) else "Options"
            # Typer 0.29 writes the type as in `--retrain <bool>`; the metavar says what a person types.
            sections.setdefault(title, []).append((re.sub(r" <[^>]*>", "", record[0]), _in_words(record[1])))
    return sections


def _in_words(explanation: str) -> str:
    """Returns an explanation with its bounds in words: Typer writes them as 1<=x<=60 and x>=1."""
    explanation = re.sub(r"([\d.]+)<=x<=([\d.]+)", r"\1 to \2", explanation)
    return re.sub(r"x>=([\d.]+)", r"\1 or more", explanation)


def _print_pair(console: "Console", left: str, right: str, widest: int) -> None:
    """Prints a name beside its explanation; above it where the screen is narrow or the name is long."""
    from rich.table import Table
    from rich.text import Text

    from churn.terminal.display.layout import NARROW, indented

    name = Text(f"  {left}", style="cyan")
    if console.width < NARROW:
        console.print(name, indented(right, 6), sep="\n")
    elif len(left) > widest:
        console.print(name, indented(right, widest + 4), sep="\n")
    else:
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(no_wrap=True, width=widest + 2)
        row.add_column(overflow="fold")
        row.add_row(name, Text(right))
        console.print(row)


def _print_end(console: "Console", lines: Sequence[str]) -> None:
    """Prints the examples, one line each and without blank lines between them, and what else ends a page."""
    from churn.terminal.display.layout import indented

    for number, line in enumerate(lines):
        if number == 0 or not line.startswith(" "):
            console.print()
        console.print(indented(line.strip(), len(line) - len(line.lstrip())))
