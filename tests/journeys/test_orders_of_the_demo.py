"""In the demo, orders leave, Nordfunk's order system answers, and everything comes to an end by itself."""

import json
import secrets
import time
from datetime import UTC, datetime

from tests.intake.test_product_orders import order
from tests.journeys.demo_process import Demo
from werda.core.order import OrderKind
from werda.intake.product_orders import PATH
from werda.store.roles import Database, Role, passwords_in
from werda.usecases.order_from_operator import order_from_operator


def database(demo: Demo) -> Database:
    return Database.embedded(demo.home / "postgres" / "run", passwords_in(demo.home / "database.json"))


def test_every_order_is_settled_by_the_operator(demo: Demo) -> None:
    with database(demo).connect(Role.CUSTODY, autocommit=True) as custody:
        [(brand,)] = custody.execute("select id from brand where slug = 'nordfunk'").fetchall()
        orders = [
            order_from_operator(
                custody, OrderKind.END_CONTRACT, brand_id=brand, customer_id=None, detail={}, now=datetime.now(UTC)
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


def test_a_new_contract_is_ordered_carried_out_and_its_customer_is_legitimated_by_the_chosen_code(demo: Demo) -> None:
    """Shop, outbox, operator, intake and gate, each in its own process (S5)."""
    given = json.loads((demo.home / "keys" / "demo-operator.json").read_text())
    headers = {"Authorization": f"Bearer {given['api_key']}"}
    intake, gate = (f"http://127.0.0.1:{port}" for port in (demo.intake_port, demo.gate_port))
    for _ in range(4):  # some orders fail, as in life
        wanted = order(iban="DE89370400440532013000") | {"externalId": secrets.token_hex(8)}
        placed = demo.ask("POST", f"{intake}{PATH}", json=wanted, headers=headers)
        assert placed.status_code == 201, placed.text
        deadline = time.monotonic() + 30
        while (seen := demo.ask("GET", f"{intake}{placed.json()['href']}", headers=headers).json()["state"]) == (
            "acknowledged"
        ):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        if seen == "completed":
            break
    assert seen == "completed"
    with database(demo).connect(Role.CUSTODY) as custody:
        [(msisdn, status)] = custody.execute(
            "select l.msisdn, s.status from operator_order o join line l on l.customer_id = o.customer_id"
            " join sim_profile s on s.line_id = l.id where o.public_id = %s",
            (placed.json()["id"],),
        ).fetchall()
    assert status == "shipped"  # from the operator's stock
    call = {"brand": "nordfunk", "line": msisdn, "digits": "8305", "call_id": secrets.token_hex(4)}
    key = {"Authorization": f"Bearer {(demo.home / 'keys' / 'demo-api-key').read_text()}"}
    assert demo.ask("POST", f"{gate}/v1/verifications", json=call, headers=key).json()["result"] == "verified"
