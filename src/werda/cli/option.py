"""`werda option`: check, activate and show the options that a brand offers beside its tariffs (S13).

Exit codes: 0 all is well, 1 the documents have problems, 2 the command was called wrongly.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import click

from werda.cli.failing import clear_failures
from werda.core.option import Charge, OptionCatalogue
from werda.core.option_document import parse
from werda.core.toml_document import Problem
from werda.server.wiring import installation
from werda.store.queries.options import options_of
from werda.store.roles import Role
from werda.usecases.activate_options import activate_options

_files = click.argument("files", metavar="FILE...", type=click.File("rb"), nargs=-1, required=True)


@click.group()
def command() -> None:
    """Check, activate and show the options a brand offers."""


@command.command()
@_files
def check(files: Sequence[BinaryIO]) -> None:
    """Check catalogues of options; - reads standard input. Names line and key of every problem."""
    bad = False
    for file in files:
        text = _text(file)
        bad = _tell(file, text if isinstance(text, list) else parse(text)) or bad
    if bad:
        sys.exit(1)


@command.command()
@_files
@clear_failures
def activate(files: Sequence[BinaryIO]) -> None:
    """Put catalogues into the database, all or none; each comes into force at its effective_from."""
    now, bad = datetime.now(UTC), False
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        for file in files:
            text = _text(file)
            bad = _tell(file, text if isinstance(text, list) else activate_options(owner, text, now=now)) or bad
        if bad:
            owner.rollback()
    if bad:
        sys.exit(1)


@command.command("list")
@clear_failures
def list_() -> None:
    """All catalogues: brand, version, since when."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        rows = owner.execute(
            "select b.slug, v.version, v.effective_from from option_version v join brand b on b.id = v.brand_id"
            " order by b.slug, v.effective_from"
        ).fetchall()
    for slug, version, begins in rows:
        click.echo(f"{slug}\t{version}\t{begins.isoformat()}")


@command.command()
@click.argument("brand")
@clear_failures
def show(brand: str) -> None:
    """What a brand offers now: option, price, name."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        row = owner.execute("select id from brand where slug = %s", (brand,)).fetchone()
        if row is None:
            raise click.UsageError(f"there is no brand {brand}")
        catalogue = options_of(owner, row[0], datetime.now(UTC))
    for option in catalogue.options if catalogue else ():
        each = "" if option.charge is Charge.ONCE else " a month"
        currency = catalogue.currency if catalogue else ""
        click.echo(f"{option.slug}\t{option.price} {currency}{each}\t{option.name.en}")


def _text(file: BinaryIO) -> str | list[Problem]:
    try:
        return file.read().decode("utf-8")
    except UnicodeDecodeError:
        return [Problem(1, "", "is not UTF-8; save the file in that encoding")]


def _tell(file: BinaryIO, found: OptionCatalogue | list[Problem]) -> bool:
    """Say what was found; whether anything is wrong."""
    name = getattr(file, "name", "<stdin>")
    if isinstance(found, OptionCatalogue):
        click.echo(f"{name}: ok, {found.brand} version {found.version}, {len(found.options)} options", err=True)
        return False
    for problem in found:
        click.echo(f"{name}:{problem}")
    return True
