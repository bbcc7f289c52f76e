"""`werda customer`: what a customer can ask for by law, erasure and a copy (A8, A9; GDPR Art. 15 and 17).

Exit codes: 0 done, 1 refused, 2 wrong use, or something is not there.
"""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.server.wiring import installation
from werda.store.queries.events_of import attempts_of, events_of
from werda.store.roles import Role
from werda.usecases.erase_customer import Grounds, NotErasable, erase_customer
from werda.usecases.sim_change import Rings

_brand = click.option("--brand", metavar="SLUG", required=True, help="The brand whose customer it is.")
_number = click.option("--number", metavar="NUMBER", required=True, help="The customer number.")


@click.group()
def command() -> None:
    """Erase customers who left, and export what is recorded about one; docs/retention.md tells what stays.

    \b
    Exit codes: 0 done, 1 refused, 2 wrong use, or something is not there.
    """


@command.command()
@_brand
@_number
@click.option(
    "--reason",
    type=click.Choice([grounds.value for grounds in Grounds]),
    required=True,
    help="The ground of the law (GDPR Art. 17(1)); it is recorded.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@clear_failures
def erase(brand: str, number: str, reason: str, dry_run: bool, yes: bool) -> None:
    """Erase a customer whose contract ended: data, secrets and what was recorded. There is no way back.

    Of attempts and events the hashes stay, so that the audit goes on being whole. Whether the law makes you keep
    something longer is yours to check before; the operator's other systems and printed letters are not touched.
    """
    if not dry_run and not yes:
        click.confirm(f"Erase customer {number} of {brand} for good?", abort=True, err=True)
    with installation() as it, it.database.connect(Role.CUSTODY, autocommit=True) as custody:
        found = erase_customer(
            custody,
            Rings(it.verifier(), it.custody()),
            brand_id=brand_ids(custody, [brand])[0],
            number=number,
            grounds=Grounds(reason),
            actor="operator",
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
    if isinstance(found, NotErasable):
        click.echo(f"nothing was erased: {found.why}", err=True)
        raise SystemExit(1)
    click.echo(json.dumps({**asdict(found), "dry_run": dry_run}))


@command.command()
@_brand
@_number
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@clear_failures
def export(brand: str, number: str, file: Path) -> None:
    """Write every attempt and event about a customer to a new FILE that only you can read; never a secret."""
    with installation() as it, it.database.connect(Role.CUSTODY) as custody:
        custody.execute("set transaction isolation level repeatable read, read only")
        row = custody.execute(
            "select id from customer where brand_id = %s and customer_number = %s",
            (brand_ids(custody, [brand])[0], number),
        ).fetchone()
        if row is None:
            raise Unusable(f"there is no customer {number} in {brand}")
        content = {
            "brand": brand,
            "customer_number": number,
            "exported_at": datetime.now(UTC),
            "attempts": attempts_of(custody, row[0]),
            "events": events_of(custody, row[0]),
        }
    text = json.dumps(content, default=_time, ensure_ascii=False, indent=1) + "\n"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Unusable(f"{file} is there already; name a new file") from None
    except OSError as problem:
        raise Unusable(f"{file} cannot be written: {problem.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)


def _time(value: object) -> str:
    assert isinstance(value, datetime), "nothing else is not JSON"
    return value.isoformat()
