"""What the product is made of is listed from the lock, its licences are allowed, and what builds it is pinned."""

import csv
import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn.settings import PROJECT_DIR

WORKFLOW = PROJECT_DIR / ".github" / "workflows" / "ci.yml"


def load_licences() -> Any:
    """The module of .ci, which is no package."""
    spec = importlib.util.spec_from_file_location("licences", PROJECT_DIR / ".ci" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_command_lists_every_package_of_the_lock_with_its_licence(tmp_path: Path) -> None:
    done = subprocess.run(["bash", ".ci/inventory", str(tmp_path)], cwd=PROJECT_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sbom = json.loads((tmp_path / "sbom.cdx.json").read_text())
    listed = {part["name"]: part for part in sbom["components"]}
    locked = {package["name"]: package for package in tomllib.loads((PROJECT_DIR / "uv.lock").read_text())["package"]}
    with (tmp_path / "licences.csv").open() as stream:
        licences = {row["package"]: row["licence"] for row in csv.DictReader(stream)}

    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.5")
    assert {"prefect", "sqlmesh", "mlflow", "psycopg", "polars", "streamlit"} <= set(listed) <= set(locked)
    assert "pytest" not in listed
    assert listed["psycopg"]["version"] == locked["psycopg"]["version"]
    assert set(licences) == set(listed)
    assert (licences["psycopg"], licences["aiohttp"]) == ("LGPL-3.0-only", "Apache-2.0 AND MIT")


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0-only", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("Artistic License OR GNU General Public License (GPL)", False),
        ("MIT", False),
    ],
)
def test_licences_that_bind_whoever_delivers_the_product_are_refused(licence: str, refused: bool) -> None:
    assert load_licences().is_refused(licence) is refused


def test_every_action_is_pinned_by_digest_and_says_its_version() -> None:
    uses = re.findall(r"uses: (.+)", WORKFLOW.read_text())

    assert len(uses) >= 3
    assert [one for one in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


def test_the_workflow_may_only_read_and_keeps_no_login() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    checkouts = [
        step
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout")
    ]

    assert workflow["permissions"] == {"contents": "read"}
    assert [job for job in workflow["jobs"].values() if "permissions" in job] == []
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(workflow["jobs"])


def test_a_job_audits_the_lock() -> None:
    audit = (PROJECT_DIR / ".ci" / "audit").read_text().splitlines()

    assert {"uv lock --check", "uv audit --frozen"} <= set(audit)
    assert {"run": "bash .ci/audit"} in yaml.safe_load(WORKFLOW.read_text())["jobs"]["audit"]["steps"]


def test_images_name_an_exact_version() -> None:
    compose = (PROJECT_DIR / "compose.yaml").read_text()
    images = re.findall(r"^\s+(?:image: |FROM )(\S+)", compose, flags=re.MULTILINE)

    assert {image.partition(":")[0] for image in images} == {"churn", "python", "postgres"}
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []
