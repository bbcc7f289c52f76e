"""A small simulated attack, through the command (C5, C6); the large one is part of `make drill`."""

import json
import os

from tests.database import werda


def test_the_guard_finds_attacks_soon_and_spares_honest_callers() -> None:
    done = werda(
        *("attack", "simulate", "distributed", "horizontal", "--accounts", "1500", "--guesses", "1200"),
        *("--honest", "100", "--minutes", "5", "--chosen", "--json"),
        environment={**os.environ, "WERDA_HOME": "/nonexistent/and/never/made"},
    )
    assert done.returncode == 0, done.stderr
    for found in map(json.loads, done.stdout.splitlines()):
        without, guarded = found["without"], found["guarded"]
        assert without["seconds_to_alarm"] is None
        assert without["broken"] > found["theory"] / 2 > 20, "nearly nobody was broken where nothing guards"
        assert guarded["broken"] <= without["broken"] * 0.3
        assert guarded["own_lines_locked_by_strangers"] == without["own_lines_locked_by_strangers"] == 0
        assert guarded["honest_calls"] == 100
        assert guarded["honest_stepped_up_share"] <= 0.05
        assert sum(guarded["outcomes"].values()) == 1200
