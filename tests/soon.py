"""Waiting for something that another process or task does."""

import asyncio
from collections.abc import Callable

STEP = 0.02


async def soon(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether a condition comes true within so many seconds."""
    for _ in range(int(seconds / STEP)):
        if condition():
            return True
        await asyncio.sleep(STEP)
    return condition()
