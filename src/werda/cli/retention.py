"""`werda retention`: what is kept, for how long, what is due to be erased and what incidents hold (A9, A7).

Exit codes: 0 shown, 2 the command cannot be used.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import psycopg

from werda.cli.brands import brand_ids
from werda.cli.failing import clear_failures
from werda.server.wiring import installation
from werda.store.queries.policies import policy_in_force
from werda.store.queries.retention import Kept, kept
from werda.store.roles import Role

_HEAD = ("record", "days", "kept", "oldest", "due", "held, open", "held, closed", "last erased")


@click.group()
def command() -> None:
    """See what is kept for how long, what is due, and what incidents hold; docs/retention.md tells what it means."""


@command.command()
@click.option("--brand", metavar="SLUG", help="One brand only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@clear_failures
def show(brand: str | None, as_json: bool) -> None:
    """Show each kind of record of each brand: its period, how much there is, the oldest, what is due, what is held.

    Held are records whose period is over and that belong to an incident: one that is open, or one that is closed and
    whose own period goes on. It counts rows and changes nothing.
    """
    now = datetime.now(UTC)
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as custody, custody.transaction():
        custody.execute("set transaction isolation level repeatable read, read only")
        wanted = brand_ids(custody, [brand]) if brand else None
        brands = custody.execute("select id, slug::text from brand order by slug").fetchall()
        found = [
            (slug, *_of_brand(custody, brand_id, now))
            for brand_id, slug in brands
            if wanted is None or brand_id in wanted
        ]
    if as_json:
        shown = [
            {"brand": slug, "policy": version, "records": [_told(each) for each in records]}
            for slug, version, records in found
        ]
        click.echo(json.dumps(shown))
        return
    for slug, version, records in found:
        click.echo(f"{slug}, policy {version}" if version else f"{slug}: no policy in force, so nothing is erased")
        for line in _table(records):
            click.echo(f"  {line}")


def _of_brand(connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> tuple[str | None, list[Kept]]:
    policy = policy_in_force(connection, brand_id, now)
    if policy is None:
        return None, kept(connection, brand_id, None, now)
    return policy.version, kept(connection, brand_id, policy.retention, now)


def _told(each: Kept) -> dict[str, Any]:
    return {
        "record": each.record.value,
        "days": each.period.days if each.period else None,
        "kept": each.rows,
        "oldest": each.oldest.isoformat() if each.oldest else None,
        "due": each.due,
        "held_by_open_incidents": each.held_by_open,
        "held_by_closed_incidents": each.held_by_closed,
        "last_erased": each.last_erased.isoformat() if each.last_erased else None,
    }


def _table(records: Sequence[Kept]) -> list[str]:
    """Columns under a head; numbers to the right, so that they can be compared."""
    rows = [_HEAD] + [
        (
            each.record.replace("_", " "),
            str(each.period.days) if each.period else "-",
            str(each.rows),
            _day(each.oldest),
            *(str(each.due), str(each.held_by_open), str(each.held_by_closed)),
            _day(each.last_erased),
        )
        for each in records
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if head in {"record", "oldest", "last erased"} else cell.rjust(width)
            for head, cell, width in zip(_HEAD, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d") if at else "-"
