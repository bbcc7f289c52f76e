"""`werda keys`: show, rotate and retire the keys, and go on after one was lost; docs/keys.md.

Exit codes: 0 done, 1 not yet (said why; the same command later), 2 wrong use or unusable installation, 130 interrupted.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from werda.cli.failing import clear_failures
from werda.keys import ring
from werda.keys.known import KeyState
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.second_factor import SecondFactors
from werda.server.wiring import Installation, installation
from werda.store.queries.keys import over_at, rows_under
from werda.store.roles import Role
from werda.usecases.replace_lost_ring import Replaced, RingThere, replace_lost_ring
from werda.usecases.retire_key import NothingFormer, Retired, StillNamed, retire_key
from werda.usecases.rewrap import Rewrapped, rewrap_custody, rewrap_verifier, to_do
from werda.usecases.rewrap_second_factors import rewrap_second_factors
from werda.usecases.rotate_key import SETTLE, Added, Behind, Early, Promoted, Step, Unfinished, Unsealed, rotate_step

_CALLED: Final = {
    "mac": RingName.VERIFIER,
    "custody": RingName.CUSTODY,
    "second-factor": RingName.SECOND_FACTOR,
    "audit": RingName.AUDIT,
}
_WORDS: Final = {name: word for word, name in _CALLED.items()}
_PATIENCE: Final = timedelta(seconds=60)
_which = click.argument("which", type=click.Choice([*_CALLED, "all"]))
_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


def _names(which: str) -> list[RingName]:
    return list(_WORDS) if which == "all" else [_CALLED[which]]


@click.group()
def command() -> None:
    """Show, rotate and retire the keys, and go on after one was lost; docs/keys.md.

    \b
    A rotation: werda keys rotate all, werda keys rewrap, werda keys retire all.
    Exit codes: 0 done, 1 not yet, 2 wrong use or unusable installation, 130 interrupted.
    """


@command.command()
@_json
@clear_failures
def show(as_json: bool) -> None:
    """Show each ring's keys, their state, since when, and how many rows lie under each. Never a key."""
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        rings = {_WORDS[name]: _shown(it, owner, name) for name in _WORDS}
        over = over_at(owner)
    if as_json:
        click.echo(json.dumps(rings, default=str))
        return
    for word, shown in rings.items():
        click.echo(f"{word}: {shown['from']}{' - ' + shown['problem'] if shown['problem'] else ''}")
        for key in shown["keys"]:
            rows = ", ".join(f"{count} {what}" for what, count in key["rows"].items()) or _NONE.get(word, "nothing")
            click.echo(f"  {key['key']:>10}  {key['state']:<8}  since {key['since']:%Y-%m-%d %H:%M}  {rows}")
            if key["state"] == KeyState.FORMER and {"legacy", "one-time codes"} & set(key["rows"]):
                click.echo(
                    "              nobody knows the digits of legacy credentials and one-time codes: they keep this key"
                    + (f" until {over:%Y-%m-%d %H:%M}" if over else "")
                )


_NONE: Final = {"audit": "checkpoints, which stay; its public key: werda audit key"}


def _shown(it: Installation, owner: psycopg.Connection[Any], name: RingName) -> dict[str, Any]:
    rows = rows_under(owner, name.value)
    keys = owner.execute(
        "select key_id, state, since from key_canary where ring = %s order by since, state", (name.value,)
    ).fetchall()
    problem = ""
    try:
        ring.load(it.settings.keys, name)
    except BadKeyRing as bad:
        problem = str(bad)
    return {
        "from": ring.where_of(it.settings.keys, name),
        "problem": problem,
        "keys": [
            {"key": key_id, "state": state, "since": since.astimezone(UTC), "rows": rows.get(key_id, {})}
            for key_id, state, since in keys
        ],
    }


@command.command()
@_which
@click.option("--step", is_flag=True, help="Do the next step only, and wait for nobody.")
@clear_failures
def rotate(which: str, step: bool) -> None:
    """Add another key to a ring and, when every running process has it, let it be the one that is written under.

    Everything goes on meanwhile. Run it again when it was interrupted. Afterwards: werda keys rewrap; after `audit`
    publish what `werda audit key` prints.
    """
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        steps = [_rotated(it, owner, name, once=step) for name in _names(which)]
    sys.exit(0 if all(isinstance(done, Added | Promoted) for done in steps) else 1)


def _rotated(it: Installation, owner: psycopg.Connection[Any], name: RingName, *, once: bool) -> Step:
    until = datetime.now(UTC) + SETTLE + _PATIENCE
    while True:
        done = rotate_step(owner, it.settings.keys, name, now=datetime.now(UTC))
        waits = isinstance(done, Early | Behind | Unsealed) and datetime.now(UTC) < until
        if once or not (waits or isinstance(done, Added)):
            click.echo(f"{_WORDS[name]}: {_step_words(name, done)}", err=not isinstance(done, Added | Promoted))
            return done
        time.sleep(0.5)


def _step_words(name: RingName, done: Step) -> str:
    match done:
        case Added(key):
            return f"key {key} is added; the same command promotes it when every process has it"
        case Promoted(key, by_hand):
            also = f"; make it the primary key in {ring.variable_of(name)}, too" if by_hand else ""
            return f"key {key} is the primary one now{also}; {_NEXT.get(name, _REWRAP)}"
        case Early(key, until):
            return f"key {key} is promoted from {until.astimezone(UTC):%H:%M:%S} UTC on; repeat the command then"
        case Behind():
            return _behind(done)
        case Unfinished(key):
            return f"key {key} of the last rotation is still there; run `werda keys rewrap` and `werda keys retire`"
        case Unsealed(key):
            return f"key {key} {_UNSEALED}"


_REWRAP: Final = "`werda keys rewrap` moves what lies under the former"
_NEXT: Final = {RingName.AUDIT: "publish what `werda audit key` prints now"}
_UNSEALED: Final = (
    "waits for the record to be sealed up to this rotation, which work that began before it delays; let that end, then"
    " repeat the command"
)


def _behind(behind: Behind) -> str:
    who = ", ".join(f"{count} of {role or 'an unknown role'}" for role, count in behind.processes.items())
    return (
        f"processes that hold the ring stand in the way: {who}. Let a running import end, copy the ring to every"
        " machine, restart who does not follow; then repeat the command"
    )


@command.command()
@_json
@clear_failures
def rewrap(as_json: bool) -> None:
    """Make anew what lies under former keys: ciphertexts and keyed values. The worker does the same in the background.

    Everything goes on meanwhile. Interrupted, it goes on with the same command. Agents' second factors are moved by
    this command only.
    """
    try:
        with installation() as it:
            done = _rewrapped(it)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where it was", err=True)
        sys.exit(130)
    if as_json:
        click.echo(json.dumps({"rows": done.rows, "unlike": done.unlike}))
    else:
        click.echo(f"{done.rows} rows were made anew")
    if done.unlike:
        click.echo(f"{done.unlike} rows do not open, or do not fit their keyed value, and stay; docs/keys.md", err=True)
    sys.exit(1 if done.unlike else 0)


def _rewrapped(it: Installation) -> Rewrapped:
    with it.database.connect(Role.OWNER, autocommit=True) as owner:
        before = 0
        for name in (RingName.CUSTODY, RingName.VERIFIER):
            former = owner.execute("select key_id from key_canary where ring = %s and state = 'former'", (name.value,))
            if keys := [key for (key,) in former]:
                before += to_do(rows_under(owner, name.value), keys)
        second_factors = rewrap_second_factors(owner, it.keys.ring(SecondFactors))
    with it.database.connect(Role.CUSTODY, autocommit=True) as connection, _progress("rewrap", before) as progress:
        sealed = rewrap_custody(connection, it.custody(), progress)
        values = rewrap_verifier(
            connection, it.verifier(), it.custody(), lambda done: progress(sealed.rows + done)
        )  # fmt: skip
    return second_factors.plus(sealed).plus(values)


@command.command()
@_which
@clear_failures
def retire(which: str) -> None:
    """Take the former key out of a ring. Refused while a row lies under it: how many of what, and until when."""
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        done = {
            name: retire_key(owner, it.settings.keys, name, now=datetime.now(UTC)) for name in _names(which)
        }  # fmt: skip
    for name, answer in done.items():
        match answer:
            case Retired(key, by_hand):
                also = f"; take it out of {ring.variable_of(name)}, too" if by_hand else ""
                words = f"key {key} is retired{also}. Keep a copy for as long as you keep backups of its time"
            case StillNamed(key, rows, until):
                words = f"key {key} stays: {', '.join(f'{n} {what}' for what, n in rows.items())} lie under it"
                words += (
                    f"; what cannot be made anew is over at {until.astimezone(UTC):%Y-%m-%d %H:%M}" if until else ""
                )
            case Early(key, until):
                words = (
                    f"key {key} is still needed by requests of the last days; retire it from {until:%Y-%m-%d %H:%M} on"
                )
            case Behind():
                words = _behind(answer)
            case Unsealed(key):
                words = f"the key after {key} {_UNSEALED}"
            case NothingFormer():
                words = "has no former key"
        click.echo(f"{_WORDS[name]}: {words}", err=not isinstance(answer, Retired))
    sys.exit(0 if all(isinstance(answer, Retired | NothingFormer) for answer in done.values()) else 1)


@command.command()
@click.argument("which", type=click.Choice([*_CALLED]))
@click.option("--yes", is_flag=True, help="Do it: what nobody can open any more is destroyed.")
@clear_failures
def lost(which: str, yes: bool) -> None:
    """Go on after a ring was lost for good: make a new one, and have again what can be had; docs/keys.md.

    Stop the processes that hold it. Without --yes it says what is lost and changes nothing.
    """
    name = _CALLED[which]
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        if not yes:
            _tell_loss(name, rows_under(owner, name.value))
            sys.exit(1)
        total = sum(sum(rows.values()) for rows in rows_under(owner, name.value).values())
        with _progress("compute", total) as progress:
            done = replace_lost_ring(
                owner, it.settings.keys, name, (it.verifier, it.custody), now=datetime.now(UTC), progress=progress
            )
    if isinstance(done, Replaced):
        gone = ", ".join(f"{count} {what}" for what, count in done.destroyed.items()) or "nothing"
        click.echo(f"there is a new {which} ring: {done.anew} rows computed anew; destroyed: {gone}. Back it up now")
        click.echo(_AFTERWARDS[name], err=True)
        return
    words = "the ring is there and fits: nothing is lost" if isinstance(done, RingThere) else _behind(done)
    click.echo(words, err=True)
    sys.exit(1)


def _tell_loss(name: RingName, under: Mapping[int, Mapping[str, int]]) -> None:
    rows: dict[str, int] = {}
    for each in under.values():
        for what, count in each.items():
            rows[what] = rows.get(what, 0) + count
    click.echo(f"under the ring lie {', '.join(f'{n} {what}' for what, n in rows.items()) or 'no rows'}", err=True)
    click.echo(f"{_AFTERWARDS[name]}\nLook for a backup first; then run this again with --yes", err=True)


_AFTERWARDS: Final = {
    RingName.VERIFIER: "Codes and PUKs are computed anew from what lies sealed; legacy credentials and one-time codes"
    " end. Start all processes again.",
    RingName.CUSTODY: "Codes and everything sealed end; PUKs still count. Afterwards: `werda codes assign`,"
    " `werda import sims` with the vendor's files and a new --as-of, `werda webhook add` for each receiver.",
    RingName.SECOND_FACTOR: "Every agent sets up a second factor anew when they sign in next.",
    RingName.AUDIT: "Nothing recorded is lost, and what the lost key signed stays checked. But nobody can follow from"
    " it to the new one: publish what `werda audit key` prints, say when the old one was lost. Start the worker again.",
}


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when somebody is looking."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
