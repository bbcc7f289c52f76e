"""`werda sim`: the life of SIM profiles, as the operator's systems report it. Never prints a secret.

These commands carry out; whether a customer may have it is asked before, in a call or in the portal (A3).

Exit codes: 0 done, 1 the SIM is not where the step begins, 2 wrong use, or something is not there.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import psycopg

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.number import normalise
from werda.core.sim import SimRole
from werda.core.sim_life import NotPossible
from werda.server.wiring import Installation, installation
from werda.store.queries.policies import policy_in_force
from werda.store.roles import Role
from werda.usecases.activate_sim import activate_sim
from werda.usecases.assign_sim import assign_sim
from werda.usecases.block_sim import block_sim
from werda.usecases.end_sim import end_sim
from werda.usecases.replace_sim import replace_sim
from werda.usecases.ship_sim import ship_sim
from werda.usecases.sim_change import Changed, NotFound, Result, Rings
from werda.usecases.unblock_sim import unblock_sim

Connection = psycopg.Connection[Any]

_SHOWN = (
    "select p.iccid, p.status, p.kind, p.role, p.eid, c.customer_number, l.msisdn, p.activated_at, p.counts_from,"
    " p.ended_at from sim_profile p left join customer c on c.id = p.customer_id left join line l on l.id = p.line_id"
    " where p.brand_id = %s and p.iccid = %s"
)
_COLUMNS = (
    *("iccid", "status", "kind", "role", "eid", "customer_number", "line", "activated_at", "counts_from", "ended_at"),
)

_brand = click.option("--brand", metavar="SLUG", required=True, help="The brand whose SIM it is.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
_iccid = click.argument("iccid")


@click.group()
def command() -> None:
    """Show SIM profiles and carry out what happens to them; docs/sim-life.md tells every step.

    \b
    Exit codes: 0 done, 1 the SIM is not where the step begins, 2 wrong use, or something is not there.
    """


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def show(iccid: str, brand: str, as_json: bool) -> None:
    """Show where a SIM is and whose; never its PIN, PUK or activation code."""
    with installation() as it, it.database.connect(Role.CUSTODY) as custody:
        row = custody.execute(_SHOWN.encode(), (brand_ids(custody, [brand])[0], iccid)).fetchone()
    if row is None:
        raise Unusable(f"there is no SIM {iccid} in {brand}")
    shown = {
        name: value.isoformat() if isinstance(value, datetime) else value or None
        for name, value in zip(_COLUMNS, row, strict=True)
    }
    if as_json:
        click.echo(json.dumps(shown, indent=1))
        return
    for name, value in shown.items():
        if value is not None:
            click.echo(f"{name.replace('_', ' '):16} {value}")


@command.command()
@_iccid
@_brand
@click.option("--line", metavar="NUMBER", help="The line it is for; its customer follows from it.")
@click.option("--customer", "customer_number", metavar="NUMBER", help="Without --line: a spare SIM of this customer.")
@click.option("--secondary", is_flag=True, help="Beside the line's primary SIM (MultiSIM).")
@_json
@clear_failures
def assign(
    iccid: str, brand: str, line: str | None, customer_number: str | None, secondary: bool, as_json: bool
) -> None:
    """Give a SIM from stock to a customer's line."""
    if (line is None) == (customer_number is None):
        raise click.UsageError("name either --line or --customer")

    def work(it: Installation, custody: Connection, brand_id: int) -> Result:
        if line is not None:
            owner = custody.execute(
                "select customer_id, id from line where brand_id = %s and msisdn = %s", (brand_id, normalise(line))
            ).fetchone()
        else:
            owner = custody.execute(
                "select id, null from customer where brand_id = %s and customer_number = %s",
                (brand_id, customer_number),
            ).fetchone()
        if owner is None:
            return NotFound("line" if line else "customer")
        return assign_sim(
            custody, _rings(it), brand_id=brand_id, iccid=iccid, customer_id=owner[0], line_id=owner[1],
            role=SimRole.SECONDARY if secondary else SimRole.PRIMARY, actor="operator", now=datetime.now(UTC),
        )  # fmt: skip

    _carry_out(brand, iccid, work, as_json=as_json)


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def ship(iccid: str, brand: str, as_json: bool) -> None:
    """A card is on its way; of an eSIM the activation code was handed out."""
    _carry_out(brand, iccid, lambda _, custody, brand_id: ship_sim(custody, **_said(brand_id, iccid)), as_json=as_json)


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def activate(iccid: str, brand: str, as_json: bool) -> None:
    """The network lets it in; its PUK counts, in a line that had another SIM after the cooling time."""

    def work(_: Installation, custody: Connection, brand_id: int) -> Result:
        return activate_sim(custody, cooling=_cooling(custody, brand, brand_id), **_said(brand_id, iccid))

    _carry_out(brand, iccid, work, as_json=as_json)


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def block(iccid: str, brand: str, as_json: bool) -> None:
    """Lost or stolen: its PUK counts no longer."""
    _carry_out(brand, iccid, lambda _, custody, brand_id: block_sim(custody, **_said(brand_id, iccid)), as_json=as_json)


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def unblock(iccid: str, brand: str, as_json: bool) -> None:
    """Found again: its PUK counts at once."""
    _carry_out(
        brand, iccid, lambda _, custody, brand_id: unblock_sim(custody, **_said(brand_id, iccid)), as_json=as_json
    )


@command.command()
@_iccid
@click.argument("new_iccid")
@_brand
@_json
@clear_failures
def replace(iccid: str, new_iccid: str, brand: str, as_json: bool) -> None:
    """Put NEW_ICCID in the place of ICCID: the old PUK ends now, the new one counts after the cooling time."""

    def work(it: Installation, custody: Connection, brand_id: int) -> Result:
        cooling = _cooling(custody, brand, brand_id)
        return replace_sim(custody, _rings(it), new_iccid=new_iccid, cooling=cooling, **_said(brand_id, iccid))

    _carry_out(brand, new_iccid, work, as_json=as_json)


@command.command()
@_iccid
@_brand
@_json
@clear_failures
def end(iccid: str, brand: str, as_json: bool) -> None:
    """It is over; nothing leads back. Its secrets are destroyed by `werda contract destroy-due` later."""
    _carry_out(brand, iccid, lambda _, custody, brand_id: end_sim(custody, **_said(brand_id, iccid)), as_json=as_json)


def _carry_out(
    brand: str, iccid: str, work: Callable[[Installation, Connection, int], Result], *, as_json: bool
) -> None:
    """Do it in one transaction, say what became of the SIM, and leave with the exit code."""
    with installation() as it, it.database.connect(Role.CUSTODY) as custody:
        result = work(it, custody, brand_ids(custody, [brand])[0])
    if isinstance(result, NotFound):
        raise Unusable(result.sentence)
    if isinstance(result, NotPossible):
        click.echo(f"not possible: {result.sentence}", err=True)
        if as_json:
            click.echo(json.dumps({"iccid": iccid, "done": False, "obstacle": result.obstacle.value}))
        sys.exit(1)
    _tell(iccid, result, as_json=as_json)


def _tell(iccid: str, result: Changed, *, as_json: bool) -> None:
    status = result.status.name.lower()
    if as_json:
        click.echo(json.dumps({"iccid": iccid, "done": True, "status": status}))
    else:
        click.echo(f"{iccid} is in stock for its customer." if status == "stock" else f"{iccid} is {status}.", err=True)


def _said(brand_id: int, iccid: str) -> dict[str, Any]:
    """What every step is told."""
    return {"brand_id": brand_id, "iccid": iccid, "actor": "operator", "now": datetime.now(UTC)}


def _rings(it: Installation) -> Rings:
    return Rings(it.verifier(), it.custody())


def _cooling(custody: Connection, brand: str, brand_id: int) -> timedelta:
    policy = policy_in_force(custody, brand_id, datetime.now(UTC))
    if policy is None:
        raise Unusable(f"no policy of {brand} is in force, so no cooling time is known; `werda policy load` one")
    return policy.sim_cooling
