"""The warden: waits until the supervisor ends, for whatever reason, then ends the services that it left running.

Its standard input is a pipe from the supervisor, which never writes to it.

python -m churn.local_stack.warden HOME
"""

import sys
from pathlib import Path

from churn.local_stack.processes import sweep

if __name__ == "__main__":
    # read() returns when the kernel closes the supervisor's end of the pipe: also after SIGKILL, which no signal
    # handler and no `finally` in the supervisor would see.
    sys.stdin.buffer.read()
    sweep(Path(sys.argv[1]))
