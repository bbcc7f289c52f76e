"""Saying in a log what failed, without what was sent (B9)."""

import traceback


def what_failed(problem: BaseException) -> str:
    """The kind of a problem and where it happened, without its text, which may hold what a caller keyed."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(problem).__name__}{where}"
