"""Somebody who reads the guides: their blocks of commands, and a copy of the checkout to type them in."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from churn.settings import PROJECT_DIR

BIN = Path(sys.executable).parent
SETTINGS = ("CHURN_", "PREFECT_", "MLFLOW_")
LATEST = date(2026, 11, 20)
"""The guides' latest date: a home of the tests has published today."""
LANGUAGES = ("sh", "python", "sql", "toml")
COMMANDS = ("churn", "uv", "pip", "psql", "docker", "curl", "git", "sqlmesh", "prefect", "mlflow", "$")
"""An indented line that begins with one of these is a command."""


def list_files() -> list[Path]:
    """Every file of the product: tracked or about to be. Where this is no checkout, every file that could be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(listed, cwd=PROJECT_DIR, capture_output=True, text=True)
    if found.returncode == 0:
        return [path for name in found.stdout.split("\0") if name and (path := PROJECT_DIR / name).is_file()]
    hidden = (".venv", ".churn", ".git", "landing")
    return [path for path in PROJECT_DIR.rglob("*") if path.is_file() and not {*path.parts} & {*hidden}]


def name_of(path: Path) -> str:
    """Returns the path of a file from the top of the project."""
    return str(path.relative_to(PROJECT_DIR))


FILES = sorted(list_files())
DICTIONARY = PROJECT_DIR / "data" / "DICTIONARY.md"
GUIDES = [path for path in FILES if path.suffix == ".md" and path != DICTIONARY]


@dataclass(frozen=True)
class Block:
    """A block of commands or code in a guide.

    Attributes:
        mark: "not run" or "slow", else empty.
        reason: why.
    """

    path: Path
    line: int
    language: str
    text: str
    mark: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"{name_of(self.path)}:{self.line}"


def find_blocks(path: Path) -> Iterator[Block]:
    """Yields the fenced blocks of a language, and indented lines that begin with a command."""
    before, inside, rows = "", None, []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if inside is None and (fence := re.match(r"\s*```(\w*)\s*$", line)):
            inside, rows = (number, fence[1], before), []
        elif inside is not None and line.strip() == "```":
            start, language, marked = inside
            mark = re.fullmatch(r"<!-- (not run|slow): (.+) -->", marked)
            if language in LANGUAGES:
                yield Block(path, start, language, "\n".join(rows), *(mark.groups() if mark else ()))
            inside = None
        elif inside is not None:
            rows.append(line)
        elif re.match(r"    \S", line) and line.split()[0] in COMMANDS:
            mark = re.fullmatch(r"<!-- (not run|slow): (.+) -->", before)
            yield Block(path, number, "sh", line.strip().removeprefix("$ "), *(mark.groups() if mark else ()))
        before = line.strip()


@dataclass
class Reader:
    """Somebody who types what a guide says, in a copy of the checkout, with a home of its own for each guide."""

    folder: Path
    today: date
    prefect: dict[str, str]
    homes: dict[Path, Path] = field(default_factory=dict)

    def run(self, block: Block) -> str:
        """Runs a block as its guide's reader; returns what it printed."""
        if block.path not in self.homes:
            self.homes[block.path] = self.folder / f"home-{len(self.homes)}"
            copy = ["cp", "-a", str(self.folder / "home"), str(self.homes[block.path])]
            subprocess.run(copy, check=True)  # With the owners: for root, Postgres runs as another user.
        return self.type_in(self.homes[block.path], block)

    def type_in(self, home: Path, block: Block, **more: str) -> str:
        """Runs a block with a home; its error is what the block printed."""
        found = self.call(home, *self._command(block), **more)
        assert found.returncode == 0, f"{block.text}\n{found.stdout[-3000:]}\n{found.stderr[-3000:]}"
        return found.stdout

    def type_as_it_stands(self, home: Path, block: Block) -> str:
        """Runs the commands of a block without moving their dates; returns what they printed."""
        found = self.call(home, "bash", "-euo", "pipefail", "-c", block.text)
        assert found.returncode == 0, f"{block.text}\n{found.stdout[-3000:]}\n{found.stderr[-3000:]}"
        return found.stdout

    def _command(self, block: Block) -> list[str]:
        text = re.sub(r"\b2026-\d\d-\d\d\b", self._move, block.text)
        (self.folder / "snippet").write_text(text)
        match block.language:
            case "python":
                return ["python", str(self.folder / "snippet")]
            case "sql":
                return ["churn", "db", "psql", "-v", "ON_ERROR_STOP=1", "-f", str(self.folder / "snippet")]
            case "toml":
                read = "from pathlib import Path; from churn.intake.declaring import read_extract_form; "
                return ["python", "-c", f"{read}read_extract_form(Path({str(self.folder / 'snippet')!r}))"]
        return ["bash", "-euo", "pipefail", "-c", text]

    def _move(self, day: re.Match[str]) -> str:
        return (self.today + (date.fromisoformat(day[0]) - LATEST)).isoformat()

    def call(self, home: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a command with nothing of this machine's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        environment = kept | {
            "CHURN_HOME": str(home),
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PYTHONPATH": str(self.folder / "checkout"),
            "PATH": os.pathsep.join([str(self.folder / "bin"), str(BIN), os.environ["PATH"]]),
            **self.prefect,
            **more,
        }
        checkout = self.folder / "checkout"
        return subprocess.run(
            command,
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )


@contextmanager
def copy_checkout(folder: Path, prefect: dict[str, str]) -> Iterator[Reader]:
    """Yields a reader with a copy of the checkout; `uv` and `pip` install nothing. At the end, Postgres is stopped.

    `prefect`: variables of the Prefect server on which the reader's commands run.
    """
    for path in FILES:
        copy = folder / "checkout" / path.relative_to(PROJECT_DIR)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (folder / "bin").mkdir()
    for name, script in {"uv": 'test "$1" = run && shift && exec "$@"', "pip": 'test "$*" = "install uv"'}.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    reader = Reader(folder, datetime.now(UTC).date(), prefect)
    try:
        yield reader
    finally:
        for home in folder.glob("home*"):
            reader.call(home, "churn", "db", "stop")
