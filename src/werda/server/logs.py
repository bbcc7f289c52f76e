"""Logging of every process: one line each, on stderr, to where the service manager collects it.

Nothing that could be a secret is ever passed to a logger (B9); libraries that log what they transport or show are kept
at WARNING even when Werda logs at DEBUG.
"""

import logging
import logging.config
from typing import Final

_TALKATIVE: Final = (
    *("asyncio", "httpcore", "httpx", "hpack", "psycopg", "asyncpg", "django.db.backends", "multipart"),
    "django.template",  # for a variable that is not there it logs the whole context, a suggested code with it
)


def configure(level: str) -> None:
    """Set logging up once, at the start of a process."""
    quiet = {name: {"level": "WARNING"} for name in _TALKATIVE}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": quiet,
        }
    )
