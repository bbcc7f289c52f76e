"""The board: who calls and how far they are legitimated, live, and no customer (A4)."""

import asyncio
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from tests.pages.hotline import Desk, Hotline
from tests.soon import soon
from werda.usecases.add_brand import add_brand

CHANGED = b"data: changed\n\n"


def test_an_empty_board_says_what_will_happen(desk: Desk) -> None:
    page = desk.agent().page("/desk/")
    assert "Keine wartenden Anrufe" in page
    assert "geöffnet" in page


def test_a_verified_call_is_shown_with_level_method_and_channel(hotline: Hotline) -> None:
    agent = hotline.desk.agent()
    hotline.verified_call(hotline.desk.town.person("0815"), agent)
    page = agent.page("/desk/")
    assert "legitimiert, Stufe 1" in page
    assert "Kundenkennzahl" in page
    assert "Partnersystem" in page
    assert "Öffnen" in page


def test_the_board_shows_nothing_of_a_customer_also_when_they_are_verified(hotline: Hotline) -> None:
    """A4, B9"""
    agent = hotline.desk.agent()
    maren = hotline.desk.town.person("0815")
    hotline.verified_call(maren, agent)
    hotline.unverified_call(agent, calling=maren.line)
    for address in ("/desk/", "/desk/calls"):
        page = agent.page(address)
        assert "+49176" in page, "the row with the calling number's ends is there"
        for private in ("Maren", "Muster", maren.number, maren.line, maren.code, "Deichweg"):
            assert private not in page


def test_only_the_agent_who_answered_is_offered_to_open_a_call(hotline: Hotline) -> None:
    jana, ole = hotline.desk.agent("jana"), hotline.desk.agent("ole")
    call = hotline.unverified_call(jana)
    assert f"/desk/calls/{call}/open" in jana.page("/desk/")
    assert f"/desk/calls/{call}/open" not in ole.page("/desk/")
    assert "im Gespräch" in ole.page("/desk/")
    hotline.unverified_call(None)
    assert "klingelt" in jana.page("/desk/")


def test_an_agent_sees_calls_of_their_own_brands_only(hotline: Hotline) -> None:
    """A10: partner companies are separated."""
    with hotline.gate.database.connect() as owner:
        other = add_brand(owner, slug="suedfunk", name="Südfunk", dialled=["+4930231251"])
    hotline.unverified_call(None)
    partner = hotline.desk.agent("partner", brands=[other])
    page = partner.page("/desk/")
    assert "Südfunk" in page
    assert "Nordfunk" not in page
    assert "Keine wartenden Anrufe" in page


def test_an_anonymous_caller_is_called_so(hotline: Hotline) -> None:
    """D1"""
    agent = hotline.desk.agent()
    hotline.unverified_call(None, calling=None)
    assert "anonym" in agent.page("/desk/calls")


def test_the_board_reloads_itself_where_there_is_no_script(desk: Desk) -> None:
    page = desk.agent().page("/desk/")
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


async def test_a_new_call_rings_at_every_open_desk_of_its_brand_and_at_no_other(hotline: Hotline) -> None:
    def prepare() -> tuple[AsyncClient, AsyncClient]:
        with hotline.gate.database.connect() as owner:
            other = add_brand(owner, slug="suedfunk", name="Südfunk", dialled=["+4930231251"])
        browsers = AsyncClient(), AsyncClient()
        for browser, brands in zip(browsers, ([hotline.desk.town.brand], [other]), strict=True):
            browser.cookies = hotline.desk.agent(f"agent{brands[0]}", brands=brands).browser.cookies
        return browsers

    ours, theirs = await sync_to_async(prepare)()
    heard: list[list[bytes]] = [[], []]

    async def listen(browser: AsyncClient, events: list[bytes]) -> None:
        response: Any = await browser.get("/desk/live")
        assert response.headers["Content-Type"] == "text/event-stream"
        async for event in response.streaming_content:
            events.append(event)  # noqa: PERF401 - one by one, as they come

    listening = [asyncio.create_task(listen(*pair)) for pair in zip((ours, theirs), heard, strict=True)]
    try:
        assert await soon(lambda: all(CHANGED in events for events in heard)), "whoever comes reads once more"
        await asyncio.sleep(0.5)
        before = [len(events) for events in heard]
        await asyncio.to_thread(hotline.unverified_call, None)
        assert await soon(lambda: len(heard[0]) > before[0])
        assert heard[0][-1] == CHANGED
        await asyncio.sleep(0.3)
        assert len(heard[1]) == before[1]
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await sync_to_async(connections.close_all)()


def test_the_script_reads_the_addresses_that_the_pages_name() -> None:
    script = (Path(__file__).parents[2] / "src/werda/desk/static/desk/live.js").read_text(encoding="utf-8")
    templates = Path(__file__).parents[2] / "src/werda/desk/templates/desk"
    board = (templates / "board.html").read_text(encoding="utf-8")
    bar = (templates / "state_bar.html").read_text(encoding="utf-8")
    for attribute in ("stream", "fragment"):
        assert f"data-{attribute}=" in board
        assert f"dataset.{attribute}" in script
    for attribute, name in (("stream", "stream"), ("alive", "alive"), ("grant-until", "grantUntil"), ("mark", "mark")):
        assert f"data-{attribute}=" in bar
        assert f"dataset.{name}" in script


def test_a_brand_under_attack_is_told_to_its_agents(hotline: Hotline) -> None:
    """C6, D3: what to ask for, and nothing about anybody."""
    agent = hotline.desk.agent()
    assert "angegriffen" not in agent.page("/desk/")
    brand = hotline.desk.town.brand
    for state, words in ((1, "Vielleicht probiert jemand"), (2, "Die Kundenkennzahl allein genügt gerade nicht")):
        with hotline.gate.database.connect() as owner:
            owner.execute(
                "insert into alarm values (%s, %s, now(), 'detector', null)"
                " on conflict (brand_id) do update set state = excluded.state",
                (brand, state),
            )
            owner.execute(
                "insert into alarm values (%s, 2, now(), 'detector', null) on conflict do nothing", (brand + 7,)
            )
        for address in ("/desk/", "/desk/calls"):
            page = agent.page(address)
            assert page.count("message is-") == 1
            assert words in page
