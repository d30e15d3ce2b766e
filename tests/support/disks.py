"""A disk that is full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A file system of its own in the place of a folder, with what is in it, on which nothing more fits."""
    aside = folder.with_name("aside")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    subprocess.run(["cp", "-a", str(folder), str(aside)], check=True)  # With the owners of the files.
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(folder)], check=True)
        with suppress(OSError), (folder / "filling").open("wb", buffering=0) as filling:
            while filling.write(bytes(4096)):
                pass
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
