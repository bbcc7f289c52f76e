"""`werda trunk`: which lines of the switch are believed about the calling number (C3)."""

import re

import click

from werda.cli.failing import Unusable, clear_failures
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.add_brand import add_trunk


@click.group()
def command() -> None:
    """Say which lines of the switch are believed about calling numbers."""


@command.command()
@click.argument("name")
@click.option(
    "--asserts/--no-asserts", default=False, show_default=True, help="Whether its network vouches for numbers."
)
@clear_failures
def add(name: str, asserts: bool) -> None:
    """Make a trunk known by the name that the dialplan passes as trunk=NAME, or change it."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,50}", name):
        raise Unusable("a trunk's name has 1 to 50 letters, digits, dots, hyphens, colons or underscores")
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        add_trunk(owner, name=name, asserts=asserts)
    click.echo(f"Trunk {name} is {'believed' if asserts else 'not believed'} about calling numbers.", err=True)
