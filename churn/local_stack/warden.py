"""Waits for the end of the supervisor, however it ends, and ends what it left running.

Its standard input is a pipe the supervisor never writes to: the kernel closes it when the supervisor is gone.

python -m churn.local_stack.warden HOME
"""

import sys
from pathlib import Path

from churn.local_stack.processes import sweep

if __name__ == "__main__":
    sys.stdin.buffer.read()
    sweep(Path(sys.argv[1]))
