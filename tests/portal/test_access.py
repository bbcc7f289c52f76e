"""Who sees which page: every address is tried, with nobody signed in, and with somebody else's things (A4)."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from secrets import token_urlsafe

import psycopg
import pytest
from psycopg import sql

from tests.people import Person, Town
from tests.portal.foreign import FOREIGN
from tests.portals import Portal, enrol
from werda.store.roles import Role

_LIST = """
import django; django.setup()
from django.urls import get_resolver
from werda.portal.urls import urlpatterns
for area in urlpatterns:
    for page in area.url_patterns:
        print(area.namespace + ":" + page.name, str(page.pattern), getattr(page.callback, "declared", "nothing"),
              ",".join(page.pattern.converters))
"""


def _pages() -> list[tuple[str, str, str, list[str]]]:
    """Every page: name, address, who may see it, and the parts of its address that name a thing."""
    environment = {
        **os.environ,
        "WERDA_ROLE": Role.PORTAL.value,
        "DJANGO_SETTINGS_MODULE": "werda.server.django_settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    listed = subprocess.run([sys.executable, "-c", _LIST], env=environment, capture_output=True, text=True, check=True)
    found = []
    for line in listed.stdout.splitlines():
        name, address, rest = line.split(" ", 2)
        declared, _, parts = rest.rpartition(" ")
        found.append((name, address, declared, [part for part in parts.split(",") if part]))
    assert found, "the list of pages is empty"
    return found


PAGES = _pages()
OPEN = {
    "app:colours",
    "app:icon_large",
    "app:icon_maskable",
    "app:icon_small",
    "app:install",
    "app:logo",
    "app:manifest",
    "app:offline",
    "app:service_worker",
    "help:help",
    "native:metadata",
    "native:openapi",
    "start:language",
    "sign_in:sign_in",
    "sign_in:second_step",
    "orders:stop",
    "enrol:begin",
    "enrol:letter",
    "enrol:link",
    "enrol:sms",
    "enrol:password",
    "sign_in:operator",
    "sign_in:operator_away",
    "sign_in:operator_back",
    "sign_in:operator_refused",
    "sign_in:passkey",
    "sign_in:passkey_options",
}
"""The pages that are for everybody. Whoever opens another one says so here."""


def test_every_page_says_who_may_see_it() -> None:
    assert {declared for _, _, declared, _ in PAGES} <= {"open", "signed in", "fresh", "app"}
    assert {name for name, _, declared, _ in PAGES if declared == "open"} == OPEN


@pytest.mark.parametrize(
    ("address", "method"),
    [
        (address, method)
        for (name, address, declared, parts), method in product(PAGES, ["GET", "POST"])
        if declared in {"signed in", "fresh"} and not parts
    ],
)
def test_who_is_not_signed_in_is_sent_to_sign_in(portal: Portal, address: str, method: str) -> None:
    browser = portal.browser()
    answer = browser.get(f"/{address}") if method == "GET" else browser.sends(f"/{address}", form_on="/sign-in")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?")


def test_every_page_that_names_a_thing_is_tried_with_somebody_elses() -> None:
    assert {name for name, _, declared, parts in PAGES if parts and declared != "app"} == set(FOREIGN)


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_somebody_elses_thing_is_not_found(portal: Portal, town: Town, name: str) -> None:
    me, other = town.person("4711", puks=("12345678",)), town.person("0815", puks=("87654321",))
    browser = portal.signed_in(me)
    enrol(town.database, other)
    named = FOREIGN[name](portal, other)
    [address] = [address for page, address, _, _ in PAGES if page == name]
    for part, value in named.items():
        address = address.replace(next(p for p in _parts(address) if p.endswith(f"{part}>")), str(value))
    assert browser.get(f"/{address}").status_code in {404, 405}
    assert browser.sends(f"/{address}", form_on="/").status_code in {404, 405}


def _parts(address: str) -> Sequence[str]:
    return ["<" + part.partition(">")[0] + ">" for part in address.split("<")[1:]]


# What the role sees --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neighbours(town: Town) -> tuple[Person, Person]:
    me, other = town.person("4711", puks=("11112222",)), town.person("0815", puks=("33334444",))
    for person in (me, other):
        enrol(town.database, person)
    return me, other


def _views(town: Town) -> list[str]:
    return [
        name
        for (name,) in town.database.rows(
            "select c.relname from pg_class c where c.relnamespace = 'portal'::regnamespace and c.relkind = 'v'"
        )
    ]


def _session(town: Town, person: Person) -> str:
    """A session's secret, opened as the pages do."""
    secret = token_urlsafe(8)
    with town.database.database.connect(Role.PORTAL) as portal:
        portal.execute(
            "select open_portal_session((select login_id from portal_login_named(%s, %s)), %s, 'password', 'portal',"
            " null, 'test', now(), now() + interval '1 day')",
            (town.brand, person.number, hashlib.sha256(secret.encode()).digest()),
        )
    return secret


def test_the_role_reads_no_table_of_customers_itself(town: Town) -> None:
    tables = town.database.rows(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')"
        " and (a.attname = 'customer_id' or c.relname = 'customer' and a.attname = 'id')"
        " and has_any_column_privilege('werda_portal', c.oid, 'select, insert, update')"
    )
    assert tables == []


def test_without_a_session_the_views_are_empty(town: Town, neighbours: tuple[Person, Person]) -> None:
    with town.database.database.connect(Role.PORTAL) as portal:
        for view in _views(town):
            if _may_read(town, view):
                query = sql.SQL("select count(*) from portal.{}").format(sql.Identifier(view))
                assert portal.execute(query).fetchone() == (0,), view


def test_with_a_session_they_hold_one_customer(town: Town, neighbours: tuple[Person, Person]) -> None:
    me, _ = neighbours
    secret = _session(town, me)
    with town.database.database.connect(Role.PORTAL) as portal:
        portal.execute("select set_config('werda.session', %s, true)", (secret,))
        seen = 0
        for view in _views(town):
            columns = [
                name
                for (name,) in town.database.rows(
                    "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", f"portal.{view}"
                )
            ]
            column = "id" if view == "customer" else "customer_id"
            if column not in columns or not _may_read(town, view):
                continue
            query = sql.SQL("select distinct {} from portal.{}").format(sql.Identifier(column), sql.Identifier(view))
            found = {whose for (whose,) in portal.execute(query)}
            assert found <= {me.id}, view
            seen += len(found)
        assert seen >= 5  # the search finds something


def test_an_ended_session_shows_nothing(town: Town) -> None:
    me = town.person("2468")
    enrol(town.database, me)
    secret = _session(town, me)
    with town.database.connect() as owner:
        owner.execute("update portal_session set ended_at = now() where customer_id = %s", (me.id,))
    with town.database.database.connect(Role.PORTAL) as portal:
        portal.execute("select set_config('werda.session', %s, true)", (secret,))
        assert portal.execute("select count(*) from customer").fetchone() == (0,)


def test_nothing_is_written_for_somebody_else(town: Town, neighbours: tuple[Person, Person]) -> None:
    me, other = neighbours
    secret = _session(town, me)
    with town.database.database.connect(Role.PORTAL) as portal:
        portal.execute("select set_config('werda.session', %s, true)", (secret,))
        with pytest.raises(psycopg.errors.WithCheckOptionViolation):
            portal.execute(
                "insert into notice (brand_id, customer_id, kind, created_at) values (%s, %s, 'reported', now())",
                (town.brand, other.id),
            )


def _may_read(town: Town, view: str) -> bool:
    return town.database.rows(
        "select has_table_privilege('werda_portal', %s::regclass, 'select')", f"portal.{view}"
    ) == [(True,)]
