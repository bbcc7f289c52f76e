"""The operator calls an attack; every open desk says so at once, and the metrics do (C6)."""

import os
import time

from playwright.sync_api import BrowserContext, expect

from tests.database import werda
from tests.journeys.conftest import Shot
from tests.journeys.demo_process import Demo
from tests.journeys.test_a_call import desk_of


def test_an_alarm_appears_on_the_open_desk_and_goes_again(demo: Demo, visitor: BrowserContext, shot: Shot) -> None:
    environment = {**os.environ, "WERDA_HOME": str(demo.home), "NO_COLOR": "1"}
    desk = desk_of(visitor, "Anna Petersen")
    warning = desk.get_by_text("Die Kundenkennzahl allein genügt gerade nicht")
    expect(warning).to_have_count(0)
    reason = ("--reason", "a carrier reports a call centre")
    done = werda("alarm", "set", "attack", "--brand", "nordfunk", *reason, environment=environment)
    try:
        assert done.returncode == 0, done.stderr
        expect(warning).to_be_visible()  # live, without a reload
        shot(desk, "alarm")
        assert 'werda_alarm{brand="nordfunk"} 2.0' in gates_metrics(demo)
    finally:
        released = werda("alarm", "release", "--brand", "nordfunk", environment=environment)
    assert released.returncode == 0, released.stderr
    expect(warning).to_have_count(0)


def gates_metrics(demo: Demo) -> str:
    """What Prometheus reads, two seconds after a change at the latest."""
    for _ in range(100):
        page = demo.ask("GET", f"http://127.0.0.1:{demo.gate_port}/metrics").text
        if 'werda_alarm{brand="nordfunk"} 2.0' in page:
            break
        time.sleep(0.1)
    return page
