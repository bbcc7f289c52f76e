"""FastAGI as Asterisk speaks it: what reaches the dialplan, what reaches the gate, and what never does."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from tests.memory_hotline import Customer, MemoryHotline
from tests.soon import soon
from werda.core.call import Arrival, BrandFacts, Source
from werda.core.secret import Secret
from werda.core.verdict import Verdict
from werda.gate.fastagi import FastAgi

BRAND = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "mein.nordfunk.example")
DIALLED = "+4955555000"
OWN_LINE = "+4917600000001"
WRONG = "9999"


def customers(how_many: int = 1) -> list[Customer]:
    return [
        Customer(i, f"+4917600{i:06d}", f"60{i:06d}", Secret("0417"), Secret("01234567"))
        for i in range(1, how_many + 1)
    ]


class Caller:
    """The other end of a FastAGI connection: Asterisk with a caller who presses `keys` and then nothing."""

    def __init__(self, keys: str = "", hang_up_at: str | None = None) -> None:
        self.keys = list(keys)
        self.hang_up_at = hang_up_at
        self.heard: list[str] = []
        self.variables: dict[str, str] = {}
        self.transcript: list[str] = []

    async def call(self, port: int, *arguments: str, script: str = "hotline", **values: str) -> "Caller":
        """Dial, and go on until the server lets go."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(opening(script, arguments, values))
            while line := await reader.readline():
                answer = self.answer(line.decode().rstrip("\n"))
                if answer is None:
                    break
                writer.write(answer.encode() + b"\n")
        writer.close()
        return self

    def answer(self, command: str) -> str | None:
        """What Asterisk answers to a command; None hangs up the connection."""
        self.transcript.append(command)
        words = command.replace('"', "").split(" ")
        if self.hang_up_at is not None and self.hang_up_at in command:
            return "200 result=-1 endpos=800"
        match words:
            case ["STREAM", "FILE", sound, interrupting]:
                self.heard.append(sound)
                key = self.keys[0] if self.keys and interrupting and self.keys[0] in interrupting else None
                return f"200 result={self.press() if key else 0} endpos=8000"
            case ["WAIT", "FOR", "DIGIT", _]:
                return f"200 result={self.press() if self.keys else 0}"
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value
                return "200 result=1"
        return "510 Invalid or unknown command"

    def press(self) -> int:
        key = self.keys.pop(0)
        return 0 if key == "_" else ord(key)  # _ is a pause


def opening(script: str, arguments: tuple[str, ...], values: dict[str, str]) -> bytes:
    facts = {
        "network": "yes",
        "network_script": script,
        "request": f"agi://127.0.0.1/{script}",
        "channel": "PJSIP/trunk-00000001",
        "language": "de",
        "uniqueid": "1700000000.1",
        "callerid": OWN_LINE,
        "calleridname": "unknown",
        "callingpres": "0",
        "dnid": DIALLED,
        "extension": DIALLED,
        **values,
        **{f"arg_{i}": argument for i, argument in enumerate(arguments, 1)},
    }
    return "".join(f"agi_{name}: {value}\n" for name, value in facts.items()).encode() + b"\n"


@pytest.fixture
def hotline() -> MemoryHotline:
    return MemoryHotline({DIALLED: BRAND, "+498001234567": BRAND}, customers())


@pytest.fixture
async def port(hotline: MemoryHotline) -> AsyncIterator[int]:
    server = await FastAgi.start("127.0.0.1", 0, hotline, asserting_trunks={"own-network"})
    yield server.port
    await server.close()


def names(caller: Caller) -> list[str]:
    return [sound.removeprefix("werda/de-du/") for sound in caller.heard]


async def test_right_code_sets_result_level_and_token(port: int, hotline: MemoryHotline) -> None:
    caller = await Caller("0417#").call(port)
    call = hotline.calls["1700000000.1"]
    assert caller.variables == {"WERDA_RESULT": "verified", "WERDA_LEVEL": "1", "WERDA_TOKEN": call.token.reveal()}
    assert names(caller) == ["welcome", "verified"]  # the first key broke into the greeting
    assert call.queued


async def test_puk_needs_no_hash_and_a_late_hash_disturbs_nothing(port: int) -> None:
    caller = await Caller("01234568#01234567#").call(port)
    assert caller.variables["WERDA_RESULT"] == "verified"
    assert names(caller) == ["welcome", "refused", "secret-again", "verified"]


async def test_two_wrong_codes_end_with_a_person_unverified(port: int, hotline: MemoryHotline) -> None:
    caller = await Caller("1111#2222#").call(port)
    token = hotline.calls["1700000000.1"].token.reveal()
    assert caller.variables == {"WERDA_RESULT": "unverified", "WERDA_LEVEL": "0", "WERDA_TOKEN": token}
    assert names(caller) == ["welcome", "refused", "unverified"]


async def test_silence_leads_to_a_person(port: int) -> None:
    caller = await Caller().call(port)
    assert caller.variables["WERDA_RESULT"] == "unverified"
    assert names(caller) == ["welcome", "secret", "unverified"]


async def test_zero_and_a_pause_lead_to_a_person_without_an_attempt(port: int, hotline: MemoryHotline) -> None:
    caller = await Caller("0_").call(port)
    assert caller.variables["WERDA_RESULT"] == "unverified"
    assert hotline.calls["1700000000.1"].refused == []


@pytest.mark.parametrize(
    "values",
    [
        {"callerid": "unknown"},
        {"callerid": "anonymous"},
        {"callerid": OWN_LINE, "callingpres": "35"},  # withheld by the caller
        {"callerid": OWN_LINE, "callingpres": "67"},  # not available
        {"callerid": "+4917600009999"},  # belongs to nobody
    ],
)
async def test_anonymous_caller_is_asked_for_a_number(port: int, values: dict[str, str]) -> None:  # D1
    caller = await Caller("017600000001#0417#").call(port, **values)
    assert caller.variables["WERDA_RESULT"] == "verified"


async def test_unknown_number_is_not_told(port: int) -> None:  # C7
    known = await Caller(f"60000001#{WRONG}##{WRONG}#").call(port, callerid="unknown", uniqueid="1")
    unknown = await Caller(f"60999999#{WRONG}##{WRONG}#").call(port, callerid="unknown", uniqueid="2")
    assert known.heard == unknown.heard
    assert known.variables["WERDA_RESULT"] == unknown.variables["WERDA_RESULT"] == "unverified"
    assert [line for line in known.transcript if "TOKEN" not in line] == [
        line for line in unknown.transcript if "TOKEN" not in line
    ]


async def test_closed_is_said_and_nothing_is_asked(port: int, hotline: MemoryHotline) -> None:
    hotline.open = False
    caller = await Caller("0417#").call(port)
    assert caller.variables == {"WERDA_RESULT": "closed", "WERDA_LEVEL": "0", "WERDA_TOKEN": ""}
    assert names(caller) == ["welcome", "closed"]


@pytest.mark.parametrize(
    ("arguments", "source"),
    [
        (("trunk=own-network", "asserted=1"), Source(OWN_LINE, asserted=True, trunk="own-network")),
        (("trunk=own-network",), Source(OWN_LINE, asserted=False, trunk="own-network")),
        (("trunk=transit", "asserted=1"), Source(OWN_LINE, asserted=False, trunk="transit")),  # C3: not configured
        (("asserted=1",), Source(OWN_LINE, asserted=False, trunk="")),
    ],
)
async def test_number_is_asserted_only_by_a_trunk_configured_to(
    port: int, hotline: MemoryHotline, arguments: tuple[str, ...], source: Source
) -> None:
    await Caller().call(port, *arguments)
    assert hotline.sources == [source]


async def test_withheld_number_is_never_asserted(port: int, hotline: MemoryHotline) -> None:  # C3, D1
    await Caller().call(port, "trunk=own-network", "asserted=1", callingpres="35")
    assert hotline.sources == [Source(None, asserted=False, trunk="own-network")]


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ((), {"dnid": "0800 1234567"}),
        ((), {"dnid": "unknown", "extension": "+498001234567"}),
        (("dialled=+498001234567",), {"dnid": "55"}),
    ],
)
async def test_brand_follows_from_the_dialled_number(
    port: int, arguments: tuple[str, ...], values: dict[str, str]
) -> None:
    assert (await Caller("0417#").call(port, *arguments, **values)).variables["WERDA_RESULT"] == "verified"


async def test_number_of_no_brand_goes_on_to_a_person(port: int) -> None:
    caller = await Caller("0417#").call(port, dnid="+491234567890")
    assert caller.variables == {"WERDA_RESULT": "unverified", "WERDA_LEVEL": "0", "WERDA_TOKEN": ""}
    assert caller.heard == []


@pytest.mark.parametrize("moment", ["welcome", "WAIT", "secret-again", "WERDA_TOKEN", "unverified"])
async def test_hang_up_is_told_to_the_gate(port: int, hotline: MemoryHotline, moment: str) -> None:
    await Caller("1111#", hang_up_at=moment).call(port)
    assert await soon(lambda: hotline.calls["1700000000.1"].ended)


@pytest.mark.parametrize("line", [b"HANGUP\n", b"511 Command Not Permitted on a dead channel\n", b""])
async def test_every_way_of_being_gone_is_a_hang_up(port: int, hotline: MemoryHotline, line: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening("hotline", (), {}))
    await reader.readline()
    writer.write(line)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert await soon(lambda: hotline.calls["1700000000.1"].ended)


async def test_agent_who_answers_is_reported(port: int, hotline: MemoryHotline) -> None:
    caller = await Caller("0417#").call(port)
    token = caller.variables["WERDA_TOKEN"]
    await Caller().call(port, f"token={token}", "agent=lena", script="answered")
    assert hotline.calls["1700000000.1"].answered_by == "lena"


async def test_caller_who_hangs_up_in_the_queue_is_reported(port: int, hotline: MemoryHotline) -> None:
    await Caller("0417#").call(port)
    await Caller().call(port, script="gone")
    assert hotline.calls["1700000000.1"].ended
    assert len(hotline.calls) == 1


class BrokenHotline(MemoryHotline):
    """A gate whose database is away from some point on."""

    broken = ""

    async def arrive(self, *, dialled: str, source: Source, switch_call: str) -> Arrival:
        self._fail("arrive")
        return await super().arrive(dialled=dialled, source=source, switch_call=switch_call)

    async def verify(self, arrival: Arrival, *, number: str | None, digits: Secret) -> Verdict:
        self._fail("verify", digits.reveal())
        return await super().verify(arrival, number=number, digits=digits)

    async def hand_over(self, arrival: Arrival) -> Secret:
        self._fail("hand_over")
        return await super().hand_over(arrival)

    def _fail(self, what: str, text: str = "") -> None:
        if self.broken == what:
            raise RuntimeError(text)


@pytest.mark.parametrize("broken", ["arrive", "verify", "hand_over"])
async def test_when_the_gate_breaks_the_caller_reaches_a_person_unverified(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hotline = BrokenHotline({DIALLED: BRAND}, customers())
    hotline.broken = broken
    server = await FastAgi.start("127.0.0.1", 0, hotline)
    caller = await Caller("0417#").call(server.port)
    await server.close()
    assert caller.variables["WERDA_RESULT"] == "unverified"
    assert caller.variables["WERDA_LEVEL"] == "0"
    assert "RuntimeError" in caplog.text
    assert "0417" not in caplog.text  # B9: an exception's text may hold what was keyed


async def test_dialogue_has_an_end_however_long_the_caller_types(hotline: MemoryHotline) -> None:
    server = FastAgi(hotline, dialogue_seconds=0.0)
    await server.listen("127.0.0.1", 0)
    caller = await Caller("0417#").call(server.port)
    await server.close()
    assert caller.variables["WERDA_RESULT"] == "unverified"
    assert names(caller) == ["unverified"]


async def test_closing_the_gate_lets_go_of_calls(hotline: MemoryHotline) -> None:
    server = await FastAgi.start("127.0.0.1", 0, hotline)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(opening("hotline", (), {}))
    assert (await reader.readline()).startswith(b"STREAM FILE")
    await server.close()
    assert await reader.read() == b""
    writer.close()


async def test_no_digit_is_sent_to_asterisk_or_written_to_a_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:  # B9, D2
    caplog.set_level(logging.DEBUG)
    caller = await Caller("48151623#").call(port)
    shown = caplog.text + "\n".join(line for line in caller.transcript if "TOKEN" not in line)
    assert "48151623" not in shown
    assert not any(key in line for line in shown.splitlines() for key in ("=48", "=52"))


async def test_thousand_calls_at_once_are_all_led_to_their_end() -> None:
    people = customers(1000)
    hotline = MemoryHotline({DIALLED: BRAND}, people)
    server = await FastAgi.start("127.0.0.1", 0, hotline)
    calls = (Caller("0417#").call(server.port, callerid=person.line, uniqueid=f"many.{person.id}") for person in people)
    callers = await asyncio.gather(*calls)
    await server.close()
    assert [caller.variables["WERDA_RESULT"] for caller in callers] == ["verified"] * 1000
    assert len({caller.variables["WERDA_TOKEN"] for caller in callers}) == 1000
