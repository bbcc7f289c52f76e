"""What each database role may do, as a table of text that a review can read (A10, design decision 4).

``python -m tests.store.privileges`` writes privileges.txt anew from a fresh database: a grant that comes or goes
shows as a changed line. A table has a line for each role that may do anything with it; columns stand in brackets
where only they are granted.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import psycopg

FILE = Path(__file__).with_suffix(".txt")
ROLES = ("werda_gate", "werda_desk", "werda_custody", "werda_signup", "werda_portal")
OF_RELATIONS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
OF_COLUMNS = ("select", "insert", "update", "references")
HEAD = """\
# What each role may do, beside connecting. Made by `python -m tests.store.privileges`; everything that is not here is
# tried for real in test_privileges.py, and must fail. (…) are the only columns to which a privilege is granted.
"""

_RELATIONS = """
    select c.oid::regclass::text, r.role, p.privilege from pg_class c, unnest(%s::text[]) r(role),
         unnest(%s::text[]) with ordinality p(privilege, i)
    where c.relnamespace in ('public'::regnamespace, 'portal'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and has_table_privilege(r.role, c.oid, p.privilege) order by p.i"""
_COLUMNS = """
    select c.oid::regclass::text, r.role, p.privilege, array_agg(a.attname::text order by a.attnum)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
         unnest(%s::text[]) r(role), unnest(%s::text[]) p(privilege)
    where c.relnamespace in ('public'::regnamespace, 'portal'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and not has_table_privilege(r.role, c.oid, p.privilege)
      and has_column_privilege(r.role, c.oid, a.attnum, p.privilege) group by 1, 2, 3"""
_FUNCTIONS = """
    select p.oid::regprocedure::text, r.role from pg_proc p, unnest(%s::text[]) r(role)
    where p.pronamespace = 'public'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')"""
_SEQUENCES = """
    select c.relname, r.role, p.privilege from pg_class c, unnest(%s::text[]) r(role),
         unnest('{usage,select,update}'::text[]) p(privilege)
    where c.relnamespace = 'public'::regnamespace
      and case when c.relkind = 'S' then has_sequence_privilege(r.role, c.oid, p.privilege) else false end"""
_REST = """
    select r.role, what from unnest(%s::text[]) r(role), lateral (values
        ('database: connect', has_database_privilege(r.role, current_database(), 'connect')),
        ('database: create', has_database_privilege(r.role, current_database(), 'create')),
        ('database: temporary', has_database_privilege(r.role, current_database(), 'temporary')),
        ('schema public: usage', has_schema_privilege(r.role, 'public', 'usage')),
        ('schema public: create', has_schema_privilege(r.role, 'public', 'create')),
        ('schema portal: usage', has_schema_privilege(r.role, 'portal', 'usage')),
        ('schema portal: create', has_schema_privilege(r.role, 'portal', 'create'))) v(what, may) where may
    union all
    select m.member::regrole::text, 'member of ' || m.roleid::regrole::text from pg_auth_members m
    where m.member::regrole::text = any (%s)
    union all
    select rolname, 'attribute: ' || a.what from pg_roles, lateral (values ('superuser', rolsuper),
        ('createrole', rolcreaterole), ('createdb', rolcreatedb), ('replication', rolreplication),
        ('bypassrls', rolbypassrls)) a(what, has) where rolname = any (%s) and a.has"""


def privileges(owner: psycopg.Connection[Any]) -> list[str]:
    """A line for each thing that a role may do, in the order of the file."""
    roles = list(ROLES)
    on: dict[tuple[str, str], list[str]] = {}
    for relation, role, privilege in owner.execute(_RELATIONS, (roles, list(OF_RELATIONS))):
        on.setdefault((role, relation), []).append(privilege)
    for relation, role, privilege, columns in owner.execute(_COLUMNS, (roles, list(OF_COLUMNS))):
        on.setdefault((role, relation), []).append(f"{privilege} ({', '.join(columns)})")
    lines = [f"{role}: table {relation}: {', '.join(what)}" for (role, relation), what in on.items()]
    lines += [f"{role}: function {function}" for function, role in owner.execute(_FUNCTIONS, (roles,))]
    sequences: dict[tuple[str, str], list[str]] = {}
    for sequence, role, privilege in owner.execute(_SEQUENCES, (roles,)):
        sequences.setdefault((role, sequence), []).append(privilege)
    lines += [f"{role}: sequence {name}: {', '.join(what)}" for (role, name), what in sequences.items()]
    lines += [f"{role}: {what}" for role, what in owner.execute(_REST, (roles, roles, roles))]
    return sorted(lines)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="werda-privileges-"))
    os.environ["WERDA_HOME"] = str(folder)
    from tests.database import start_cluster

    with start_cluster(folder) as cluster, cluster.copy("privileges") as database, database.connect() as owner:
        state_privileges(owner)
        FILE.write_text(HEAD + "\n".join(privileges(owner)) + "\n", encoding="utf-8")


def state_privileges(owner: psycopg.Connection[Any]) -> None:
    """State them as set-up does: a copy of a database has all of them but those on the database itself."""
    from importlib import resources

    file = resources.files("werda.store").joinpath("sql/70_privileges.sql")
    owner.execute(file.read_text(encoding="utf-8").encode())


if __name__ == "__main__":
    main()
