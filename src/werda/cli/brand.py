"""`werda brand`: brands and the hotline numbers under which they answer."""

import click

from werda.cli.failing import Unusable, clear_failures
from werda.core.number import normalise
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.add_brand import add_brand


@click.group()
def command() -> None:
    """Add brands and their hotline numbers."""


@command.command()
@click.argument("slug")
@click.option("--name", required=True, help="As people say it.")
@click.option("--number", "numbers", multiple=True, required=True, help="A hotline number; repeatable.")
@click.option(
    "--form", type=click.Choice(["du", "sie"]), default="du", show_default=True, help="How it addresses people."
)
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option("--timezone", default="Europe/Berlin", show_default=True)
@click.option("--portal", default="", help="Where customers look up their code, as they type it.")
@clear_failures
def add(slug: str, name: str, numbers: tuple[str, ...], form: str, language: str, timezone: str, portal: str) -> None:
    """Add a brand, or bring the one called SLUG to these values."""
    dialled = [normalise(number) for number in numbers]
    for number, normal in zip(numbers, dialled, strict=True):
        if normal is None:
            raise Unusable(f"{number!r} is no telephone number; write it like +49302312500")
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        add_brand(
            owner,
            slug=slug,
            name=name,
            dialled=[number for number in dialled if number],
            form=form,
            language=language,
            timezone=timezone,
            portal=portal,
        )
    click.echo(f"{name} answers under {', '.join(filter(None, dialled))}.", err=True)
