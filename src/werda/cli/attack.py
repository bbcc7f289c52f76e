"""`werda attack`: attack a copy of the hotline on purpose, and see what the guard is worth (C5, C6).

Exit codes: 0 done, 2 the command cannot be used, 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.progress import Progress, TaskID

from werda.attack.callers import Attack
from werda.attack.report import figures, sentences
from werda.attack.run import Plan, Range
from werda.cli.failing import clear_failures
from werda.server.settings import Settings
from werda.server.wiring import Installation, installation

_HONEST_SHARE = 50  # one of so many customers calls on a day


@click.group()
def command() -> None:
    """Attack a copy of the hotline on purpose, and see what guarding is worth."""


@command.command("simulate")
@click.argument("attacks", nargs=-1, type=click.Choice([attack.value for attack in Attack]))
@click.option("--accounts", type=click.IntRange(100, 2_000_000), default=20_000, show_default=True, help="How many.")
@click.option("--guesses", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True, help="Of the attacker.")
@click.option("--honest", type=click.IntRange(0, 1_000_000), help="Honest calls that day; left out: one of 50 calls.")
@click.option("--minutes", type=click.IntRange(1, 720), default=30, show_default=True, help="How long it takes.")
@click.option("--chosen", is_flag=True, help="Codes as people choose them, not random ones.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another one, another day.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each attack.")
@clear_failures
def simulate_attacks(
    attacks: tuple[str, ...], accounts: int, guesses: int, honest: int | None, minutes: int, chosen: bool, seed: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Simulate a day with an attack, without and with the guard; all kinds of attacks when none is named.

    A PostgreSQL of its own is started in a temporary folder; no other database is touched. Kinds: brute (account by
    account), horizontal (popular codes from fifty numbers), distributed (from 50 000 numbers), slow (over the whole
    day), insider (an agent who types), lockout (wrong on purpose).

    \b
    Exit codes: 0 done, 2 wrong use, 130 interrupted.
    """
    try:
        with TemporaryDirectory(prefix="werda-attack-") as home, _copy(Path(home)) as it:
            kinds = [Attack(attack) for attack in attacks] or list(Attack)
            target = Range(it.database, it.verifier(), accounts, chosen=chosen, seed=seed)
            for kind in kinds:
                calls = accounts // _HONEST_SHARE if honest is None else honest
                plan = Plan(kind, accounts, guesses, calls, lasts=minutes * 60.0, chosen=chosen, seed=seed)
                with _bar() as bar:
                    tasks = {what: bar.add_task(f"{kind} {what}", total=1.0) for what in ("unguarded", "guarded")}

                    def show(what: str, done: float, bar: Progress = bar, tasks: dict[str, TaskID] = tasks) -> None:
                        bar.update(tasks[what], completed=done)

                    shown = figures(target.simulate(plan, show))
                click.echo(json.dumps(shown) if as_json else sentences(shown))
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(130)


@contextmanager
def _copy(home: Path) -> Iterator[Installation]:
    """An installation of its own, which nobody uses."""
    os.environ["WERDA_HOME"] = str(home)  # Django asks for it, too
    os.environ.pop("WERDA_DATABASE_URL", None)
    with installation(Settings.from_environment()) as it:
        it.set_up()
        yield it


def _bar() -> Progress:
    """On standard error, when somebody is looking."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not console.is_terminal, transient=True)
