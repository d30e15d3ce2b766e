"""Every rule has a check, and each check binds a module that nobody has written yet."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR

LINT = Path(sys.executable).parent / "lint-imports"
ROOMS = sorted(path.name for path in (PROJECT_DIR / "churn").iterdir() if (path / "__init__.py").exists())
STORES = sorted(path.name for path in (PROJECT_DIR / "churn" / "stores").iterdir() if (path / "__init__.py").exists())
PLACES = [*(f"churn.{room}" for room in ROOMS), *(f"churn.stores.{store}" for store in STORES), "flows"]
MAY_IMPORT = {
    "mlflow": {"churn.stores.model_registry"},
    "sqlmesh": {"churn.stores.sql_models"},
    "prefect": {"flows", "churn.terminal", "churn.local_stack"},
    "sqlalchemy": {"churn.stores", *(f"churn.stores.{store}" for store in STORES)},
    "psycopg": {"churn.stores", *(f"churn.stores.{store}" for store in STORES)},
    "typer": {"churn.terminal", "churn.shell"},
    "streamlit": {"churn.dashboard"},
    "fastapi": {"churn.api"},
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages and of the laws, to which modules can be added."""
    for package in ("churn", "flows"):
        shutil.copytree(
            PROJECT_DIR / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.png")
        )
    shutil.copy(PROJECT_DIR / "pyproject.toml", tmp_path)
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache"], cwd=house, env={"COLUMNS": "400"}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_a_new_module_may_import_a_library_only_in_its_room(house: Path, library: str) -> None:
    for place in PLACES:
        (house / place.replace(".", "/") / "new_module.py").write_text(f"import {library}\n")

    found = lint(house)

    reported = {place for place in PLACES if f"{place}.new_module -> {library}" in found.stdout}
    assert found.returncode != 0
    assert reported == set(PLACES) - MAY_IMPORT[library]


@pytest.mark.parametrize(
    ("place", "imported"),
    [
        ("churn.contracts", "churn.stores.postgres.tables"),
        ("churn.stages", "churn.reporting.status"),
        ("churn.stores.postgres", "churn.stores.rows.snapshots"),
        ("churn.alerts", "churn.local_stack.health"),
        ("churn.scoring", "sklearn"),
        ("churn.reporting", "flows.score"),
    ],
)
def test_a_new_module_may_not_reach_up(house: Path, place: str, imported: str) -> None:
    (house / place.replace(".", "/") / "new_module.py").write_text(f"import {imported}\n")

    found = lint(house)

    assert found.returncode != 0
    assert f"{place}.new_module" in found.stdout


def test_a_new_room_must_be_given_its_place(house: Path) -> None:
    (house / "churn" / "cellar").mkdir()
    (house / "churn" / "cellar" / "__init__.py").touch()

    assert "cellar" in lint(house).stdout


def test_a_circle_is_refused(house: Path) -> None:
    (house / "churn" / "intake" / "first.py").write_text("import churn.intake.second\n")
    (house / "churn" / "intake" / "second.py").write_text("import churn.intake.first\n")

    assert "No circle of imports anywhere BROKEN" in lint(house).stdout


def test_the_ground_floor_is_small() -> None:
    modules = {path.name for path in (PROJECT_DIR / "churn").glob("*.py")} - {"__init__.py"}

    assert modules == {"errors.py", "parameters.py", "secrecy.py", "settings.py", "stack_note.py", "timeline.py"}


def test_no_law_has_an_exception() -> None:
    assert "ignore_imports" not in (PROJECT_DIR / "pyproject.toml").read_text()
