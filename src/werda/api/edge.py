"""The outermost layer of an API: asks who sends before it reads a body, refuses one that is too large or too slow,
and lets no exception out.

An exception's text may quote what was sent; a server's traceback would carry it into the log (B9).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from werda.api.problems import MALFORMED, METHOD, NOT_FOUND, TOO_LARGE, TOO_SLOW, Kind, Problem

IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
MOST_ERRORS: Final = 50
"""Of what is wrong with a request, so much is told: nobody makes the answer larger than they like."""
_FIELD_NAME: Final = re.compile(r"[a-z_]{1,32}[0-9]?")

BODY_SECONDS: Final = 10.0
"""So long a request may take to arrive."""
OPEN: Final = frozenset({"/healthz", "/metrics", "/openapi.json"})
"""What is answered to everybody who reaches the port. Everything else, a wrong address too, needs a living key."""

AsProblem = Callable[[Exception], Problem]
"""What an exception is to the client."""
Admit = Callable[[bytes, str], Awaitable[object]]
"""Takes the `Authorization` header and the sender's address, empty on a Unix socket. Raises `Problem`."""


class Edge:
    """Passes requests of at most `largest` bytes on to `app`; an exception becomes a problem by `as_problem`."""

    def __init__(self, app: ASGIApp, largest: int, as_problem: AsProblem, admit: Admit) -> None:
        self._app = app
        self._largest = largest
        self._as_problem = as_problem
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        told = headers.get(b"content-length", b"0")
        if not told.isdigit() or int(told) > self._largest:
            return await self._too_large().response()(scope, receive, send)
        count = 0
        begun = whole = False
        late = asyncio.get_running_loop().time() + BODY_SECONDS

        async def counted() -> Message:
            nonlocal count, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(late):
                    message = await receive()
            except TimeoutError:
                raise Problem(TOO_SLOW, f"send the whole request within {BODY_SECONDS:.0f} seconds") from None
            whole = not message.get("more_body", False)
            count += len(message.get("body", b""))
            if count > self._largest:
                raise self._too_large()
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if scope["path"] not in OPEN:
                client = scope.get("client")
                await self._admit(headers.get(b"authorization", b""), client[0] if client else "")
            await self.answer(scope, counted, noted)
        except Exception as problem:
            if begun:
                raise ConnectionAbortedError from None
            await self._as_problem(problem).response()(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of a size that is allowed; whatever it raises becomes a problem."""
        await self._app(scope, receive, send)

    def _too_large(self) -> Problem:
        return Problem(TOO_LARGE, f"a request has at most {self._largest} bytes")


def answer_with_problems(app: FastAPI, as_problem: AsProblem, *troubles: type[Exception]) -> None:
    """Let `app` answer what goes wrong with problem details. `troubles` are kinds it would not find by itself."""

    async def failure(_: Request, problem: Exception) -> Response:
        return as_problem(problem).response()

    app.add_exception_handler(Problem, failure)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for trouble in (*troubles, Exception):  # else Starlette answers before the edge can
        app.add_exception_handler(trouble, failure)


def malformed(errors: list[Any]) -> Problem:
    """What is wrong with a request, by field, of pydantic's errors."""
    where = [{"field": ".".join(map(_place, e["loc"])), "message": e["msg"]} for e in errors[:MOST_ERRORS]]
    return Problem(MALFORMED, "mend the fields listed in `errors`", errors=where)


def idempotency_key(headers: Any) -> str | None:
    """The `Idempotency-Key` of a request, of a mapping of its headers. Raises `Problem` for one that is none."""
    key: str | None = headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem(MALFORMED, "Idempotency-Key takes 1 to 255 visible ASCII characters")
    return key


def _place(name: str | int) -> str:
    """A step on the way to a field, unless it is no name of one: somebody may have put a secret there (B9)."""
    return str(name) if isinstance(name, int) or _FIELD_NAME.fullmatch(name) else "?"


async def _invalid(_: Request, invalid: Exception) -> Response:
    assert isinstance(invalid, RequestValidationError)
    return malformed(list(invalid.errors())).response()


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kinds = {404: NOT_FOUND, 405: METHOD}
    kind = kinds.get(error.status_code) or Kind("http", error.status_code, "Not possible")
    response = Problem(kind, "see /openapi.json for what there is").response()
    response.headers.update(error.headers or {})
    return response
