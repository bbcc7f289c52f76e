"""`werda webhook`: where messages for the operator's systems go. docs/operator-systems.md tells the receiver's side."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
import psycopg

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.server.wiring import Installation, installation
from werda.store.roles import Role
from werda.usecases.connect_webhook import (
    BOTH_FOR,
    connect_webhook,
    make_secret,
    read_secret,
    read_url,
    remove_webhook,
    resume_webhook,
    rotate_secret,
)

_FROM_STDIN = click.option(
    "--secret-from-stdin", is_flag=True, help="Take the receiver's secret from standard input instead of making one."
)


@click.group()
def command() -> None:
    """Say where messages for the operator's systems go, and with which secret they are signed."""


@contextmanager
def _custody() -> Iterator[tuple[Installation, psycopg.Connection[Any]]]:
    """The installation, and a transaction of the role custody that is kept when the block ends well."""
    with installation() as it, it.database.connect(Role.CUSTODY) as connection:
        yield it, connection


@command.command()
@click.argument("url")
@click.option("--brand", metavar="SLUG", help="This brand's messages. Without: those of all brands without their own.")
@_FROM_STDIN
@clear_failures
def add(url: str, brand: str | None, secret_from_stdin: bool) -> None:
    """Send messages to URL, and print the secret that signs them, once: it cannot be shown again.

    A receiver that was there for the same brand is replaced.

    \b
    Example: werda webhook add https://orders.example.org/werda --brand nordfunk
    """
    address = read_url(url)
    if isinstance(address, Malformed):
        raise Unusable(address.reason)
    secret = _secret(secret_from_stdin)
    with _custody() as (it, connection):
        brand_id = brand_ids(connection, [brand])[0] if brand else None
        connected = connect_webhook(
            connection, it.custody(), brand_id=brand_id, url=address, secret=secret, now=datetime.now(UTC)
        )
    click.echo(f"Webhook {connected.endpoint_id} gets the messages.", err=True)
    _show(secret, secret_from_stdin)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@clear_failures
def list_webhooks(as_json: bool) -> None:
    """List where messages go, never a secret."""
    with _custody() as (_, connection):
        rows = connection.execute(
            "select w.id, b.slug::text, w.url, w.created_at::text, w.gone_at::text, w.former_until::text"
            " from webhook_endpoint w left join brand b on b.id = w.brand_id order by w.id"
        ).fetchall()
    columns = ("id", "brand", "url", "created_at", "gone_at", "former_secret_until")
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
        return
    for endpoint_id, brand, url, created, gone, _ in rows:
        state = f"answered 410 at {gone[:16]} and gets nothing" if gone else "living"
        click.echo(f"{endpoint_id:>6}  {brand or 'all brands'}  {url}  made {created[:16]}  {state}")


@command.command()
@click.argument("webhook_id", type=int)
@click.option("--at-once", is_flag=True, help="Stop signing with the former secret now: somebody else may know it.")
@_FROM_STDIN
@clear_failures
def rotate(webhook_id: int, at_once: bool, secret_from_stdin: bool) -> None:
    """Sign with another secret and print it, once. For a day messages carry both signatures."""
    secret = _secret(secret_from_stdin)
    with _custody() as (it, connection):
        rotated = rotate_secret(connection, it.custody(), webhook_id, secret, at_once=at_once, now=datetime.now(UTC))
    if not rotated:
        raise _no_such(webhook_id)
    until = "The former secret ended." if at_once else f"The former secret signs too for {BOTH_FOR.days * 24} hours."
    click.echo(until, err=True)
    _show(secret, secret_from_stdin)


@command.command()
@click.argument("webhook_id", type=int)
@clear_failures
def resume(webhook_id: int) -> None:
    """Send again to a receiver that had answered 410 Gone."""
    with _custody() as (_, connection):
        resumed = resume_webhook(connection, webhook_id, now=datetime.now(UTC))
    if not resumed:
        raise Unusable(f"webhook {webhook_id} has not answered 410; `werda webhook list` shows all")
    click.echo(f"Webhook {webhook_id} gets messages again.", err=True)


@command.command()
@click.argument("webhook_id", type=int)
@clear_failures
def remove(webhook_id: int) -> None:
    """End a receiver and destroy its secrets. Messages wait until there is another."""
    with _custody() as (_, connection):
        removed = remove_webhook(connection, webhook_id, now=datetime.now(UTC))
    if not removed:
        raise _no_such(webhook_id)
    click.echo(f"Webhook {webhook_id} is removed.", err=True)


def _secret(from_stdin: bool) -> Secret:
    if not from_stdin:
        return make_secret()
    secret = read_secret(sys.stdin.readline().strip())
    if isinstance(secret, Malformed):
        raise Unusable(secret.reason)
    return secret


def _show(secret: Secret, from_stdin: bool) -> None:
    if not from_stdin:
        click.echo(secret.reveal())
        click.echo("Give it to the receiver now; it cannot be shown again.", err=True)


def _no_such(webhook_id: int) -> Unusable:
    return Unusable(f"there is no webhook {webhook_id}; `werda webhook list` shows them")
