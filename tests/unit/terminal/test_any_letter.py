"""A terminal without UTF-8 shows `?` for a letter that it does not have, and the command goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.factories import make_extract, write_extract


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_utf8_ends_no_command(tmp_path: Path, encoding: str) -> None:
    extract = make_extract(300).rename({"gender": "gendér★"})  # The answer names the column that it does not know.
    command = [
        str(Path(sys.executable).with_name("churn")),
        "check",
        "--source",
        str(write_extract(tmp_path / "e.csv", extract)),
    ]

    found = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding})

    assert found.returncode == 3
    assert b"UnicodeEncodeError" not in found.stdout + found.stderr
    assert b"?" in found.stdout + found.stderr
