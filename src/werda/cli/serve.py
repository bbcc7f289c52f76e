"""`werda serve`: run the gate, the pages and sign-up, with the embedded PostgreSQL where no other is named."""

import os

import click

from werda.cli.failing import clear_failures
from werda.server.settings import Settings


@click.command("serve")
@click.option(
    "--only", type=click.Choice(["gate", "pages", "signup"]), help="Run one part only, as a service of its own."
)
@click.option("--demo", is_flag=True, hidden=True)
@clear_failures
def command(only: str | None, demo: bool) -> None:
    """Run the gate (machines), the pages (agents) and sign-up (new customers) until Ctrl-C.

    With --only the database must be running and `werda setup` have been done.
    """
    settings = Settings.from_environment()
    if "WERDA_SUPERVISED" in os.environ:
        from werda.server.serve import die_with_parent

        die_with_parent()
    if only == "gate":
        from werda.server import gate

        gate.run(settings)
    elif only == "pages":
        from werda.server import pages

        pages.run(settings, demo=demo)
    elif only == "signup":
        from werda.server import pages

        pages.run_signup(settings)
    else:
        from werda.cli.ports import check_ports
        from werda.server.serve import serve

        check_ports(settings)
        serve(settings)
