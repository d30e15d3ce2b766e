"""What every child process that decodes a file shares: the limit of its memory, and how it refuses a file."""

import resource
from contextlib import suppress

MEMORY_BYTES = 800_000_000
REFUSED = 3
"""The exit code of a refusal. Its reason is on standard error."""


class Refused(Exception):
    """The file cannot be read. The message is for people."""


def limit_memory() -> None:
    """Limits the memory of this process. Beyond it an allocation fails, and the process ends with an error."""
    # RLIMIT_DATA and not RLIMIT_AS: threads and libraries reserve far more address space than they ever use.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    with suppress(ValueError, OSError):  # A system that cannot limit it.
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
