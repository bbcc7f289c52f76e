"""`werda setup`: make an installation, or bring it to this version. Safe to repeat."""

import click

from werda.cli.failing import clear_failures
from werda.server.wiring import installation


@click.command("setup")
@clear_failures
def command() -> None:
    """Make or upgrade the database, its roles and the key rings in WERDA_HOME.

    Safe to repeat. With WERDA_DATABASE_URL the address's user must own the database and have CREATEROLE.
    """
    with installation() as it:
        it.set_up()
        click.echo(f"Ready. Data and keys are in {it.settings.home}; back up its folder keys.", err=True)
