"""A brand that sells tariffs and has SIMs in stock, and the operator who carries orders out."""

import uuid
from typing import Any

import psycopg

from tests.database import TestDatabase
from tests.people import AFTER_THE_DATE, LONG_AGO, Town
from tests.signups import sell_tariffs
from werda.core.order import OrderKind, OrderState
from werda.core.product_order import ProductOrder
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Kind
from werda.store.roles import Role
from werda.usecases.complete_product_order import CompleteProductOrder
from werda.usecases.order_from_operator import Ordered
from werda.usecases.place_product_order import CodeRefused, place_product_order
from werda.usecases.read_order import read_order
from werda.usecases.settle_order import Result, settle_order

NOW = AFTER_THE_DATE
PARTY = {
    "kind": "person",
    "given_name": "Maren",
    "family_name": "Muster",
    "birth_date": "17.05.1980",
    "street": "Deichweg 1",
    "postcode": "25813",
    "city": "Husum",
    "email": "maren@example.org",
    "iban": "DE89 3704 0044 0532 0130 00",
}
STOCK = {"8949440000001672706": "81726354", "8949440000001672714": "92837465"}
"""ICCIDs in stock and their PUKs."""


class OrderingTown(Town):
    """People order here."""

    def __init__(self, database: TestDatabase, *, form: str = "du") -> None:
        super().__init__(database, form=form)
        self.catalogue = sell_tariffs(database)
        for iccid, puk in STOCK.items():
            self._stock(iccid, puk)

    def custody(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the role that carries orders out."""
        return self.database.database.connect(Role.CUSTODY)

    def order(
        self, tariff: str = "m", *, number: dict[str, str] | None = None, sims: str = "physical", **party: str
    ) -> ProductOrder:
        """What somebody orders who types everything right."""
        read = read_order(
            self.catalogue,
            tariff,
            {**PARTY, **party},
            number or {"wish": "new"},
            {"sims": sims},
            language="de",
            today=NOW.date(),
        )
        assert isinstance(read, ProductOrder), read
        return read

    def place(
        self, code: str | None, order: ProductOrder | None = None, *, key: str = "one", role: Role = Role.SIGNUP
    ) -> Ordered | CodeRefused:
        """Order as sign-up's role."""
        with self.database.database.connect(role) as connection:
            return place_product_order(
                connection,
                self.database.verifier,
                self.database.custody,
                self.brand,
                order or self.order(),
                Secret(code) if code else None,
                key=key,
                now=NOW,
            )

    def placed(self, code: str | None, order: ProductOrder | None = None, *, key: str = "one") -> uuid.UUID:
        """An order that stands."""
        ordered = self.place(code, order, key=key)
        assert isinstance(ordered, Ordered), ordered
        return ordered.public_id

    def answer(self, order: uuid.UUID, **result: Any) -> object:
        """The operator says what became of an order."""
        complete = CompleteProductOrder(self.database.verifier, self.database.custody)
        with self.custody() as connection:
            return settle_order(
                connection, order, Result(OrderState.DONE, "", result), {OrderKind.PRODUCT: complete}, now=NOW
            )

    def code_of(self, customer_number: str) -> str | None:
        """The customer code that is sealed for somebody."""
        rows = self.database.rows(
            "select c.id, s.ciphertext from customer c left join sealed_secret s on s.customer_id = c.id"
            " and s.kind = 1 where c.customer_number = %s",
            customer_number,
        )
        ((customer_id, sealed),) = rows
        if sealed is None:
            return None
        return self.database.custody.open(Kind.CUSTOMER_CODE, customer_id, 0, sealed).reveal()

    def _stock(self, iccid: str, puk: str) -> None:
        with self.custody() as custody:
            row = custody.execute(
                "insert into sim_profile (brand_id, kind, role, status, iccid, imsi, eid, as_of)"
                " values (%s, 'physical', 'primary', 'stock', %s, '', '', %s) returning id",
                (self.brand, iccid, LONG_AGO),
            ).fetchone()
            assert row is not None
            sealed = self.database.custody.seal(Kind.SIM_PROFILE, 0, row[0], SimSecrets(puk=Secret(puk)).text())
            custody.execute(
                "insert into sealed_secret (customer_id, sim_id, kind, key_id, ciphertext, as_of)"
                " values (0, %s, %s, %s, %s, %s)",
                (row[0], Kind.SIM_PROFILE, self.database.custody.key_id, sealed, LONG_AGO),
            )
