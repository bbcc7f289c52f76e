"""Choosing a code: what is refused and why, and all that goes with one that is taken (S5, S7, B2, B3, B8, C8, C9)."""

import json
import secrets
from datetime import date, timedelta
from pathlib import Path

import pytest
import tink
from tink import prf, secret_key_access

from tests.database import TestDatabase, werda
from tests.people import LONG_AGO
from tests.usecases.coding_town import LATER, NOW, CodingTown
from werda.core.secret import Secret
from werda.core.weak_code import NOBODY, OwnData, Weakness, weakness
from werda.keys import ring
from werda.keys.ring import RingName
from werda.keys.verifier import Verifier
from werda.usecases.check_code import Hindrance, check_code
from werda.usecases.choose_code import Chosen, NotChosen, choose_code
from werda.usecases.replace_code import replace_code
from werda.usecases.suggest_code import suggest_code

GOOD, ANOTHER = "8305", "6194"


@pytest.fixture
def town(database: TestDatabase) -> CodingTown:
    return CodingTown(database)


def test_a_chosen_code_counts_at_once_and_the_old_one_no_longer(town: CodingTown) -> None:
    """B8"""
    maren = town.person("4711")
    assert town.choose(maren, GOOD) == Chosen(first=False)
    assert town.codes() == {maren.id: GOOD}
    town.check_counts()


def test_a_customer_without_a_code_chooses_the_first_one(town: CodingTown) -> None:
    onno = town.person("")
    assert town.choose(onno, GOOD) == Chosen(first=True)
    assert town.notices(onno) == ["code_chosen"]
    town.check_counts()


@pytest.mark.parametrize(
    ("offered", "why"),
    [
        ("830", Hindrance.MALFORMED),
        ("83057", Hindrance.MALFORMED),
        ("acht", Hindrance.MALFORMED),
        ("1234", Weakness.POPULAR),
        ("7788", Weakness.FEW_DIGITS),
        ("2039", Weakness.YEAR),
        ("1780", Weakness.OWN_BIRTH_DATE),
        ("7604", Weakness.OWN_PHONE_NUMBER),
        ("4711", Weakness.POPULAR),
    ],
)
def test_a_refused_code_changes_nothing_and_says_why(town: CodingTown, offered: str, why: object) -> None:
    """B2"""
    maren = town.person("4711", born=date(1980, 5, 17))
    before = everything(town)
    assert town.choose(maren, offered) == NotChosen(why)  # type: ignore[arg-type]
    assert everything(town) == before


def test_the_present_code_again_is_no_change(town: CodingTown) -> None:
    """After a suspected disclosure it would be none (B8); a form sent twice does nothing twice."""
    maren = town.person("4711")
    assert town.choose(maren, GOOD) == Chosen(first=False)
    before = everything(town)
    assert town.choose(maren, GOOD) == NotChosen(Hindrance.UNCHANGED)
    assert everything(town) == before


def test_nobody_is_given_a_code_who_is_no_customer(town: CodingTown) -> None:
    stranger = town.person("")
    with town.database.connect() as owner:
        owner.execute("delete from line")
        owner.execute("delete from customer")
    assert town.choose(stranger, GOOD) == NotChosen(Hindrance.NO_CUSTOMER)


def everything(town: CodingTown) -> list[object]:
    tables = ("sealed_secret", "credential", "budget", "event", "notice", "letter")
    held = town.database.rows("select mac, holders from code_holders where holders > 0 order by mac")
    return [held, *(town.database.rows(f"select * from {table} order by 1, 2, 3") for table in tables)]


def test_no_more_than_ten_hold_the_same_code_in_a_small_brand(town: CodingTown) -> None:
    """B3"""
    for _ in range(10):
        assert town.choose(town.person(""), GOOD) == Chosen(first=True)
    eleventh = town.person("")
    assert town.choose(eleventh, GOOD) == NotChosen(Hindrance.HELD_BY_MANY)
    assert town.choose(eleventh, ANOTHER) == Chosen(first=True)
    town.check_counts()


def test_who_leaves_a_code_makes_room_for_another(town: CodingTown) -> None:
    people = [town.person(GOOD) for _ in range(10)]
    last = town.person("")
    assert town.choose(last, GOOD) == NotChosen(Hindrance.HELD_BY_MANY)
    assert town.choose(people[3], ANOTHER) == Chosen(first=False)
    assert town.choose(last, GOOD) == Chosen(first=True)
    town.check_counts()


def test_a_larger_brand_has_more_room(town: CodingTown) -> None:
    """B3: three times the share of 40 000 customers is twelve."""
    for _ in range(10):
        town.person(GOOD)
    town.many(40_000)
    chosen = [isinstance(town.choose(town.person(""), GOOD), Chosen) for _ in range(4)]
    assert chosen == [True, True, False, False]


def test_customers_of_another_brand_are_not_counted(town: CodingTown) -> None:
    for _ in range(10):
        town.person(GOOD)
    with town.database.connect() as owner:
        row = owner.execute(
            "insert into brand (slug, name, form, language, timezone, portal)"
            " values ('suedfunk', 'Südfunk', 'sie', 'de', 'Europe/Berlin', '') returning id"
        ).fetchone()
    assert row is not None
    town.brand = row[0]
    assert town.choose(town.person(""), GOOD) == Chosen(first=True)


def test_a_new_code_clears_every_budget_and_a_lock(town: CodingTown) -> None:
    """C9"""
    maren, other = town.person("4711"), town.person("0815")
    with town.database.connect() as owner:
        owner.execute(
            "insert into budget (customer_id, person_id, own_line, failures) select id, 0, true, 0 from customer"
        )
        owner.execute("update budget set failures = 3, not_before = now() where customer_id > 0")
    assert isinstance(town.choose(maren, GOOD), Chosen)
    budgets = "select failures, not_before is null from budget where customer_id = %s"
    assert town.database.rows(budgets, maren.id) == [(0, True), (0, True)]
    assert town.database.rows(budgets, other.id) == [(3, False), (3, False)]


def test_a_change_is_recorded_without_the_code_and_the_customer_is_to_be_told(town: CodingTown) -> None:
    """C8, D4, B9"""
    maren = town.person("4711")
    assert isinstance(town.choose(maren, GOOD), Chosen)
    [(kind, actor, at, detail)] = town.database.rows(
        "select kind, actor, at, detail from event where customer_id = %s", maren.id
    )
    assert (kind, actor, at) == ("credential:chosen", "customer", NOW)
    assert detail == {"method": "customer_code", "first": False}
    assert town.notices(maren) == ["code_changed"]


def test_what_was_not_told_yet_is_overtaken_by_the_next_change(town: CodingTown) -> None:
    """Nobody gets a letter with a code they chose themselves, nor a mail about one that no longer counts."""
    maren = town.person("")
    with town.database.connect() as owner:
        owner.execute(
            "insert into notice (brand_id, customer_id, kind, created_at, told_at, channel) values"
            " (%(b)s, %(c)s, 'code_changed', now(), now(), 'mail'), (%(b)s, %(c)s, 'code_assigned', now(), null, null)",
            {"b": town.brand, "c": maren.id},
        )
        owner.execute(
            "insert into letter (brand_id, customer_id, kind, created_at)"
            " values (%(b)s, %(c)s, 'code', now()), (%(b)s, %(c)s, 'contract', now())",
            {"b": town.brand, "c": maren.id},
        )
    assert isinstance(town.choose(maren, GOOD), Chosen)
    assert town.notices(maren) == ["code_chosen"]
    assert town.letters(maren) == ["contract"]
    assert town.database.rows("select count(*) from notice where told_at is not null") == [(1,)]


def test_an_older_file_never_overwrites_a_chosen_code(town: CodingTown, tmp_path: Path) -> None:
    """Design decision 10"""
    maren = town.person("4711")
    assert town.database.rows("select as_of from sealed_secret where kind = 1") == [(LONG_AGO,)]
    town.choose(maren, GOOD)
    assert town.database.rows("select as_of from sealed_secret where kind = 1") == [(NOW,)]
    file = tmp_path / "customers.csv"
    file.write_text(f"customer_number;customer_code\n{maren.number};9603\n")
    older = ("--brand", "nordfunk", "--as-of", "2023-01-01")
    done = werda("import", "customers", str(file), *older, environment=town.database.environment)
    assert (done.returncode, town.codes()[maren.id]) == (0, GOOD), done.stderr
    town.check_counts()


def test_the_whole_change_is_undone_with_the_callers_transaction(town: CodingTown) -> None:
    maren = town.person("4711")
    before = everything(town)
    with town.custody() as connection, connection.transaction(force_rollback=True):
        chosen = choose_code(
            connection,
            town.verifier,
            town.custody_ring,
            maren.id,
            Secret(GOOD),
            actor="customer",
            now=NOW,
        )
        assert isinstance(chosen, Chosen)
    assert everything(town) == before


# While it is typed, and the suggestion.


def test_what_is_typed_is_judged_as_it_will_be_when_it_is_chosen(town: CodingTown) -> None:
    """S5"""
    for _ in range(10):
        town.person(GOOD)
    own = OwnData(date(1984, 5, 17))
    with town.custody() as connection:
        said = {
            offered: check_code(connection, town.verifier, town.brand, Secret(offered), own, now=NOW)
            for offered in ("830", "1234", "0584", GOOD, ANOTHER)
        }
    assert said == {
        "830": Hindrance.MALFORMED,
        "1234": Weakness.POPULAR,
        "0584": Weakness.OWN_BIRTH_DATE,
        GOOD: Hindrance.HELD_BY_MANY,
        ANOTHER: None,
    }


def test_a_suggested_code_is_never_refused(town: CodingTown) -> None:
    """B1: for anybody, weak codes and full ones left out."""
    own = OwnData(date(1984, 5, 17), ("+4917604000123",), "K8306192")
    verifier = town.verifier
    with town.custody() as connection:
        suggested = [suggest_code(connection, verifier, town.brand, own, now=NOW) for _ in range(300)]
        assert all(weakness(code, own) is None for code in suggested)
        assert all(
            check_code(connection, verifier, town.brand, code.secret, own, now=NOW) is None for code in suggested
        )
    assert len({code.secret.reveal() for code in suggested}) > 280


def test_a_code_that_is_full_is_not_suggested(town: CodingTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """B3"""
    for _ in range(10):
        town.person(GOOD)
    load_the_dice(monkeypatch, "1234", GOOD, ANOTHER)
    with town.custody() as connection:
        suggested = suggest_code(connection, town.verifier, town.brand, NOBODY, now=NOW)
    assert suggested.secret.reveal() == ANOTHER


def load_the_dice(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """What the operating system's generator throws next."""
    thrown = iter(codes)
    monkeypatch.setattr(secrets, "randbelow", lambda _: int(next(thrown)))


# A code that somebody else may know.


def test_a_disclosed_code_counts_no_longer_and_a_random_one_takes_its_place(town: CodingTown) -> None:
    """B8, C8"""
    maren = town.person(GOOD)
    with town.database.connect() as owner:
        owner.execute("update customer set email = ''")
    with town.custody() as connection:
        replaced = replace_code(connection, town.verifier, town.custody_ring, maren.id, actor="agent:7", now=NOW)
    assert replaced == Chosen(first=False)
    assert town.codes()[maren.id] != GOOD
    assert town.notices(maren) == ["code_replaced"]
    assert town.letters(maren) == ["code"]
    assert town.database.rows("select kind, actor from event where customer_id = %s", maren.id) == [
        ("credential:replaced", "agent:7")
    ]
    town.check_counts()


def test_replacing_draws_again_when_a_code_is_full_weak_or_the_old_one(
    town: CodingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        town.person("3907")
    maren = town.person(GOOD)
    load_the_dice(monkeypatch, "1234", GOOD, "3907", ANOTHER)
    with town.custody() as connection:
        replace_code(connection, town.verifier, town.custody_ring, maren.id, actor="customer", now=NOW)
    assert town.codes()[maren.id] == ANOTHER
    town.check_counts()


# Keys that rotate, and how long a count of customers is believed.


def test_the_cap_holds_while_a_key_is_being_replaced(town: CodingTown) -> None:
    """B3, B5: holders under the old key count; who leaves is taken off where they were counted."""
    old = town.verifier
    new = with_another_key(town)
    assert new.primary_id != old.primary_id
    people = [town.person(GOOD) for _ in range(9)]
    tenth, eleventh = town.person(""), town.person("")
    assert town.choose(tenth, GOOD, verifier=new) == Chosen(first=True)
    assert town.choose(eleventh, GOOD, verifier=new) == NotChosen(Hindrance.HELD_BY_MANY)
    assert town.choose(people[0], ANOTHER, verifier=new) == Chosen(first=False)
    assert town.choose(eleventh, GOOD, verifier=new) == Chosen(first=True)
    town.check_counts(new)


def with_another_key(town: CodingTown) -> Verifier:
    """The town's verifier ring with a second, now primary key."""
    keyset = json.loads((town.database.home / "keys" / "verifier.json").read_text())
    fresh = json.loads(
        tink.json_proto_keyset_format.serialize(
            tink.new_keyset_handle(prf.prf_key_templates.HMAC_SHA256), secret_key_access.TOKEN
        )
    )
    both = {"primaryKeyId": fresh["primaryKeyId"], "key": keyset["key"] + fresh["key"]}
    text = json.dumps(both)
    return Verifier(ring.load(town.database.home / "keys", RingName.VERIFIER, {"WERDA_VERIFIER_KEYRING": text}))


def test_a_brands_size_is_believed_for_ten_minutes(town: CodingTown) -> None:
    """To count a million customers takes a quarter of a second, too long for every choice."""
    town.person("")
    statement = "select customers_of(%s, %s)"
    assert town.database.rows(statement, town.brand, NOW) == [(1,)]
    town.many(20)
    for after, customers in ((0, 1), (10, 1), (11, 21), (-60, 21)):
        moment = NOW + timedelta(minutes=after)
        assert town.database.rows(statement, town.brand, moment) == [(customers,)]
    assert LATER > NOW
