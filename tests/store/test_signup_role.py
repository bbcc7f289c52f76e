"""Sign-up's role takes orders and sees no customer, call, attempt or secret: not even the orders it has put in (B5)."""

import psycopg
import pytest

from tests.database import TestDatabase
from werda.store.roles import Role

OPEN = {
    "brand",
    "policy_version",
    "tariff_version",
    "code_holders",
    "order_draft",
}


def test_it_reads_these_tables_and_no_other(database: TestDatabase) -> None:
    tables = {name for (name,) in database.rows("select tablename from pg_tables where schemaname = 'public'")}
    readable = set()
    with database.connect(Role.SIGNUP) as signup:
        for table in tables:
            try:
                signup.execute(f"select * from {table}".encode())
            except psycopg.errors.InsufficientPrivilege:
                continue
            readable.add(table)
    assert readable == OPEN


def test_it_writes_drafts_and_puts_orders_in_and_nothing_else(database: TestDatabase) -> None:
    writable = database.rows(
        "select t.tablename, p.what from pg_tables t, unnest(array['insert', 'update', 'delete', 'truncate']) p(what)"
        " where t.schemaname = 'public' and has_table_privilege('werda_signup', t.tablename::regclass, p.what)"
    )
    all_of = {(table, what) for table in ("order_draft",) for what in ("insert", "update", "delete")}
    put_in = {(table, "insert") for table in ("operator_order", "outbox_message", "ordered_code")}
    assert set(writable) == all_of | put_in


@pytest.mark.parametrize("column", ["detail", "customer_id", "state"])
def test_it_knows_which_orders_there_are_and_not_whose(database: TestDatabase, column: str) -> None:
    with database.connect(Role.SIGNUP) as signup:
        signup.execute("select id, public_id, brand_id, idempotency_key from operator_order")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            signup.execute(f"select {column} from operator_order".encode())


def test_it_calls_four_functions_of_ours(database: TestDatabase) -> None:
    functions = database.rows(
        "select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace"
        " and has_function_privilege('werda_signup', p.oid, 'execute') order by 1"
    )
    assert functions == [("customers_of",), ("hold_ring",), ("let_ring_go",), ("within_limit",)]


@pytest.mark.parametrize("role", [Role.GATE, Role.DESK])
def test_gate_and_desk_read_no_draft_and_no_chosen_code(database: TestDatabase, role: Role) -> None:
    with database.connect(role) as connection:
        for table in ("order_draft", "ordered_code", "tariff_version"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {table}".encode())


@pytest.mark.parametrize(
    ("kind", "customer", "message"),
    [
        ("port_out", None, "org.werda.order.port_out.v1"),
        ("product", 1, "org.werda.order.product.v1"),
        ("end_contract", 1, "org.werda.order.end_contract.v1"),
    ],
)
def test_it_orders_a_new_contract_and_nothing_for_a_customer(
    database: TestDatabase, kind: str, customer: int | None, message: str
) -> None:
    """A3: whoever takes over the process that faces strangers ports no number out."""
    order = (
        "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, ordered_at)"
        " values (gen_random_uuid(), 1, %s, %s, 'ordered', '{}', '', now())"
    )
    outgoing = (
        "insert into outbox_message (message_id, brand_id, stream, type, body, created_at, tries, next_try_at,"
        " last_problem) values (gen_random_uuid(), 1, %s, %s, %s, now(), 0, now(), '')"
    )
    with database.connect(Role.SIGNUP) as signup:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            signup.execute(order.encode(), (customer, kind))
        forged = '{"type": "org.werda.order.port_out.v1"}'
        for stream, type_ in (("customer:1", message), ("order:1", "org.werda.order.product.v1")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                signup.execute(outgoing.encode(), (stream, type_, forged))
