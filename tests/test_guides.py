"""What README and the guides say: no phrase that was banned, no command or snippet that does not work.

A block of commands, Python, SQL or TOML is run in a copy of the files of this checkout, with no ../shared beside it and
a home of its own for each guide. Two comments on the line before a block change that:

- `<!-- not run: REASON -->`: never run here. `pytest tests/test_guides.py -rs` lists all of them with their reasons.
- `<!-- slow: REASON -->`: run with `-m slow` only.

A date in a block moves by the days between 2026-11-20, the guides' latest date, and today.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR, Settings
from tests.support.guides import DICTIONARY, FILES, GUIDES, Block, Reader, copy_checkout, find_blocks, name_of

BANNED = {
    "made-up": r"\bmade[- ]up\b(?! of\b)",
    "gives way": r"\b(?:gives|give|giving|gave) way\b",
    "is told": r"\bis told\b",
    "are told": r"\bare told\b",
    "be told": r"\bbe told\b",
    "mend": r"\bmend(?:s|ed|ing)?\b",
    "woos": r"\bwoo(?:s|ed|ing)?\b",
    "as it is": r"(?<!soon )(?<!long )(?<!far )\bas it is\b(?! (?:\w+ed|read|written|made|sent|shown|done|now)\b)",
    "the ledger knows": r"\bthe ledger knows\b",
    "in peace": r"\bin peace\b",
    "does well": r"\bdoes well\b",
    "by lot": r"\bby lot\b",
    "a telecom that lives": r"\btelecom that lives\b",
}
"""The phrases of LANGUAGE.md that must not come back; `as it is` is banned for "unchanged" only."""

SOURCES = [
    path
    for path in FILES
    if path.relative_to(PROJECT_DIR).parts[0] != "tests"
    and (path == DICTIONARY or path.suffix in (".py", ".sql", ".yaml", ".yml", ".toml") or path.name == ".env.example")
]
"""Texts that people meet outside the guides; the dictionary is written from the SQL models."""


def join_lines(text: str) -> str:
    """A sentence on one line, whatever wrapped it: a comment, a docstring, a string in several pieces."""
    text = re.sub(r"\"\s*\n\s*[rf]?\"", "", text)
    return re.sub(r"\s*\n[ \t]*(?:#|--|>|\*)?[ \t]*", " ", text)


def find_banned(text: str) -> list[str]:
    joined = join_lines(text)
    return [
        f"{phrase}: ...{joined[max(0, hit.start() - 40) : hit.end() + 30]}..."
        for phrase, pattern in BANNED.items()
        for hit in re.finditer(pattern, joined, flags=re.IGNORECASE)
    ]


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_guides_are_free_of_banned_phrases(path: Path) -> None:
    text = path.read_text()
    for (
        setting
    ) in Settings.model_fields.values():  # README quotes them word by word; they are judged where they are written.
        text = text.replace(str(setting.description), "")

    assert find_banned(text) == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_sources_are_free_of_banned_phrases(path: Path) -> None:
    assert find_banned(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# customers that are made\n# up by hand", ["made-up"]),
        ('"who is " \\\n    "told"'.replace("\\\n", "\n"), ["is told"]),
        ("The clock is mended.", ["mend"]),
        ("It is recommended to amend it.", []),
        ("The row stays as it is.", ["as it is"]),
        ("The file is checked as it is read.", []),
        ("-- Leave them in\n-- peace.", ["in peace"]),
    ],
)
def test_a_banned_phrase_is_found_across_lines_and_not_inside_words(text: str, expected: list[str]) -> None:
    assert [line.partition(":")[0] for line in find_banned(text)] == expected


def test_the_readme_is_short_enough_to_be_read() -> None:
    readme = (PROJECT_DIR / "README.md").read_text()
    words = readme.partition("\n## Words\n")[2].partition("\n## ")[0]

    assert len(readme.splitlines()) <= 220
    assert 0 < len(re.findall(r"\*\*[^*]+\*\*", words)) <= 30


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_links_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_files_named_in_a_guide_exist(path: Path) -> None:
    """As in `churn/errors.py` or `stores/postgres/roles.sql`: from the top, from churn/, or from beside the guide."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:churn|flows|transforms|data|tests|stores|terminal|local_stack)/[\w./]+\.\w+)`", text)
    roots = (PROJECT_DIR, PROJECT_DIR / "churn", path.parent)

    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_commands_named_in_a_guide_exist_with_their_options(path: Path) -> None:
    import typer

    from churn.terminal.cli import app

    text, faults = path.read_text().replace("\\|", "|"), []
    for told in re.findall(r"`(?:uv run )?churn ([a-z][^`]*)`", text):
        command, words = typer.main.get_command(app), told.split()
        while words and hasattr(command, "commands"):
            command = command.commands.get(words.pop(0))
        options = {option for known in getattr(command, "params", []) for option in known.opts}
        asked = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", told))
        if command is None or (asked - options and told.split()[:2] != ["db", "psql"]):
            faults.append(told)

    assert faults == []


FIRST, *BLOCKS = (block for path in sorted(GUIDES, key=lambda path: path.parts) for block in find_blocks(path))
"""README's first command makes the home that each guide gets a copy of."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Iterator[Reader]:
    """A copy of the checkout in which README's first command was run, with a Prefect server of its own."""
    with copy_checkout(tmp_path_factory.mktemp("guides"), prefect_server) as found:
        found.type_in(found.folder / "home", FIRST, PREFECT_API_URL="")
        found.call(found.folder / "home", "churn", "db", "stop")
        yield found


def as_parameter(block: Block) -> object:
    marks = [pytest.mark.integration] if block.mark != "not run" else []  # Its commands start Postgres and Prefect.
    return pytest.param(block, id=str(block), marks=[*marks, pytest.mark.slow] if block.mark == "slow" else marks)


@pytest.mark.parametrize("block", [as_parameter(block) for block in BLOCKS])
def test_a_block_does_what_the_guide_says(block: Block, request: pytest.FixtureRequest) -> None:
    if block.mark == "not run":
        pytest.skip(block.reason)
    printed = request.getfixturevalue("reader").run(block)

    *_, promised = re.split(
        r"^(?!# ).*\n", block.text + "\n", flags=re.MULTILINE
    )  # Comments at the end are its output.
    if block.language == "python" and promised:
        assert printed == re.sub(r"^# ", "", promised, flags=re.MULTILINE)


def test_readme_begins_with_the_command_that_makes_a_home(reader: Reader) -> None:
    assert FIRST.text == "pip install uv && uv run churn run"
    assert BLOCKS[0].text == "pip install uv && uv run pytest"
    assert (reader.folder / "home" / "mlflow" / "artifacts").is_dir()


def test_status_of_an_empty_home_is_what_the_guide_shows(reader: Reader) -> None:
    found = reader.call(reader.folder / "home-empty", "churn", "status")

    assert found.returncode == 1
    assert f"$ churn status\n{found.stderr}" in (PROJECT_DIR / "churn" / "README.md").read_text()
