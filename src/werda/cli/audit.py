"""`werda audit`: check what was recorded, prove it, and see where its checkpoints lie.

Exit codes: 0 everything is as it was recorded, 1 something is not, 2 the command cannot be used.
"""

import base64
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from werda.audit.prove import prove as proof_of
from werda.audit.verify_lanes import Broken
from werda.audit.verify_seal import BrokenSeal, Checked, verify_record
from werda.cli.brands import brand_ids
from werda.cli.failing import Unusable, clear_failures
from werda.core.checkpoint import Signed, key_hash, read_note, read_notes
from werda.core.resumption import Resumption
from werda.core.succession import Reign
from werda.keys.known import KeyState
from werda.keys.signer import verifies
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.announce_key import public_keys as stored_public_keys
from werda.usecases.resume_record import Gap, gap_of, resume_record
from werda.usecases.seal_record import counter_went_back, seal

_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.group()
def command() -> None:
    """Check that nobody changed what was recorded, and prove it to others; docs/audit.md."""


@command.command()
@click.option("--checkpoints", type=click.Path(path_type=Path), help="A file of checkpoints that was kept elsewhere.")
@click.option(
    "--public-key",
    "public_keys",
    multiple=True,
    help="A key to believe, as `werda audit key` printed it; repeatable.",
)
@_json
@clear_failures
def verify(checkpoints: Path | None, public_keys: Sequence[str], as_json: bool) -> None:
    """Compute everything anew - attempts, events, the tree, signatures - and name the first row that does not fit.

    Give it checkpoints that were kept outside: without them somebody who holds the signing key and administers the
    database could have written another history. Without --public-key the ring of this machine is believed. From a key
    that is believed follow those that were announced under it, and everything that was signed before it.

    \b
    Exit codes: 0 all is as it was recorded, 1 something is not, 2 wrong use or no database.
    """
    outside = _outside(checkpoints) if checkpoints else []
    with installation() as it:
        believed = [_public(key) for key in public_keys] or it.signer().public_keys
        with it.database.connect(Role.OWNER, autocommit=True) as owner, _bar(owner) as progress:
            found = verify_record(owner, believed, verifies, outside, progress)
    match found:
        case Broken():
            answer: dict[str, Any] = {
                "whole": False, "attempt": found.attempt_id, "lane": found.lane, "reason": found.reason,
            }  # fmt: skip
            sentence = f"lane {found.lane}, attempt {found.attempt_id}: {found.reason}"
        case BrokenSeal():
            answer = {"whole": False, **asdict(found)}
            sentence = f"{found.place}: {found.reason}"
        case Checked():
            keys = [
                {"key": base64.b64encode(reign.public_key).decode(), "since": reign.since, "announced": reign.announced}
                for reign in found.keys
            ]
            answer = {
                "whole": True, **asdict(found.attempts), **asdict(found), "attempts": found.attempts.attempts,
                "keys": keys, "resumed": [gap.detail() for gap in found.resumed], "missing": len(found.missing),
            }  # fmt: skip
            sentence = (
                f"{found.attempts.attempts} attempts in {found.attempts.batches} batches of {found.attempts.lanes}"
                f" lanes, {found.events} sealed events and {found.checkpoints} checkpoints are as they were recorded;"
                f" {found.erased} rows are erased, {found.unsealed} events wait for their seal;"
                f" {found.outside - len(found.missing)} checkpoints from outside fit"
                + "".join(f"\n{_reign_words(reign)}" for reign in found.keys)
                + "".join(f"\n{_gap_words(gap)}" for gap in found.resumed)
            )
    click.echo(json.dumps(answer) if as_json else sentence)
    sys.exit(0 if isinstance(found, Checked) else 1)


def _reign_words(reign: Reign) -> str:
    how = "" if reign.announced else ", not announced by the key before: that was lost, or somebody put this one there"
    return f"signed with {base64.b64encode(reign.public_key).decode()} from checkpoint {reign.since} on{how}"


def _gap_words(gap: Resumption) -> str:
    lost = "nobody knows what"
    if gap.known > gap.kept:
        lost = f"{gap.known - gap.kept} batches of up to {_when(gap.known_at)}"
    return (
        f"resumed from a backup at {_when(gap.at)}; lost behind checkpoint {gap.kept} of {_when(gap.kept_at)}: {lost}"
    )


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@command.command()
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path),
    help="Checkpoints that were kept elsewhere; else WERDA_AUDIT_FILE.",
)
@click.option("--public-key", "public_keys", multiple=True, help="A key to believe beside this machine's; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@clear_failures
def resume(checkpoints: Path | None, public_keys: Sequence[str], yes: bool) -> None:
    """Let sealing go on after a restore from pg_dump, which makes PostgreSQL count its transactions anew.

    Checks what was restored, says what is missing against the last checkpoint inside and those outside, asks, and
    records the gap for ever, signed.

    \b
    Exit codes: 0 sealing goes on, 1 stopped or the record does not fit, 2 wrong use or no database.
    """
    now = datetime.now(UTC)
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        if gap_of(owner) is None:
            click.echo("sealing goes on by itself: transactions are counted on from what is sealed", err=True)
            return
        file = checkpoints or it.settings.outside.file
        outside = _outside(file) if file and (checkpoints or file.exists()) else []
        signer = it.signer()
        believed = [*signer.public_keys, *map(_public, public_keys)]
        with _bar(owner) as progress:
            found = verify_record(owner, believed, verifies, outside, progress, restored=True)
        if not isinstance(found, Checked):
            place = f"attempt {found.attempt_id}" if isinstance(found, Broken) else found.place
            click.echo(f"what was restored is not as it was recorded: {place}: {found.reason}", err=True)
            click.echo("nothing was changed; restore a backup that fits, or find out who changed this one", err=True)
            sys.exit(1)
        gap = gap_of(owner, found.missing)
        assert gap is not None
        click.echo(_loss_words(gap, outside=bool(outside)), err=True)
        if not yes and click.prompt(_QUESTION, type=click.Choice(["go-on", "stop"]), err=True) == "stop":
            click.echo("nothing was changed; events wait for their seal", err=True)
            sys.exit(1)
        resume_record(owner, signer, gap, actor=f"operator:{getpass.getuser()}", now=now)
        sealed = seal(owner, signer, datetime.now(UTC))
    how = f"the next checkpoint covers {sealed.checkpoint.size} batches" if sealed.checkpoint else "the worker seals on"
    click.echo(f"sealing goes on: {how}")


_QUESTION: Final = (
    "If there is a newer backup, stop and restore that one: what is missing does not come back once sealing goes on.\n"
    "Go on from here, with this gap said in the record for ever?"
)


def _loss_words(gap: Gap, *, outside: bool) -> str:
    if gap.known > gap.kept:
        missing = (
            f"Missing: {gap.known - gap.kept} batches, recorded between {_when(gap.kept_at)} and {_when(gap.known_at)};"
            " a checkpoint from outside signed them. What came after that checkpoint is missing, too."
        )
    else:
        which = "no checkpoint from outside is newer" if outside else "no checkpoints from outside were given"
        missing = f"Missing: whatever was recorded after {_when(gap.kept_at)}; {which}, so nobody can say how much."
    return (
        f"The record is whole up to its last checkpoint, of {_when(gap.kept_at)}: {gap.kept} batches.\n{missing}\n"
        f"{gap.since} events were recorded since the restore; they are sealed next."
    )


@command.command()
@_json
@clear_failures
def key(as_json: bool) -> None:
    """Print the public keys of checkpoints, the one in use first: publish them, and keep them outside.

    Former ones stay, since old checkpoints are signed with them. A note names its key in four bytes; --json shows them.
    """
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        in_use = it.signer().public_keys[0]
        keys = [row for row in stored_public_keys(owner) if row[1] != KeyState.ADDED]
    keys.sort(key=lambda row: row[0] != in_use)
    if as_json:
        shown = [
            {
                "key": base64.b64encode(public).decode(), "named": key_hash(public).hex(), "state": state,
                "since": since.isoformat(),
            }
            for public, state, since in keys
        ]  # fmt: skip
        click.echo(json.dumps(shown))
        return
    for public, _, _ in keys:
        click.echo(base64.b64encode(public).decode())


@command.command()
@_json
@clear_failures
def status(as_json: bool) -> None:
    """Show what is sealed, and how far each place outside has the checkpoints."""
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        last = owner.execute("select size, at, note from sealed_checkpoint order by size desc limit 1").fetchone()
        by = {key_hash(public): public for public, _, _ in stored_public_keys(owner)}
        stopped = counter_went_back(owner)
        places = owner.execute("select destination, size, at, problem from checkpoint_export order by 1").fetchall()
    signed = read_note(last[2]) if last else None
    shown = {
        "stopped": stopped,
        "leaves": last[0] if last else 0,
        "last_checkpoint": last[1].isoformat() if last else None,
        "signed_with": base64.b64encode(by[signed.key_hash]).decode() if signed and signed.key_hash in by else None,
        "outside": {
            place: {"leaves": size, "at": at.isoformat(), "problem": problem} for place, size, at, problem in places
        },
    }
    if as_json:
        click.echo(json.dumps(shown))
        return
    click.echo(f"{shown['leaves']} batches are sealed, the last checkpoint is of {shown['last_checkpoint']}")
    click.echo(f"it is signed with {shown['signed_with']}")
    if stopped:
        click.echo("sealing has stopped: the database was restored from a dump; run `werda audit resume`")
    for place, size, at, problem in places:
        click.echo(f"{place}: up to {size}, {at.isoformat()}" + (f"; {problem}" if problem else ""))
    if not places:
        click.echo("no checkpoint lies outside; set WERDA_AUDIT_FILE, WERDA_AUDIT_WEBHOOK or WERDA_AUDIT_MAIL_TO")


@command.command("prove")
@click.option("--brand", metavar="SLUG", required=True, help="The brand.")
@click.option("--customer", "number", metavar="NUMBER", required=True, help="The customer's number.")
@click.argument("file", type=click.Path(path_type=Path))
@clear_failures
def prove_customer(brand: str, number: str, file: Path) -> None:
    """Write everything recorded about a customer with its proof; docs/verify_proof.py checks it."""
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        [brand_id] = brand_ids(owner, [brand])
        row = owner.execute(
            "select id from customer where brand_id = %s and customer_number = %s", (brand_id, number)
        ).fetchone()
        if row is None:
            raise Unusable(f"{brand} has no customer of that number")
        proof = proof_of(owner, row[0])
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise Unusable(f"{file} cannot be made: {problem.strerror}; name a new file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(proof, opened, ensure_ascii=False)
    click.echo(f"{len(proof['records'])} records are proved, {proof['unsealed']} are not sealed yet", err=True)


def _outside(file: Path) -> list[Signed | None]:
    try:
        notes = read_notes(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Unusable(f"{file} cannot be read as a file of checkpoints") from None
    if not notes:
        raise Unusable(f"{file} holds no checkpoint")
    return notes


def _public(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Unusable("--public-key takes what `werda audit key` prints: 44 characters")
    return key


@contextmanager
def _bar(owner: Any) -> Iterator[Callable[[str, int], None]]:
    """How far the check is, on standard error when somebody is looking; the totals are the planner's estimate."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    totals = dict(
        owner.execute("select relname::text, reltuples from pg_class where relname in ('attempt', 'event')").fetchall()
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        tasks = {
            what: bar.add_task(what, total=max(totals[table], 1))
            for what, table in (("attempts", "attempt"), ("events", "event"))
        }
        yield lambda what, done: bar.update(tasks[what], completed=done)
