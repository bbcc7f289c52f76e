"""Keys rotate while everything goes on: added, promoted, rewrapped, retired (B5)."""

import itertools
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.gates import Gate, running_gate
from tests.keys.keytown import KeyTown, soon
from tests.people import Person
from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys import keyset, ring
from werda.keys.custody import Custody, Kind
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.verifier import Verifier
from werda.store.queries.keys import _CUSTODY, rows_under
from werda.store.roles import Role
from werda.usecases.choose_code import Chosen
from werda.usecases.connect_webhook import connect_webhook, make_secret, place_of, rotate_secret
from werda.usecases.count_codes import count_codes
from werda.usecases.hold_keys import HeldKeys
from werda.usecases.keep_representatives import place_of as place_of_representative
from werda.usecases.replace_code import replace_code
from werda.usecases.retire_key import NothingFormer, Retired, StillNamed
from werda.usecases.rewrap import _PLACES, rewrap_custody, rewrap_verifier
from werda.usecases.rotate_key import Added, Behind, Early, Promoted, Unfinished
from werda.usecases.send_push import make_push_key

BOTH = (RingName.CUSTODY, RingName.VERIFIER)


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> KeyTown:
    return KeyTown(database, tmp_path)


def test_a_rotation_goes_in_three_steps_and_each_is_an_event(town: KeyTown) -> None:
    """B5"""
    person = town.person("4711", puks=("12345678",))
    old = town.database.verifier.primary_id
    assert isinstance(town.step(RingName.VERIFIER), Added)
    assert town.states(RingName.VERIFIER) == ["primary", "added"]
    assert town.database.verifier.primary_id == old  # known to all, written under by nobody
    assert isinstance(town.step(RingName.VERIFIER), Promoted)
    assert town.database.verifier.primary_id != old
    assert isinstance(town.step(RingName.VERIFIER), Unfinished)
    assert isinstance(town.retire(RingName.VERIFIER), StillNamed)
    assert town.rewrap() == 2  # code and PUK
    assert town.rewrap() == 0
    assert isinstance(town.retire(RingName.VERIFIER), Retired)
    assert keyset.key_ids(ring.text_of(town.keys, RingName.VERIFIER)) == [town.database.verifier.primary_id]
    assert isinstance(town.retire(RingName.VERIFIER), NothingFormer)
    events = town.database.rows("select kind, detail ->> 'ring' from event where kind like 'key:%%' order by id")
    assert events == [(kind, "verifier") for kind in ("key:added", "key:promoted", "key:retired")]
    stored = town.database.rows("select mac from credential where customer_id = %s and method = 1", person.id)
    assert bytes(stored[0][0]) == town.database.verifier.credential(Method.CUSTOMER_CODE, person.id, Secret("4711"))


def test_every_sealed_secret_moves_with_its_ring(town: KeyTown) -> None:
    """B5: whatever names the former key does not any more, and opens."""
    person = town.person("4711", puks=("12345678",))
    ring_ = town.database.custody
    with town.custody() as custody:
        custody.execute(
            "insert into one_time_code (customer_id, kind, brand_id, key_id, mac, sealed, sealed_key_id, strong,"
            " request, created_at, person_id, failures, own_failures)"
            " values (%s, %s, %s, %s, %s, %s, %s, true, 'x', now(), 0, 0, 0)",
            (
                *(person.id, Method.LETTER_CODE, town.brand, town.database.verifier.primary_id),
                town.database.verifier.credential(Method.LETTER_CODE, person.id, Secret("12345678901")),
                *(ring_.seal(Kind.LETTER_CODE, person.id, 0, Secret("12345678901")), ring_.key_id),
            ),
        )
        custody.execute(
            "insert into ordered_code (order_id, key_id, ciphertext, expires_at) values (7, %s, %s, now())",
            (ring_.key_id, ring_.seal(Kind.ORDERED_CODE, 7, 0, Secret("1357"))),
        )
        first, second = make_secret(), make_secret()
        endpoint = connect_webhook(
            custody, ring_, brand_id=town.brand, url="https://o.example.org/", secret=first, now=town.now
        ).endpoint_id
    with town.database.connect() as owner:
        owner.execute(
            "insert into order_draft (id, token_hash, brand_id, data, code, code_key_id, created_at, expires_at)"
            " overriding system value values (9, '\\x00', %s, '{}', %s, %s, now(), now())",
            (town.brand, ring_.seal(Kind.DRAFT_CODE, 9, 0, Secret("8642")), ring_.key_id),
        )
    town.rotate(*BOTH)
    with town.custody() as custody:  # a webhook's secret under the new key, its former one under the old
        rotate_secret(custody, town.database.custody, endpoint, second, at_once=False, now=town.now)
    town.rewrap()
    for name in BOTH:
        with town.database.connect() as owner:
            under = rows_under(owner, name.value)
        present = town.database.custody if name is RingName.CUSTODY else town.database.verifier
        assert list(under) == [present.key_id], under
        assert isinstance(town.retire(name), Retired)
    anew = town.database.custody
    [(sealed, mac)] = town.database.rows("select sealed, mac from one_time_code")
    assert anew.open(Kind.LETTER_CODE, person.id, 0, sealed) == Secret("12345678901")
    assert mac == town.database.verifier.credential(Method.LETTER_CODE, person.id, Secret("12345678901"))
    [(code,)] = town.database.rows("select code from order_draft")
    assert anew.open(Kind.DRAFT_CODE, 9, 0, code) == Secret("8642")
    [(code,)] = town.database.rows("select ciphertext from ordered_code")
    assert anew.open(Kind.ORDERED_CODE, 7, 0, code) == Secret("1357")
    [(now, former)] = town.database.rows("select secret, former_secret from webhook_endpoint")
    assert anew.open_for(place_of(endpoint), now) == second
    assert anew.open_for(place_of(endpoint), former) == first


def test_counts_of_codes_move_exactly(town: KeyTown) -> None:
    """B3, B5: as many hold each code after as before, and nothing is left under the former key."""
    for code in ("4711", "4711", "4711", "0815"):
        town.person(code)
    town.rotate(RingName.VERIFIER)
    town.person("4711")  # under the new key already
    assert town.held("4711") == 4
    town.rewrap()
    assert (town.held("4711"), town.held("0815")) == (4, 1)
    assert isinstance(town.retire(RingName.VERIFIER), Retired)
    assert (town.held("4711"), town.held("0815")) == (4, 1)
    assert town.database.rows("select distinct key_id from code_holders") == [(town.database.verifier.primary_id,)]


def test_legacy_credentials_keep_the_former_key_until_their_end_date(town: KeyTown) -> None:
    """A1, B5: their digits are not kept, so nobody can compute them anew."""
    person = town.person("4711")
    end = town.now + timedelta(days=90)
    with town.custody() as custody:
        custody.execute(
            "insert into credential (customer_id, person_id, method, sim_id, key_id, mac, until)"
            " values (%s, 0, 3, 0, %s, %s, %s)",
            (person.id, town.database.verifier.primary_id, b"x" * 16, end),
        )
    town.rotate(RingName.VERIFIER)
    town.rewrap()
    stays = town.retire(RingName.VERIFIER)
    assert isinstance(stays, StillNamed)
    assert (stays.rows, stays.until) == ({"legacy": 1}, end)
    with town.custody() as custody:
        custody.execute("delete from credential where method = 3")
    assert isinstance(town.retire(RingName.VERIFIER), Retired)


def test_tokens_and_repeated_requests_keep_the_former_mac_key_for_three_days(town: KeyTown) -> None:
    town.rotate(RingName.VERIFIER)
    town.now -= timedelta(days=4) - timedelta(hours=1)
    assert isinstance(town.retire(RingName.VERIFIER), Early)


def test_a_process_that_has_not_the_new_key_is_waited_for(town: KeyTown) -> None:
    """B5: nobody meets a value under a key they have not got."""
    held = HeldKeys(lambda: town.database.database.connect(Role.GATE, autocommit=True), town.keys)
    held.ring(Verifier)
    added = town.step(RingName.VERIFIER)
    assert isinstance(added, Added)
    assert town.step(RingName.VERIFIER) == Behind(added.key_id, {"werda_gate": 1})
    held.close()
    assert isinstance(town.step(RingName.VERIFIER), Promoted)


def test_a_ring_that_is_still_used_is_waited_for(town: KeyTown) -> None:
    """B5: a piece of work that began before may not know the new key, or still write under the former."""
    held = HeldKeys(lambda: town.database.database.connect(Role.CUSTODY, autocommit=True), town.keys)
    used = [held.ring(Custody)]
    held.watch()
    assert isinstance(town.step(RingName.CUSTODY), Added)
    soon(lambda: len(held.ring(Custody).key_ids) == 2)
    assert isinstance(town.step(RingName.CUSTODY), Behind)
    used[0] = held.ring(Custody)
    soon(lambda: isinstance(town.step(RingName.CUSTODY), Promoted))
    soon(lambda: held.ring(Custody).key_id != used[0].key_id)
    assert isinstance(town.retire(RingName.CUSTODY), Behind)
    used.clear()
    soon(lambda: isinstance(town.retire(RingName.CUSTODY), Retired))
    held.close()


def test_rewrapping_leaves_alone_what_somebody_changes(town: KeyTown) -> None:
    """A row that is locked is passed over; what is written meanwhile is under the new key and is not made anew."""
    busy, idle = town.person("4711", puks=("12345678",)), town.person("0815")
    town.rotate(*BOTH)
    with town.database.database.connect(Role.CUSTODY) as changing:
        changing.execute("select 1 from customer where id = %s for no key update", (busy.id,))
        changing.execute("select 1 from sealed_secret where customer_id = %s for update", (busy.id,))
        changing.execute("select 1 from credential where customer_id = %s for update", (busy.id,))
        assert town.rewrap() == 2
        assert town.database.rows("select distinct customer_id from credential where key_id = %s", *primary(town)) == [
            (idle.id,)
        ]
    assert town.rewrap() == 4


def test_a_secret_that_does_not_fit_its_keyed_value_is_not_made_a_credential(town: KeyTown) -> None:
    """B5: an old ciphertext of the same customer, put back by whoever writes the database, opens nothing."""
    person = town.person("4711")
    old = town.database.custody.seal(Kind.CUSTOMER_CODE, person.id, 0, Secret("0815"))
    with town.custody() as custody:
        custody.execute("update sealed_secret set ciphertext = %s", (old,))
        before = town.database.rows("select mac, key_id from credential")
        town.rotate(RingName.VERIFIER)
        done = rewrap_verifier(custody, town.database.verifier, town.database.custody)
    assert (done.rows, done.unlike) == (0, 1)
    assert town.database.rows("select mac, key_id from credential") == before


def test_counts_stay_exact_while_customers_choose_and_keys_move(town: KeyTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """B3, B5: rewrapping and choosing at the same time, in small chunks; a count anew finds none wrong."""
    monkeypatch.setattr("werda.usecases.rewrap.CHUNK", 2)
    people = [town.person(f"47{n % 7:02}", puks=(f"123456{n:02}",)) for n in range(24)]
    town.rotate(*BOTH)

    def choose(mine: list[Person]) -> None:
        with town.custody() as connection:
            for person in mine * 3:
                rings = town.database.verifier, town.database.custody
                assert isinstance(replace_code(connection, *rings, person.id, actor="customer", now=town.now), Chosen)

    choosers = [threading.Thread(target=choose, args=(people[n::3],)) for n in range(2)]  # a third chooses nothing
    for chooser in choosers:
        chooser.start()
    for _ in range(3):
        town.rewrap()
    for chooser in choosers:
        chooser.join()
    town.rewrap()
    with town.custody() as connection:
        counted = count_codes(connection, town.database.verifier, town.database.custody, town.brand)
    assert (counted.codes, counted.wrong) == (24, 0)
    for name in BOTH:
        assert isinstance(town.retire(name), Retired)


def test_a_repeated_request_of_the_intake_is_known_across_a_promotion(town: KeyTown) -> None:
    """B5: until the former key is retired, three days later."""
    before = town.database.verifier
    mac = before.request("k-1", Secret("body"))
    town.rotate(RingName.VERIFIER)
    after = town.database.verifier
    assert after.request("k-1", Secret("body")) != mac
    assert after.is_request(mac, "k-1", Secret("body"))
    assert not after.is_request(mac, "k-1", Secret("another body"))


def test_a_swapped_ciphertext_stays_and_is_told(town: KeyTown) -> None:
    first, second = town.person("4711"), town.person("0815")
    with town.custody() as custody:
        custody.execute(
            "update sealed_secret set ciphertext = (select ciphertext from sealed_secret where customer_id = %s)"
            " where customer_id = %s",
            (first.id, second.id),
        )
        town.rotate(RingName.CUSTODY)
        done = rewrap_custody(custody, town.database.custody)
    assert (done.rows, done.unlike) == (1, 1)
    assert isinstance(town.retire(RingName.CUSTODY), StillNamed)


def test_an_interrupted_rewrap_goes_on(town: KeyTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: chunks are transactions of their own, and what is done is not found again."""
    for n in range(7):
        town.person(f"471{n}")
    town.rotate(*BOTH)
    monkeypatch.setattr("werda.usecases.rewrap.CHUNK", 2)

    def stop(done: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), town.custody() as custody:
        rewrap_custody(custody, town.database.custody, stop)
    assert town.rewrap() == 3 + 7
    assert town.rewrap() == 0


def test_an_interrupted_rotation_goes_on_with_the_same_command(town: KeyTown) -> None:
    """B5: whichever of ring and database was not written any more."""
    text = ring.text_of(town.keys, RingName.CUSTODY)
    ring.write(town.keys, RingName.CUSTODY, keyset.with_another(text, RingName.CUSTODY))
    [added] = set(keyset.key_ids(ring.text_of(town.keys, RingName.CUSTODY))) - set(keyset.key_ids(text))
    assert town.step(RingName.CUSTODY) == Added(added)
    both = ring.text_of(town.keys, RingName.CUSTODY)
    assert isinstance(town.step(RingName.CUSTODY), Promoted)
    ring.write(town.keys, RingName.CUSTODY, both)  # the database was told of the promotion, the ring was not
    assert town.step(RingName.CUSTODY) == Unfinished(keyset.primary_of(text))
    assert keyset.primary_of(ring.text_of(town.keys, RingName.CUSTODY)) == added
    town.rewrap()
    after = ring.text_of(town.keys, RingName.CUSTODY)
    assert isinstance(town.retire(RingName.CUSTODY), Retired)
    ring.write(town.keys, RingName.CUSTODY, after)  # nor of the retirement
    assert isinstance(town.retire(RingName.CUSTODY), NothingFormer)
    assert keyset.key_ids(ring.text_of(town.keys, RingName.CUSTODY)) == [added]


def test_a_ring_from_before_the_rotation_is_refused(town: KeyTown) -> None:
    """B5: a machine to which the ring was not copied must not start, and a retired key never comes back."""
    before = ring.text_of(town.keys, RingName.CUSTODY)
    town.rotate(RingName.CUSTODY)
    town.rewrap()
    assert isinstance(town.retire(RingName.CUSTODY), Retired)
    ring.write(town.keys, RingName.CUSTODY, before)
    held = HeldKeys(lambda: town.database.database.connect(Role.CUSTODY, autocommit=True), town.keys)
    with pytest.raises(BadKeyRing, match="does not fit this database"):
        held.ring(Custody)
    held.close()


def test_the_gate_verifies_while_keys_rotate(town: KeyTown, tmp_path: Path) -> None:
    """B5: no caller notices: added, promoted, rewrapped, retired, with a real gate asked all the while."""
    people = [town.person(f"47{n:02}") for n in range(20)]
    stopping = threading.Event()
    answers: list[tuple[str, bool]] = []

    def ask(gate: Gate) -> None:
        with gate.client() as client:
            for n in itertools.count():
                if stopping.is_set():
                    return
                person = people[n % len(people)]
                wrong = n % 41 == 40
                digits = person.wrong if wrong else person.code
                body = {"brand": "nordfunk", "line": person.line, "digits": digits, "call_id": f"call-{n}"}
                answer = client.post("/v1/verifications", json=body)
                answers.append((answer.json().get("result", answer.text), wrong))

    with running_gate(town.database, tmp_path / "gate.log") as gate:
        asking = threading.Thread(target=ask, args=(gate,))
        asking.start()
        try:
            added = town.step(RingName.VERIFIER)
            assert isinstance(added, Added)
            soon(lambda: isinstance(town.step(RingName.VERIFIER), Promoted), seconds=20)
            assert town.rewrap() == len(people)
            soon(lambda: isinstance(town.retire(RingName.VERIFIER), Retired), seconds=20)
            seen = len(answers)
            soon(lambda: len(answers) > seen + 50, seconds=20)
        finally:
            stopping.set()
            asking.join()
    assert {outcome for outcome, wrong in answers if not wrong} == {"verified"}
    assert "verified" not in {outcome for outcome, wrong in answers if wrong}


def primary(town: KeyTown) -> tuple[int]:
    """The verifier's primary key, as a statement's parameter."""
    return (town.database.verifier.primary_id,)


def test_no_key_is_taken_while_anything_lies_under_it() -> None:
    """What is sealed anew is what is looked for before a key goes: else a key could go that is still needed."""
    assert {place.table for place in _PLACES} == set(re.findall(r"from ([a-z]\w+)", _CUSTODY))


def test_what_the_portal_seals_moves_with_the_rest(town: KeyTown) -> None:  # E2, C8
    maren = town.person("0815")
    custody, verifier = town.database.custody, town.database.verifier
    with town.custody() as connection, town.database.connect() as owner:
        make_push_key(connection, custody, town.now)
        row = owner.execute(
            "insert into representative (brand_id, customer_id, number, name, kind, scope, begins_at, expires_at,"
            " idempotency_key) values (%s, %s, '9000000001', 'Erika', 'carer', '{}', now(), now() + interval '1 year',"
            " '') returning id",
            (town.brand, maren.id),
        ).fetchone()
        assert row is not None
        code = Secret("4711")
        owner.execute(
            "update representative set sealed = %s, sealed_key_id = %s where id = %s",
            (custody.seal_for(place_of_representative(row[0]), code), custody.key_id, row[0]),
        )
        owner.execute(
            "insert into credential (customer_id, person_id, method, sim_id, key_id, mac)"
            " values (%s, %s, 1, 0, %s, %s)",
            (maren.id, row[0], verifier.primary_id, verifier.credential(Method.CUSTOMER_CODE, maren.id, code)),
        )
    town.rotate(RingName.CUSTODY, RingName.VERIFIER)
    town.rewrap()
    with town.custody() as connection:
        custody, verifier = town.database.custody, town.database.verifier
        assert list(rows_under(connection, "custody")) == [custody.key_id]
        assert list(rows_under(connection, "verifier")) == [verifier.primary_id]
    [(sealed,)] = town.database.rows("select sealed from representative")
    assert custody.open_for(place_of_representative(row[0]), bytes(sealed)) == code
    [(mac,)] = town.database.rows("select mac from credential where person_id = %s", row[0])
    assert bytes(mac) == verifier.credential(Method.CUSTOMER_CODE, maren.id, code)
