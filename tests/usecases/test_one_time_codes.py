"""Giving call codes, ordering and printing letter codes, unlocking: what is refused, kept, told, destroyed (B6, E4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest

django.setup()  # unlocking has a door for the desk, which is Django's

from tests.database import TestDatabase, werda  # noqa: E402
from tests.documents.reading import running_text  # noqa: E402
from tests.one_time import call_code, letter_code, session, settled_address  # noqa: E402
from tests.people import AFTER_THE_DATE, Person, Town  # noqa: E402
from werda.core.audit import EventKind  # noqa: E402
from werda.core.letter import LetterKind  # noqa: E402
from werda.core.method import Method  # noqa: E402
from werda.core.notice import NoticeKind  # noqa: E402
from werda.core.one_time_code import LetterReason, NoLetterCode  # noqa: E402
from werda.core.secret import Secret  # noqa: E402
from werda.core.step_up import AppSession  # noqa: E402
from werda.documents.letterhead import Letterhead, read_letterhead  # noqa: E402
from werda.store.roles import Role  # noqa: E402
from werda.usecases.end_contract import end_contract  # noqa: E402
from werda.usecases.give_call_code import CallCode, NoCallCode, give_call_code  # noqa: E402
from werda.usecases.lift_lockout import Lifting, lift_lockout  # noqa: E402
from werda.usecases.order_letter_code import LetterCodeOrdered, order_letter_code  # noqa: E402
from werda.usecases.print_letters import Printed, print_letters  # noqa: E402
from werda.usecases.put_one_time_code import destroy_over  # noqa: E402

EXAMPLE = Path(__file__).parents[2] / "examples/documents/letterhead.toml"
NOW = AFTER_THE_DATE
HOUR = timedelta(hours=1)
Connection = psycopg.Connection[Any]


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def maren(town: Town) -> Person:
    person = town.person("0815")
    settled_address(town, person)
    return person


@pytest.fixture
def custody(town: Town) -> Iterator[Connection]:
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as connection:
        yield connection


def order(town: Town, custody: Connection, person: Person, now: datetime = NOW) -> LetterCodeOrdered | NoLetterCode:
    rings = town.database.verifier, town.database.custody
    return order_letter_code(custody, *rings, person.id, reason=LetterReason.LOCKED, actor="operator", now=now)


def print_them(town: Town, custody: Connection, pdf: Path, now: datetime = NOW) -> Printed:
    letterhead = read_letterhead(EXAMPLE.read_text("utf-8"))
    assert isinstance(letterhead, Letterhead)
    kind = LetterKind.LETTER_CODE
    return print_letters(custody, town.database.custody, town.brand, kind, letterhead=letterhead, pdf=pdf, now=now)


# Call codes


def test_a_call_code_is_told_once_and_kept_as_a_keyed_value(town: Town, custody: Connection, maren: Person) -> None:
    """B5, B6"""
    given = give_call_code(custody, town.database.verifier, session(maren), now=NOW)
    assert isinstance(given, CallCode)
    assert (given.strong, given.expires_at) == (True, NOW + timedelta(minutes=10))
    [(mac, sealed)] = town.database.rows("select mac, sealed from one_time_code")
    assert mac == town.database.verifier.credential(Method.CALL_CODE, maren.id, given.code)
    assert sealed is None
    [(actor, detail)] = town.database.rows(
        "select actor, detail from event where kind = %s", EventKind.CALL_CODE_GIVEN.value
    )
    assert (actor, detail) == ("portal", {"request": given.request, "strong": True})


def test_a_passkey_that_is_still_cooling_gives_level_1_alone(town: Town, custody: Connection, maren: Person) -> None:
    """A3"""
    fresh = AppSession(maren.id, "portal", strong=True, enrolled_at=NOW - timedelta(hours=71))
    given = give_call_code(custody, town.database.verifier, fresh, now=NOW)
    assert isinstance(given, CallCode)
    assert not given.strong


def test_nobody_gets_a_code_that_does_not_count(town: Town, custody: Connection, maren: Person) -> None:
    verifier = town.database.verifier
    assert give_call_code(custody, verifier, AppSession(4711, "portal"), now=NOW) is NoCallCode.NO_CUSTOMER
    before = datetime(2022, 6, 1, tzinfo=NOW.tzinfo)
    assert give_call_code(custody, verifier, session(maren), now=before) is NoCallCode.NOT_ACCEPTED


# Letter codes


def test_a_letter_code_is_printed_once_and_then_kept_on_paper_only(
    town: Town, custody: Connection, maren: Person, tmp_path: Path
) -> None:
    """E4: sealed for the printing, destroyed after; 21 days from then."""
    assert order(town, custody, maren) == LetterCodeOrdered()
    assert town.database.rows("select sealed is null, expires_at from one_time_code") == [(False, None)]
    done = print_them(town, custody, tmp_path / "run.pdf", NOW + HOUR)
    assert done.run is not None
    assert done.run.letters == 1
    until = NOW + HOUR + timedelta(days=21)
    assert town.database.rows("select sealed, sealed_key_id, expires_at from one_time_code") == [(None, None, until)]
    text = running_text((tmp_path / "run.pdf").read_bytes())
    assert f"{until.day}. Juni 2026" in text
    digits = "".join(c for c in text if c.isdigit() or c == " ").replace(" ", "")
    [(mac,)] = town.database.rows("select mac from one_time_code")
    tried = (Secret(digits[n : n + 10]) for n in range(len(digits) - 9))
    assert any(town.database.verifier.credential(Method.LETTER_CODE, maren.id, code) == mac for code in tried)


def test_the_customer_is_told_by_another_channel(town: Town, custody: Connection, maren: Person) -> None:
    """E4"""
    order(town, custody, maren)
    assert town.database.rows("select kind, told_at from notice") == [(NoticeKind.LETTER_CODE_ORDERED.value, None)]
    [(detail,)] = town.database.rows("select detail from event where kind = %s", EventKind.LETTER_CODE_ORDERED.value)
    assert detail["reason"] == "locked"


def test_one_letter_waits_at_a_time(town: Town, custody: Connection, maren: Person) -> None:
    order(town, custody, maren)
    before = town.database.rows("select mac from one_time_code")
    assert order(town, custody, maren, NOW + HOUR) == LetterCodeOrdered(waiting=True)
    assert town.database.rows("select mac from one_time_code") == before
    assert len(town.database.rows("select id from notice")) == 1


@pytest.mark.parametrize(
    ("since", "why"),
    [(NOW - timedelta(days=29), NoLetterCode.ADDRESS_CHANGED), (None, NoLetterCode.ADDRESS_CHANGED)],
)
def test_no_code_goes_to_an_address_that_changed_lately(
    town: Town, custody: Connection, maren: Person, since: datetime | None, why: NoLetterCode
) -> None:
    """E4: nor to one of which nobody knows since when it is so."""
    with town.database.connect() as owner:
        owner.execute("update customer set address_since = %s", (since,))
    assert order(town, custody, maren) is why
    assert town.database.rows("select 1 from letter") == []
    assert town.database.rows("select 1 from one_time_code") == []


def test_without_an_address_there_is_no_letter(town: Town, custody: Connection, maren: Person) -> None:
    with town.database.connect() as owner:
        owner.execute("update customer set street = ''")
    assert order(town, custody, maren) is NoLetterCode.NO_ADDRESS


def test_an_address_that_changes_before_the_printing_holds_the_letter(
    town: Town, custody: Connection, maren: Person, tmp_path: Path
) -> None:
    """E4: a letter goes to the address at its printing, so that one must qualify too."""
    order(town, custody, maren)
    settled_address(town, maren, NOW + HOUR)
    done = print_them(town, custody, tmp_path / "run.pdf", NOW + 2 * HOUR)
    assert done.run is None
    assert "another address" in done.held[0].reason
    assert town.database.rows("select expires_at from one_time_code") == [(None,)]


# Unlocking


def locked(town: Town, person: Person) -> None:
    with town.database.connect() as owner:
        owner.execute("update budget set failures = 3, not_before = %s where customer_id = %s", (NOW, person.id))


def budgets(town: Town, person: Person) -> list[tuple[Any, ...]]:
    return town.database.rows("select failures, not_before from budget where customer_id = %s", person.id)


def test_a_strong_session_unlocks(town: Town, custody: Connection, maren: Person) -> None:
    """C2, C8, E5"""
    locked(town, maren)
    assert lift_lockout(custody, session(maren), now=NOW) is Lifting.LIFTED
    assert budgets(town, maren) == [(0, None)]
    [(actor, detail)] = town.database.rows(
        "select actor, detail from event where kind = %s", EventKind.LOCKOUT_LIFTED.value
    )
    assert (actor, detail) == ("portal", {"by": "session"})
    assert town.database.rows("select kind from notice") == [(NoticeKind.LOCKOUT_LIFTED.value,)]
    assert lift_lockout(custody, session(maren), now=NOW) is Lifting.NOT_LOCKED


def test_a_password_only_session_and_a_passkey_of_today_do_not(town: Town, custody: Connection, maren: Person) -> None:
    """E5: unlocking needs the full strength."""
    locked(town, maren)
    for weak in (session(maren, strong=False), AppSession(maren.id, "portal", strong=True, enrolled_at=NOW)):
        assert lift_lockout(custody, weak, now=NOW) is Lifting.NOT_ALLOWED
    assert budgets(town, maren) == [(3, NOW)]


# What is over


def test_codes_that_count_no_longer_are_destroyed(town: Town, custody: Connection, maren: Person) -> None:
    other = town.person("1234")
    call_code(town, maren)
    letter_code(town, other, printed=NOW)
    assert destroy_over(custody, NOW + HOUR) == 1
    assert town.database.rows("select kind from one_time_code") == [(Method.LETTER_CODE,)]


def test_with_the_contract_its_codes_end(town: Town, custody: Connection, maren: Person) -> None:
    """A9"""
    call_code(town, maren)
    order(town, custody, maren)
    end_contract(custody, customer_id=maren.id, actor="operator", now=NOW)
    assert town.database.rows("select 1 from one_time_code") == []
    assert order(town, custody, maren) is NoLetterCode.NO_CUSTOMER


# The command


def test_the_command_orders_a_letter_and_says_why_not(town: Town, maren: Person) -> None:
    """E4"""
    command = ("codes", "letter", maren.number, "--brand", "nordfunk", "--reason", "forgotten")
    done = werda(*command, environment=town.database.environment)
    assert (done.returncode, done.stdout) == (0, "ordered; `werda letters print letter_code` prints it\n")
    again = werda(*command, "--json", environment=town.database.environment)
    assert again.stdout == '{"ordered": false, "waiting": true}\n'
    with town.database.connect() as owner:
        owner.execute("delete from letter")
        owner.execute("update customer set address_since = now()")
    refused = werda(*command, environment=town.database.environment)
    assert refused.returncode == 2
    assert "the address changed in the last 30 days" in refused.stderr
