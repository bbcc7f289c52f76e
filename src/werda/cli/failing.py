"""What goes wrong in a way a person can mend is said in one line, with exit code 2; nothing else is hidden."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
import psycopg

from werda.gate.rulebook import BadStoredPolicy
from werda.keys.ring import BadKeyRing
from werda.server.settings import BadSetting
from werda.store.postgres import PostgresFailed
from werda.store.roles import BadDatabaseUrl
from werda.usecases.seal_record import CounterWentBack

P = ParamSpec("P")
R = TypeVar("R")


class Unusable(click.ClickException):
    """The command could not do its work; exit code 2."""

    exit_code = 2


def clear_failures(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the mendable exceptions of an installation into one clear line."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (BadSetting, BadDatabaseUrl, BadKeyRing, BadStoredPolicy, PostgresFailed, CounterWentBack) as problem:
            raise Unusable(str(problem)) from None
        except psycopg.OperationalError as problem:
            first = str(problem).strip().splitlines()[0]
            raise Unusable(f"the database does not answer: {first}") from None

    return run
