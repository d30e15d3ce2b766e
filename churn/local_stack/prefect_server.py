"""Runs Prefect's server behind the gate. It asks for the login itself (PREFECT_SERVER_API_AUTH_STRING).

`prefect server start` (3.8) answers under every name, and its settings cannot change that.

python -m churn.local_stack.prefect_server 127.0.0.1 4200 [NAME:PORT ...]
"""

import sys

from churn.local_stack.gate import close, names_of


def serve(host: str, port: str, *more_names: str) -> None:
    """Serves the API and the pages until the process is stopped."""
    import uvicorn
    from prefect.server.api.server import create_app

    application = close(create_app(final=True), [*names_of(port), *more_names], login=None)
    uvicorn.run(application, host=host, port=int(port), log_level="warning")


if __name__ == "__main__":
    serve(*sys.argv[1:])
