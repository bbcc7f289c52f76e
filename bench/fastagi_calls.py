"""Calls over FastAGI at a steady rate, as a switch would bring them.

``python -m bench.fastagi_calls PORT CUSTOMERS RATE SECONDS`` prints how many were verified, as JSON.
"""

import asyncio
import json
import sys
import time

import uvloop

from bench.population import anybody, code_of, line_of
from tests.gate.test_fastagi import Caller


async def _calls(port: int, customers: int, rate: int, seconds: int) -> dict[str, int]:
    async def call(number: int) -> bool:
        who = anybody(customers)
        caller = Caller(f"{code_of(who)}#")
        values = {"callerid": line_of(who), "dnid": "+4930231250", "uniqueid": f"{time.time_ns()}.{number}"}
        await caller.call(port, "trunk=carrier", **values)
        return caller.variables.get("WERDA_RESULT") == "verified"

    tasks = []
    for number in range(rate * seconds):
        tasks.append(asyncio.create_task(call(number)))
        await asyncio.sleep(1 / rate)
    results = await asyncio.gather(*tasks)
    return {"calls": len(results), "verified": sum(results)}


def main() -> None:
    port, customers, rate, seconds = map(int, sys.argv[1:])
    print(json.dumps(uvloop.run(_calls(port, customers, rate, seconds))))


if __name__ == "__main__":
    main()
