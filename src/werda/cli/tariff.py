"""`werda tariff`: check and load what a brand sells, and clear away orders that nobody finished.

Exit codes: 0 all is well, 1 the documents have problems, 2 the command was called wrongly.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import click

from werda.cli.failing import clear_failures
from werda.core.tariff import TariffCatalogue
from werda.core.tariff_document import parse
from werda.core.toml_document import Problem
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.activate_tariffs import activate_tariffs
from werda.usecases.fill_in_order import remove_expired

_files = click.argument("files", metavar="FILE...", type=click.File("rb"), nargs=-1, required=True)


@click.group()
def command() -> None:
    """Check and load what a brand sells, and remove orders nobody finished."""


@command.command()
@_files
def check(files: Sequence[BinaryIO]) -> None:
    """Check tariff documents; - reads standard input. Names line and key of every problem."""
    bad = False
    for file in files:
        text = _text(file)
        found = text if isinstance(text, list) else parse(text)
        bad = _tell(file, found) or bad
    if bad:
        sys.exit(1)


@command.command()
@_files
@clear_failures
def load(files: Sequence[BinaryIO]) -> None:
    """Put tariff documents into the database, all or none."""
    now, bad = datetime.now(UTC), False
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        for file in files:
            text = _text(file)
            found = text if isinstance(text, list) else activate_tariffs(owner, text, now=now)
            bad = _tell(file, found) or bad
        if bad:
            owner.rollback()
    if bad:
        sys.exit(1)


@command.command("clear-orders")
@clear_failures
def clear_orders() -> None:
    """Destroy drafts and chosen codes whose time is over, now; the worker does it every hour."""
    with installation() as it, it.database.connect(Role.CUSTODY) as custody:
        removed = remove_expired(custody, now=datetime.now(UTC))
    click.echo(f"{removed} removed", err=True)


def _text(file: BinaryIO) -> str | list[Problem]:
    try:
        return file.read().decode("utf-8")
    except UnicodeDecodeError:
        return [Problem(1, "", "is not UTF-8; save the file in that encoding")]


def _tell(file: BinaryIO, found: TariffCatalogue | list[Problem]) -> bool:
    """Say what was found; whether anything is wrong."""
    name = getattr(file, "name", "<stdin>")
    if isinstance(found, TariffCatalogue):
        click.echo(f"{name}: ok, {found.brand} version {found.version}, {len(found.tariffs)} tariffs", err=True)
        return False
    for problem in found:
        click.echo(f"{name}:{problem}")
    return True
