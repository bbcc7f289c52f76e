"""Least privilege, proven by trying: what a role is not granted in privileges.txt is executed for real, and refused.

B5, A10, design decision 4. Tables, columns, functions and sequences come from the catalog: a new one is tried, too.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.database import Cluster, TestDatabase
from tests.store.privileges import FILE, HEAD, OF_RELATIONS, ROLES, privileges, state_privileges
from werda.store.roles import BOUNDS, CONNECTIONS, Role

REFUSED = (psycopg.errors.InsufficientPrivilege,)


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[TestDatabase]:
    """One database for all of it: nothing that is tried may change anything."""
    with cluster.copy("privileges") as copied:
        with copied.connect() as owner:
            state_privileges(owner)
        yield copied


def test_the_privileges_are_those_of_the_file(database: TestDatabase) -> None:
    """Whoever grants something writes the file anew: `python -m tests.store.privileges`."""
    with database.connect() as owner:
        assert HEAD + "\n".join(privileges(owner)) + "\n" == FILE.read_text(encoding="utf-8")


def refused(connection: psycopg.Connection[Any], statement: sql.Composed | str) -> bool:
    """Whether a statement is refused for lack of privilege, and for nothing else."""
    try:
        connection.execute(statement.encode() if isinstance(statement, str) else statement)
    except REFUSED:
        return True
    except psycopg.Error as other:
        raise AssertionError(f"{other} instead of a refusal") from None
    return False


def on_relation(privilege: str, relation: str, column: str) -> sql.Composed:
    """A harmless statement that needs this privilege on a whole relation."""
    texts = {
        "select": "select 1 from {0} limit 0",
        "insert": "insert into {0} default values",
        "update": "update {0} set {1} = {1} where false",
        "delete": "delete from {0} where false",
        "truncate": "truncate {0}",
        # A reference needs a table of one's own, which nobody can make: this asks for what it would do to the other.
        "references": "lock table {0} in access exclusive mode; select 1",
        "trigger": "create trigger t before insert on {0} for each statement execute function keep_authenticator()",
    }
    return sql.SQL(texts[privilege]).format(sql.Identifier(relation), sql.Identifier(column))


@pytest.mark.parametrize("role", ROLES)
def test_every_statement_on_a_table_that_is_not_granted_is_refused(database: TestDatabase, role: str) -> None:
    """Thousands of them, table by table; for a privilege on some columns, each of the other columns."""
    tried = 0
    relations = database.rows(
        "select c.relname, c.relkind = 'v', array_agg(a.attname::text order by a.attnum),"
        " (array_agg(a.attname::text order by a.attnum) filter (where a.attidentity = '' and a.attgenerated = ''))[1]"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') group by 1, 2"
    )
    assert len(relations) > 40
    granted = {line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith(f"{role}: table ")}
    may: dict[str, set[str]] = {}
    for line in granted:
        _, rest, what = line.split(": ", 2)
        may[rest.removeprefix("table ")] = {part.split(" ")[0] for part in what.split(", ") if part[0].islower()}
    with database.connect(Role(role)) as connection:
        connection.execute("set search_path = public")  # the portal finds its views first
        for relation, is_view, columns, column in relations:
            allowed = may.get(relation, set())
            for privilege in OF_RELATIONS:
                if is_view and privilege in ("truncate", "trigger", "insert", "update", "delete"):
                    continue  # nothing of the kind exists for a view that joins
                if privilege == "references" and allowed & {"update", "delete", "truncate"}:
                    continue  # whoever may change rows may lock the table
                if privilege not in allowed:
                    assert refused(connection, on_relation(privilege, relation, column)), (relation, privilege)
                    tried += 1
            for name in columns:
                if not _may(database, role, relation, name):
                    statement = sql.SQL("select {} from {} limit 0").format(*map(sql.Identifier, (name, relation)))
                    assert refused(connection, statement), (relation, name)
                    tried += 1
    assert tried > 150


def _may(database: TestDatabase, role: str, relation: str, column: str) -> bool:
    key = (database.name, role)
    if key not in _readable:
        _readable[key] = set(
            database.rows(
                "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
                " and not a.attisdropped where c.relnamespace = 'public'::regnamespace"
                " and c.relkind in ('r', 'p', 'v', 'm') and has_column_privilege(%s, c.oid, a.attnum, 'select')",
                role,
            )
        )
    return (relation, column) in _readable[key]


_readable: dict[tuple[str, str], set[Any]] = {}


@pytest.mark.parametrize("role", ROLES)
def test_every_function_and_sequence_that_is_not_granted_is_refused(database: TestDatabase, role: str) -> None:
    functions = database.rows(
        "select p.proname, array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t), p.prorettype = 2279"
        " from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'"
        " and not has_function_privilege(%s, p.oid, 'execute')",
        role,
    )
    sequences = database.rows(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and case when relkind = 'S' then not has_sequence_privilege(%s, oid, 'usage, update') else false end",
        role,
    )
    assert len(functions) > 15
    with database.connect(Role(role)) as connection:
        connection.execute("set search_path = public")  # the portal finds its views first
        for name, types, _ in functions:
            arguments = sql.SQL(", ").join(sql.SQL(f"null::{type_}") for type_ in types)
            statement = sql.SQL("select {}({})").format(sql.Identifier(name), arguments)
            assert refused(connection, statement), name
        for (name,) in sequences:
            assert refused(connection, sql.SQL("select nextval({}::regclass)").format(sql.Literal(name))), name
            assert refused(connection, sql.SQL("select setval({}::regclass, 9)").format(sql.Literal(name))), name


FORBIDDEN = [
    "set role werda_owner",
    "set session authorization werda_owner",
    "set session authorization postgres",
    "create role intruder",
    "create database intruder",
    "drop database werda",
    "alter role {role} superuser",
    "alter role {role} createrole",
    "alter role {role} bypassrls",
    "alter role {role} connection limit 1000",
    "alter role {other} password 'x'",
    "alter role {other} set statement_timeout = 0",
    "grant werda_owner to {role}",
    "alter system set fsync = off",
    "set session_replication_role = replica",
    "set log_statement = 'all'",
    "set local zero_damaged_pages = on",
    "copy (select 1) to program 'true'",
    "copy brand from program 'true'",
    "copy (select 1) to '/tmp/werda-stolen'",
    "copy brand from '/etc/passwd'",
    "select pg_read_file('/etc/passwd')",
    "select pg_read_binary_file('postgresql.conf')",
    "select pg_stat_file('postgresql.conf')",
    "select pg_ls_dir('.')",
    "select pg_ls_logdir()",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '/tmp/werda-stolen')",
    "select pg_reload_conf()",
    "select pg_rotate_logfile()",
    "select pg_switch_wal()",
    "select pg_create_restore_point('x')",
    "select pg_stat_reset()",
    "select pg_promote()",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select * from pg_hba_file_rules",
    "select * from pg_file_settings",
    "select * from pg_largeobject",
    "select * from pg_statistic",
    "select * from pg_user_mapping",
    "select * from pg_subscription",
    "create schema intruder",
    "create table intruder (a int references customer)",
    "create view intruder as select 1",
    "create function intruder() returns int language sql as 'select 1'",
    "create type intruder as enum ('a')",
    "create event trigger intruder on ddl_command_start execute function keep_authenticator()",
    "create publication intruder for all tables",
    "create subscription intruder connection '' publication x with (connect = false)",
    "create foreign data wrapper intruder",
    "create tablespace intruder location '/tmp'",
    "alter table customer disable row level security",
    "alter table customer owner to {role}",
    "alter table agent add column intruder int",
    "alter table attempt disable trigger all",
    "alter function verify owner to {role}",
    "alter schema public owner to {role}",
    "drop table event",
    "drop policy by_grant on customer",
    "drop function granted_customer(bigint, bigint)",
    "drop view live_call",
    "comment on table customer is 'x'",
    "checkpoint",
    "reindex table customer",
    "cluster customer using customer_pkey",
    "create index intruder on customer (id)",
    "create statistics intruder on id, brand_id from customer",
    "create rule intruder as on insert to customer do instead nothing",
]
"""What no role but the owner, or nobody at all, may do. `{role}` is who tries, `{other}` somebody else."""


@pytest.mark.parametrize("role", ROLES)
def test_what_only_an_administrator_may_do_is_refused(database: TestDatabase, role: str) -> None:
    other = next(name for name in ROLES if name != role)
    with database.connect(Role(role)) as connection:
        connection.execute("set search_path = public")  # the portal finds its views first
        through = []
        for text in FORBIDDEN:
            try:
                connection.execute(text.format(role=role, other=other).encode())
            except REFUSED:
                continue
            except psycopg.Error as problem:
                through.append((text, type(problem).__name__, str(problem)[:80]))
            else:
                through.append((text, "done", ""))
    assert through == []


def test_nobody_but_an_import_makes_temporary_tables(database: TestDatabase) -> None:
    for role in ROLES:
        with database.connect(Role(role)) as connection:
            connection.execute("set search_path = public")  # the portal finds its views first
            assert refused(connection, "create temporary table intruder (a int)") is (role != Role.CUSTODY.value), role


def test_a_role_sees_no_statement_of_another(database: TestDatabase) -> None:
    """B9: parameters could hold what a caller keyed."""
    with database.connect() as owner, database.connect(Role.SIGNUP) as signup, database.connect(Role.DESK) as desk:
        owner.execute("select 'werda-secret-mark'")
        signup.execute("select 'werda-secret-mark'")
        seen = desk.execute(
            "select count(*) from pg_stat_activity where query like '%secret-mark%' and pid <> pg_backend_pid()"
        )
        assert seen.fetchone() == (0,)
        ((pid,),) = owner.execute("select pg_backend_pid()").fetchall()
        for function in ("pg_terminate_backend", "pg_cancel_backend"):
            assert refused(desk, f"select {function}({pid})")


def test_no_role_ends_another_ones_connection_or_gets_more_than_its_own(database: TestDatabase) -> None:
    known = dict(
        database.rows("select rolname, rolconnlimit from pg_roles where rolname like 'werda_%%' or rolname = %s", "x")
    )
    for role in ROLES:
        assert known[role] == CONNECTIONS.get(Role(role), -1), role


def test_sign_up_takes_its_share_of_connections_and_no_more(database: TestDatabase) -> None:
    """A flood of strangers: the gate still gets in."""
    taken: list[psycopg.Connection[Any]] = []
    try:
        taken.extend(database.connect(Role.SIGNUP) for _ in range(CONNECTIONS[Role.SIGNUP]))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            database.connect(Role.SIGNUP)
        with database.connect(Role.GATE) as gate:
            assert gate.execute("select count(*) from gate_brands()").fetchone() == (0,)
    finally:
        for connection in taken:
            connection.close()


@pytest.mark.parametrize("role", BOUNDS)
def test_statements_locks_and_idle_transactions_of_a_role_end(database: TestDatabase, role: Role) -> None:
    with database.connect(role) as connection:
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            row = connection.execute(f"show {setting}".encode()).fetchone()
            assert row is not None
            assert row[0] != "0", setting


EVERYBODYS = [
    "set statement_timeout = 0",
    "select pg_advisory_lock(42)",
    "notify werda_config",
    "select lo_unlink(lo_create(0))",
    "set row_security = off",
]
"""What PostgreSQL lets every role do, whatever is granted. What follows from it stands in docs/threat-model.md."""


@pytest.mark.parametrize("statement", EVERYBODYS)
def test_what_postgresql_lets_everybody_do_is_known(database: TestDatabase, statement: str) -> None:
    with database.connect(Role.SIGNUP) as signup:
        signup.execute(statement.encode())


def test_switching_row_security_off_shows_an_error_instead_of_rows(database: TestDatabase) -> None:
    with database.connect(Role.DESK) as desk:
        desk.execute("set row_security = off")
        assert refused(desk, "select * from customer")


def test_the_desk_gives_no_agent_another_authenticator_password_or_brand(database: TestDatabase) -> None:
    """A10: taking over the desk's process makes nobody somebody else for good."""
    with database.connect() as owner:
        owner.execute(
            "insert into agent (username, password, first_name, last_name, email, is_superuser, is_staff, is_active,"
            " date_joined, brands, language) values ('ole', 'x', '', '', '', false, false, true, now(), '{}', 'de')"
        )
    with database.connect(Role.DESK) as desk:
        agent = desk.execute("select id from agent where username = 'ole'").fetchone()
        assert agent is not None
        desk.execute(
            "insert into mfa_authenticator (user_id, type, data, created_at)"
            " values (%s, 'totp', '{\"secret\": \"a\"}', now())",
            agent,
        )
        desk.execute("update mfa_authenticator set last_used_at = now()")
        for forbidden in (
            'update mfa_authenticator set data = \'{"secret": "b"}\'',
            "update mfa_authenticator set type = 'recovery_codes'",
            "delete from mfa_authenticator",
            "update agent set password = 'y'",
            "update agent set brands = '{1}'",
            "update agent set is_active = true",
            "delete from agent",
        ):
            assert refused(desk, forbidden), forbidden
        desk.execute("update agent set last_login = now()")
