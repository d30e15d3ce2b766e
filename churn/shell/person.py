"""Who gives a command: the name that ledgers keep beside a decision."""

import os
import pwd
from typing import Annotated

import typer

Person = Annotated[
    str | None, typer.Option("--by", help="Who decides (default: the user of this machine).", metavar="NAME")
]


def find_person() -> str:
    """Returns the name of the user of this process; the user's number where the system has no name for it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # In a container the user may have a number without a name.
        return f"user {os.getuid()}"
