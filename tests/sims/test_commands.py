"""`werda sim` and `werda contract` as their user runs them: exit codes, streams, JSON, no secret."""

import json
import subprocess
from datetime import timedelta

import pytest

from tests.database import werda
from tests.people import Town
from tests.sims.operator import Operator

OLD, NEW = "11111111", "22222222"


def run(town: Town, *arguments: str, brand: bool = True) -> subprocess.CompletedProcess[str]:
    """A command; whatever it prints holds no PUK (B9)."""
    options = ("--brand", "nordfunk") if brand else ()
    done = werda(*arguments, *options, environment=town.database.environment)
    assert not any(secret in done.stdout + done.stderr for secret in (OLD, NEW, "2580", "LPA:1"))
    return done


def test_a_sim_is_assigned_shipped_activated_and_replaced(town: Town, operator: Operator) -> None:
    maren, old, new = town.person(), operator.stock(OLD), operator.stock(NEW, kind="esim")
    for arguments, status in (
        (("assign", old.iccid, "--line", maren.line), "stock"),
        (("ship", old.iccid), "shipped"),
        (("activate", old.iccid), "active"),
        (("block", old.iccid), "blocked"),
        (("unblock", old.iccid), "active"),
        (("replace", old.iccid, new.iccid), "active"),
    ):
        done = run(town, "sim", *arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["status"] == status
    shown = json.loads(run(town, "sim", "show", new.iccid, "--json").stdout)
    assert (shown["status"], shown["kind"], shown["line"], shown["customer_number"]) == (
        *("active", "esim", maren.line, maren.number),
    )
    assert shown["counts_from"] > shown["activated_at"]
    done = run(town, "sim", "show", old.iccid)
    assert "replaced" in done.stdout
    assert done.stderr == ""
    done = run(town, "sim", "end", new.iccid)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{new.iccid} is ended.\n")


def test_exit_code_is_1_when_the_sim_is_not_where_the_step_begins(town: Town, operator: Operator) -> None:
    sim = operator.stock(OLD)
    done = run(town, "sim", "activate", sim.iccid, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"iccid": sim.iccid, "done": False, "obstacle": "not_assigned"}
    assert "assign it first" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sim", "show", "8949450000000000000"), "there is no SIM"),
        (("sim", "ship", "8949450000000000000"), "no living SIM"),
        (("sim", "assign", "8949450000000000000"), "either --line or --customer"),
        (("sim", "assign", "8949450000000000000", "--line", "+4917600000"), "no living line"),
        (("contract", "end", "K999"), "there is no customer K999"),
    ],
)
def test_exit_code_is_2_when_something_is_not_there(town: Town, arguments: tuple[str, ...], message: str) -> None:
    done = run(town, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_contract_ends_and_its_secrets_are_destroyed_when_due(town: Town, operator: Operator) -> None:
    """A9"""
    maren = town.person()
    operator.active(maren, OLD)
    tried = run(town, "contract", "end", maren.number, "--dry-run")
    assert "1 lines and 1 SIMs would end" in tried.stderr
    assert operator.rows("select ended_at from customer where id = %s", maren.id) == [(None,)]
    ended = json.loads(run(town, "contract", "end", maren.number, "--json").stdout)
    assert (ended["lines"], ended["sims"], ended["before"]) == (1, 1, False)
    assert "had left already" in run(town, "contract", "end", maren.number).stderr

    with town.database.connect() as owner:
        owner.execute("update customer set ended_at = ended_at - %s", (timedelta(days=31),))
    tried = run(town, "contract", "destroy-due", "--dry-run", "--json", brand=False)
    gone = run(town, "contract", "destroy-due", "--json", brand=False)
    assert json.loads(tried.stdout) | {"dry_run": False} == json.loads(gone.stdout)
    assert (json.loads(gone.stdout)["customers"], json.loads(gone.stdout)["sealed"]) == (1, 2)
    done = run(town, "contract", "destroy-due", brand=False)
    assert done.stdout.startswith("0 sealed secrets and 0 verifiers destroyed")
    assert "GDPR Art. 5(2)" in done.stderr
