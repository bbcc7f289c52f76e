"""`werda retention show` as its user reads it (A9, A7)."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.database import werda
from tests.engines import Clock, Desk
from tests.people import Town
from tests.sealing import seal_now
from tests.sims.operator import Operator
from werda.core.retention import PERIODS, Record
from werda.store.roles import Role
from werda.usecases.erase_due import erase_due
from werda.usecases.open_incident import OfCall, Opened, open_incident


def show(town: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    return werda("retention", "show", *arguments, environment=town.database.environment)


def told(town: Town) -> dict[str, dict[str, Any]]:
    done = show(town, "--json", "--brand", "nordfunk")
    assert (done.returncode, done.stderr) == (0, "")
    [brand] = json.loads(done.stdout)
    assert (brand["brand"], brand["policy"]) == ("nordfunk", "2023")
    return {each["record"]: each for each in brand["records"]}


async def test_it_says_what_is_kept_how_long_what_is_due_and_what_is_held(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    now = datetime.now(UTC)
    clock.now = now - timedelta(days=400)
    maren = town.person("0815")
    for ref in ("attack", "harmless"):
        await desk.offer(maren, "0815", call_ref=ref)
    with town.database.connect(Role.CUSTODY) as custody:
        opened = open_incident(
            custody, OfCall("attack"), brand_id=town.brand, reason="Verdacht", known_at=now, actor="op", now=now
        )
        assert isinstance(opened, Opened)
        custody.execute("delete from incident_customer")  # so that the call alone is held
    records = told(town)
    assert [(name, each["days"]) for name, each in records.items()] == [
        (record.value, PERIODS[record].days) for record in Record
    ]
    expected = {
        "kept": 2, "oldest": clock.now.isoformat(), "due": 1, "held_by_open_incidents": 1,
        "held_by_closed_incidents": 0, "last_erased": None,
    }  # fmt: skip
    assert records["attempts"] == {"record": "attempts", "days": 365, **expected}
    assert records["calls"] == {"record": "calls", "days": 365, **expected}
    seal_now(town.database)
    operator.rows("update lane set opened_at = %s returning 1", clock.now)
    with town.database.connect(Role.CUSTODY) as custody:
        erase_due(custody, actor="worker", now=now)
    records = told(town)
    assert records["attempts"] == {
        "record": "attempts", "days": 365, **expected, "kept": 1, "due": 0, "last_erased": now.isoformat()
    }  # fmt: skip
    lines = [line.split() for line in show(town).stdout.splitlines()]
    assert lines[0] == ["nordfunk,", "policy", "2023"]
    assert ["calls", "365", "1", f"{clock.now:%Y-%m-%d}", "0", "1", "0", f"{now:%Y-%m-%d}"] in lines


def test_a_brand_without_a_policy_in_force_erases_nothing(town: Town) -> None:
    with town.database.connect() as owner:
        owner.execute("delete from policy_version")
    done = show(town)
    assert done.stdout.startswith("nordfunk: no policy in force, so nothing is erased\n")


def test_a_brand_that_is_not_there_is_refused(town: Town) -> None:
    done = show(town, "--brand", "suedfunk")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no brand 'suedfunk'" in done.stderr
