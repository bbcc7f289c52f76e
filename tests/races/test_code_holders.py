"""Many choose at once, and no code is held by more than may; whatever runs beside it, the counts stay exact (B3).

The holes these close: a count that is read and then written lets a whole crowd through at the last place; two customers
who exchange their codes, or two chunks of an import, that take the same rows in another order and wait for each other;
and a place that is taken by somebody who then gets another answer.
"""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import psycopg
import pytest

from tests.database import TestDatabase
from tests.people import Person
from tests.usecases.coding_town import NOW, CodingTown
from werda.core.secret import Secret
from werda.store.code_holders import tally
from werda.usecases.assign_codes import CHUNK, assign_codes
from werda.usecases.check_code import Hindrance
from werda.usecases.choose_code import Chosen, NotChosen, choose_code
from werda.usecases.count_codes import count_codes

CHOOSERS = 64
CODES = ("8305", "6194", "3907", "0492", "9603")

T = TypeVar("T")


@pytest.fixture
def town(database: TestDatabase) -> CodingTown:
    return CodingTown(database)


def at_once(number: int, work: Callable[[int], T]) -> list[T]:
    """Each in a thread of its own, all beginning at the same moment."""
    gate = Barrier(number)

    def one(n: int) -> T:
        gate.wait()
        return work(n)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def choose(town: CodingTown, connection: psycopg.Connection[object], person: Person, code: str) -> Chosen | NotChosen:
    return choose_code(connection, town.verifier, town.custody_ring, person.id, Secret(code), actor="customer", now=NOW)


@pytest.mark.parametrize("held_before", [0, 7])
def test_a_crowd_that_wants_one_code_gets_ten_places(town: CodingTown, held_before: int) -> None:
    for _ in range(held_before):
        town.person(CODES[0])
    people = [town.person("") for _ in range(CHOOSERS)]
    connections = [town.custody() for _ in people]
    answers = at_once(CHOOSERS, lambda n: choose(town, connections[n], people[n], CODES[0]))
    for connection in connections:
        connection.close()
    assert Counter(type(answer) for answer in answers)[Chosen] == 10 - held_before
    refused = {answer.reason for answer in answers if isinstance(answer, NotChosen)}
    assert refused == {Hindrance.HELD_BY_MANY}
    chosen = {person.id for person, answer in zip(people, answers, strict=True) if isinstance(answer, Chosen)}
    assert chosen == {who for who in town.codes() if who in {person.id for person in people}}
    town.check_counts()


def test_codes_that_change_hands_all_the_time_end_in_no_deadlock_and_no_wrong_count(town: CodingTown) -> None:
    """Beside people who choose: files, a batch for new customers, and counting anew."""
    people = [town.person(CODES[n % len(CODES)]) for n in range(30)]
    town.many(3 * CHUNK)
    verifier, custody = town.verifier, town.custody_ring

    def work(n: int) -> Counter[str]:
        dice, seen = random.Random(n), Counter[str]()
        with town.custody() as connection:
            match n:
                case 0:
                    assign_codes(connection, verifier, custody, town.brand, letters=False, clock=lambda: NOW)
                case 1:
                    for _ in range(3):
                        seen[f"wrong {count_codes(connection, verifier, custody, town.brand).wrong}"] += 1
                case 2 | 3:
                    for _ in range(15):
                        town.imported(dice.choice(people), dice.choice(CODES))
                case _:
                    for _ in range(40):
                        answer = choose(town, connection, dice.choice(people), dice.choice(CODES))
                        seen[answer.reason if isinstance(answer, NotChosen) else "chosen"] += 1
        return seen

    seen = sum(at_once(16, work), Counter[str]())
    assert seen["wrong 0"] == 3
    assert min(seen["chosen"], seen[Hindrance.UNCHANGED], seen[Hindrance.HELD_BY_MANY]) > 0, seen
    assert len(town.codes()) == 30 + 3 * CHUNK
    town.check_counts()


def test_chunks_that_overlap_are_tallied_without_a_deadlock(town: CodingTown) -> None:
    macs = [town.verifier.popularity(town.brand, Secret(f"{n:04}")) for n in range(3_000)]

    def work(n: int) -> Counter[bytes]:
        dice, total = random.Random(n), Counter[bytes]()
        with town.custody() as connection:
            for _ in range(8):
                chunk = {mac: dice.randint(1, 3) for mac in dice.sample(macs, 1_500)}
                tally(connection, town.brand, 1, chunk)
                total.update(chunk)
                back = dict.fromkeys(dice.sample([*chunk], 500), -1)
                tally(connection, town.brand, 1, back)
                total.update(back)
        return total

    expected = sum(at_once(8, work), Counter[bytes]())
    counted = dict(town.database.rows("select mac, holders from code_holders where holders > 0"))
    assert counted == expected
