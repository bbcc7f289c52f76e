"""A telephone made of software: SIP over UDP, G.711a, keys as RFC 4733 events. It calls, and it answers as an agent.

Just enough of RFC 3261 for calls on the loopback with an Asterisk on the other side: no record routes, no forking, and
retransmission only of what starts a transaction.
"""

import asyncio
import contextlib
import hashlib
import re
import secrets
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Self

from tests.soon import soon

Address = tuple[str, int]

ALAW, EVENTS = 8, 101  # RTP payload types
KEYS = "0123456789*#"
PACKET_SECONDS = 0.02
PACKETS_OF_A_KEY = 5
GAP_SECONDS = 0.06

PATIENCE = 40.0
"""How long a caller waits for something to be heard, or for an answer, in seconds."""
PROMPT_GAP = 0.4
"""Asterisk sends nothing between prompts; so long a gap is the end of one."""


@dataclass(frozen=True)
class Message:
    """A SIP request or response: its first line, its headers in order (names in lower case) and its body."""

    start: str
    headers: list[tuple[str, str]]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start, [(name.strip().lower(), value.strip()) for name, _, value in pairs], body)

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", self.body]).encode()

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def method(self) -> str:
        """The request's method, or of a response the method that it answers."""
        return self.get("cseq").split()[-1]

    @property
    def status(self) -> int | None:
        """The status of a response; None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def media(self) -> Address:
        """Where the session description wants its media."""
        host = re.search(r"^c=IN IP4 (\S+)", self.body, re.M)
        port = re.search(r"^m=audio (\d+)", self.body, re.M)
        assert host is not None
        assert port is not None
        return host[1], int(port[1])


class Ear(asyncio.DatagramProtocol):
    """The RTP side of one call: notes when something is to be heard, sends keys."""

    def __init__(self) -> None:
        self.last_packet = 0.0
        self.packets = 0
        self.transport: asyncio.DatagramTransport | None = None
        self._sequence, self._source = secrets.randbelow(30000), secrets.randbits(32)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data[1] & 0x7F == ALAW:
            self.last_packet = time.monotonic()
            self.packets += 1

    def error_received(self, exc: Exception) -> None:
        """The other side is gone; the signalling tells."""

    async def press(self, key: str, to: Address) -> None:
        """Press one key for a tenth of a second."""
        stamp = int(time.monotonic() * 8000) & 0xFFFFFFFF
        for number in range(PACKETS_OF_A_KEY + 3):
            end = number >= PACKETS_OF_A_KEY
            duration = 160 * min(number + 1, PACKETS_OF_A_KEY)
            event = struct.pack("!BBH", KEYS.index(key), 0x80 * end | 10, duration)
            self._sequence = (self._sequence + 1) & 0xFFFF
            marker = 0x80 if number == 0 else 0
            header = struct.pack("!BBHII", 0x80, marker | EVENTS, self._sequence, stamp, self._source)
            assert self.transport is not None
            self.transport.sendto(header + event, to)
            if not end:
                await asyncio.sleep(PACKET_SECONDS)
        await asyncio.sleep(GAP_SECONDS)


@dataclass
class Call:
    """One leg of a call, as the telephone holds it."""

    phone: "Phone"
    call_id: str
    local: str
    remote: str
    ear: Ear
    target: str = ""
    media: Address = ("", 0)
    sequence: int = 1
    invitation: Message | None = None
    answered: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def heard(self) -> float:
        """Seconds of sound so far."""
        return self.ear.packets * PACKET_SECONDS

    async def press(self, keys: str) -> None:
        """Press keys one after the other, as a person would, only faster."""
        for key in keys:
            await self.ear.press(key, self.media)

    async def listening(self) -> None:
        """Return when a prompt has begun."""
        before = self.ear.packets
        assert await soon(lambda: self.ear.packets > before + 5, PATIENCE), "no prompt is heard"

    async def prompt_over(self) -> None:
        """Return when a prompt was heard and is over."""
        await self.listening()
        assert await soon(lambda: time.monotonic() - self.ear.last_packet > PROMPT_GAP, PATIENCE), "a prompt has no end"

    async def hang_up(self) -> None:
        """End the call."""
        if not self.ended.is_set():
            self.sequence += 1
            self.phone.request("BYE", self)
            self.close()

    def close(self) -> None:
        self.ended.set()
        if self.ear.transport is not None:
            self.ear.transport.close()


class Phone(asyncio.DatagramProtocol):
    """A telephone at an address of its own. Incoming calls are answered at once, or ring for ever when `answers` is
    False; either way they wait in `incoming`."""

    def __init__(self, user: str, server: Address) -> None:
        self.user = user
        self.server = server
        self.answers = True
        self.calls: dict[str, Call] = {}
        self.incoming: asyncio.Queue[Call] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, user: str, server: Address, host: str = "127.0.0.1") -> Self:
        phone = cls(user, server)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: phone, local_addr=(host, 0))
        return phone

    async def close(self) -> None:
        for call in list(self.calls.values()):
            await call.hang_up()
        await asyncio.sleep(0.05)
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def error_received(self, exc: Exception) -> None:
        """Asterisk is gone; whoever waits for an answer runs into a time limit."""

    # Out

    async def register(self, password: str) -> None:
        """Register with digest authentication (RFC 2617, MD5 as Asterisk asks by default)."""
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        call_id, tag = secrets.token_hex(8), secrets.token_hex(4)
        me = f"<sip:{self.user}@{self.server[0]}>"
        proof: list[tuple[str, str]] = []
        for sequence in (1, 2):
            headers = [
                ("From", f"{me};tag={tag}"),
                ("To", me),
                ("Call-ID", call_id),
                ("CSeq", f"{sequence} REGISTER"),
                ("Contact", f"<sip:{self.user}@{self.host}:{self.port}>"),
                ("Expires", "3600"),
                *proof,
            ]
            answer = await self._ask(Message(f"REGISTER {uri} SIP/2.0", self._via() + headers))
            if answer.status == 200:
                return
            challenge = answer.get("www-authenticate")
            realm, nonce = (re.search(f'{name}="([^"]*)"', challenge)[1] for name in ("realm", "nonce"))  # type: ignore[index]
            ours, theirs = md5(f"{self.user}:{realm}:{password}"), md5(f"REGISTER:{uri}")
            cnonce = secrets.token_hex(4)
            response = md5(f"{ours}:{nonce}:00000001:{cnonce}:auth:{theirs}")
            opaque = re.search('opaque="([^"]*)"', challenge)
            text = (
                f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
                f'algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"'
            )
            proof = [("Authorization", text + (f', opaque="{opaque[1]}"' if opaque else ""))]
        raise ConnectionError(f"not registered: {answer.start}")

    async def call(self, dialled: str, *headers: tuple[str, str], caller: str | None = None) -> Call:
        """Call a number; returns when it was answered. `caller` is what stands in From."""
        call = Call(
            self,
            call_id=secrets.token_hex(8),
            local=f"{caller or f'<sip:{self.user}@{self.host}>'};tag={secrets.token_hex(4)}",
            remote=f"<sip:{dialled}@{self.server[0]}:{self.server[1]}>",
            ear=await self._ear(),
            target=f"sip:{dialled}@{self.server[0]}:{self.server[1]}",
        )
        self.calls[call.call_id] = call
        invitation = self._message("INVITE", call, list(headers), self._offer(call))
        for pause in (0.5, 1, 2, 4, 8, 16):
            self._send(invitation)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(call.answered), pause)
                break
        if not call.answered.done() or call.answered.result() != 200:
            call.close()
            raise ConnectionError(f"not answered: {call.answered.result() if call.answered.done() else 'no response'}")
        return call

    def request(self, method: str, call: Call) -> None:
        self._send(self._message(method, call, []))

    # In

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if not data.strip():
            return
        message = Message.parse(data)
        if message.status is None:
            task = asyncio.get_running_loop().create_task(self._asked(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif message.method == "INVITE":
            self._invited(message, message.status)
        elif message.status >= 200 and (waiting := self._waiting.pop(message.get("call-id"), None)) is not None:
            waiting.set_result(message)

    def _invited(self, message: Message, status: int) -> None:
        call = self.calls.get(message.get("call-id"))
        if call is None or status < 200:
            return
        call.remote = message.get("to")
        if status == 200:
            call.target = contact(message)
            call.media = message.media
        self.request("ACK", call)
        if not call.answered.done():
            call.answered.set_result(status)

    async def _asked(self, message: Message) -> None:
        call = self.calls.get(message.get("call-id"))
        match message.start.split()[0]:
            case "INVITE" if call is None:
                await self._answer(message)
            case "INVITE":
                assert call is not None
                self._respond(message, call.local, self._offer(call))
            case "BYE" if call is not None:
                self._respond(message, call.local)
                call.close()
            case "CANCEL" if call is not None and call.invitation is not None:
                self._respond(message, call.local)
                self._respond(call.invitation, call.local, status="487 Request Terminated")
                call.close()
            case "ACK":
                pass
            case _:
                self._respond(message, "")

    async def _answer(self, message: Message) -> None:
        local = f"{message.get('to')};tag={secrets.token_hex(4)}"
        call = Call(self, message.get("call-id"), local, message.get("from"), Ear(), contact(message), message.media)
        self.calls[call.call_id] = call
        call.invitation = message
        call.ear = await self._ear()
        if self.answers:
            self._respond(message, local, self._offer(call))
        else:
            self._respond(message, local, status="180 Ringing")
        self.incoming.put_nowait(call)

    # Both

    async def _ear(self) -> Ear:
        _, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=(self.host, 0))
        return ear

    async def _ask(self, message: Message) -> Message:
        call_id = next(value for name, value in message.headers if name == "Call-ID")
        self._waiting[call_id] = asyncio.get_running_loop().create_future()
        self._send(message)
        return await asyncio.wait_for(self._waiting[call_id], 5)

    def _message(self, method: str, call: Call, headers: list[tuple[str, str]], body: str = "") -> Message:
        own = [
            ("From", call.local),
            ("To", call.remote),
            ("Call-ID", call.call_id),
            ("CSeq", f"{call.sequence} {method}"),
            ("Contact", f"<sip:{self.user}@{self.host}:{self.port}>"),
            ("Max-Forwards", "70"),
        ]
        content = [("Content-Type", "application/sdp")] if body else []
        return Message(f"{method} {call.target} SIP/2.0", self._via() + own + headers + content, body)

    def _respond(self, message: Message, local: str, body: str = "", *, status: str = "200 OK") -> None:
        kept = [(name, value) for name, value in message.headers if name in ("via", "from", "call-id", "cseq")]
        own = [("To", local or message.get("to")), ("Contact", f"<sip:{self.user}@{self.host}:{self.port}>")]
        content = [("Content-Type", "application/sdp")] if body else []
        self._send(Message(f"SIP/2.0 {status}", kept + own + content, body))

    def _via(self) -> list[tuple[str, str]]:
        return [("Via", f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(6)};rport")]

    def _offer(self, call: Call) -> str:
        assert call.ear.transport is not None
        port = call.ear.transport.get_extra_info("sockname")[1]
        lines = ["v=0", f"o=- 1 1 IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0"]
        lines += [f"m=audio {port} RTP/AVP {ALAW} {EVENTS}", f"a=rtpmap:{ALAW} PCMA/8000"]
        lines += [f"a=rtpmap:{EVENTS} telephone-event/8000", f"a=fmtp:{EVENTS} 0-16", "a=ptime:20", "a=sendrecv", ""]
        return "\r\n".join(lines)

    def _send(self, message: Message) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.sendto(message.encode(), self.server)


def contact(message: Message) -> str:
    """The address a dialogue's further requests go to."""
    return message.get("contact").partition("<")[2].partition(">")[0]


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
