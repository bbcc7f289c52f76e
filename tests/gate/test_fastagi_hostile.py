"""FastAGI against a peer that is not Asterisk: whatever it sends, the server stays small, silent and up."""

import asyncio
import contextlib
import logging
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.memory_hotline import Customer, MemoryHotline
from werda.core.call import BrandFacts
from werda.core.secret import Secret
from werda.gate import agi
from werda.gate.agi import ProtocolError, Request
from werda.gate.fastagi import FastAgi

BRAND = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "mein.nordfunk.example")
OPENING = b"agi_network_script: hotline\nagi_uniqueid: 1\nagi_callerid: +4917600000001\nagi_dnid: +4955555000\n\n"

COMMAND = re.compile(
    rb'STREAM FILE "werda/de-du/[a-z-]+" "[0-9*#]*"'
    rb"|WAIT FOR DIGIT [0-9]+"
    rb'|SET VARIABLE "WERDA_(RESULT|LEVEL|TOKEN)" "[A-Za-z0-9_-]*"'
)

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def hotline() -> MemoryHotline:
    person = Customer(1, "+4917600000001", "600001", Secret("0417"), Secret("01234567"))
    return MemoryHotline({"+4955555000": BRAND}, [person])


async def converse(opening: bytes, answers: list[bytes]) -> list[bytes]:
    """Send an opening and all answers, then no more; gives the commands, after the server has let go."""
    server = await FastAgi.start("127.0.0.1", 0, hotline())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    commands = []
    try:
        writer.write(opening + b"".join(answer + b"\n" for answer in answers))
        writer.write_eof()
        while command := await asyncio.wait_for(reader.readline(), 10):
            commands.append(command)
    except ConnectionError:
        pass
    finally:
        writer.close()
        await server.close()
    return commands


@few
@given(st.binary(max_size=2000))
def test_any_bytes_are_no_call(received: bytes) -> None:
    assert asyncio.run(converse(received, [])) == []


ANSWERS = st.one_of(
    st.sampled_from([0, 48, 49, 55, 52, 42, 35, 65]).map(lambda result: b"200 result=%d endpos=0" % result),
    st.sampled_from([b"200 result=-1", b"HANGUP", b"511 Command Not Permitted on a dead channel", b"100 Trying"]),
    st.sampled_from([b"510 Invalid or unknown command", b"520-Invalid command syntax.", b"200 result=999999", b"200"]),
    st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")),
)


@few
@given(st.lists(ANSWERS, max_size=40))
def test_any_answers_get_well_formed_commands_and_verify_nobody(answers: list[bytes]) -> None:
    commands = asyncio.run(converse(OPENING, answers))
    assert all(COMMAND.fullmatch(command.rstrip(b"\n")) for command in commands)
    pressed = b"".join(answers)
    if any(b"=%d" % ord(key) not in pressed for key in "0417"):
        assert b'SET VARIABLE "WERDA_RESULT" "verified"\n' not in commands


@few
@given(st.dictionaries(st.text("abcdefgh_", min_size=1), st.text(max_size=60)), st.text(max_size=40))
def test_any_facts_of_a_call_lead_to_a_dialogue_or_to_a_person(facts: dict[str, str], number: str) -> None:
    lines = {"network_script": "hotline", "callerid": number, "callingpres": number, "dnid": number, **facts}
    block = "".join(
        f"agi_{name}: {value}\n" for name, value in lines.items() if "\n" not in value and "\r" not in value
    )
    commands = asyncio.run(converse(block.encode() + b"\n", [b"200 result=1"] * 4))
    assert all(COMMAND.fullmatch(command.rstrip(b"\n")) for command in commands)


@pytest.mark.parametrize(
    "opening",
    [
        b"agi_network_script: hotline\n" * 1000,  # no end
        b"agi_" + b"x" * 100_000,  # no line
        b"agi_request: agi://127.0.0.1/\n\n",  # no script
        b"agi_network_script: ../../etc/passwd\n\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
        b"\n",
        b"",
    ],
)
async def test_what_is_not_an_opening_is_let_go(opening: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert await converse(opening, []) == []
    assert "passwd" not in caplog.text


async def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi, "OPENING_SECONDS", 0.05)
    server = await FastAgi.start("127.0.0.1", 0, hotline())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await server.close()


async def test_who_answers_no_command_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi, "PROMPT_SECONDS", 0.05)
    server = await FastAgi.start("127.0.0.1", 0, hotline())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(OPENING)
    assert (await reader.readline()).startswith(b"STREAM FILE")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await server.close()


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_parsing_raises_protocol_error_only(lines: list[bytes]) -> None:
    with contextlib.suppress(ProtocolError):
        assert Request.parse(lines).script


def test_arguments_are_read_by_name_and_the_query_is_cut_off() -> None:
    request = Request.parse([b"agi_network_script: hotline?x=1", b"agi_arg_1: trunk=a=b", b"agi_arg_2: loose"])
    assert request.script == "hotline"
    assert request.arguments == {"trunk": "a=b"}
    assert "trunk" not in repr(request)
