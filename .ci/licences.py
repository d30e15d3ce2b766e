"""Prints the licence of each package of a CycloneDX file as CSV, and fails for one that the product may not use.

python -P .ci/licences.py sbom.cdx.json

A package that is not installed here, because it is for another system, is printed without a licence.
"""

import csv
import json
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

# GPL and AGPL bind whoever delivers the product; the LGPL does not bind who only imports a package.
REFUSED = re.compile(r"\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)


def find_licence(name: str) -> str:
    """Returns the licence that a package states: an expression, else its classifiers, else its first line of text."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    if expression := stated.get("License-Expression"):
        return expression
    classifiers = stated.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    text = (stated.get("License") or "").strip()
    return " OR ".join(named) or (text.splitlines()[0] if text else "unknown")


def is_refused(licence: str) -> bool:
    """Returns whether every choice that a licence leaves is refused."""
    return all(REFUSED.search(choice) for choice in re.split(r"\s+OR\s+", licence.strip("()")))


def main(sbom: Path) -> int:
    """Prints the table. Returns 1 if a licence is refused, else 0."""
    components = json.loads(sbom.read_text(encoding="utf-8"))["components"]
    rows = sorted({(part["name"], part["version"], find_licence(part["name"])) for part in components})
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([("package", "version", "licence"), *rows])
    refused = [f"{name} {version}: {licence}" for name, version, licence in rows if is_refused(licence)]
    if refused:
        print("\n".join(["These licences are refused:", *refused]), file=sys.stderr)  # noqa: T201 a command of its own
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
