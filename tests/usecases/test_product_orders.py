"""From an order to a customer: what is kept, what is refused, and whose code it becomes (S5, B1-B3, E3)."""

from datetime import timedelta

import pytest

from tests.database import TestDatabase
from tests.usecases.ordering_town import NOW, STOCK, OrderingTown
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.weak_code import Weakness
from werda.store import code_holders
from werda.store.roles import Role
from werda.usecases.fill_in_order import remove_expired
from werda.usecases.order_from_operator import Ordered
from werda.usecases.place_product_order import CODE_WAITS, CodeRefused
from werda.usecases.settle_order import Refused, Settled

MSISDN = "+491760405550"
ICCID = next(iter(STOCK))


@pytest.fixture
def town(database: TestDatabase) -> OrderingTown:
    return OrderingTown(database)


def test_chosen_code_becomes_the_new_customers_code(town: OrderingTown) -> None:  # S5
    order = town.placed("8305")
    lines = [{"msisdn": MSISDN, "tariff": "Nordfunk M"}]
    assert town.answer(order, customer_number="N1", lines=lines, sims=[{"iccid": ICCID, "msisdn": MSISDN}]) == Settled()
    assert town.code_of("N1") == "8305"
    assert town.database.rows(
        "select o.state, c.given_name, c.email, l.msisdn, l.tariff, s.iccid, s.status from operator_order o"
        " join customer c on c.id = o.customer_id join line l on l.customer_id = c.id"
        " join sim_profile s on s.line_id = l.id"
    ) == [("done", "Maren", "maren@example.org", MSISDN, "Nordfunk M", ICCID, "shipped")]


def test_chosen_code_is_counted_and_told(town: OrderingTown) -> None:  # B3, C8
    order = town.placed("8305")
    town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}])
    verifier = town.database.verifier
    with town.custody() as custody:
        mac = verifier.popularity(town.brand, Secret("8305"))
        assert code_holders.holders(custody, town.brand, [mac]) == 1
    assert town.database.rows("select kind from notice") == [("code_chosen",)]
    assert town.database.rows("select kind from letter order by kind") == [("contract",)]


def test_sim_gets_a_carrier_letter_and_its_puk_counts_for_the_customer(town: OrderingTown) -> None:  # S10, B7
    order = town.placed("8305")
    town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}], sims=[{"iccid": ICCID, "msisdn": MSISDN}])
    ((customer, mac, sim),) = town.database.rows(
        "select customer_id, mac, sim_id from credential where method = %s", Method.PUK
    )
    assert bytes(mac) == town.database.verifier.credential(Method.PUK, customer, Secret(STOCK[ICCID]))
    assert (sim,) in town.database.rows("select sim_id from letter where kind = 'sim_carrier'")


def test_order_without_a_code_gets_a_random_one(town: OrderingTown) -> None:  # B1
    order = town.placed(None)
    town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}])
    assert town.code_of("N1") is not None
    assert town.database.rows("select kind from notice") == [("code_assigned",)]


def test_code_that_is_part_of_the_number_the_operator_gave_is_replaced(town: OrderingTown) -> None:  # B2
    order = town.placed("8305")
    town.answer(order, customer_number="N1", lines=[{"msisdn": "+4917604830555"}])
    assert town.code_of("N1") not in {None, "8305"}
    assert town.database.rows("select kind from notice") == [("code_assigned",)]


def test_order_in_anothers_name_brings_nothing_into_their_account(town: OrderingTown) -> None:  # A1, E6, B7
    """A card for somebody else's account would be a PUK that opens it."""
    known = town.person("6174")
    order = town.placed("8305", town.order(given_name="Mallory", street="Anderswo 9"))
    sims = [{"iccid": next(iter(STOCK)), "msisdn": MSISDN}]
    assert town.answer(order, customer_number=known.number, lines=[{"msisdn": MSISDN}], sims=sims) == Settled()
    assert town.code_of(known.number) == "6174"
    assert town.database.rows("select given_name, street from customer") == [("Maren", "Deichweg 1")]
    assert town.database.rows("select msisdn from line") == [(known.line,)]
    assert town.database.rows("select 1 from sim_profile where customer_id is not null") == []
    assert town.database.rows("select 1 from ordered_code") == []


def test_line_or_sim_of_somebody_else_is_refused_and_nothing_is_kept(town: OrderingTown) -> None:
    known = town.person("6174", puks=("12345678",))
    order = town.placed("8305")
    taken = town.answer(order, customer_number="N1", lines=[{"msisdn": known.line}])
    assert isinstance(taken, Refused)
    assert "another customer's" in taken.reason
    sims = [{"iccid": known.sims[0].iccid, "msisdn": MSISDN}]
    stolen = town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}], sims=sims)
    assert isinstance(stolen, Refused)
    assert "not in stock" in stolen.reason
    assert town.database.rows("select count(*) from customer") == [(1,)]
    assert town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}]) == Settled()
    assert town.code_of("N1") == "8305"


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"customer_number": "", "lines": [{"msisdn": MSISDN}]},
        {"customer_number": "N1", "lines": []},
        {"customer_number": "N1", "lines": [{"msisdn": "none"}]},
        {"customer_number": "N1", "lines": ["x"]},
        {"customer_number": "N1", "lines": [{"msisdn": MSISDN}], "sims": [{"iccid": ICCID, "msisdn": "+4930123456"}]},
        {"customer_number": "N1", "lines": [{"msisdn": MSISDN, "tariff": 7}]},
        {"customer_number": "N1", "lines": [{"msisdn": MSISDN}], "sims": "x"},
    ],
)
def test_answer_that_cannot_be_is_refused_with_what_to_do(town: OrderingTown, result: dict[str, object]) -> None:
    order = town.placed("8305")
    assert isinstance(town.answer(order, **result), Refused)
    assert town.database.rows("select state from operator_order") == [("ordered",)]


def test_answer_that_comes_twice_has_its_effect_once(town: OrderingTown) -> None:
    order = town.placed("8305")
    for _ in range(2):
        assert isinstance(town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}]), Settled)
    assert town.database.rows("select count(*) from notice") == [(1,)]


@pytest.mark.parametrize(
    ("code", "reason"), [("1234", Weakness.POPULAR), ("1705", Weakness.DATE), ("3920", Weakness.OWN_PHONE_NUMBER)]
)
def test_weak_code_orders_nothing(town: OrderingTown, code: str, reason: Weakness) -> None:  # B2
    brought = town.order(number={"wish": "port", "msisdn": "0171 3920012", "provider": "Anderfunk"})
    assert town.place(code, brought) == CodeRefused(reason)
    assert town.database.rows("select 1 from operator_order union all select 1 from outbox_message") == []


def test_same_key_is_the_same_order(town: OrderingTown) -> None:
    first = town.place("8305")
    again = town.place("8305")
    assert isinstance(first, Ordered)
    assert again == Ordered(first.order_id, first.public_id, repeated=True)
    assert town.database.rows("select count(*) from operator_order") == [(1,)]
    assert town.database.rows("select count(*) from outbox_message") == [(1,)]


def test_order_and_message_hold_no_code(town: OrderingTown) -> None:  # B9
    town.placed("8305")
    ((detail, body),) = town.database.rows("select o.detail::text, m.body from operator_order o, outbox_message m")
    assert "8305" not in detail + body
    assert '"code_chosen": true' in detail


def test_landline_is_ordered_without_a_sim_and_prepaid_without_a_bank_account(town: OrderingTown) -> None:  # E3
    assert town.order("zuhause", sims="").sims == ()
    assert town.order("prepaid", iban="").party.iban == ""
    order = town.placed("8305", town.order("zuhause", sims=""))
    town.answer(order, customer_number="N1", lines=[{"msisdn": "+494841555012"}])
    assert town.database.rows("select kind, tariff from line") == [("landline", "Nordfunk Zuhause")]
    assert town.code_of("N1") == "8305"


def test_code_that_waited_too_long_is_destroyed_and_a_random_one_given(town: OrderingTown) -> None:  # A9
    order = town.placed("8305")
    with town.custody() as custody:
        assert remove_expired(custody, now=NOW + CODE_WAITS - timedelta(seconds=1)) == 0
        assert remove_expired(custody, now=NOW + CODE_WAITS) == 1
    town.answer(order, customer_number="N1", lines=[{"msisdn": MSISDN}])
    assert town.database.rows("select kind from notice") == [("code_assigned",)]


def test_intakes_role_may_place_orders_too(town: OrderingTown) -> None:
    assert isinstance(town.place("8305", role=Role.CUSTODY), Ordered)
