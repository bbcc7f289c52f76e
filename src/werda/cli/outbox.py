"""`werda outbox`: what waits for the operator's systems, what is dead and why, and sending it once more.

Exit codes: 0 all is well, 1 there are dead messages (status) or some asked for are not dead (replay), 2 wrong use.
"""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from werda.cli.failing import Unusable, clear_failures
from werda.server.wiring import installation
from werda.store.queries import outbox
from werda.store.queries.outbox import Message
from werda.store.roles import Role
from werda.usecases.replay_messages import replay_messages

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """See what waits for the operator's systems, and send dead messages again."""


@command.command()
@_JSON
@clear_failures
def status(as_json: bool) -> None:
    """Say what waits and what is dead, for each brand. Exit code 1 when anything is dead."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        brands = outbox.traffic(connection)
    if as_json:
        click.echo(json.dumps([asdict(brand) for brand in brands], indent=1, default=datetime.isoformat))
    else:
        for brand in brands:
            receiver = "no receiver yet: `werda webhook add`" if brand.url is None else brand.url
            if brand.gone:
                receiver += " answered 410 Gone: `werda webhook resume`, or add another"
            since = f" since {brand.oldest_waiting:%Y-%m-%d %H:%M}" if brand.oldest_waiting else ""
            click.echo(
                f"{brand.brand}: {brand.waiting} waiting{since}, {brand.failing} of them failing, {brand.dead} dead"
                f"  ({receiver})"
            )
    sys.exit(1 if any(brand.dead for brand in brands) else 0)


@command.command("list")
@click.option("--state", type=click.Choice(list(outbox.STATES)), help="Only these.")
@click.option("--stream", help="Only these, such as customer:42.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_JSON
@clear_failures
def list_messages(state: str | None, stream: str | None, limit: int, as_json: bool) -> None:
    """List messages, the newest first, with what went wrong last."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        found = outbox.messages(connection, state=state, stream=stream, limit=limit)
    if as_json:
        click.echo(json.dumps([_told(message) for message in found], indent=1, default=datetime.isoformat))
        return
    for message in found:
        problem = f"  {message.last_problem}" if message.last_problem else ""
        click.echo(
            f"{message.id:>8}  {message.state:<9}  {message.created_at:%Y-%m-%d %H:%M}  {message.brand}"
            f"  {message.stream}  {message.type}  tries {message.tries}{problem}"
        )


@command.command()
@click.argument("message_id", type=int)
@_JSON
@clear_failures
def show(message_id: int, as_json: bool) -> None:
    """Show a message with its body, as it is sent."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        message = outbox.message(connection, message_id)
    if message is None:
        raise Unusable(f"there is no message {message_id}; `werda outbox list` shows them")
    told = _told(message) | {"body": json.loads(message.body)}
    if as_json:
        click.echo(json.dumps(told, indent=1, default=datetime.isoformat))
        return
    for name, value in told.items():
        if name != "body" and value not in {None, ""}:
            click.echo(f"{name.replace('_', ' ')}: {value}")
    click.echo(json.dumps(told["body"], indent=1, ensure_ascii=False))


@command.command()
@click.argument("message_ids", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that are dead.")
@click.option("--dry-run", is_flag=True, help="Say which, and do nothing.")
@_JSON
@clear_failures
def replay(message_ids: tuple[int, ...], everything: bool, dry_run: bool, as_json: bool) -> None:
    """Send dead messages once more, under the ids they have, with all their tries anew."""
    if everything == bool(message_ids):
        raise Unusable("name the messages to send again, or give --all; `werda outbox list --state dead` shows them")
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        ids = None if everything else message_ids
        replayed = replay_messages(connection, ids, now=datetime.now(UTC), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"replayed": replayed.ids, "not_dead": replayed.not_dead, "dry_run": dry_run}))
    else:
        for message_id in replayed.ids:
            click.echo(message_id)
        will = "would be sent" if dry_run else "will be sent"
        click.echo(f"{len(replayed.ids)} {will} again", err=True)
    for message_id in replayed.not_dead:
        click.echo(f"message {message_id} is not dead", err=True)
    sys.exit(1 if replayed.not_dead else 0)


def _told(message: Message) -> dict[str, Any]:
    told = asdict(message)
    told.pop("body")
    return {"id": told.pop("id"), "state": message.state, **told}
