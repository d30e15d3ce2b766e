"""What a person meets before a command runs: help, version, completion, a mistyped name."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from churn.terminal.cli import app

FORBIDDEN = ("made-up", "gives way", "is told", "are told", "be told", "mend", "woos", "as it is", "by lot", "lives")


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


EVERY = list(_commands(typer.main.get_command(app)))
LISTS = {
    "backfill",
    "campaign list",
    "campaign plan",
    "campaign read",
    "check",
    "compare",
    "doctor",
    "evaluate",
    "loads",
    "model history",
    "model list",
    "policy",
    "rejects",
    "status",
    "tableau",
    "train",
    "transforms check",
    "up",
}


@pytest.fixture(params=[40, 80], ids=["40 columns", "80 columns"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"churn {version('churn')}\n"


def test_the_help_lists_the_pages_first_and_every_command_under_a_task() -> None:
    page = CliRunner().invoke(app, ["--help"]).stdout
    tasks = re.findall(r"^([A-Z][^:\n]*):$", page, flags=re.MULTILINE)

    assert tasks == [
        *("See the results", "Every day", "Scores and history", "Contact customers", "Models", "Try it out", "Operate"),
        *("Keep and erase", "Options", "Examples"),
    ]
    assert page.index("dashboard") < page.index("report") < page.index("churn run")
    assert "--install-completion" in page
    assert "--show-completion" in page


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_page_of_help_is_whole_at_any_width(path: tuple[str, ...], command: Any, width: int) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"])
    words = " ".join(shown.stdout.split())

    assert shown.exit_code == 0
    assert max(map(len, shown.stdout.splitlines())) <= width
    assert "…" not in shown.stdout
    assert not {"<", ">"} & set(shown.stdout.split("Example")[0])
    assert " ".join(command.help.split()) in words
    for parameter in command.params:
        is_hidden = getattr(parameter, "hidden", False)  # The earlier name of an option works, but nobody is led to it.
        assert is_hidden or " ".join((getattr(parameter, "help", None) or "").split()) in words
    assert [phrase for phrase in FORBIDDEN if phrase in words] == []


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_option_is_explained_and_names_its_default(path: tuple[str, ...], command: Any) -> None:
    for parameter in command.params:
        assert parameter.help, f"{path} {parameter.name}"
        if parameter.default is None and not parameter.required and parameter.name not in ("months", "csv", "version"):
            is_off = parameter.name in ("price_rise", "outage", "competitor")
            assert is_off or "default: " in parameter.help, f"{path} {parameter.name}"


def test_examples_stand_on_lines_that_follow_each_other() -> None:
    lines = CliRunner().invoke(app, ["simulate", "--help"], env={"COLUMNS": "100"}).stdout.splitlines()
    first = lines.index("Examples:") + 1

    assert [line.strip()[:14] for line in lines[first : first + 3]] == ["churn simulate"] * 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["statu"], "status"), (["model", "lst"], "list"), (["export", "action-list", "--ot", "x"], "--out")],
)
def test_a_mistyped_name_is_answered_with_the_near_one(typed: list[str], meant: str) -> None:
    refused = CliRunner().invoke(app, typed)

    assert refused.exit_code == 2
    assert meant in refused.stderr.split("Error", 1)[1]


def test_every_command_that_lists_can_print_json() -> None:
    can = {" ".join(path) for path, command in EVERY if "as_json" in {one.name for one in command.params}}

    assert LISTS - can == set()
