"""Two hundred guesses at once over four gate processes: three are evaluated, whoever asks first.

The hole this closes: a counter that is read, compared and then written, as in privacyIDEA, lets as many guesses through
as arrive between reading and writing. Seen there with a limit of ten and a hundred parallel wrong tries against four
workers: 37 to 40 were evaluated, and a right code that came 26th was let in. A lock in the process closes it for one
process only; callers come over four.
"""

import asyncio
import random
import time
from collections import Counter

import httpx
import pytest

from tests.gates import Gate
from tests.people import Town
from tests.races.callers import AN_HOUR, check_budget, check_log, delay, offer_all, outcomes
from werda.core.verdict import Outcome

GUESSES = 200


def test_two_hundred_wrong_guesses_and_the_right_one_at_once(town: Town, gates: list[Gate]) -> None:
    """C1, C3, C4: in the own line's budget and in everybody else's, at the same moment."""
    maren = town.person("0815")
    guesses = [f"{code:04}" for code in range(1000, 1000 + GUESSES)]
    offers = [(maren, digits, own) for own in (False, True) for digits in (*guesses, maren.code)]
    random.shuffle(offers)
    answers = asyncio.run(offer_all(gates, offers))
    assert len(answers) == len(offers) == 2 * (GUESSES + 1)
    check_log(town.database, answers)
    for own in (False, True):
        check_budget(town.database, maren, own)
        seen = outcomes(town.database, maren, own)
        assert seen.total() == GUESSES + 1
        # The delay after the second failure stands in the way of all others (C4).
        assert seen[Outcome.WRONG] <= 2 * (seen[Outcome.VERIFIED] + 1)
        assert seen[Outcome.TOO_EARLY] == GUESSES + 1 - seen[Outcome.WRONG] - seen[Outcome.VERIFIED]


def test_waiting_out_the_delays_gives_three_guesses_and_no_fourth(town: Town, gates: list[Gate]) -> None:
    """C1, C4, C9: a guesser with all the time in the world, on many telephones, with the right code in hand at last."""
    delay(town, seconds=1)
    try:
        time.sleep(3)  # every gate has the policy within a second (S2)
        maren = town.person("0815")
        answers = []
        for wave in range(3):
            guesses = [f"{code:04}" for code in range(1000 + wave * 50, 1050 + wave * 50)]
            answers += asyncio.run(offer_all(gates, [(maren, g, own) for g in guesses for own in (False, True)]))
            time.sleep(1.2)
        late = asyncio.run(offer_all(gates, [(maren, maren.code, own) for own in (False, True)] * 10))
        assert not any(answer.verified for answer in answers + late), "a right code was let in behind a lock"
        check_log(town.database, answers + late)
        for own in (False, True):
            check_budget(town.database, maren, own)
            assert outcomes(town.database, maren, own)[Outcome.WRONG] == 3
            assert outcomes(town.database, maren, own).total() == 160
    finally:
        delay(town, AN_HOUR)


def test_a_stranger_cannot_lock_the_customer_out(town: Town, gates: list[Gate]) -> None:
    """C3: while a stranger burns one budget, the customer passes on their own line again and again."""
    maren = town.person("0815")
    offers = [(maren, "9999", False)] * 60 + [(maren, maren.code, True)] * 20
    random.shuffle(offers)
    answers = asyncio.run(offer_all(gates, offers))
    check_log(town.database, answers)
    assert sum(answer.verified for answer in answers) == 20
    assert outcomes(town.database, maren, True) == Counter({Outcome.VERIFIED: 20})
    assert outcomes(town.database, maren, False)[Outcome.WRONG] == 2


@pytest.mark.parametrize("own", [False, True], ids=["strange line", "own line"])
def test_the_same_idempotency_key_at_every_gate_counts_once(town: Town, gates: list[Gate], own: bool) -> None:
    """The hole: a retry that a load balancer sends to another gate is no second guess and no second evaluation."""
    maren = town.person("0815")
    source = {"calling_number": maren.line, "asserted": own}
    call = f"retried-{maren.id}"
    body = {"brand": "nordfunk", "line": maren.line, "digits": maren.wrong, "call_id": call, "source": source}

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=30) as client:
            headers = [gate.headers | {"Idempotency-Key": "once"} for gate in gates]
            return await asyncio.gather(
                *(
                    client.post(f"{gate.url}/v1/verifications", json=body, headers=header)
                    for gate, header in zip(gates * 5, headers * 5, strict=True)
                )
            )

    answers = asyncio.run(all_at_once())
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {'{"result":"refused","next":"retry"}'}
    rows = town.database.rows("select own_line, outcome, failures, tries from attempt where customer_id = %s", maren.id)
    assert rows == [(own, int(Outcome.WRONG), 1, 1)]
