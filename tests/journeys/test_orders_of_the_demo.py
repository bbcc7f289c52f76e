"""In the demo, orders leave, Nordfunk's order system answers, and everything comes to an end by itself."""

import time
from datetime import UTC, datetime

from tests.journeys.demo_process import Demo
from werda.core.order import OrderKind
from werda.store.roles import Database, Role, passwords_in
from werda.usecases.order_from_operator import order_from_operator


def test_every_order_is_settled_by_the_operator(demo: Demo) -> None:
    database = Database.embedded(demo.home / "postgres" / "run", passwords_in(demo.home / "database.json"))
    with database.connect(Role.CUSTODY, autocommit=True) as custody:
        [(brand,)] = custody.execute("select id from brand where slug = 'nordfunk'").fetchall()
        orders = [
            order_from_operator(
                custody, OrderKind.PORT_OUT, brand_id=brand, customer_id=None, detail={}, now=datetime.now(UTC)
            ).public_id
            for _ in range(6)
        ]
        deadline = time.monotonic() + 45
        while True:
            left = custody.execute(
                "select count(*) from operator_order where state = 'ordered' and public_id = any(%s)", (orders,)
            ).fetchone()
            if left == (0,):
                break
            assert time.monotonic() < deadline, f"{left} orders are not settled"
            time.sleep(0.2)
        sent = custody.execute("select count(*) from outbox_message where delivered_at is null").fetchone()
    assert sent == (0,)
