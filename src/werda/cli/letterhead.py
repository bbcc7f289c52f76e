"""`werda letterhead`: check how a brand looks on paper before anything is sent.

Exit codes: 0 all is well, 1 the document has problems or a specimen cannot be set, 2 the command was called wrongly.
"""

import sys
from pathlib import Path
from typing import BinaryIO

import click

from werda.cli.failing import Unusable
from werda.documents.letterhead import Letterhead, read_letterhead
from werda.documents.printable import Unprintable
from werda.documents.specimen import specimens
from werda.documents.typesetting import PaperFailed
from werda.documents.wording import CATALOGUES


@click.group()
def command() -> None:
    """Check how a brand looks on paper."""


@command.command()
@click.argument("file", type=click.File("rb"))
@click.option("--logo", type=click.File("rb"), metavar="SVG", help="Printed in place of the name, 12 mm high.")
@click.option(
    "--specimens",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Put every kind of paper there, to a customer who does not exist.",
)
@click.option("--catalogue", type=click.Choice(CATALOGUES), default="de-du", show_default=True)
def check(file: BinaryIO, logo: BinaryIO | None, folder: Path | None, catalogue: str) -> None:
    """Check a letterhead, and look at it on specimens.

    Names line and key of every problem and says what to do.

    \b
    Exit codes: 0 no problem, 1 problems, 2 wrong use.

    \b
    Example: werda letterhead check letterhead.toml --logo logo.svg --specimens look/
    """
    letterhead = read_letterhead(_text(file), None if logo is None else _text(logo))
    if not isinstance(letterhead, Letterhead):
        for problem in letterhead:
            click.echo(f"{file.name}:{problem}")
        sys.exit(1)
    if folder is not None:
        _write(letterhead, catalogue, folder)
    click.echo(f"{file.name}: ok, {letterhead.name}", err=folder is not None)


def _write(letterhead: Letterhead, catalogue: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, paper in specimens(letterhead, catalogue).items():
        file = folder / f"{name}-{catalogue}.pdf"
        try:
            file.write_bytes(paper())
        except (Unprintable, PaperFailed) as problem:
            click.echo(f"{name}: {problem}")
            if letterhead.logo is not None and isinstance(problem, PaperFailed):
                click.echo("Without --logo you learn whether the logo is to blame.", err=True)
            sys.exit(1)
        click.echo(str(file))


def _text(file: BinaryIO) -> str:
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable(f"{file.name} is not UTF-8; save it as UTF-8") from None
