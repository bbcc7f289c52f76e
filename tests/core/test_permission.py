"""Level first, then the customer's own word: who may have an operation done (A2, A3, A6)."""

import itertools

from werda.core.level import Level
from werda.core.permission import NotAllowed, Why, lockable, may
from werda.core.policy import LOWEST_LEVELS, Operation


def test_below_the_required_level_a_lock_is_never_told() -> None:
    for level, required, locked in itertools.product(Level, Level, (False, True)):
        answer = may(level, required, locked=locked)
        if level < required:
            assert answer == NotAllowed(Why.LEVEL, required)
        elif locked:
            assert answer == NotAllowed(Why.LOCKED_BY_CUSTOMER, required)
        else:
            assert answer is None


def test_customers_can_lock_what_needs_a_second_proof_and_nothing_else() -> None:
    assert {operation for operation in Operation if lockable(operation)} == {
        operation for operation, level in LOWEST_LEVELS.items() if level is Level.STRONG
    }
    assert lockable(Operation.PORT_OUT)
    assert lockable(Operation.REPLACE_SIM)
