"""How much memory a child process may take that decodes a file: a few kilobytes can unpack to any size."""

import resource
from contextlib import suppress

MEMORY_BYTES = 800_000_000


def limit_memory() -> None:
    """Limits the memory of this process. Beyond it an allocation fails, and the process ends with an error."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    with suppress(ValueError, OSError):  # A system that cannot limit it.
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
