"""`werda agent`: people's logins at the desk. Passwords come by standard input only."""

import sys
from datetime import UTC, datetime

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.secret import Secret
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.create_agent import PasswordTooWeak, create_agent, forget_second_factor, lock_agent


@click.group()
def command() -> None:
    """Give people a login at the desk, or end it."""


@command.command()
@click.argument("username")
@click.option("--name", required=True, help="Given name and family name.")
@click.option(
    "--brand", "brands", multiple=True, required=True, metavar="SLUG", help="Whose calls they take; repeatable."
)
@clear_failures
def create(username: str, name: str, brands: tuple[str, ...]) -> None:
    """Make a login, or give an existing one a new password; reads the password from standard input."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    with installation() as it:
        it.set_up_django(Role.OWNER)
        with it.database.connect(Role.OWNER) as owner:
            ids = brand_ids(owner, brands)
            try:
                create_agent(
                    owner, username=username, password=Secret(password), name=name, brands=ids, now=datetime.now(UTC)
                )
            except PasswordTooWeak as weak:
                raise Unusable(str(weak)) from None
    click.echo(f"{name} can sign in as {username} and sets up the second factor then.", err=True)


@command.command()
@click.argument("username")
@clear_failures
def lock(username: str) -> None:
    """End a login and its sessions."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        if not lock_agent(owner, username):
            raise Unusable(f"there is no living login {username!r}")
    click.echo(f"{username} can no longer sign in.", err=True)


@command.command("forget-second-factor")
@click.argument("username")
@clear_failures
def forget(username: str) -> None:
    """Take an authenticator app away, for somebody who lost it; they set up another one with their password."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        if not forget_second_factor(owner, username):
            raise Unusable(f"there is no login {username!r}")
    click.echo(f"{username} sets up the second factor at the next sign-in.", err=True)
