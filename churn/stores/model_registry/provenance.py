"""The provenance of a training: the commit of the code and the lock file of the libraries."""

import hashlib
import subprocess

from churn.settings import PROJECT_DIR


def lock_sha256() -> str:
    """Returns the digest of uv.lock, which lists every library version; 'unknown' outside a checkout."""
    lock = PROJECT_DIR / "uv.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else "unknown"


def git_commit() -> str:
    """Returns the commit of the code, or 'unknown' outside a checkout."""
    command = ["git", "-C", str(PROJECT_DIR), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
