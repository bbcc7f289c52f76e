"""One file being brought in: chunk after chunk, each one transaction that also says how far the import came.

After a crash the same file goes on where the last committed chunk ended. Rows may be read again and change nothing,
so a finished file can be brought in again too. Two imports of a brand take turns.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.policy import Policy
from werda.core.policy_document import parse
from werda.store.roles import Database, Role
from werda.usecases.importing.newer_wins import Connection, prepare
from werda.usecases.importing.outcome import Outcome, Remark, UnusableFile
from werda.usecases.importing.rejects import RejectsFile
from werda.usecases.importing.table_file import Chunk, Rows, TableFile, is_not_utf8

CHUNK: Final = 25_000
"""Rows in a transaction: enough to make statements cheap, few enough to keep memory and a crash's repetition small."""

SHOWN_WARNINGS: Final = 20
_PATIENCE: Final = "30s"
_TRIES: Final = 3
_LOOK_AGAIN_AFTER: Final = frozenset({0, *(4**n for n in range(16))})
"""After so many chunks the planner hears how large the tables have become: 0, 1, 4, 16 …"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be brought in. `as_of` is the time at which the file was true; None leaves it to `bring_in`.

    `rejects` is where rejected rows are told. `progress` hears the byte reached.
    """

    file: TableFile
    brand: str
    now: datetime
    rejects: Path
    as_of: datetime | None = None
    dry_run: bool = False
    progress: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class BrandRules:
    """The brand as an import needs it: its clocks and all versions of its policy."""

    id: int
    zone: ZoneInfo
    policies: tuple[Policy, ...]


class Importer(Protocol):
    """Takes chunks of rows of one kind of file."""

    def take(self, rows: Rows) -> Outcome:
        """Bring a chunk of rows in, within the transaction at hand."""
        ...


@dataclass(slots=True)
class Report:
    """What an import did, over all its attempts at this file. `warnings` are the first few of this attempt."""

    as_of: datetime
    rows: int = 0
    changed: int = 0
    rejected: int = 0
    warned: int = 0
    resumed_after: int = 0
    warnings: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """The state of an import in the database: `position` is the line after which it goes on."""

    id: int
    kind: str
    brand_id: int
    position: int
    report: Report


def bring_in(
    database: Database, order: Order, kind: str, importer: Callable[[Connection, BrandRules, datetime], Importer]
) -> Report:
    """Bring a file in, or go on with it. A dry run does all of it and keeps nothing but the rejects file.

    A file that was here before keeps its as-of time unless the order says otherwise; a new one is as of now. Raises
    `UnusableFile` for an unknown brand, and when another import of the brand does not end within half a minute.
    """
    with database.connect(Role.CUSTODY) as connection:
        brand = _brand(connection, order.brand)
        prepare(connection)
        _take_turn(connection, brand)
        as_of = order.as_of or _time_of(connection, order, kind, brand)
        work = importer(connection, brand, as_of)
        connection.commit()
        run = _begin(connection, order, kind, brand, as_of)
        return _carry_out(connection, order, run, work)


def _brand(connection: Connection, slug: str) -> BrandRules:
    brand = brand_rules(connection, slug)
    if brand is None:
        known = [known for (known,) in connection.execute("select slug from brand order by slug")]
        raise UnusableFile(f"there is no brand {slug}; there is {', '.join(known) or 'none yet'}")
    return brand


def brand_rules(connection: Connection, slug: str) -> BrandRules | None:
    """The brand of this short name as an import needs it; None when there is none."""
    row = connection.execute("select id, timezone from brand where slug = %s", (slug,)).fetchone()
    if row is None:
        return None
    documents = connection.execute("select document from policy_version where brand_id = %s", (row[0],)).fetchall()
    read = [parse(document) for (document,) in documents]
    return BrandRules(row[0], ZoneInfo(row[1]), tuple(policy for policy in read if isinstance(policy, Policy)))


def _take_turn(connection: Connection, brand: BrandRules) -> None:
    """Hold the brand's lock for imports until the connection ends."""
    try:
        connection.execute(f"set local lock_timeout = '{_PATIENCE}'".encode())
        connection.execute("select pg_advisory_lock(hashtextextended('werda:import', %s))", (brand.id,))
    except psycopg.errors.LockNotAvailable:
        raise UnusableFile("another import of this brand is under way; try again when it has ended") from None


def _time_of(connection: Connection, order: Order, kind: str, brand: BrandRules) -> datetime:
    row = connection.execute(
        "select as_of from import_run where kind = %s and brand_id = %s and fingerprint = %s order by id desc limit 1",
        (kind, brand.id, order.file.fingerprint),
    ).fetchone()
    return row[0] if row else order.now


def _begin(connection: Connection, order: Order, kind: str, brand: BrandRules, as_of: datetime) -> Run:
    """Where the import stands: at the beginning, unless an earlier attempt at this file did not come to its end."""
    this = {"kind": kind, "brand": brand.id, "fingerprint": order.file.fingerprint, "as_of": as_of, "now": order.now}
    connection.execute(
        "delete from import_run where kind = %(kind)s and brand_id = %(brand)s and fingerprint = %(fingerprint)s"
        " and as_of = %(as_of)s and (finished_at is not null or %(dry)s)",
        {**this, "dry": order.dry_run},
    )
    connection.execute(
        "insert into import_run (kind, brand_id, fingerprint, as_of, started_at,"
        " rows, changed, rejected, warned, position)"
        " values (%(kind)s, %(brand)s, %(fingerprint)s, %(as_of)s, %(now)s, 0, 0, 0, 0, 0) on conflict do nothing",
        this,
    )
    row = connection.execute(
        "select id, position, rows, changed, rejected, warned from import_run where kind = %(kind)s"
        " and brand_id = %(brand)s and fingerprint = %(fingerprint)s and as_of = %(as_of)s",
        this,
    ).fetchone()
    assert row is not None
    run_id, position, rows, changed, rejected, warned = row
    report = Report(as_of, rows, changed, rejected, warned, resumed_after=position)
    return Run(run_id, kind, brand.id, position, report)


def _carry_out(connection: Connection, order: Order, run: Run, importer: Importer) -> Report:
    """Take every chunk that is left. Each is in as a whole or not at all, and so is the word that it is in."""
    finish = connection.rollback if order.dry_run else connection.commit
    finish()
    rejects = RejectsFile(order.rejects, up_to_line=run.position)
    with _without_searching_cycles():
        for number, chunk in enumerate(order.file.chunks(after=run.position, rows=CHUNK)):
            if number in _LOOK_AGAIN_AFTER:
                connection.execute("select analyze_imported()")
                connection.commit()
            _refuse_wrong_encoding(chunk, run)
            outcome = take(connection, importer, chunk.rows)
            outcome.rejects = sorted([*chunk.rejects, *outcome.rejects], key=lambda reject: reject.line)
            _count(run, chunk, outcome)
            rejects.add(outcome.rejects)
            _remember(connection, run)
            finish()
            order.progress(chunk.end)
    _end(connection, run, order.now)
    finish()
    return run.report


@contextmanager
def _without_searching_cycles() -> Iterator[None]:
    """Rows come and go by the hundred thousand and never form cycles; to search for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def take(connection: Connection, importer: Importer, rows: Rows) -> Outcome:
    """Take rows as the first thing of a transaction.

    Somebody else, such as the portal, may write the same row at the same moment: then they are taken again.
    """
    for _ in range(_TRIES - 1):
        try:
            return importer.take(rows)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
            connection.rollback()
    return importer.take(rows)


def _refuse_wrong_encoding(chunk: Chunk, run: Run) -> None:
    """In the first chunk, of which nothing is in yet, a wrong encoding is the file's; later it is the row's."""
    if run.position == 0 and (wrong := next(filter(is_not_utf8, chunk.rejects), None)):
        raise UnusableFile(f"line {wrong.line}, column {wrong.column} {wrong.reason}")


def _count(run: Run, chunk: Chunk, outcome: Outcome) -> None:
    report = run.report
    out = {reject.line for reject in outcome.rejects}
    warnings = [warning for warning in outcome.warnings if warning.line not in out]
    run.position = chunk.last_line
    report.rows += chunk.count
    report.changed += len(outcome.changed - out)
    report.rejected += len(out)
    report.warned += len(warnings)
    report.warnings += warnings[: SHOWN_WARNINGS - len(report.warnings)]


def _remember(connection: Connection, run: Run) -> None:
    report = run.report
    connection.execute(
        "update import_run set rows = %s, changed = %s, rejected = %s, warned = %s, position = %s where id = %s",
        (report.rows, report.changed, report.rejected, report.warned, run.position, run.id),
    )


def _end(connection: Connection, run: Run, now: datetime) -> None:
    report = run.report
    connection.execute("update import_run set finished_at = %s where id = %s", (now, run.id))
    connection.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (%s, %s, %s, 'import', %s)",
        (
            *(now, EventKind.IMPORT_FINISHED.value, run.brand_id),
            Jsonb(
                {
                    "import": run.id,
                    "kind": run.kind,
                    "as_of": report.as_of.isoformat(),
                    "rows": report.rows,
                    "changed": report.changed,
                    "rejected": report.rejected,
                    "warned": report.warned,
                }
            ),
        ),
    )
