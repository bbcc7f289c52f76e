"""Whoever has no code gets a random one in the background: everybody, once, under the cap, and is told (E3, B3, C8)."""

import json
import logging
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from click.testing import CliRunner

from tests.database import TestDatabase, werda
from tests.usecases.coding_town import NOW, CodingTown
from werda.cli import main
from werda.core.customer_code import CustomerCode
from werda.core.secret import Secret
from werda.core.weak_code import OwnData, weakness
from werda.store.code_holders import tally
from werda.usecases.assign_codes import CHUNK, Assigned, Waiting, assign_codes, waiting
from werda.usecases.count_codes import Counted, count_codes


@pytest.fixture
def town(database: TestDatabase) -> CodingTown:
    return CodingTown(database)


def assign(town: CodingTown, *, letters: bool = False) -> Assigned:
    with town.custody() as connection:
        return assign_codes(
            connection,
            town.verifier,
            town.custody_ring,
            town.brand,
            letters=letters,
            clock=lambda: NOW,
        )


def command(town: CodingTown, verb: str, *options: str) -> subprocess.CompletedProcess[str]:
    return werda("codes", verb, "--brand", "nordfunk", *options, environment=town.database.environment)


def test_everybody_without_a_code_gets_one_and_nobody_else_does(town: CodingTown) -> None:
    """E3: prepaid customers without address, landline-only customers, companies."""
    has, has_not = town.person("8305"), town.person("")
    with town.database.connect() as owner:
        owner.execute("update line set kind = 'landline' where customer_id = %s", (has_not.id,))
    town.many(3, payment="prepaid", street="", postcode="", city="", email="")
    town.many(3, kind="company", birth_date=None)
    assert assign(town) == Assigned(codes=7, letters=0)
    codes = town.codes()
    assert len(codes) == 8
    assert codes[has.id] == "8305"
    town.check_counts()
    assert assign(town) == Assigned()


def test_no_assigned_code_is_weak_for_its_owner(town: CodingTown) -> None:
    """B2"""
    town.many(500)
    town.many(100, birth_date="1984-05-17")
    assign(town)
    numbers = dict(town.database.rows("select id, customer_number from customer"))
    born = dict(town.database.rows("select id, birth_date from customer"))
    for who, code in town.codes().items():
        own = OwnData(born[who], customer_number=numbers[who])
        assert weakness(CustomerCode(Secret(code)), own) is None
    assert set(born.values()) == {date(1984, 5, 17), date(1980, 5, 17)}


def test_an_assigned_code_is_recorded_and_the_customer_is_to_be_told(town: CodingTown) -> None:
    """C8, D4; a letter where there is no e-mail, nothing but the portal where there is no address either."""
    by_mail, by_letter, by_portal = (town.person("") for _ in range(3))
    with town.database.connect() as owner:
        owner.execute("update customer set email = '' where id <> %s", (by_mail.id,))
        owner.execute("update customer set street = '' where id = %s", (by_portal.id,))
    with town.custody() as connection:
        assert waiting(connection, town.brand) == Waiting(customers=3, by_mail=1, by_letter=1, portal_only=1)
    assert assign(town) == Assigned(codes=3, letters=1)
    for person, letters in ((by_mail, []), (by_letter, ["code"]), (by_portal, [])):
        assert town.notices(person) == ["code_assigned"]
        assert town.letters(person) == letters
        [(kind, actor, detail)] = town.database.rows(
            "select kind, actor, detail from event where customer_id = %s", person.id
        )
        assert (kind, actor) == ("credential:assigned", "operator")
        assert detail == {"method": "customer_code", "first": True}


def test_letters_for_everybody_with_an_address_on_request(town: CodingTown) -> None:
    town.many(3)
    town.many(1, city="")
    assert assign(town, letters=True) == Assigned(codes=4, letters=3)


def test_a_lock_is_not_opened_by_a_code_nobody_asked_for(town: CodingTown) -> None:
    """C1: the guesses of somebody who is at it do not begin anew because a batch came by."""
    onno = town.person("", puks=("12345678",))
    with town.database.connect() as owner:
        owner.execute("update budget set failures = 3 where customer_id = %s", (onno.id,))
    assign(town)
    assert town.database.rows("select distinct failures from budget where customer_id = %s", onno.id) == [(3,)]


def test_who_drew_a_code_that_is_full_draws_again(town: CodingTown) -> None:
    """B3: at worst a third of all values are full; here it is half of those that may be drawn."""
    allowed = [code for code in map("{:04}".format, range(10_000)) if weakness(CustomerCode(Secret(code))) is None]
    full = set(allowed[::2])
    with town.custody() as connection:
        verifier = town.verifier
        held = {verifier.popularity(town.brand, Secret(code)): 10 for code in full}
        tally(connection, town.brand, verifier.primary_id, held)
    town.many(2 * CHUNK)
    assert assign(town) == Assigned(codes=2 * CHUNK)
    given = Counter(town.codes().values())
    assert given.keys().isdisjoint(full)
    assert max(given.values()) <= 10


def test_other_brands_customers_get_nothing(town: CodingTown) -> None:
    town.many(5)
    with town.database.connect() as owner:
        owner.execute("update customer set brand_id = brand_id + 1 where id % 2 = 0")
    assign(town)
    assert len(town.codes()) in {2, 3}


def test_killed_in_the_middle_the_same_command_goes_on_and_nobody_is_given_two(town: CodingTown) -> None:
    customers = 30_000
    town.many(customers)
    process = under_way(town)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    before = town.codes()
    assert CHUNK <= len(before) < customers

    again = command(town, "assign", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["done"] == {"codes": customers - len(before), "letters": 0}
    after = town.codes()
    assert len(after) == customers
    assert before.items() <= after.items()
    assert [len_of(town, table) for table in ("notice", "event where kind = 'credential:assigned'")] == [customers] * 2
    town.check_counts()


def under_way(town: CodingTown) -> subprocess.Popen[str]:
    """The command, with its first chunk in."""
    process = subprocess.Popen(
        [sys.executable, "-m", "werda", "codes", "assign", "--brand", "nordfunk"],
        env=town.database.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len_of(town, "notice") == 0:
        assert process.poll() is None, "it ended before anything could be done to it"
        time.sleep(0.01)
    return process


def len_of(town: CodingTown, table: str) -> int:
    return int(town.database.rows(f"select count(*) from {table}")[0][0])


def test_two_at_once_give_nobody_two(town: CodingTown) -> None:
    town.many(6 * CHUNK)
    with ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda _: assign(town), range(3)))
    assert sum(each.codes for each in done) == 6 * CHUNK
    assert len_of(town, "notice") == 6 * CHUNK
    town.check_counts()


# The command.


def test_interrupted_it_says_how_it_goes_on(town: CodingTown) -> None:
    town.many(20_000)
    process = under_way(town)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "interrupted; the same command goes on where it was\n"
    assert len(town.codes()) % CHUNK == 0
    town.check_counts()


def test_what_psycopg_could_not_roll_back_is_no_line_for_people() -> None:
    """Interrupted in mid statement it warns of a rollback that the connection's end does anyway."""
    CliRunner().invoke(main, ["codes", "--help"])
    for logger in (psycopg.connection.logger, psycopg.transaction.logger):
        ignored, other = (
            logging.LogRecord(logger.name, logging.WARNING, "", 0, text, (1, 2), None)
            for text in ("error ignored in rollback of %s: %s", "the pool %s is full of %s")
        )
        assert not logger.filter(ignored)
        assert logger.filter(other)


def test_assign_says_what_it_did_and_status_how_far_it_is(town: CodingTown) -> None:
    town.person("8305")
    town.many(4)
    town.many(2, email="")
    done = command(town, "assign")
    assert (done.returncode, done.stdout) == (0, "6 got a code, 2 letters queued\n")
    assert done.stderr == (
        "of 6 without a code 4 have an e-mail address, 2 a postal address only, 0 neither and see it in the portal\n"
    )
    with town.database.connect() as owner:
        owner.execute("update notice set told_at = now(), channel = 'mail' where customer_id % 2 = 0")
    status = json.loads(command(town, "status", "--json").stdout)
    assert status == {"customers": 7, "with_code": 7, "without_code": 0, "told": 3, "untold": 3, "letters": 2}
    assert "without a code             0" in command(town, "status").stdout


def test_dry_run_changes_nothing(town: CodingTown) -> None:
    town.many(3)
    dry = command(town, "assign", "--dry-run", "--json")
    assert json.loads(dry.stdout) == {
        "waiting": {"customers": 3, "by_mail": 3, "by_letter": 0, "portal_only": 0},
        "done": None,
        "dry_run": True,
    }
    assert town.codes() == {}


@pytest.mark.parametrize("verb", ["assign", "status", "recount"])
def test_an_unknown_brand_is_named_and_the_exit_code_is_2(town: CodingTown, verb: str) -> None:
    done = werda("codes", verb, "--brand", "suedfunk", environment=town.database.environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no brand 'suedfunk'; there is: nordfunk" in done.stderr


def test_wrong_counts_are_put_right(town: CodingTown) -> None:
    """For a database from before the counts, or restored in parts."""
    for code in ("8305", "8305", "6194"):
        town.person(code)
    with town.database.connect() as owner:
        owner.execute("update code_holders set holders = holders + 1 where holders = 2")
        owner.execute("delete from code_holders where holders = 1")
    with town.custody() as connection:
        counted = count_codes(connection, town.verifier, town.custody_ring, town.brand)
    assert counted == Counted(codes=3, wrong=2)
    town.check_counts()
    assert command(town, "recount").stdout == "3 codes counted, 0 counts were wrong\n"
