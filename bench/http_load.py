"""A load generator for the gate's API that costs little itself: keep-alive connections, requests as bytes.

``python -m bench.http_load PORT CUSTOMERS PARALLEL SECONDS`` with the API key on standard input; prints JSON.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import cast

import uvloop

from bench.population import anybody, code_of, line_of

_calls = itertools.count(time.time_ns())


class _Caller(asyncio.Protocol):
    def __init__(self, customers: int, key: str, until: float, took: list[float]) -> None:
        self._customers = customers
        self._head = (
            "POST /v1/verifications HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: "
        )
        self._until = until
        self._took = took
        self._begun = 0.0
        self._answer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by class
        self._ask()

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        if self._begun >= self._until:
            self.done.set_result(None)
            self._transport.close()
            return
        who = anybody(self._customers)
        body = (
            f'{{"brand":"nordfunk","line":"{line_of(who)}","digits":"{code_of(who)}","call_id":"b{next(_calls)}",'
            '"source":{"calling_number":"+4930231259","trunk":"carrier"}}'
        )
        self._transport.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return
        self._answer = b""
        if not head.startswith(b"HTTP/1.1 200") or b'"verified"' not in body:
            self._fail(body[:300].decode())
            return
        self._took.append(time.perf_counter() - self._begun)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the gate closed the connection")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(why))
        self._transport.close()


async def _load(port: int, customers: int, parallel: int, seconds: float, key: str) -> dict[str, float]:
    took: list[float] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    callers = [_Caller(customers, key, begun + seconds, took) for _ in range(parallel)]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(caller.done for caller in callers))
    elapsed = time.perf_counter() - begun
    took.sort()
    return {
        "per_second": len(took) / elapsed,
        "count": len(took),
        "p50_ms": took[len(took) // 2] * 1e3,
        "p99_ms": took[len(took) * 99 // 100] * 1e3,
    }


def main() -> None:
    port, customers, parallel, seconds = sys.argv[1:]
    key = sys.stdin.readline().strip()
    print(json.dumps(uvloop.run(_load(int(port), int(customers), int(parallel), float(seconds), key))))


if __name__ == "__main__":
    main()
