"""Bring a database to the schema of this version: roles, Django's migrations, then the files of sql/ in order.

The SQL files replace what they define, so functions, row security and privileges are always those of the running
code; only tables need migrations. Everything runs as the owner.
"""

import re
from importlib import resources
from typing import Final

from django.core.management import call_command

from werda.store.roles import Database, Role, make_roles

_SHARED: Final = re.compile(r"^--> (\w+\.sql)$", re.MULTILINE)
_FORGET: Final = """
    do $$ declare f regprocedure; begin
        drop view if exists live_call;
        for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace
                 and p.proowner = current_user::regrole
                 and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
        loop execute format('drop function if exists %s cascade', f); end loop;
    end $$"""
"""What the files define is dropped first, in the same transaction: a function whose arguments changed would otherwise
stay beside its successor, with the privileges it had."""


def install(database: Database) -> None:
    """Create or upgrade the schema. Django's default connection must be the owner's."""
    with database.connect(Role.OWNER, autocommit=True) as owner:
        make_roles(owner, database.passwords, Role.GATE, Role.DESK, Role.CUSTODY, Role.SIGNUP, Role.PORTAL)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)  # before the privileges, which name it
    with database.connect(Role.OWNER) as owner:
        # Two set-ups at the same time take turns: `create or replace` of one function by both would fail.
        owner.execute("select pg_advisory_xact_lock(hashtextextended('werda:setup', 0))")
        owner.execute(_FORGET)
        for statements in files().values():
            owner.execute(statements.encode())


def files() -> dict[str, str]:
    """The files of sql/ by name, in order, as they are run.

    A line `--> name.sql` stands for that file of sql/shared/. So two functions share a part of one statement and it
    costs them nothing; a function of its own would be a second statement on the way of every attempt.
    """
    sql = resources.files("werda.store").joinpath("sql")
    shared = {file.name: file.read_text(encoding="utf-8").rstrip("\n") for file in sql.joinpath("shared").iterdir()}
    written = [file for file in sql.iterdir() if file.is_file()]
    return {
        file.name: _SHARED.sub(lambda line: shared[line[1]], file.read_text(encoding="utf-8"))
        for file in sorted(written, key=lambda file: file.name)
    }
