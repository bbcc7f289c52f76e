"""`werda agent`: people's logins at the desk. Passwords come by standard input only."""

import json
import sys
from datetime import UTC, datetime

import click

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.secret import Secret
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.create_agent import PasswordTooWeak, create_agent, forget_second_factor, lock_agent
from werda.usecases.flag_outliers import outliers_of


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


@command.command("outliers")
@click.option("--brand", metavar="SLUG", required=True, help="The brand.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@clear_failures
def outliers_(brand: str, as_json: bool) -> None:
    """Show agents whose success rate within four weeks stands out, where the brand's policy allows it (D4).

    A rate that stands out is a reason to talk, no proof of anything.
    """
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        [brand_id] = brand_ids(owner, [brand])
        found = outliers_of(owner, brand_id, datetime.now(UTC))
        if found is None:
            raise Unusable(
                f"{brand} has not switched this on; with the works council's consent (BetrVG § 87) write"
                ' [agents] flag_outliers = "on" into the policy'
            )
        names = dict(owner.execute("select id, username from agent").fetchall())
    shown = [
        {
            "agent": names.get(each.tally.agent_id, str(each.tally.agent_id)),
            "attempts": each.tally.attempts,
            "successes": each.tally.successes,
            "rate": round(each.rate, 3),
            "interval": [round(each.low, 3), round(each.high, 3)],
            "colleagues": round(each.colleagues, 3),
            "p": each.p,
        }
        for each in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for each, line in zip(found, shown, strict=True):
        click.echo(
            f"{line['agent']}: {each.tally.successes} of {each.tally.attempts} right, {each.rate:.1%}"
            f" (99 %: {each.low:.1%} to {each.high:.1%}); colleagues {each.colleagues:.1%}; p = {each.p:.2g}"
        )
    if not found:
        click.echo("nobody stands out", err=True)
