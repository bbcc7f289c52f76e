"""`werda serve`: run all parts, with the embedded PostgreSQL where no other is named."""

import os

import click

from werda.cli.failing import clear_failures
from werda.server.settings import Settings


@click.command("serve")
@click.option(
    "--only",
    type=click.Choice(["gate", "pages", "signup", "portal", "intake", "worker"]),
    help="Run one part only, as a service of its own.",
)
@click.option("--demo", is_flag=True, hidden=True)
@clear_failures
def command(only: str | None, demo: bool) -> None:
    """Run all parts until Ctrl-C.

    Gate (machines), pages (agents), sign-up (new customers), portal (customers), intake (the operator's systems) and
    worker.

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
    elif only == "portal":
        from werda.server import pages

        pages.run_portal(settings)
    elif only == "intake":
        from werda.server import intake

        intake.run(settings)
    elif only == "worker":
        from werda.server import worker

        worker.run(settings)
    else:
        from werda.cli.ports import check_ports
        from werda.server.serve import serve

        check_ports(settings)
        serve(settings)
