"""`werda alarm`: see whether a brand is being sprayed, and set or release its alarm by hand (C6).

Exit codes: 0 done, 2 the command cannot be used.
"""

import getpass
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import psycopg

from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.alarm import AlarmState
from werda.core.spraying import RECENT, Alarm, Evidence
from werda.server.wiring import installation
from werda.store.queries.traffic import cost, sums, usual
from werda.store.roles import Role
from werda.usecases.set_alarm import alarm_of, set_alarm

_STATES = {state.slug: state for state in AlarmState if state is not AlarmState.CALM}
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=7)

brand_option = click.option("--brand", metavar="SLUG", required=True, help="The brand.")


@click.group()
def command() -> None:
    """See whether somebody guesses at many accounts, and what to do about it."""


@command.command()
@click.option("--brand", metavar="SLUG", help="One brand only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@clear_failures
def show(brand: str | None, as_json: bool) -> None:
    """Show each brand's alarm, what the detector sees now, and what an attack's response would cost honest callers."""
    now = datetime.now(UTC)
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        wanted = brand_ids(owner, [brand]) if brand else None
        rows = owner.execute("select id, slug::text from brand order by slug").fetchall()
        shown = [_shown(owner, each, slug, now) for each, slug in rows if wanted is None or each in wanted]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for each in shown:
        click.echo(_sentences(each))


@command.command("set")
@brand_option
@click.argument("state", type=click.Choice(list(_STATES)))
@click.option(
    "--for", "how_long", metavar="TIME", default="1h", show_default=True, help="How long, such as 90m, 2h, 1d."
)
@click.option("--reason", required=True, help="Why, for the record; no customer's data and no code.")
@clear_failures
def set_state(brand: str, state: str, how_long: str, reason: str) -> None:
    """Set a brand's alarm by hand; the detector leaves it alone until the time is over.

    While the state is `attack` a customer code lets nobody in without possession.
    """
    now = datetime.now(UTC)
    until = now + _duration(how_long)
    _change(brand, Alarm(_STATES[state], now, by_hand=True, held_until=until), reason, now)
    click.echo(f"{brand} is in state {state} until {until:%Y-%m-%d %H:%M} UTC.", err=True)


@command.command()
@brand_option
@click.option("--reason", default="released by hand", show_default=True, help="Why, for the record.")
@clear_failures
def release(brand: str, reason: str) -> None:
    """Call a brand calm, and let the detector judge by what comes from now on."""
    now = datetime.now(UTC)
    _change(brand, Alarm(AlarmState.CALM, now), reason, now)
    click.echo(f"{brand} is calm; the detector raises the alarm again if it goes on.", err=True)


def _change(brand: str, alarm: Alarm, reason: str, now: datetime) -> None:
    if not re.fullmatch(r"\S(.{0,198}\S)?", reason):
        raise Unusable("--reason takes one line of up to 200 characters")
    if re.search(r"\d{4,}", reason):
        raise Unusable("--reason must not hold four digits in a row: they could be a code, or somebody's number (B9)")
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        [brand_id] = brand_ids(owner, [brand])
        set_alarm(owner, brand_id, alarm, by=f"operator:{getpass.getuser()}", why=reason, now=now)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    duration = int(match[1]) * _UNITS[match[2]] if match else timedelta()
    if not timedelta() < duration <= _LONGEST:
        raise Unusable("--for takes a time such as 90m, 2h or 1d, seven days at most")
    return duration


def _shown(owner: psycopg.Connection[Any], brand_id: int, slug: str, now: datetime) -> dict[str, Any]:
    alarm, by = alarm_of(owner, brand_id)
    known = usual(owner, brand_id, now)
    recent = Evidence.of(sums(owner, brand_id, now - RECENT, now), known)
    successes, without = cost(owner, brand_id, now)
    return {
        "brand": slug,
        "state": alarm.state.slug,
        "since": alarm.since.isoformat() if alarm.since else None,
        "by": by,
        "held_until": alarm.held_until.isoformat() if alarm.held_until else None,
        "concentration": round(recent.concentration, 2),
        "not_explained_by_slips": round(recent.strangers, 3),
        "surge": None if recent.surge is None else round(recent.surge, 2),
        "successes_of_a_day": successes,
        "of_these_without_possession": without,
    }


def _sentences(shown: dict[str, Any]) -> str:
    since = f" since {shown['since']}, by {shown['by']}" if shown["since"] else ""
    until = f", held until {shown['held_until']}" if shown["held_until"] else ""
    surge = "not known yet" if shown["surge"] is None else f"{shown['surge']} times the usual"
    share = shown["of_these_without_possession"] / max(shown["successes_of_a_day"], 1)
    return (
        f"{shown['brand']}: {shown['state']}{since}{until}\n"
        f"  within ten minutes: wrong codes {shown['concentration']} times as concentrated as chance makes them,"
        f" {shown['not_explained_by_slips']:.0%} of them not explained by slips, failures {surge}\n"
        f"  a response would ask for possession in {shown['of_these_without_possession']} of"
        f" {shown['successes_of_a_day']} calls that got in within a day ({share:.1%})"
    )
