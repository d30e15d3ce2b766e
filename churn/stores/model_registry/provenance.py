"""What a training ran with: the commit of the code and the lock of every library."""

import hashlib
import subprocess

from churn.settings import PROJECT_DIR


def lock_sha256() -> str:
    """Of uv.lock: every library the training ran with; 'unknown' outside a checkout."""
    lock = PROJECT_DIR / "uv.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else "unknown"


def git_commit() -> str:
    """The commit of the code, or 'unknown' outside a checkout."""
    command = ["git", "-C", str(PROJECT_DIR), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
