"""`werda contract`: the end of contracts, and of the secrets that were kept for them (A9).

Exit codes: 0 done, 2 wrong use, or something is not there.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.destroy_due import KEPT
from werda.usecases.destroy_due import destroy_due as destroy
from werda.usecases.end_contract import end_contract
from werda.usecases.sim_change import NotFound, Rings

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.group()
def command() -> None:
    """End contracts, and destroy secrets whose time has come; docs/sim-life.md tells what is kept.

    \b
    Exit codes: 0 done, 2 wrong use, or something is not there.
    """


@command.command()
@click.argument("customer_number")
@click.option("--brand", metavar="SLUG", required=True, help="The brand whose customer it is.")
@_dry_run
@_json
@clear_failures
def end(customer_number: str, brand: str, dry_run: bool, as_json: bool) -> None:
    """End a customer's contract: lines and SIMs end, and the hotline no longer knows them. There is no way back."""
    with installation() as it, it.database.connect(Role.CUSTODY) as custody:
        found = custody.execute(
            "select id from customer where brand_id = %s and customer_number = %s",
            (brand_ids(custody, [brand])[0], customer_number),
        ).fetchone()
        ended = (
            end_contract(custody, customer_id=found[0], actor="operator", now=datetime.now(UTC))
            if found
            else NotFound("customer")
        )
        if dry_run:
            custody.rollback()
    if isinstance(ended, NotFound):
        raise Unusable(f"there is no customer {customer_number} in {brand}")
    if as_json:
        click.echo(json.dumps({**asdict(ended), "at": ended.at.isoformat(), "dry_run": dry_run}))
    elif ended.before:
        click.echo(f"{customer_number} had left already, at {ended.at:%Y-%m-%d %H:%M} UTC.", err=True)
    else:
        words = "would end" if dry_run else "ended"
        click.echo(f"{customer_number}: {ended.lines} lines and {ended.sims} SIMs {words}.", err=True)


@command.command("destroy-due")
@_dry_run
@_json
@clear_failures
def destroy_due(dry_run: bool, as_json: bool) -> None:
    """Destroy verifiers and secrets of contracts and SIMs that are over for as long as the policy says.

    The worker does it every hour; after a crash the next run goes on. What lies in backups is gone when those are.
    """
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as custody:
        gone = destroy(
            custody, Rings(it.verifier(), it.custody()), actor="operator", now=datetime.now(UTC), dry_run=dry_run
        )
    if as_json:
        click.echo(json.dumps({**asdict(gone), "dry_run": dry_run, "kept": dict(KEPT)}))
        return
    words = "would be destroyed" if dry_run else "destroyed"
    click.echo(
        f"{gone.sealed} sealed secrets and {gone.credentials} verifiers {words}: of {gone.customers} contracts that"
        f" ended and {gone.sims} SIMs that are over"
    )
    for what, why in KEPT.items():
        click.echo(f"kept: {what} ({why})", err=True)
