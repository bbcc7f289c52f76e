"""Orders of an existing shop, after TM Forum's TMF622 Product Ordering v4: so that it can send the code choice (S5).

The chosen code travels once, in the characteristic ``customerCode`` of a POST, is sealed at once and never comes back:
not in an answer, an error, the stored order or a log (B9). Routes go into the intake's app by `add_product_orders`.
"""

import uuid
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from fastapi import FastAPI
from psycopg.rows import dict_row
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from werda.api.api_keys import Integrator
from werda.api.problems import MALFORMED, NOT_FOUND, UNKNOWN_BRAND, Kind, Problem, responses
from werda.core.product_order import Fault
from werda.core.secret import Secret
from werda.intake.product_order_messages import CODE, TYPED, ProductOrderCreate, shown
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.tariff import Shop, shops, tariffs_of
from werda.usecases.place_product_order import CodeRefused, place_product_order
from werda.usecases.read_order import read_order

PATH: Final = "/tmf-api/productOrderingManagement/v4/productOrder"
WEAK_CODE: Final = Kind("weak-code", 422, "The chosen customer code may not be used")
NOTHING_SOLD: Final = Kind("nothing-sold", 409, "The brand sells nothing at the moment")
KINDS: Final = (WEAK_CODE, NOTHING_SOLD)
"""What these routes answer beside the problems that every API has."""

_KEY: Final = "tmf622:{}:"
"""Each shop, by its API key, counts its orders for itself."""

Connections = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
"""A connection of the role `werda_custody`; what the block does not commit is rolled back."""

Senders = Callable[[Request], Awaitable[Integrator]]
"""Who sends: their API key and the brands it may order for, none for all. Raises `Problem` when it may not order."""


@dataclass(frozen=True)
class ProductOrders:
    """The routes and what they need."""

    connections: Connections
    verifier: Callable[[], Verifier]
    custody: Callable[[], Custody]
    senders: Senders

    async def post(self, request: Request, told: ProductOrderCreate) -> Response:
        """`POST …/productOrder`: order a new contract; 201, and 200 when it stood before under its externalId."""
        sender = await self.senders(request)
        answer, status = await run_in_threadpool(self._place, told, sender)
        return JSONResponse(answer, status, {"Cache-Control": "no-store", "Location": answer["href"]})

    async def get(self, request: Request, order: uuid.UUID) -> Response:
        """`GET …/productOrder/{id}`: where an order is."""
        sender = await self.senders(request)

        def read() -> dict[str, Any]:
            with self.connections() as connection:
                return _order(connection, order, sender)

        return JSONResponse(await run_in_threadpool(read), 200, {"Cache-Control": "no-store"})

    def _place(self, told: ProductOrderCreate, sender: Integrator) -> tuple[dict[str, Any], int]:
        now = datetime.now(UTC)
        typed, code = _characteristics(told)
        with self.connections() as connection:
            shop = _shop(connection, told, sender.brands)
            catalogue = tariffs_of(connection, shop.id, now)
            if catalogue is None:
                raise Problem(NOTHING_SOLD, "load tariffs with `werda tariff load`")
            order = read_order(
                catalogue,
                told.productOrderItem[0].productOffering.id,
                {**told.relatedParty[0].typed(), **typed},
                {"wish": "port" if "msisdn" in typed or "provider" in typed else "new", **typed},
                {"sims": typed.get("sims", "physical")},
                language=shop.language,
                today=now.astimezone(ZoneInfo(shop.timezone)).date(),
            )
            if isinstance(order, list):
                raise Problem(MALFORMED, "mend the fields listed in `errors`", errors=list(map(_error, order)))
            placed = place_product_order(
                connection,
                self.verifier(),
                self.custody(),
                shop.id,
                order,
                code,
                key=_KEY.format(sender.key_id) + told.externalId,
                now=now,
            )
            if isinstance(placed, CodeRefused):
                raise Problem(WEAK_CODE, "let the customer choose another one", reason=placed.reason.value)
            connection.commit()
            return _order(connection, placed.public_id, sender), 200 if placed.repeated else 201


def add_product_orders(app: FastAPI, api: ProductOrders) -> None:
    """Put the routes into an app whose edge turns a `Problem` into its answer."""
    app.post(PATH, status_code=201, responses=responses(400, 401, 403, 404, 409, 413, 422, 503))(api.post)
    app.get(PATH + "/{order}", responses=responses(400, 401, 403, 404, 503))(api.get)


def _characteristics(told: ProductOrderCreate) -> tuple[dict[str, str], Secret | None]:
    """What was chosen, and the code apart from it; each may come once."""
    typed: dict[str, str] = {}
    code: Secret | None = None
    for characteristic in told.productOrderItem[0].product.productCharacteristic:
        name = TYPED.get(characteristic.name)
        if name in typed or (characteristic.name == CODE and code is not None):
            raise Problem(MALFORMED, f"send each characteristic once, {', '.join([CODE, *TYPED])}")
        if characteristic.name == CODE:
            code = Secret(characteristic.value.get_secret_value())
        elif name is None:
            raise Problem(MALFORMED, f"the characteristics are {', '.join([CODE, *TYPED])}")
        else:
            typed[name] = characteristic.value.get_secret_value()
    return typed, code


def _shop(connection: psycopg.Connection[Any], told: ProductOrderCreate, brands: Collection[int]) -> Shop:
    """The brand that `channel` names; without one, the only brand that the key may order for."""
    known = [shop for shop in shops(connection) if not brands or shop.id in brands]
    if told.channel:
        known = [shop for shop in known if shop.slug == told.channel[0].id]
    if len(known) != 1:
        raise Problem(UNKNOWN_BRAND, "name a brand of this API key in channel[0].id")
    return known[0]


def _order(connection: psycopg.Connection[Any], order: uuid.UUID, sender: Integrator) -> dict[str, Any]:
    mine = _KEY.format(sender.key_id)
    row = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select public_id, state, detail, ordered_at, settled_at, brand_id, substr(idempotency_key, %s) external_id"
            " from operator_order where public_id = %s and kind = 'product' and starts_with(idempotency_key, %s)",
            (len(mine) + 1, order, mine),
        )
        .fetchone()
    )
    if row is None or (sender.brands and row["brand_id"] not in sender.brands):
        raise Problem(NOT_FOUND, "no product order of this API key has this id")
    return shown(row, PATH)


def _error(fault: Fault) -> dict[str, str]:
    return {"field": fault.field, "message": fault.flaw.value}
