"""The demo's switch and its calls, against the gate's real FastAGI server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.memory_hotline import Customer, MemoryHotline
from tests.soon import soon
from werda.core.call import BrandFacts
from werda.core.secret import Secret
from werda.demo import calls
from werda.demo.calls import Brand, Call, Exchange, TooManyCalls
from werda.demo.phone_numbers import HOTLINE
from werda.demo.switch import CallerGone, Leg, Switch
from werda.gate.fastagi import FastAgi

NORDFUNK = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "nordfunk.example.org")
OWN_LINE = "+4917604069000"
AGENTS = {"anna": "Anna Petersen", "ben": "Ben Yıldız"}


class Ear:
    """A caller with good patience who presses `keys` one by one when asked, then hangs up or is silent."""

    def __init__(self, keys: str, *, hang_up: bool = False) -> None:
        self.keys_left = list(keys)
        self.hang_up = hang_up
        self.heard: list[str] = []

    async def play(self, sound: str, interrupting: str) -> str | None:
        self.heard.append(sound.rpartition("/")[2])
        return None

    async def key(self, seconds: float) -> str | None:
        if self.keys_left:
            return self.keys_left.pop(0)
        if self.hang_up:
            raise CallerGone
        return None


@pytest.fixture
def hotline() -> MemoryHotline:
    maren = Customer(1, OWN_LINE, "300100007", Secret("0417"), Secret("01234567"))
    return MemoryHotline({HOTLINE: NORDFUNK}, [maren])


@pytest.fixture
async def switch(hotline: MemoryHotline) -> AsyncIterator[Switch]:
    server = await FastAgi.start("127.0.0.1", 0, hotline, asserting_trunks={"mobile-network"})
    yield Switch("127.0.0.1", server.port)
    await server.close()


def leg(calling: str | None = OWN_LINE, *, trunk: str = "mobile-network", asserted: bool = True) -> Leg:
    return Leg(calling, HOTLINE, trunk, asserted)


async def test_code_is_verified_and_the_answering_agent_reported(switch: Switch, hotline: MemoryHotline) -> None:
    here = leg()
    ear = Ear("0417#")
    outcome = await switch.lead(here, ear)
    assert (outcome.result, outcome.level) == ("verified", 1)
    assert ear.heard == ["welcome", "secret", "verified"]
    assert hotline.sources[0].asserted
    await switch.answered(here, outcome.token, "anna")
    assert hotline.calls[here.unique_id].answered_by == "anna"
    await switch.gone(here)
    assert hotline.calls[here.unique_id].ended


async def test_suppressed_number_is_an_anonymous_caller(switch: Switch, hotline: MemoryHotline) -> None:  # D1
    ear = Ear("300100007#0417#")
    outcome = await switch.lead(leg(None, trunk="carrier", asserted=False), ear)
    assert outcome.result == "verified"
    assert hotline.sources[0].calling_number is None
    assert ear.heard[:2] == ["welcome", "number"]


async def test_a_trunk_that_may_not_assert_is_not_believed(switch: Switch, hotline: MemoryHotline) -> None:  # C3
    await switch.lead(leg(trunk="carrier", asserted=True), Ear("0"))
    assert hotline.sources[0].calling_number == OWN_LINE
    assert not hotline.sources[0].asserted


async def test_caller_who_hangs_up_in_the_dialogue_is_gone_for_the_gate(switch: Switch, hotline: MemoryHotline) -> None:
    here = leg()
    with pytest.raises(CallerGone):
        await switch.lead(here, Ear("04", hang_up=True))
    assert await soon(lambda: hotline.calls[here.unique_id].ended)
    assert hotline.calls[here.unique_id].refused == []


async def test_without_a_gate_the_caller_reaches_a_person_unverified() -> None:  # decision 9
    switch = Switch("127.0.0.1", 1)  # nobody listens there
    outcome = await switch.lead(leg(), Ear("0417#"))
    assert (outcome.result, outcome.level, bool(outcome.token)) == ("unverified", 0, False)
    await switch.gone(leg())


# A whole call, as the browser sees it. Prompts take their time, so they are cut short by keys here.


async def until(call: Call, kind: str) -> list[dict[str, Any]]:
    """The events up to the first of this kind."""
    seen = []
    async for _, event in call.events():
        seen.append(dict(event))
        if event["kind"] == kind:
            return seen
    raise AssertionError(f"the call ended without {kind}: {[event['kind'] for event in seen]}")


@pytest.fixture
async def exchange(switch: Switch) -> Exchange:
    return Exchange(switch)


def dial(exchange: Exchange, here: Leg | None = None) -> Call:
    return exchange.dial(here or leg(), Brand(NORDFUNK, None), AGENTS)


async def test_call_says_rings_and_is_answered_by_whom_the_visitor_chose(
    exchange: Exchange, hotline: MemoryHotline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    here = leg()
    call = dial(exchange, here)
    says = (await until(call, "says"))[-1]
    assert says["text"] == "Willkommen bei Nordfunk."
    assert says["sound"] == "de-du/welcome"
    for key in "0417#":
        call.press(key)
    rings = (await until(call, "rings"))[-1]
    assert (rings["result"], rings["level"]) == ("verified", 1)
    call.choose("ben")
    events = await until(call, "talks")
    assert events[-1]["agent"] == "Ben Yıldız"
    assert hotline.calls[here.unique_id].answered_by == "ben"
    call.hang_up()
    await until(call, "over")
    assert hotline.calls[here.unique_id].ended
    assert "0417" not in str(events)  # D2, B9
    assert "0417" not in caplog.text


async def test_without_a_gate_it_rings_and_the_desk_knows_nothing_of_the_call() -> None:  # decision 9
    call = dial(Exchange(Switch("127.0.0.1", 1)))
    assert (await until(call, "rings"))[-1]["result"] == "unverified"
    call.choose("anna")
    assert not (await until(call, "talks"))[-1]["at_desk"]
    call.hang_up()
    await until(call, "over")


async def test_browser_that_comes_back_gets_what_it_missed(exchange: Exchange) -> None:
    call = dial(exchange)
    seen = await until(call, "says")
    again = [number async for number, _ in _first(call, after=0)]
    assert again == [1]
    assert seen[1]["kind"] == "says"
    call.hang_up()
    await until(call, "over")


async def _first(call: Call, *, after: int) -> AsyncIterator[tuple[int, Any]]:
    async for number, event in call.events(after):
        yield number, event
        return


async def test_deserted_call_is_hung_up(
    exchange: Exchange, hotline: MemoryHotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "DESERTED_SECONDS", 1.0)
    here = leg()
    dial(exchange, here)
    assert await soon(lambda: here.unique_id in hotline.calls and hotline.calls[here.unique_id].ended, seconds=30)


async def test_there_are_only_so_many_lines(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_CALLS", 1)
    call = dial(exchange)
    with pytest.raises(TooManyCalls):
        dial(exchange)
    call.hang_up()
    await until(call, "over")


async def test_what_is_no_key_is_no_key(exchange: Exchange, hotline: MemoryHotline) -> None:
    here = leg()
    call = dial(exchange, here)
    for key in ("A", "00", "", "\n200 result=48"):
        call.press(key)
    await asyncio.sleep(0.1)
    assert hotline.calls[here.unique_id].refused == []
    call.hang_up()
    await until(call, "over")
