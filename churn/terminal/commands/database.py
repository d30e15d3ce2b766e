"""The commands of the database: tables and rights, its address, psql, a port for BI tools, stop."""

from typing import Annotated

import typer

from churn.errors import WrongUsage
from churn.settings import load_settings
from churn.shell.one_line import one_line_errors
from churn.shell.options import Verbose
from churn.terminal.asking import confirm
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

app = typer.Typer(help="Reach and set up the database.", no_args_is_help=True, cls=HelpfulGroup)
TASK = "Commands"


@command(app, TASK)
def setup(verbose: Verbose = False) -> None:
    """Create the tables on a team's Postgres and grant the roles their rights. Run it as the owner."""
    with quiet_command(verbose):
        from churn.reporting.rights import set_up
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            typer.echo(set_up(workplace))


@command(app, TASK, "churn db upgrade --yes")
def upgrade(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Upgrade without asking.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show the steps from the tables of an earlier release to those of this one, ask, and take them."""
    with quiet_command(verbose):
        from churn.reporting import rights

        settings = load_settings()
        steps = rights.find_steps(settings)
        for step in steps:
            typer.echo(f"{step.version:04}  {step.purpose}")
        if steps and not yes:
            confirm("Take these steps? All are taken, or none.", "churn db upgrade --yes")
        typer.echo(rights.upgrade(settings))


@command(app, TASK, 'psql "$(churn db uri)"')
def uri(verbose: Verbose = False) -> None:
    """Print the address of the database, with its password, for psql and BI tools."""
    with quiet_command(verbose):
        from churn.stores.postgres.database import locate

        typer.echo(locate(load_settings()))


@command(
    app,
    TASK,
    "churn db psql -c 'select * from reporting.kpi_daily'",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(context: typer.Context, verbose: Verbose = False) -> None:
    """Open psql on the database; every further argument goes to psql."""
    with one_line_errors(verbose):
        import os

        from churn.stores.postgres.database import apart_from_password, locate
        from churn.stores.postgres.embedded import find_psql

        # The password travels in the environment: an argument would show in the list of processes.
        address, password = apart_from_password(locate(load_settings()))
        os.execve(find_psql(), ["psql", address, *context.args], os.environ | password)


@command(app, TASK, "churn db serve --port 5433")
def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port for BI tools of this machine; 0 for a free one.", metavar="PORT")
    ] = 5433,
    verbose: Verbose = False,
) -> None:
    """Open the embedded database to BI tools of this machine: a port, and a login that may only read."""
    with quiet_command(verbose):
        from churn.stores.postgres.embedded import find_socket
        from churn.stores.postgres.loopback import HERE, forward, prepare_login
        from churn.stores.workplace import open_workplace

        settings = load_settings()
        if settings.database_url is not None:
            raise WrongUsage(
                "CHURN_DATABASE_URL names a Postgres of your own, which has a port already.",
                "point the BI tool at that server; `churn db uri` prints its address.",
            )
        with open_workplace(settings) as workplace:
            login = prepare_login(workplace.engine, settings.home_dir)
        socket = find_socket(settings.home_dir)
        assert socket is not None  # The workplace has started the server.

        def tell_open(opened: int) -> None:
            typer.echo(f"host {HERE}, port {opened}, database churn, schema reporting, user {login.user}")
            typer.echo(f"The password is in {login.password_file}. Press Ctrl-C to close the port.")

        forward(socket, port, tell_open)


@command(app, TASK)
def stop(verbose: Verbose = False) -> None:
    """Stop the embedded Postgres; the next command that needs it starts it again."""
    with quiet_command(verbose):
        from churn.stack_note import find_stack
        from churn.stores.postgres.embedded import stop_embedded

        settings = load_settings()
        if settings.database_url is None and find_stack(settings.home_dir) is not None:
            raise WrongUsage(
                "The local stack is running and would start Postgres again.", "stop the whole stack: `churn down`."
            )
        is_stopped = stop_embedded(settings.home_dir)
        typer.echo("The embedded Postgres is stopped." if is_stopped else "The embedded Postgres was not running.")
