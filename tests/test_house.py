"""The laws of the house: what no reviewer should have to watch."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from churn.settings import PROJECT_DIR, Settings
from tests.conftest import new_database

BIN = Path(sys.executable).parent
PYTHON_FILES = sorted([*PROJECT_DIR.glob("churn/**/*.py"), *PROJECT_DIR.glob("flows/**/*.py")])
MODEL_FILES = sorted(PROJECT_DIR.glob("transforms/models/**/*.sql"))
TOP_LEVEL = {
    "flows",
    "transforms",
    "churn",
    "data",
    "tests",
    "prefect.yaml",
    "pyproject.toml",
    "compose.yaml",
    "README.md",
    "uv.lock",
    "LICENSE",
}
README = (PROJECT_DIR / "README.md").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=" ".join,
)
def test_the_python_keeps_its_laws(command: list[str]) -> None:
    found = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=PROJECT_DIR, capture_output=True, text=True)

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_command_of_sqlmesh_keeps_the_laws_too(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/transforms/test_project.py checks laws, unit tests and format inside the process."""
    monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
    sqlmesh = [str(BIN / "sqlmesh"), "-p", "transforms", "lint"]
    found = subprocess.run(sqlmesh, cwd=PROJECT_DIR, capture_output=True, text=True)

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_top_level_is_what_it_should_be() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT_DIR, capture_output=True, text=True)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    names = {path.split("/")[0] for path in tracked.stdout.splitlines()}

    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(PROJECT_DIR)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    cap = 150 if path.parent.name == "flows" else 300
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]

    assert len(text.splitlines()) <= cap
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > 50} == {}


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_sql_models_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


def test_every_setting_is_in_the_readme_with_its_description() -> None:
    missing = [
        name
        for name, field in Settings.model_fields.items()
        if f"`CHURN_{name.upper()}`" not in README or str(field.description) not in README
    ]

    assert missing == []


def test_every_command_is_in_the_readme() -> None:
    import typer

    from churn.terminal.cli import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    names = [f"churn {name}" for name, command in commands.items() if not hasattr(command, "commands")]
    names += [f"churn {group} {name}" for group, one in commands.items() for name in getattr(one, "commands", {})]

    assert [name for name in names if f"`{name}" not in README] == []


def test_every_dependency_has_its_reason_in_the_readme() -> None:
    declared = re.findall(r'^    "([a-zA-Z0-9_-]+)', (PROJECT_DIR / "pyproject.toml").read_text(), flags=re.MULTILINE)
    runtime = declared[: declared.index("pytest")]

    assert [name for name in runtime if f"`{name}`" not in README] == []


def test_every_deployment_points_at_a_flow() -> None:
    deployments = yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())["deployments"]

    for deployment in deployments:
        path, _, name = deployment["entrypoint"].partition(":")
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        assert set(deployment["parameters"]) <= set(getattr(module, name).parameters.properties)


def test_the_automations_are_ones_prefect_takes() -> None:
    from prefect.events.schemas.automations import AutomationCore

    told = yaml.safe_load((PROJECT_DIR / "flows" / "automations.yaml").read_text())["automations"]
    found = [AutomationCore.model_validate(one) for one in told]

    assert [one.trigger.posture.value for one in found] == ["Reactive", "Proactive"]
    tags = {
        tag for one in yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())["deployments"] for tag in one["tags"]
    }
    watched = {one.trigger.match_related.root["prefect.resource.id"].removeprefix("prefect.tag.") for one in found}
    assert watched <= tags


def test_every_failure_of_the_runbook_is_reproduced_by_a_test() -> None:
    runbook = (PROJECT_DIR / "flows" / "RUNBOOK.md").read_text()
    named = re.findall(r"^\*Test:\* `(test_\w+)`$", runbook, flags=re.MULTILINE)
    there = {
        name for path in PROJECT_DIR.glob("tests/**/*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }

    cases = re.findall(r"^## (\d+)\. ", runbook, flags=re.MULTILINE)
    assert cases == [str(number) for number in range(1, len(named) + 1)]
    assert set(named) - there == set()


def test_every_deployment_is_described_tagged_and_one_at_a_time() -> None:
    deployments = yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())["deployments"]

    assert [one["name"] for one in deployments] == [
        "churn-pipeline",
        "train",
        "score",
        "backfill",
        "campaigns",
        "digest",
        "maintain",
    ]
    assert all(one["description"] and one["tags"] for one in deployments)
    assert all((one["concurrency_limit"]["limit"], one["work_pool"]["name"]) == (1, "churn") for one in deployments)
    schedules = {one["name"]: schedule for one in deployments for schedule in one.get("schedules", [])}
    daily, weekly = schedules["churn-pipeline"], schedules["train"]
    assert (daily["cron"], daily["timezone"], daily["active"]) == ("0 0 * * *", "UTC", True)
    assert weekly["active"] is False
    assert (schedules["digest"]["cron"], schedules["digest"]["active"]) == ("0 6 * * *", True)
    assert (schedules["maintain"]["cron"], schedules["maintain"]["active"]) == ("0 3 * * *", True)


@pytest.mark.parametrize(
    ("flow", "parameters"),
    [
        ("churn_pipeline", {"source": ""}),
        ("churn_pipeline", {"as_of": "1999-12-31"}),
        ("train", {"trials": 0}),
        ("train", {"timeout_minutes": 24 * 60 + 1}),
        ("score", {"model": 0}),
        ("backfill", {"days": 3661}),
    ],
)
def test_a_flow_refuses_parameters_out_of_bounds(flow: str, parameters: dict[str, object]) -> None:
    from prefect.exceptions import ParameterTypeError

    with pytest.raises(ParameterTypeError):
        getattr(importlib.import_module(f"flows.{flow}"), flow).validate_parameters(parameters)


def test_every_parameter_of_a_deployment_is_described() -> None:
    for name in ("churn_pipeline", "train", "score", "backfill", "maintain"):
        properties = getattr(importlib.import_module(f"flows.{name}"), name).parameters.properties

        assert [one for one, told in properties.items() if not told.get("description")] == []


def test_the_workflow_runs_what_every_machine_runs() -> None:
    jobs = yaml.safe_load((PROJECT_DIR / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    ours = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

    assert ours == ["bash .ci/run", "bash .ci/audit"]


def test_compose_asks_for_every_password() -> None:
    compose = (PROJECT_DIR / "compose.yaml").read_text()

    assert "POSTGRES_PASSWORD:?set" in compose
    assert set(yaml.safe_load(compose)["services"]) >= {"postgres", "mlflow", "prefect", "worker"}


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = [
        "polars",
        "prefect",
        "sqlmesh",
        "mlflow",
        "sklearn",
        "xgboost",
        "pandera",
        "sqlalchemy",
        "psycopg",
        "rich.progress",
        "matplotlib",
    ]
    script = f"import churn.terminal.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_DIR, capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_flows_import_only_churn_and_prefect() -> None:
    allowed = {"churn", "prefect", "flows", *sys.stdlib_module_names}
    found = set()
    for path in PROJECT_DIR.glob("flows/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])

    assert found - allowed == set()


def test_only_settings_reads_the_environment() -> None:
    """`os.environ` may be written for libraries that read nothing else, and read back by nobody."""
    reads = re.compile(r"os\.getenv|os\.environ\[[^\]]+\](?! =)|os\.environ\.get\(")
    found = {path.name for path in PYTHON_FILES if reads.search(path.read_text())}

    assert found <= {"settings.py", "environment.py"}


def test_every_python_that_is_started_imports_nothing_from_the_working_folder() -> None:
    started = {
        f"{path.relative_to(PROJECT_DIR)}:{node.lineno}": [ast.unparse(word) for word in node.elts[:2]]
        for path in PYTHON_FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.List | ast.Tuple) and node.elts and ast.unparse(node.elts[0]) == "sys.executable"
    }

    assert {place: words for place, words in started.items() if words[1:] != ["'-P'"]} == {}
    assert len(started) > 5  # the search finds what it looks for


BY_THEMSELVES = {
    "churn/stores/sql_models/connections.py",
    "churn/stores/sql_models/contexts.py",
    "churn/stores/sql_models/versions.py",
}
"""What SQLMesh calls, in a process that a person may have started with `sqlmesh`: nobody hands it a workplace."""


def test_stages_flows_questions_and_commands_take_the_workplace_and_open_no_database_themselves() -> None:
    rooms = (
        "churn/reporting/",
        "churn/stages/",
        "churn/stores/sql_models/",
        "churn/terminal/commands/",
        "churn/dashboard/",
        "flows/",
    )
    opening = [path for path in PYTHON_FILES if re.search(r"\bopen_engine\(", path.read_text())]
    found = {str(path.relative_to(PROJECT_DIR)) for path in opening}

    assert {name for name in found if name.startswith(rooms)} == BY_THEMSELVES
    assert "churn/stores/workplace.py" in found  # the door itself: the search above finds what it looks for


def test_no_module_keeps_facts_of_a_run() -> None:
    """A module's names are constants: what a run finds out belongs to its workplace, its engine or its records."""
    found = []
    for path in PYTHON_FILES:
        tree = ast.parse(path.read_text())
        assigned = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        empty = [value for value in assigned if ast.unparse(value or tree) in ("[]", "{}", "set()", "dict()", "list()")]
        rebound = [node for node in ast.walk(tree) if isinstance(node, ast.Global)]
        found += [str(path.relative_to(PROJECT_DIR))] * (len(empty) + len(rebound))

    assert found == []


def test_no_test_clears_a_cache_by_its_private_name() -> None:
    tests = PROJECT_DIR.glob("tests/**/*.py")

    assert [path.name for path in tests if re.search(r"\._\w+\.cache_clear\(", path.read_text())] == []


def test_modules_do_not_hide_behind_empty_names() -> None:
    assert not {path.stem for path in PYTHON_FILES} & {"utils", "helpers", "common", "constants", "manager", "handler"}


CONTRACTS = {"features": "CustomerFeatures", "examples": "CustomerFeatures", "scores": "CustomerScores"}


def test_a_frame_that_crosses_rooms_names_its_contract_in_the_signature() -> None:
    """In stages and stores, and where the scorer is called: private functions stay inside their module."""
    rooms = ("churn/stages/", "churn/stores/", "churn/scoring/scores.py", "churn/scoring/reconstruction.py")
    paths = [path for path in PYTHON_FILES if str(path.relative_to(PROJECT_DIR)).startswith(rooms)]
    public = [
        (path, node, argument)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for argument in node.args.args
        if argument.arg in CONTRACTS and "DataFrame" in ast.unparse(argument.annotation or argument)
    ]

    assert [
        f"{path.relative_to(PROJECT_DIR)}: {node.name}({ast.unparse(argument)})"
        for path, node, argument in public
        if f"DataFrame[{CONTRACTS[argument.arg]}]" not in ast.unparse(argument.annotation or argument)
    ] == []
    assert len(public) >= 4  # the search finds what it looks for


UNTYPED = {
    "churn/economics/policies.py: read_sections",  # TOML, before it is checked
    "churn/simulation/customers.py: load_parameters",  # JSON, read by the simulator alone
}


def test_a_record_that_crosses_rooms_has_a_type() -> None:
    """No public function takes or gives a dict of anything; those above keep to a library's or a file's own form."""
    found = {
        f"{path.relative_to(PROJECT_DIR)}: {node.name}"
        for path in PYTHON_FILES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for annotation in [node.returns, *(argument.annotation for argument in node.args.args)]
        if annotation is not None and "dict[str, Any]" in ast.unparse(annotation)
    }

    assert found == UNTYPED
