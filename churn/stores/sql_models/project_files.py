"""A digest of the files of the SQL project, to see without SQLMesh whether a deployment would find a change."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from churn.stores.sql_models import contexts

_LIBRARIES = ("sqlmesh", "sqlglot")


def fingerprint_project() -> str:
    """Returns a digest of transforms/, of the program's part of the project, and of the libraries that read it."""
    digest = hashlib.sha256()
    for folder in (contexts.TRANSFORMS_DIR, Path(__file__).parent):
        for path in _list_files(folder):
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(" ".join(version(name) for name in _LIBRARIES).encode())
    return digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    """Yields every file that may change a model, in the same order on every machine."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {".cache", "__pycache__"} & {*path.parts}:
            yield path
