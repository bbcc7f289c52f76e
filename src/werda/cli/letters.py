"""`werda letters`: print what waits to be posted, as one PDF for a printing house.

Exit codes: 0 done, 1 some letters could not be printed and still wait, 2 wrong use or unusable installation.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.letter import LetterKind
from werda.documents.letterhead import Letterhead, read_letterhead
from werda.documents.typesetting import PaperFailed
from werda.documents.whole_files import FilesAreBusy
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.print_letters import PRINTABLE, Printed, print_letters, waiting_letters

_brand = click.option("--brand", metavar="SLUG", required=True, help="Whose letters these are.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.group()
def command() -> None:
    """Print contracts, code letters and SIM carriers that wait to be posted; docs/documents.md.

    \b
    Exit codes: 0 done, 1 some letters still wait, 2 wrong use or unusable installation.
    """


@command.command()
@_brand
@_json
@clear_failures
def status(brand: str, as_json: bool) -> None:
    """Say how many letters of each kind wait."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        [brand_id] = brand_ids(connection, [brand])
        counts = {kind.value: count for kind, count in waiting_letters(connection, brand_id).items()}
    if as_json:
        click.echo(json.dumps(counts))
        return
    for kind, count in sorted(counts.items()):
        click.echo(f"{kind}\t{count}")
    if not counts:
        click.echo("no letter waits", err=True)


@command.command("print")
@click.argument("kind", type=click.Choice([kind.value for kind in PRINTABLE]))
@click.argument("pdf", type=click.Path(dir_okay=False, path_type=Path))
@_brand
@click.option("--letterhead", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--logo", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An SVG file.")
@click.option("--duplex", is_flag=True, help="Each letter begins on a new sheet.")
@_json
@clear_failures
def print_(
    kind: str, pdf: Path, brand: str, file: Path, logo: Path | None, duplex: bool, as_json: bool
) -> None:  # fmt: skip
    """Print all letters of a KIND that wait into PDF, with an index beside it.

    The file holds secrets and is readable for you only. Letters count as printed once the file is whole; after a crash
    the same command prints them again under the same name.

    \b
    Example: werda letters print code codes.pdf --brand nordfunk --letterhead letterhead.toml
    """
    if pdf.suffix != ".pdf":
        raise Unusable(f"{pdf} does not end with .pdf")
    letterhead = read_letterhead(file.read_text("utf-8"), logo.read_text("utf-8") if logo else None)
    if not isinstance(letterhead, Letterhead):
        raise Unusable("; ".join(f"{file}:{problem}" for problem in letterhead))
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as connection:
        [brand_id] = brand_ids(connection, [brand])
        total = waiting_letters(connection, brand_id).get(LetterKind(kind), 0)
        with _progress() as bar:
            task = bar.add_task("printing", total=total)
            try:
                done = print_letters(
                    connection, it.custody(), brand_id, LetterKind(kind), letterhead=letterhead, pdf=pdf,
                    now=datetime.now(UTC), duplex=duplex, progress=lambda n: bar.update(task, completed=n),
                )  # fmt: skip
            except (FilesAreBusy, PaperFailed) as problem:
                raise Unusable(f"{problem}; every letter still waits") from None
    _tell(done, as_json=as_json)


def _tell(done: Printed, *, as_json: bool) -> None:
    run = done.run
    for held in done.held:
        click.echo(f"letter {held.letter}, customer {held.customer_number}: {held.reason}", err=True)
    printed, pages, rejected = (run.letters, run.pages, run.rejected) if run else (0, 0, 0)
    if as_json:
        click.echo(json.dumps({"letters": printed, "pages": pages, "rejected": rejected, "held": len(done.held)}))
    elif run:
        click.echo(f"{printed} letters on {pages} pages in {run.pdf}, index {run.index}")
    else:
        click.echo("no letter waits that could be printed", err=True)
    if rejected and run:
        click.echo(f"{rejected} letters cannot be printed: see {run.rejects}", err=True)
    if done.held or rejected:
        sys.exit(1)


def _progress() -> Progress:
    """On standard error, and only where a person watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
