"""`werda codes`: give a code to everybody who has none, distrust what others may know. Nobody can list codes.

Exit codes: 0 done, 2 the command or the installation cannot be used, 130 interrupted.
"""

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.incident import bad_text
from werda.core.one_time_code import LetterReason, NoLetterCode
from werda.server.wiring import installation
from werda.store.queries.code import standing
from werda.store.queries.incident import incidents
from werda.store.roles import Role
from werda.usecases.assign_codes import Waiting, assign_codes, waiting
from werda.usecases.count_codes import count_codes
from werda.usecases.distrust import Distrust, distrust_customer, distrust_incident
from werda.usecases.order_letter_code import LetterCodeOrdered, order_letter_code
from werda.usecases.sim_change import Rings

_brand = click.option("--brand", metavar="SLUG", required=True, help="The brand whose customers these are.")
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.group()
def command() -> None:
    """Give a customer code to everybody who has none, and see how many have one; docs/customer-codes.md.

    \b
    Exit codes: 0 done, 2 wrong use or unusable installation, 130 interrupted.
    """


@command.command()
@_brand
@click.option("--letters", is_flag=True, help="Queue a letter for everybody with an address, not only without e-mail.")
@click.option("--dry-run", is_flag=True, help="Say how many would get a code, and change nothing.")
@_json
@clear_failures
def assign(brand: str, letters: bool, dry_run: bool, as_json: bool) -> None:
    """Give a random code to every customer of a brand who has none.

    Prepaid, landline-only and company customers are included. Everybody gets a notice; who has no e-mail, a letter.
    After a crash the same command goes on; two at once give nobody two.

    \b
    Example: werda codes assign --brand nordfunk
    """
    done = None
    try:
        with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as connection:
            [brand_id] = brand_ids(connection, [brand])
            there = waiting(connection, brand_id)
            if not dry_run:
                with _progress(there.customers) as progress:
                    done = assign_codes(
                        connection,
                        it.verifier(),
                        it.custody(),
                        brand_id,
                        letters=letters,
                        clock=lambda: datetime.now(UTC),
                        progress=progress,
                    )
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where it was", err=True)
        sys.exit(130)
    if as_json:
        click.echo(json.dumps({"waiting": asdict(there), "done": done and asdict(done), "dry_run": dry_run}))
    elif done is None:
        click.echo(f"{there.customers} would get a code")
    else:
        click.echo(f"{done.codes} got a code, {done.letters} letters queued")
    _tell_ways(there)


def _tell_ways(there: Waiting) -> None:
    if there.customers:
        click.echo(
            f"of {there.customers} without a code {there.by_mail} have an e-mail address,"
            f" {there.by_letter} a postal address only, {there.portal_only} neither and see it in the portal",
            err=True,
        )


@command.command()
@_brand
@_json
@clear_failures
def status(brand: str, as_json: bool) -> None:
    """Say how many customers of a brand have a code, and how many were told of it."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        [brand_id] = brand_ids(connection, [brand])
        now = standing(connection, brand_id)
    if as_json:
        click.echo(json.dumps({**asdict(now), "without_code": now.without_code}))
        return
    for label, number in (
        ("customers", now.customers),
        ("with a code", now.with_code),
        ("without a code", now.without_code),
        ("told of it", now.told),
        ("not told yet", now.untold),
        ("letters waiting", now.letters),
    ):
        click.echo(f"{label:<16}{number:>12}")


@command.command()
@_brand
@_json
@clear_failures
def recount(brand: str, as_json: bool) -> None:
    """Count anew how many customers hold each code, after a restore or an upgrade from before the counts.

    Whoever changes a code waits meanwhile; callers do not notice. A million codes take about half a minute.
    """
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        [brand_id] = brand_ids(connection, [brand])
        counted = count_codes(connection, it.verifier(), it.custody(), brand_id)
    if as_json:
        click.echo(json.dumps(asdict(counted)))
    else:
        click.echo(f"{counted.codes} codes counted, {counted.wrong} counts were wrong")


@command.command()
@click.argument("number")
@_brand
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in LetterReason]),
    required=True,
    help="Why: it is recorded.",
)
@_json
@clear_failures
def letter(number: str, brand: str, reason: str, as_json: bool) -> None:
    """Order a letter code for the customer with this NUMBER: a code by post that counts once, for 21 days.

    For whom the hotline is locked, or who has nothing else to prove who they are. It goes to the address of record
    only, and not to one that changed in the last 30 days. `werda letters print letter_code` prints it.

    \b
    Example: werda codes letter K0000007 --brand nordfunk --reason locked
    """
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as connection:
        [brand_id] = brand_ids(connection, [brand])
        row = connection.execute(
            "select id from customer where brand_id = %s and customer_number = %s", (brand_id, number)
        ).fetchone()
        ordered: LetterCodeOrdered | NoLetterCode = NoLetterCode.NO_CUSTOMER
        if row is not None:
            ordered = order_letter_code(
                connection, it.verifier(), it.custody(), row[0], reason=LetterReason(reason), actor="operator",
                now=datetime.now(UTC),
            )  # fmt: skip
    if isinstance(ordered, NoLetterCode):
        raise Unusable(_NO_LETTER[ordered])
    if as_json:
        click.echo(json.dumps({"ordered": not ordered.waiting, "waiting": True}))
    elif ordered.waiting:
        click.echo("a letter code waits for its print run already; nothing was ordered")
    else:
        click.echo("ordered; `werda letters print letter_code` prints it")


@command.command()
@click.option("--customer", metavar="NUMBER", help="One customer, by customer number; with --brand.")
@click.option("--brand", metavar="SLUG", help="The customer's brand.")
@click.option("--incident", metavar="ID", type=click.IntRange(1, 2**63 - 1), help="All customers of an incident.")
@click.option("--puks", is_flag=True, help="Distrust the PUKs, too: they count no more until the SIM is replaced.")
@click.option("--reason", required=True, help="Why, in one line; no code and no number of four digits or more.")
@_json
@clear_failures
def distrust(
    customer: str | None, brand: str | None, incident: int | None, puks: bool, reason: str, as_json: bool
) -> None:
    """Let codes that somebody else may know open nothing from now on (B8).

    Each is replaced by a random one; the customer is told, and finds it in the portal, or in a letter where there is no
    e-mail. Calls that it opened end. A PUK cannot change: with --puks it counts no more until the SIM is replaced.
    After a crash the same command goes on.

    \b
    Example: werda codes distrust --customer K0000007 --brand nordfunk --reason "Brief kam offen an"
    """
    if why_not := bad_text(reason):
        raise Unusable(f"--reason {why_not}")
    if (customer is None) == (incident is None) or (customer is None) != (brand is None):
        raise Unusable("name --customer with --brand, or --incident")
    why, now = Distrust(reason, f"operator:{getpass.getuser()}", puks, incident), datetime.now(UTC)
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as connection:
        rings = Rings(it.verifier(), it.custody())
        if brand is not None:
            row = connection.execute(
                "select id from customer where brand_id = %s and customer_number = %s",
                (brand_ids(connection, [brand])[0], customer),
            ).fetchone()
            if row is None:
                raise Unusable(f"{brand} has no customer {customer}; check the number")
            done = distrust_customer(connection, rings, row[0], why, now)
        else:
            found = incidents(connection, incident_id=incident)
            if not found:
                raise Unusable(f"there is no incident {incident}; `werda incident list --all` shows them")
            with _progress(found[0].customers) as progress:
                done = distrust_incident(connection, rings, why, now, progress)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        click.echo(f"of {done.customers} customers {done.codes} codes and {done.puks} PUKs count no longer")


_NO_LETTER = {
    NoLetterCode.NO_CUSTOMER: "the brand has no such customer, or the contract ended; check the number",
    NoLetterCode.NOT_ACCEPTED: "the policy in force accepts no letter code; write [methods.letter_code] into it",
    NoLetterCode.NO_ADDRESS: "the customer has no postal address; bring it in, and order 30 days later",
    NoLetterCode.ADDRESS_CHANGED: "the address changed in the last 30 days, or nobody knows since when it is so;"
    " whoever changed it would get the code",
}


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when somebody is looking."""
    console = Console(stderr=True)
    columns = (TextColumn("codes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("assign", total=total)
        yield lambda done: bar.update(task, completed=done)
