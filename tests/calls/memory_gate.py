"""A gate without a database, as a process of its own: `python -m tests.calls.memory_gate PORT < people.json`."""

import asyncio
import json
import sys

from tests.memory_hotline import Customer, MemoryHotline
from werda.core.call import BrandFacts
from werda.core.secret import Secret
from werda.gate.fastagi import FastAgi

BRAND = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "mein.nordfunk.example")


async def serve(port: int) -> None:
    people = [
        Customer(i, line, number, Secret(code), Secret(puk))
        for i, (line, number, code, puk) in enumerate(json.load(sys.stdin), 1)
    ]
    await FastAgi.start("127.0.0.1", port, MemoryHotline({"+4955555000": BRAND}, people))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
