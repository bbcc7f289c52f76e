"""`werda import`: bring in customers, SIM profiles and bookings of options from files.

Exit codes: 0 every row is in, 1 some rows were rejected, 2 the file or the command cannot be used, 130 interrupted.
"""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from werda.keys.custody import Custody
from werda.keys.ring import BadKeyRing
from werda.keys.verifier import Verifier
from werda.server.wiring import installation
from werda.store.roles import Database
from werda.usecases import import_bookings, import_customers, import_sims
from werda.usecases.importing.outcome import UnusableFile
from werda.usecases.importing.run import SHOWN_WARNINGS, Order, Report
from werda.usecases.importing.table_file import Columns, TableFile

UseCase = Callable[[Database, Order, Verifier, Custody], Report]

_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path, dir_okay=False)),
    click.option("--brand", metavar="SLUG", required=True, help="Whose customers, SIMs or bookings these are."),
    click.option(
        "--as-of",
        metavar="TIME",
        help="When the file was true, such as 2023-02-01T06:00:00+01:00; without an offset UTC. "
        "[default: now, or for a file that was here before the time it had]",
    ),
    click.option(
        "--map",
        "mapping",
        type=click.Path(path_type=Path, dir_okay=False),
        help="TOML with [columns]: their name = ours.",
    ),
    click.option("--rejects", type=click.Path(path_type=Path, dir_okay=False), help="[default: FILE.rejects.csv]"),
    click.option("--dry-run", is_flag=True, help="Do everything and keep nothing but the rejects file."),
    click.option("--json", "as_json", is_flag=True, help="Print a JSON object."),
)


@click.group()
def command() -> None:
    """Bring in customers, SIM profiles and bookings of options from CSV files; docs/import.md tells every column.

    A file goes in row by row; a bad row goes to the rejects file. The same file twice changes nothing, and after a
    crash the same command goes on where it was.

    \b
    Exit codes: 0 every row is in, 1 some were rejected, 2 unusable file or wrong use, 130 interrupted.
    """


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@command.command()
@_with_options
def customers(file: Path, **options: object) -> None:
    """Bring in customers, lines and customer codes: one row for each line of a customer.

    \b
    Example: werda import customers customers.csv --brand nordfunk
    """
    _import(file, import_customers.COLUMNS, import_customers.import_customers, **options)  # type: ignore[arg-type]


@command.command()
@_with_options
def sims(file: Path, **options: object) -> None:
    """Bring in SIM profiles: a SIM vendor's output file, or the list of who has which SIM.

    Ki, OPc, ADM and ACC columns are dropped unread.

    \b
    Example: werda import sims vendor-output.csv --brand nordfunk --map vendor.toml
    """
    _import(file, import_sims.COLUMNS, import_sims.import_sims, **options)  # type: ignore[arg-type]


@command.command()
@_with_options
def bookings(file: Path, **options: object) -> None:
    """Bring in which options are booked: one row for each booking.

    \b
    Example: werda import bookings bookings.csv --brand nordfunk
    """
    _import(file, import_bookings.COLUMNS, import_bookings.import_bookings, **options)  # type: ignore[arg-type]


def _import(
    path: Path,
    columns: Columns,
    use_case: UseCase,
    *,
    brand: str,
    as_of: str | None,
    mapping: Path | None,
    rejects: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    now = datetime.now(UTC)
    rejects = rejects or path.with_name(f"{path.name}.rejects.csv")
    try:
        if rejects.exists() and rejects.samefile(path):
            raise UnusableFile("the rejects would be written over the file itself; choose another name with --rejects")
        file = TableFile.open(path, columns, _own_names(mapping))
        _tell_columns(file)
        with installation() as it, _progress(file) as progress:
            order = Order(file, brand, now, rejects, _moment(as_of, now), dry_run, progress)
            report = use_case(it.database, order, it.verifier(), it.custody())
    except (UnusableFile, BadKeyRing) as error:
        _unusable(str(error))
    except OSError as error:
        _unusable(f"{error.filename or path}: {error.strerror}")
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where it was", err=True)
        sys.exit(130)
    _tell(report, rejects, dry_run=dry_run, as_json=as_json)
    sys.exit(1 if report.rejected else 0)


def _own_names(mapping: Path | None) -> dict[str, str]:
    """The mapping file's [columns]. Raises `UnusableFile`."""
    if mapping is None:
        return {}
    try:
        document = tomllib.loads(mapping.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnusableFile(f"{mapping} is no TOML: {error}") from error
    columns = document.get("columns")
    if (
        document.keys() != {"columns"}
        or not isinstance(columns, dict)
        or not all(isinstance(v, str) for v in columns.values())
    ):
        raise UnusableFile(f'{mapping} must hold one table [columns] with lines such as "MSISDN 1" = "msisdn"')
    return columns


def _moment(as_of: str | None, now: datetime) -> datetime | None:
    if as_of is None:
        return None
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise UnusableFile("--as-of is no time such as 2023-02-01T06:00:00+01:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise UnusableFile("--as-of lies in the future; nothing changed in Werda until then would be kept")
    return moment


@contextmanager
def _progress(file: TableFile) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when somebody is looking."""
    console = Console(stderr=True)
    columns = (TextColumn(file.path.name), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("import", total=file.size)
        yield lambda end: bar.update(task, completed=end)


def _tell_columns(file: TableFile) -> None:
    if file.dropped:
        click.echo(f"dropped unread: {', '.join(file.dropped)}", err=True)
    if file.ignored:
        click.echo(f"ignored, not known: {', '.join(file.ignored)}", err=True)


def _tell(report: Report, rejects: Path, *, dry_run: bool, as_json: bool) -> None:
    if report.resumed_after:
        click.echo(f"went on after line {report.resumed_after}", err=True)
    for warning in report.warnings:
        click.echo(f"warning: line {warning.line}, {warning.column}: {warning.reason}", err=True)
    if report.warned > len(report.warnings) and len(report.warnings) >= SHOWN_WARNINGS:
        click.echo(f"warning: and {report.warned - len(report.warnings)} more", err=True)
    if report.rejected:
        click.echo(f"rejected rows are told in {rejects}", err=True)
    if as_json:
        result = {"rows": report.rows, "changed": report.changed, "rejected": report.rejected, "warned": report.warned}
        where = str(rejects) if report.rejected else None
        click.echo(json.dumps({**result, "as_of": report.as_of.isoformat(), "dry_run": dry_run, "rejects": where}))
        return
    words = "would change" if dry_run else "changed"
    click.echo(
        f"{report.rows} rows read, {report.changed} {words} something, {report.rejected} rejected,"
        f" {report.warned} with a warning"
    )


def _unusable(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)
