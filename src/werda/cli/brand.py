"""`werda brand`: brands, the hotline numbers under which they answer, and what they are dressed in."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.brand_tokens import BrandTokens, parse
from werda.core.number import normalise
from werda.core.toml_document import Problem
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.add_brand import add_brand
from werda.usecases.dress_brand import dress_brand


@click.group()
def command() -> None:
    """Add brands and their hotline numbers, and dress them."""


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


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "slug", required=True, help="The brand's slug.")
@clear_failures
def tokens(file: Path, slug: str) -> None:
    """Dress a brand: accent, logo, names, links and hotline from a TOML FILE; the logo lies beside it.

    Refused, with what was measured and the nearest colour that passes, when people could not read it (WCAG 2.2).
    Exit code 1 tells of problems.
    """
    document = _document(file)
    read = document if isinstance(document, list) else parse(document)
    logo = _logo(file, read) if isinstance(read, BrandTokens) else None
    found: BrandTokens | list[Problem] = read
    if isinstance(document, str) and isinstance(read, BrandTokens):
        with installation() as it, it.database.connect(Role.OWNER) as owner:
            [brand_id] = brand_ids(owner, [slug])
            found = dress_brand(owner, brand_id, document, logo, now=datetime.now(UTC))
    if isinstance(found, BrandTokens):
        click.echo(f"{slug} is dressed as {found.name}; the portal shows it within seconds.", err=True)
        return
    for problem in found:
        click.echo(f"{file}:{problem}")
    sys.exit(1)


def _document(file: Path) -> str | list[Problem]:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [Problem(1, "", "is not UTF-8; save the file in that encoding")]


def _logo(file: Path, tokens: BrandTokens) -> bytes | None:
    if not tokens.logo:
        return None
    beside = file.parent / tokens.logo
    if not beside.is_file():
        raise Unusable(f"there is no {tokens.logo} beside {file.name}; put it there or take `logo` out")
    return beside.read_bytes()
