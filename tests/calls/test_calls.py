"""Real calls: a telephone, a real Asterisk with the shipped dialplan, the gate, and the agent who answers."""

import asyncio
import re

import pytest

from tests.calls.conftest import Switch
from tests.calls.hotline_process import DIALLED, TRUNK, number_of
from tests.calls.phone import Call, Phone
from tests.people import Person
from tests.soon import soon

RING_SECONDS = 40.0
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def from_line(person: Person) -> str:
    """What a carrier writes into From for a call from this person's line."""
    return f"<sip:{person.line}@carrier.example>"


def other_than(secret: str) -> str:
    """A wrong one of the same length."""
    return f"{(int(secret) + 1) % 10 ** len(secret):0{len(secret)}d}"


async def rings_at(agent: Phone) -> Call:
    """The call that arrives at the agent."""
    return await asyncio.wait_for(agent.incoming.get(), RING_SECONDS)


def carried(leg: Call) -> dict[str, str]:
    """What Werda lets the switch carry to the agent; each header once."""
    assert leg.invitation is not None
    headers = [(name, value) for name, value in leg.invitation.headers if name.startswith("x-werda-")]
    assert len(dict(headers)) == len(headers)
    return dict(headers)


def verified(leg: Call) -> bool:
    """Whether the agent is told a verified caller, with everything that goes with it."""
    told = carried(leg)
    if told["x-werda-result"] == "verified":
        assert told["x-werda-level"] == "1"
        assert told["x-werda-token"]
        return True
    assert told["x-werda-result"] == "unverified"
    assert told["x-werda-level"] == "0"
    return False


async def test_right_code_arrives_verified(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.press(person.code + "#")
    leg = await rings_at(agent)
    assert verified(leg)
    await call.hang_up()
    await asyncio.wait_for(leg.ended.wait(), 5)


async def test_right_puk_arrives_verified_without_hash(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.prompt_over()  # heard out, no key during the prompt
    await call.press(person.sims[0].puk)
    assert verified(await rings_at(agent))
    await call.hang_up()


async def test_two_wrong_codes_arrive_unverified(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    for _ in range(2):
        await call.listening()
        await call.press(other_than(person.code) + "#")
    leg = await rings_at(agent)
    assert not verified(leg)
    assert carried(leg)["x-werda-token"]  # opens the call at level 0
    await call.hang_up()


async def test_silence_leads_to_a_person(switch: Switch, phone: Phone, agent: Phone) -> None:
    call = await phone.call(DIALLED, caller=from_line(switch.gate.somebody()))
    assert not verified(await rings_at(agent))
    assert call.heard > 8  # greeting, question, and that a person comes
    await call.hang_up()


async def test_zero_leads_to_a_person(switch: Switch, phone: Phone, agent: Phone) -> None:
    call = await phone.call(DIALLED, caller=from_line(switch.gate.somebody()))
    await call.listening()
    await call.press("0#")
    assert not verified(await rings_at(agent))
    await call.hang_up()


async def test_hang_up_in_the_prompt_ends_the_call_and_rings_nobody(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.hang_up()
    assert await soon(lambda: switch.gate.call_of(person)["state"] == "ended")
    assert agent.incoming.empty()


async def test_hang_up_in_the_queue_ends_the_call(switch: Switch, phone: Phone, agent: Phone) -> None:
    agent.answers = False
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.press(person.code + "#")
    leg = await rings_at(agent)
    assert switch.gate.call_of(person)["state"] == "waiting"
    await call.hang_up()
    await asyncio.wait_for(leg.ended.wait(), 5)
    assert await soon(lambda: switch.gate.call_of(person)["state"] == "ended")


async def test_call_with_an_agent_is_closed_at_the_desk_not_by_the_hang_up(
    switch: Switch, phone: Phone, agent: Phone
) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.press(person.code + "#")
    leg = await rings_at(agent)
    assert await soon(lambda: switch.gate.call_of(person)["state"] == "answered")
    assert switch.gate.call_of(person)["answered"]  # design decision 7: the switch reports who
    await call.hang_up()
    await asyncio.wait_for(leg.ended.wait(), 5)
    await asyncio.sleep(0.5)
    assert switch.gate.call_of(person)["state"] == "answered"


@pytest.mark.parametrize("withheld", [False, True], ids=["no number", "Privacy: id"])
async def test_anonymous_caller_keys_in_the_number(switch: Switch, phone: Phone, agent: Phone, withheld: bool) -> None:
    person = switch.gate.somebody()
    hidden = [("P-Asserted-Identity", from_line(person)), ("Privacy", "id")] if withheld else []
    call = await phone.call(DIALLED, *hidden, caller=ANONYMOUS)
    await call.listening()
    await call.press(person.line.replace("+49", "0") + "#")
    await call.listening()
    await call.press(person.code + "#")
    assert verified(await rings_at(agent))
    await call.hang_up()


async def test_customer_number_identifies_too(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=ANONYMOUS)
    await call.listening()
    await call.press(person.number + "#")
    await call.listening()
    await call.press(person.code + "#")
    assert verified(await rings_at(agent))
    await call.hang_up()


async def test_number_asserted_by_the_network_goes_before_from(switch: Switch, phone: Phone, agent: Phone) -> None:
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, ("P-Asserted-Identity", from_line(person)), caller="<sip:+4930000000@x.example>")
    await call.listening()
    await call.press(person.code + "#")
    assert verified(await rings_at(agent))
    assert switch.gate.call_of(person)["asserted"]  # C3
    assert switch.gate.call_of(person)["trunk"] == TRUNK
    await call.hang_up()


async def test_number_in_from_alone_is_not_asserted(switch: Switch, phone: Phone, agent: Phone) -> None:  # C3
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.press("0#")
    assert not verified(await rings_at(agent))
    assert not switch.gate.call_of(person)["asserted"]
    await call.hang_up()


async def test_callers_own_headers_are_not_believed(switch: Switch, phone: Phone, agent: Phone) -> None:
    forged = [("X-Werda-Result", "verified"), ("X-Werda-Level", "2"), ("X-Werda-Token", "forged")]
    call = await phone.call(DIALLED, *forged, caller=from_line(switch.gate.somebody()))
    await call.listening()
    await call.press("0#")
    leg = await rings_at(agent)
    assert not verified(leg)
    assert carried(leg)["x-werda-token"] != "forged"
    await call.hang_up()


async def test_hundred_calls_at_once_arrive_verified(switch: Switch, phone: Phone, agent: Phone) -> None:
    people = [switch.gate.somebody() for _ in range(100)]

    async def one(person: Person) -> Call:
        call = await phone.call(DIALLED, caller=from_line(person))
        await call.prompt_over()
        await call.press(person.code + "#")
        return call

    calls = await asyncio.gather(*(one(person) for person in people))
    legs = [await rings_at(agent) for _ in people]
    assert all(verified(leg) for leg in legs)
    assert len({carried(leg)["x-werda-token"] for leg in legs}) == 100
    for call in calls:
        await call.hang_up()


# What Asterisk itself writes of each key when somebody switches debugging on; nothing else may.
KNOWN_LEAK = re.compile(r"DEBUG.*res_rtp_asterisk\.c: .*(BEGIN|END) DTMF Frame: \d+ \(.\)")


async def test_asterisk_log_holds_no_digit(switch: Switch, phone: Phone, agent: Phone) -> None:  # B9, D2
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    for secret in (other_than(person.sims[0].puk), person.sims[0].puk):
        await call.listening()
        await call.press(secret)
    assert verified(await rings_at(agent))
    await call.hang_up()
    lines = switch.asterisk.shown().splitlines()
    assert any("WERDA_RESULT" in line for line in lines)
    assert not [line for line in lines if "does not exist in any format" in line or "No application" in line]
    kept = [line for line in lines if not KNOWN_LEAK.search(line)]
    assert not [line for line in kept if person.sims[0].puk in line or other_than(person.sims[0].puk) in line]
    assert not [line for line in kept if re.search(r"DTMF.*'[0-9*#]'|DTMF.*\([0-9*#]\)|[dD]igit.*'[0-9*#]'", line)]


async def test_gate_output_holds_no_digit(switch: Switch, phone: Phone, agent: Phone) -> None:  # B9
    person = switch.gate.somebody()
    call = await phone.call(DIALLED, caller=from_line(person))
    await call.listening()
    await call.press(person.sims[0].puk)
    assert verified(await rings_at(agent))
    await call.hang_up()
    assert person.sims[0].puk not in switch.gate.shown()


@pytest.fixture
async def doomed_agent(doomed_switch: Switch) -> Phone:
    opened = await Phone.open("lena", doomed_switch.asterisk.sip, host="127.0.0.2")
    await opened.register("change-me-lena")
    return opened


async def test_gate_killed_in_mid_call_leaves_the_caller_to_a_person(
    doomed_switch: Switch, doomed_agent: Phone
) -> None:
    phone = await Phone.open("trunk", doomed_switch.asterisk.sip)
    call = await phone.call(DIALLED, caller=from_line(doomed_switch.gate.somebody()))
    await call.listening()
    await call.press(number_of(2))
    doomed_switch.gate.kill()
    leg = await rings_at(doomed_agent)
    assert not verified(leg)
    assert "x-werda-token" not in carried(leg)

    # and so does whoever calls while it is down
    second = await phone.call(DIALLED, caller=from_line(doomed_switch.gate.somebody()))
    assert not verified(await rings_at(doomed_agent))
    await second.hang_up()
    await phone.close()
    await doomed_agent.close()
