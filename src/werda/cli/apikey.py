"""`werda apikey`: the keys with which integrators ask the gate."""

import json

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.create_api_key import Scope, create_api_key, revoke_api_key


@click.group()
def command() -> None:
    """Create, list and revoke the keys of integrators."""


@command.command()
@click.argument("name")
@click.option("--brand", "brands", multiple=True, metavar="SLUG", help="Only this brand; repeatable. Without: all.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in (Scope.VERIFY, Scope.CALLS, Scope.OPERATOR, Scope.CALL_CODES)]),
    default=[Scope.VERIFY.value],
    show_default=True,
    help="verify: offer digits. calls: report who answered. operator: bring data in, settle orders. call_codes: the"
    " operator's own app, whose word about its customers' sessions is believed.",
)
@click.option("--asserts", is_flag=True, help="Believe this integrator when it says that the network vouches (C3).")
@clear_failures
def create(name: str, brands: tuple[str, ...], scopes: tuple[str, ...], asserts: bool) -> None:
    """Make a key and print it, once: it cannot be shown again."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        ids = brand_ids(owner, brands)
        key = create_api_key(owner, name=name, scopes=[Scope(s) for s in scopes], brands=ids, asserts=asserts)
        owner.commit()
        click.echo(key.reveal())
        click.echo("Keep it now; only its hash is stored.", err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@clear_failures
def list_keys(as_json: bool) -> None:
    """List all keys, never their secret part."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        rows = owner.execute(
            "select id, name, scopes, asserts, created_at::text, revoked_at::text from api_key order by id"
        ).fetchall()
    columns = ("id", "name", "scopes", "asserts", "created_at", "revoked_at")
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
        return
    for key_id, name, scopes, asserts, created, revoked in rows:
        state = f"revoked {revoked[:16]}" if revoked else "living"
        said = ", believed about calling numbers" if asserts else ""
        click.echo(f"{key_id:>6}  {name}  ({', '.join(scopes)}{said})  made {created[:16]}  {state}")


@command.command()
@click.argument("key_id", type=int)
@clear_failures
def revoke(key_id: int) -> None:
    """End a key by the number that `werda apikey list` shows; gates refuse it within a second."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        if not revoke_api_key(owner, key_id):
            raise Unusable(f"there is no living key {key_id}; `werda apikey list` shows them")
        owner.commit()
    click.echo(f"Key {key_id} is revoked.", err=True)
