"""`werda incident`: mark authentications as an incident, keep its clocks, and export its timeline (A7).

Exit codes: 0 done, 1 refused or nothing there, 2 the command or the installation cannot be used.
"""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import psycopg

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.cli.incident_files import WRITERS, write_new
from werda.core.incident import Incident, Recipient, bad_text
from werda.core.incident_query import FILTERS, parse_where
from werda.core.toml_document import moments, why_not_one_moment
from werda.server.wiring import installation
from werda.store.queries.incident import incidents
from werda.store.queries.incident_timeline import timeline
from werda.store.roles import Role
from werda.usecases import change_incident
from werda.usecases.change_incident import NotChanged
from werda.usecases.open_incident import NothingThere, OfAttempt, OfCall, OfCustomer, Subject, open_incident

Connection = psycopg.Connection[Any]

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_incident = click.argument("incident_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
_text = click.option("--text", required=True, help="One line; no code and no number of four digits or more (B9).")


@click.group()
def command() -> None:
    """Mark authentications as an incident, keep the 24 h and 72 h clocks, export the timeline; docs/incidents.md.

    \b
    Exit codes: 0 done, 1 refused or nothing there, 2 wrong use or unusable installation.
    """


@command.command("open")
@click.option("--brand", metavar="SLUG", required=True, help="The brand.")
@click.option("--call", metavar="REF", help="The call with the switch's id.")
@click.option(
    "--attempt", metavar="ID", type=click.IntRange(1, 2**63 - 1), help="One attempt, by its number in the log."
)
@click.option("--customer", metavar="NUMBER", help="A customer, by customer number.")
@click.option(
    "--where", "filters", metavar="FILTER", multiple=True,
    help="All attempts of a query; repeatable, every filter must hold: " + "; ".join(FILTERS.values()) + ".",
)  # fmt: skip
@click.option("--reason", required=True, help="Why, in one line; no code and no number of four digits or more.")
@click.option("--known-at", metavar="TIME", help="When it became known, by the brand's clocks; now if left out.")
@click.option("--dry-run", is_flag=True, help="Say how many attempts and customers it would hold; open nothing.")
@_json
@clear_failures
def open_(
    brand: str, call: str | None, attempt: int | None, customer: str | None, filters: tuple[str, ...], reason: str,
    known_at: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Open an incident for a call, an attempt, a customer or a query; the clocks run from when it became known.

    \b
    Example: werda incident open --brand nordfunk --where from=2026-11-26T08:00:00 --where trunk=carrier-2
             --where outcome=verified --reason "Angriff über die Leitung carrier-2" --dry-run
    """
    now = datetime.now(UTC)
    if why := bad_text(reason):
        raise Unusable(f"--reason {why}")
    with _custody() as connection:
        [brand_id] = brand_ids(connection, [brand])
        zone = _zone(connection, brand_id)
        known = now if known_at is None else _moment("--known-at", known_at, zone, now)
        opened = open_incident(
            connection, _subject(call, attempt, customer, filters, zone, now), brand_id=brand_id, reason=reason,
            known_at=known, actor=_actor(), now=now, dry_run=dry_run,
        )  # fmt: skip
    if isinstance(opened, NothingThere):
        click.echo(f"nothing was opened: {brand} has no {opened.what}", err=True)
        sys.exit(1)
    held = {"attempts": opened.attempts, "customers": opened.customers}
    if as_json:
        click.echo(json.dumps({"incident": opened.incident_id, **held, "dry_run": dry_run}))
    elif dry_run:
        click.echo(f"it would hold {opened.attempts} attempts of {opened.customers} customers")
    else:
        click.echo(
            f"incident {opened.incident_id} is open, with {opened.attempts} attempts of {opened.customers} customers"
        )


@command.command("list")
@click.option("--brand", metavar="SLUG", help="One brand only.")
@click.option("--all", "everything", is_flag=True, help="Closed ones, too.")
@_json
@clear_failures
def list_(brand: str | None, everything: bool, as_json: bool) -> None:
    """List the incidents with their clocks."""
    now = datetime.now(UTC)
    with _custody() as connection:
        brand_id = brand_ids(connection, [brand])[0] if brand else None
        found = incidents(connection, brand_id=brand_id, closed=everything)
    if as_json:
        click.echo(json.dumps([shown(incident, now) for incident in found]))
        return
    for incident in found:
        click.echo(_line(incident, now))
    if not found:
        click.echo("no open incident" if not everything else "no incident", err=True)


@command.command()
@_incident
@_json
@clear_failures
def show(incident_id: int, as_json: bool) -> None:
    """Show one incident: clocks, size, and what was noted."""
    now = datetime.now(UTC)
    with _custody() as connection:
        incident = _one(connection, incident_id)
        entries = [moment for moment in timeline(connection, incident, now) if moment.what == "entry"]
    if as_json:
        noted = [{"at": str(entry.at), "by": entry.by, "text": entry.said} for entry in entries]
        click.echo(json.dumps({**shown(incident, now), "entries": noted}))
        return
    click.echo(_line(incident, now))
    for entry in entries:
        click.echo(f"  {entry.at:%Y-%m-%d %H:%M} UTC  {entry.by}: {entry.said}")


@command.command()
@_incident
@_text
@clear_failures
def note(incident_id: int, text: str) -> None:
    """Write something down, of a closed incident, too."""
    with _custody() as connection:
        _changed(change_incident.note(connection, incident_id, text, actor=_actor(), now=datetime.now(UTC)))


@command.command()
@_incident
@click.option(
    "--to", type=click.Choice([recipient.value for recipient in Recipient]), required=True, help="Who was told."
)
@click.option("--at", metavar="TIME", help="When, by the brand's clocks; now if left out.")
@click.option("--text", default="", help="How, such as a file reference without a number of four digits or more.")
@clear_failures
def notified(incident_id: int, to: str, at: str | None, text: str) -> None:
    """Say that an authority or the customers were told: their clock stops. Werda itself sends nothing to them."""
    now = datetime.now(UTC)
    with _custody() as connection:
        incident = _one(connection, incident_id)
        [brand_id] = brand_ids(connection, [incident.brand])
        moment = now if at is None else _moment("--at", at, _zone(connection, brand_id), now)
        _changed(
            change_incident.notified(
                connection, incident_id, Recipient(to), at=moment, text=text, actor=_actor(), now=now
            )
        )


@command.command()
@_incident
@_text
@clear_failures
def close(incident_id: int, text: str) -> None:
    """Close an incident; the text says why, above all where an authority was not told (GDPR Art. 33(5))."""
    with _custody() as connection:
        _changed(change_incident.close(connection, incident_id, text, actor=_actor(), now=datetime.now(UTC)))


@command.command()
@_incident
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True, help="Of a PDF.")
@clear_failures
def export(incident_id: int, file: Path, language: str) -> None:
    """Write the timeline to a new FILE.json, FILE.csv or FILE.pdf that only you can read; never a secret.

    Attempts and events carry their number and hash; `werda audit verify` proves them.
    """
    writer = WRITERS.get(file.suffix)
    if writer is None:
        raise Unusable(f"the file must end in {', '.join(WRITERS)}")
    now = datetime.now(UTC)
    with _custody() as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        incident = _one(connection, incident_id)
        [brand_id] = brand_ids(connection, [incident.brand])
        moments_ = timeline(connection, incident, now)
        zone = _zone(connection, brand_id)
    write_new(file, writer(incident, moments_, zone, language, now))
    click.echo(f"{len(moments_)} lines in {file}", err=True)


def shown(incident: Incident, now: datetime) -> dict[str, Any]:
    """An incident for machines."""
    return {
        "incident": incident.id,
        "brand": incident.brand,
        "state": incident.state.value,
        "reason": incident.reason,
        "known_at": incident.known_at.isoformat(),
        "opened_at": incident.opened_at.isoformat(),
        "opened_by": incident.opened_by,
        "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
        "attempts": incident.attempts,
        "customers": incident.customers,
        "told": {recipient.value: at.isoformat() for recipient, at in incident.told.items()},
        "clocks": [
            {"recipient": clock.recipient.value, "due_at": clock.due_at.isoformat(), "standing": clock.standing.value}
            for clock in incident.clocks(now)
        ],
    }


def _line(incident: Incident, now: datetime) -> str:
    clocks = "; ".join(
        f"{clock.recipient} {clock.standing.replace('_', ' ')}, due {clock.due_at:%Y-%m-%d %H:%M} UTC"
        for clock in incident.clocks(now)
    )
    return (
        f"{incident.id}  {incident.brand}  {incident.state}  {incident.attempts} attempts of {incident.customers}"
        f" customers  {incident.reason}\n  known {incident.known_at:%Y-%m-%d %H:%M} UTC; {clocks}"
    )


@contextmanager
def _custody() -> Iterator[Connection]:
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as connection:
        yield connection


def _actor() -> str:
    return f"operator:{getpass.getuser()}"


def _one(connection: Connection, incident_id: int) -> Incident:
    for incident in incidents(connection, incident_id=incident_id):
        return incident
    raise Unusable(f"there is no incident {incident_id}; `werda incident list --all` shows them")


def _changed(changed: Incident | NotChanged) -> None:
    if isinstance(changed, NotChanged):
        click.echo(f"nothing was changed: {changed.why}", err=True)
        sys.exit(1)
    click.echo(f"incident {changed.id} is {changed.state}", err=True)


def _zone(connection: Connection, brand_id: int) -> ZoneInfo:
    row = connection.execute("select timezone from brand where id = %s", (brand_id,)).fetchone()
    assert row is not None
    return ZoneInfo(row[0])


def _moment(option: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        clock = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(f"{option} is no time; write it like 2026-11-26T08:00:00") from None
    named = moments(clock, zone)
    if len(named) != 1:
        raise Unusable(f"{option} {why_not_one_moment(clock, zone)}")
    if named[0] > now:
        raise Unusable(f"{option} lies in the future")
    return named[0]


def _subject(
    call: str | None, attempt: int | None, customer: str | None, filters: tuple[str, ...], zone: ZoneInfo, now: datetime
) -> Subject:
    named: list[Subject] = []
    if call is not None:
        named.append(OfCall(call))
    if attempt is not None:
        named.append(OfAttempt(attempt))
    if customer is not None:
        named.append(OfCustomer(customer))
    if filters:
        where = parse_where(filters, zone, now)
        if isinstance(where, str):
            raise Unusable(f"--where {where}")
        named.append(where)
    if len(named) != 1:
        raise Unusable("name one of --call, --attempt, --customer or --where")
    return named[0]
