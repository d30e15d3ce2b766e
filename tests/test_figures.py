"""Every figure that README and the guides show is printed by a command of this repository.

A comment before a block, a table or a paragraph with figures names the command:

- `<!-- printed by: COMMAND -->`: the command prints every one of these figures. The test runs it in a home of its own
  and compares them; `-m slow` runs those that take more than half a minute.
- `<!-- measured by: COMMAND -->`: times, memory and disk of the machine it ran on. The test only looks that the command
  exists.
- `<!-- checked by: FILE -->`: a worked example; this test computes it.

`sample.csv` in a command is the public sample, where this machine has it.
"""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR
from tests.conftest import PUBLIC_SAMPLE
from tests.support.guides import GUIDES, Block, Reader, copy_checkout, name_of

MARK = re.compile(r"<!-- (printed|measured|checked) by: (.+?) -->")
OUTPUT = ("", "text")
QUICK = ("tests.benchmarks.fidelity",)
"""What the figures of the default suite come from; every other command takes longer."""
FEW = 4
"""A block or a row of a table with fewer figures than this is a sketch or a setting, and needs no command."""


@dataclass(frozen=True)
class Figures:
    """A block, table or paragraph with figures, and the command that its guide names for them.

    Attributes:
        kind: "printed", "measured" or "checked"; empty where the guide names no command.
    """

    path: Path
    line: int
    text: str
    kind: str
    command: str

    def __str__(self) -> str:
        return f"{name_of(self.path)}:{self.line}"


def find_pieces(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yields the line, the language and the text of each paragraph, table and fenced block of a guide."""
    language, rows, start = None, [], 1
    for number, line in enumerate([*path.read_text().splitlines(), ""], start=1):
        if (fence := re.match(r"\s*```(\w*)", line)) or (language is None and not line.strip()):
            if rows:
                yield start, language if language is not None else "prose", "\n".join(rows)
            if fence:
                language = fence[1] if language is None else None
            rows, start = [], number + 1
        else:
            rows.append(line)


def find_figures(text: str) -> list[str]:
    """Returns the numbers with decimals, thousands, a currency or a share; a date, time or version is no figure."""
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d\b|\d+(?:\.\d+){2,}|`[^`]*`", " ", text)
    return re.findall(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+\.\d+|(?<=\$)\d+|(?<![\w.])\d+(?=%)", text)


def list_figures(path: Path) -> Iterator[Figures]:
    """Yields what of a guide names a command, and every block or table of figures that does not."""
    mark = None
    for line, language, text in find_pieces(path):
        if found := MARK.match(text):
            mark, text = found, text[found.end() :].strip()
        if not text:
            continue
        if mark or has_results(language, text):
            yield Figures(path, line, text, *(mark.groups() if mark else ("", "")))
        mark = None


def has_results(language: str, text: str) -> bool:
    """Whether a block is output with figures, or a table with rows of them."""
    if language == "prose":
        return any(line.startswith("|") and len(find_figures(line)) >= FEW for line in text.splitlines())
    return language in OUTPUT and len(find_figures(text)) >= FEW


FIGURES = [figures for path in GUIDES for figures in list_figures(path)]
PRINTED = [figures for figures in FIGURES if figures.kind == "printed"]


def as_parameter(figures: Figures) -> object:
    is_quick = any(name in figures.command for name in QUICK)
    return pytest.param(figures, id=str(figures), marks=[] if is_quick else [pytest.mark.slow])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A copy of the checkout, with the public sample in it."""
    with copy_checkout(tmp_path_factory.mktemp("figures"), {}) as found:
        if PUBLIC_SAMPLE.exists():
            shutil.copyfile(PUBLIC_SAMPLE, found.folder / "checkout" / "sample.csv")
        yield found


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_a_block_of_figures_names_the_command_that_prints_it(path: Path) -> None:
    assert [str(figures) for figures in list_figures(path) if not figures.kind] == []


@pytest.mark.parametrize("figures", [figures for figures in FIGURES if figures.kind], ids=str)
def test_a_named_command_exists(figures: Figures) -> None:
    modules = re.findall(r"tests\.benchmarks\.\w+", figures.command)

    assert modules or "churn " in figures.command or (PROJECT_DIR / figures.command).is_file()
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("figures", [as_parameter(figures) for figures in PRINTED])
def test_a_command_prints_the_figures_of_the_guide(
    figures: Figures, reader: Reader, request: pytest.FixtureRequest
) -> None:
    if "sample.csv" in figures.command and not PUBLIC_SAMPLE.exists():
        pytest.skip("the public sample is not here")
    home = reader.folder / f"home-{figures.path.stem}-{figures.line}"
    printed = reader.type_as_it_stands(home, Block(figures.path, figures.line, "sh", figures.command))

    known = set(find_figures(printed))
    assert find_figures(figures.text)
    assert [number for number in find_figures(figures.text) if number not in known] == []
