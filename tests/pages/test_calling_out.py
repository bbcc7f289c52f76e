"""An agent calls a customer: it is announced, no secret can be typed, and nobody's data is shown (D5, A4)."""

import re

from tests.pages.hotline import Agent, Desk

NOBODY = "+4917699999999"


def announces(agent: Agent, desk: Desk, number: str) -> str:
    """The page after announcing a call to this number."""
    agent.sends("/desk/calling-out", **{"out-brand": str(desk.town.brand), "out-number": number})
    return agent.page("/desk/calling-out")


def words_on(page: str) -> str:
    found = re.search(r'class="words">(\w+ \w+)<', page)
    assert found is not None, "no words are shown"
    return found[1]


def announced(desk: Desk) -> list[tuple[object, ...]]:
    return desk.town.database.rows(
        "select customer_id, called, ended_at is null from outgoing_call order by id desc limit 1"
    )


def test_an_announced_call_shows_the_words_that_the_customer_sees(desk: Desk) -> None:
    """D5"""
    agent, maren = desk.agent(), desk.town.person("0815")
    page = announces(agent, desk, maren.line)
    assert words_on(page)
    assert f'href="tel:{maren.line}"' in page
    assert announced(desk) == [(maren.id, maren.line, True)]
    assert desk.town.database.rows(
        "select actor from event where kind = 'call:announced' and customer_id = %s", maren.id
    ) == [(f"agent:{agent.id}",)]


def test_a_call_to_nobody_looks_alike(desk: Desk) -> None:
    """A4: the desk does not tell whose number it is, nor whether it is a customer's."""
    agent, maren = desk.agent(), desk.town.person("0815")

    def shape(page: str, number: str) -> str:
        page = page.replace(words_on(page), "").replace(number, "")
        return re.sub(r"\+49[ \d]+|value=\"[^\"]*\"|datetime=\"[^\"]*\"|=\"[\d.]+\"|\d\d?:\d\d", "", page)

    theirs = announces(agent, desk, maren.line)
    nobodys = announces(agent, desk, NOBODY)
    assert announced(desk) == [(None, NOBODY, True)]
    assert shape(theirs, maren.line) == shape(nobodys, NOBODY)
    for private in ("Maren", "Muster", maren.number, "Deichweg"):
        assert private not in theirs


def test_no_field_for_a_secret_exists_in_an_outgoing_call(desk: Desk) -> None:
    """D5"""
    agent = desk.agent()
    page = announces(agent, desk, NOBODY)
    shown = re.findall(r"<(?:input|textarea|select)[^>]*>", page)
    names = {name for field in shown if (name := re.search(r'name="([^"]+)"', field)[1])}  # type: ignore[index]
    assert names <= {"csrfmiddlewaretoken", "language", "next", "out-brand", "out-number"}
    assert 'type="password"' not in page


def test_the_next_call_takes_the_place_of_the_last_and_ends_when_the_agent_says_so(desk: Desk) -> None:
    agent, maren = desk.agent(), desk.town.person("0815")
    announces(agent, desk, maren.line)
    announces(agent, desk, NOBODY)
    assert desk.town.database.rows(
        "select count(*) from outgoing_call where agent_id = %s and ended_at is null", agent.id
    ) == [(1,)]
    agent.sends("/desk/calling-out/over")
    assert announced(desk) == [(None, NOBODY, False)]
    assert 'class="words"' not in agent.page("/desk/calling-out")


def test_what_is_no_number_is_said_and_announces_nothing(desk: Desk) -> None:
    agent = desk.agent()
    before = announced(desk)
    answer = agent.sends("/desk/calling-out", **{"out-brand": str(desk.town.brand), "out-number": "Maren"})
    assert answer.status_code == 422
    assert "Das ist keine Rufnummer." in answer.content.decode()
    assert announced(desk) == before


def test_an_agent_announces_calls_of_their_own_brands_only(desk: Desk) -> None:
    """A10"""
    agent, before = desk.agent(), announced(desk)
    answer = agent.sends("/desk/calling-out", **{"out-brand": "999999", "out-number": NOBODY})
    assert answer.status_code == 422
    with desk.town.database.connect() as owner:
        row = owner.execute("select announce_call(%s, 999999, %s, 20)", (agent.id, NOBODY)).fetchone()
    assert row == (None,)
    assert announced(desk) == before
