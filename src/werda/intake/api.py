"""The intake over HTTP, for the operator's systems: idempotent upserts, and the results of orders (decision 10)."""

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import asyncpg
import psycopg
from fastapi import FastAPI, Header
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from werda import __version__
from werda.api.api_keys import ApiKeys, Integrator
from werda.api.edge import Edge, answer_with_problems, idempotency_key
from werda.api.failures import what_failed
from werda.api.problems import MALFORMED, UNKNOWN_BRAND, Problem, problem_schema, responses
from werda.core.order import OrderState
from werda.core.secret import Secret
from werda.intake import problems
from werda.intake.connections import Connections
from werda.intake.messages import (
    CustomerPut,
    CustomerRows,
    LinePut,
    OrderAnswer,
    ResultRequest,
    SimPut,
    SimRows,
    UpsertAnswer,
)
from werda.intake.one_time_codes import KINDS as ONE_TIME_CODE_KINDS
from werda.intake.one_time_codes import OneTimeCodes, add_one_time_codes
from werda.intake.product_orders import KINDS as PRODUCT_ORDER_KINDS
from werda.intake.product_orders import ProductOrders, add_product_orders
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.answer_once import AnotherRequest, Answer, RequestKey, keep_answer, known_answer, one_at_a_time
from werda.usecases.create_api_key import Scope
from werda.usecases.importing.outcome import Remark
from werda.usecases.importing.run import brand_rules
from werda.usecases.settle_order import (
    Continuations,
    NoSuchOrder,
    Refused,
    Result,
    SettledOtherwise,
    settle_order,
)
from werda.usecases.upsert import Row, Upsert, What, upsert

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 1_048_576  # bytes; a thousand rows have a few hundred thousand
_TROUBLE: Final = (OSError, psycopg.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
_AHEAD: Final = timedelta(minutes=1)
"""How far the operator's clock may be ahead of ours; what is told within counts as told now."""

Work = Callable[[psycopg.Connection[Any]], Answer]
Repeat = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        json_schema_extra={"pattern": "^[!-~]{1,255}$"},
        description="The same request again under this key gives the same answer.",
    ),
]


@dataclass(frozen=True)
class Api:
    """The routes. `continuations` say what follows an order that is done. Keys rotate: each request asks anew."""

    keys: ApiKeys
    connections: Connections
    verifier: Callable[[], Verifier]
    custody: Callable[[], Custody]
    continuations: Callable[[], Continuations]

    async def put_customer(
        self, request: Request, brand: str, number: str, told: CustomerPut, key: Repeat = None
    ) -> Response:
        """Bring a customer in, with the lines that are told."""
        return await self._upsert(request, brand, What.CUSTOMERS, told.as_of, told.rows(number), one=True)

    async def put_line(self, request: Request, brand: str, msisdn: str, told: LinePut, key: Repeat = None) -> Response:
        """Bring a line in; a customer who is not known yet begins with it."""
        return await self._upsert(request, brand, What.CUSTOMERS, told.as_of, [told.row(msisdn=msisdn)], one=True)

    async def put_sim(self, request: Request, brand: str, iccid: str, told: SimPut, key: Repeat = None) -> Response:
        """Bring a SIM profile in."""
        return await self._upsert(request, brand, What.SIMS, told.as_of, [told.row(iccid=iccid)], one=True)

    async def post_customers(self, request: Request, brand: str, told: CustomerRows, key: Repeat = None) -> Response:
        """Bring rows of the customers' file in; a row that stays out keeps no other out."""
        rows = [row.row() for row in told.rows]
        return await self._upsert(request, brand, What.CUSTOMERS, told.as_of, rows)

    async def post_sims(self, request: Request, brand: str, told: SimRows, key: Repeat = None) -> Response:
        """Bring rows of the SIMs' file in; a row that stays out keeps no other out."""
        return await self._upsert(request, brand, What.SIMS, told.as_of, [row.row() for row in told.rows])

    async def order(self, request: Request, order: uuid.UUID) -> OrderAnswer:
        """Where an order is."""
        integrator = await self.sender(request)

        def read() -> OrderAnswer:
            with self.connections.one() as connection:
                row = connection.execute(
                    "select public_id, kind, state, reason, ordered_at, settled_at, brand_id from operator_order"
                    " where public_id = %s",
                    (order,),
                ).fetchone()
            if row is None or (integrator.brands and row[6] not in integrator.brands):
                raise Problem(problems.UNKNOWN_ORDER, "messages name their order in `data.order`")
            return OrderAnswer(
                order=row[0], kind=row[1], state=row[2], reason=row[3], ordered_at=row[4], settled_at=row[5]
            )

        return await run_in_threadpool(read)

    async def result(self, request: Request, order: uuid.UUID, told: ResultRequest, key: Repeat = None) -> Response:
        """Settle an order. The same result again changes nothing."""
        integrator = await self.sender(request)
        result = Result(OrderState(told.state), told.reason, told.data)

        def settle(connection: psycopg.Connection[Any]) -> Answer:
            settled = settle_order(
                connection, order, result, self.continuations(), now=datetime.now(UTC), brands=integrator.brands
            )
            match settled:
                case NoSuchOrder():
                    raise Problem(problems.UNKNOWN_ORDER, "messages name their order in `data.order`")
                case SettledOtherwise():
                    raise Problem(problems.SETTLED_OTHERWISE, f"the order is {settled.state} and stays so")
                case Refused():
                    raise Problem(problems.RESULT_REFUSED, settled.reason)
            return Answer(200, json.dumps({"order": str(order), "state": told.state}))

        return await self._write(request, integrator, settle)

    async def health(self, _: Request) -> Response:
        """`GET /healthz`: 200 while the database answers, 503 otherwise."""

        def ask() -> bool:
            try:
                with self.connections.one() as connection:
                    connection.execute("select 1")
            except _TROUBLE:
                return False
            return True

        ready = await run_in_threadpool(ask)
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def _upsert(
        self, request: Request, slug: str, what: What, as_of: datetime, rows: Sequence[Row], *, one: bool = False
    ) -> Response:
        """Bring rows in. With `one`, they are a single thing, and a reject is the answer."""
        integrator = await self.sender(request)
        now = datetime.now(UTC)
        if as_of > now + _AHEAD:
            where = [{"field": "body.as_of", "message": "lies in the future"}]
            raise Problem(MALFORMED, "mend the fields listed in `errors`", errors=where)

        def bring_in(connection: psycopg.Connection[Any]) -> Answer:
            brand = brand_rules(connection, slug) if slug.isprintable() else None
            if brand is None or (integrator.brands and brand.id not in integrator.brands):
                raise Problem(UNKNOWN_BRAND, "this API key knows no such brand")
            told = Upsert(what, brand, min(as_of, now), rows)
            outcome = upsert(connection, told, self.verifier(), self.custody(), now=now)
            if one and outcome.rejects:
                # What of the thing was not wrong is in, as it would be in an import.
                connection.commit()
                errors = [{"field": reject.column, "message": reject.reason} for reject in outcome.rejects]
                raise Problem(problems.REJECTED, "mend the fields listed in `errors`", errors=errors)
            answer = {
                "rows": len(rows),
                "changed": len(outcome.changed),
                "rejects": _remarks(outcome.rejects),
                "warnings": _remarks(outcome.warnings),
            }
            return Answer(200, json.dumps(answer))

        return await self._write(request, integrator, bring_in)

    async def _write(self, request: Request, integrator: Integrator, work: Work) -> Response:
        """Do the work in one go with keeping its answer, or give the answer it had under the same key before."""
        key = idempotency_key(request.headers)
        said = (await request.body()).decode("utf-8", "replace")
        once = (
            RequestKey(integrator.key_id, key, Secret(f"{request.method} {request.url.path}\n{said}")) if key else None
        )

        def write() -> Answer:
            with self.connections.one() as connection, one_at_a_time(connection, once):
                known = known_answer(connection, self.verifier(), once) if once else None
                if isinstance(known, AnotherRequest):
                    raise Problem(problems.KEY_REUSED, "use a new Idempotency-Key for every request")
                if known is not None:
                    return known
                answer = work(connection)
                if once:
                    keep_answer(connection, self.verifier(), once, answer, datetime.now(UTC))
                connection.commit()
                return answer

        answer = await run_in_threadpool(write)
        headers = {"Cache-Control": "no-store"}
        return Response(answer.body, answer.status, headers, media_type="application/json")

    async def sender(self, request: Request, scope: Scope = Scope.OPERATOR) -> Integrator:
        """Who sends, and for which brands they may speak. Raises `Problem`."""
        return await self.keys.holder(request.headers.get("authorization", "").encode("latin-1"), scope)


def create_app(api: Api) -> Edge:
    """The ASGI application."""
    app = FastAPI(title="Werda intake", version=__version__, docs_url=None, redoc_url=None)
    app.router.add_route("/healthz", api.health, ["GET"], include_in_schema=False)
    upserts: dict[str, Any] = {
        "response_model": UpsertAnswer,
        "responses": responses(400, 401, 403, 404, 413, 422, 503),
    }
    app.put("/v1/brands/{brand}/customers/{number}", **upserts)(api.put_customer)
    app.put("/v1/brands/{brand}/lines/{msisdn}", **upserts)(api.put_line)
    app.put("/v1/brands/{brand}/sims/{iccid}", **upserts)(api.put_sim)
    app.post("/v1/brands/{brand}/customers", **upserts)(api.post_customers)
    app.post("/v1/brands/{brand}/sims", **upserts)(api.post_sims)
    app.get("/v1/orders/{order}", responses=responses(400, 401, 403, 404, 503))(api.order)
    app.post("/v1/orders/{order}/result", responses=responses(400, 401, 403, 404, 409, 413, 422, 503))(api.result)
    add_product_orders(app, ProductOrders(api.connections.one, api.verifier, api.custody, api.sender))
    add_one_time_codes(app, OneTimeCodes(api.connections.one, api.verifier, api.custody, api.sender))
    answer_with_problems(app, _as_problem, *_TROUBLE)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return Edge(app, LARGEST_BODY, _as_problem, api.keys.known)


def _remarks(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    return [{"row": remark.line, "field": remark.column, "reason": remark.reason} for remark in remarks]


def _as_problem(problem: Exception) -> Problem:
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, _TROUBLE):
        log.warning("a request could not be carried out: %s", what_failed(problem))
        return Problem(problems.UNAVAILABLE, "send the same request again in a moment")
    log.error("a request broke: %s", what_failed(problem))
    return Problem(problems.BROKEN, "the intake's log says where it broke")


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all routes."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
                operation["responses"].pop("422")  # FastAPI's own; ours are 400
    schemas = document["components"]["schemas"]
    schemas["Problem"] = problem_schema((*problems.KINDS, *PRODUCT_ORDER_KINDS, *ONE_TIME_CODE_KINDS))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    app.openapi_schema = document
    return document
