"""`werda audit`: check what was appended.

Exit codes: 0 everything is as it was written, 1 something is not, 2 the command cannot be used.
"""

import json
import sys

import click

from werda.audit.verify_lanes import Broken, verify_stored_lanes
from werda.cli.failing import clear_failures
from werda.server.wiring import installation
from werda.store.roles import Role


@click.group()
def command() -> None:
    """Check that nobody changed what was recorded."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@clear_failures
def verify(as_json: bool) -> None:
    """Compute the chain of every lane of attempts anew and name the first row that is not as it was written.

    \b
    Exit codes: 0 all is as it was written, 1 something is not, 2 wrong use or no database.
    """
    with installation() as it, it.database.connect(Role.OWNER, autocommit=True) as owner:
        found = verify_stored_lanes(owner)
    if isinstance(found, Broken):
        answer = {"whole": False, "attempt": found.attempt_id, "lane": found.lane, "reason": found.reason}
        sentence = f"lane {found.lane}, attempt {found.attempt_id}: {found.reason}"
    else:
        answer = {"whole": True, "lanes": found.lanes, "batches": found.batches, "attempts": found.attempts}
        sentence = (
            f"{found.attempts} attempts in {found.batches} batches of {found.lanes} lanes are as they were written"
        )
    click.echo(json.dumps(answer) if as_json else sentence)
    sys.exit(1 if isinstance(found, Broken) else 0)
