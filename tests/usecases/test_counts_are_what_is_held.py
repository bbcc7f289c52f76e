"""Whatever happens to customers and their codes, in whatever order: counted is what is held (B3).

Hypothesis plays a brand's days: people come, choose, are refused, have their code replaced; files and batches come by.
After every step the counts are compared with the opened codes, and only a file ever exceeds the cap.
"""

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.database import TestDatabase
from tests.usecases.coding_town import NOW, CodingTown
from werda.core.code_popularity import ALWAYS
from werda.usecases.assign_codes import assign_codes
from werda.usecases.check_code import Hindrance
from werda.usecases.choose_code import Chosen, NotChosen
from werda.usecases.replace_code import replace_code

POOL = ("8305", "6194")
"""So few that places run out."""

seen: Counter[str] = Counter()


class Days(RuleBasedStateMachine):
    """One brand, from its first customer on."""

    def __init__(self, database: TestDatabase) -> None:
        super().__init__()
        self.town = CodingTown(database)
        with database.connect() as owner:
            owner.execute(
                "truncate customer, line, sealed_secret, notice, letter, code_holders restart identity cascade"
            )
            owner.execute("delete from credential where customer_id > 0")
            owner.execute("delete from budget where customer_id > 0")
        self.people = [self.town.person(code) for code in POOL for _ in range(ALWAYS - 1)]  # one place is left of each
        self.imported = len(self.people)

    @rule(code=st.sampled_from(["", *POOL]), number=st.integers(1, 3))
    def people_come(self, code: str, number: int) -> None:
        self.people += [self.town.person(code) for _ in range(number)]
        self.imported += number if code else 0

    @rule(data=st.data(), code=st.sampled_from([*POOL, "1234"]), crowd=st.integers(1, 8))
    def some_choose(self, data: st.DataObject, code: str, crowd: int) -> None:
        held = Counter(self.town.codes().values())[code]
        for _ in range(crowd):
            answer = self.town.choose(data.draw(st.sampled_from(self.people)), code)
            seen["chosen" if isinstance(answer, Chosen) else answer.reason] += 1
            assert isinstance(answer, NotChosen) or held < ALWAYS
            assert answer != NotChosen(Hindrance.HELD_BY_MANY) or held >= ALWAYS
            held += isinstance(answer, Chosen)

    @rule(data=st.data())
    def a_code_is_disclosed(self, data: st.DataObject) -> None:
        person, town = data.draw(st.sampled_from(self.people)), self.town
        with town.custody() as connection:
            replace_code(connection, town.verifier, town.custody_ring, person.id, actor="customer", now=NOW)

    @rule(data=st.data(), code=st.sampled_from(POOL))
    def a_file_says_otherwise(self, data: st.DataObject, code: str) -> None:
        self.town.imported(data.draw(st.sampled_from(self.people)), code)
        self.imported += 1

    @rule()
    def a_batch_comes_by(self) -> None:
        town = self.town
        with town.custody() as connection:
            assign_codes(
                connection,
                town.verifier,
                town.custody_ring,
                town.brand,
                letters=True,
                clock=lambda: NOW,
            )
        assert len(town.codes()) == len(self.people)

    @invariant()
    def counted_is_what_is_held(self) -> None:
        self.town.check_counts()

    @invariant()
    def only_files_exceed_the_cap(self) -> None:
        most = max(Counter(self.town.codes().values()).values(), default=0)
        assert most <= max(ALWAYS, self.imported)


def test_counts_are_what_is_held(database: TestDatabase) -> None:
    run_state_machine_as_test(
        lambda: Days(database),  # type: ignore[arg-type]  # hypothesis takes any factory
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,  # the same games each time, so that they are worth playing each time
            phases=[Phase.generate],  # a game of twenty steps can be read; making it shorter takes minutes
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    # The games were worth playing.
    assert seen.keys() >= {"chosen", "popular", Hindrance.UNCHANGED, Hindrance.HELD_BY_MANY}
