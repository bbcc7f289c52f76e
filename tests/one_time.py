"""One-time codes of test customers, made by the use cases that give them."""

from datetime import datetime, timedelta

from tests.people import AFTER_THE_DATE, LONG_AGO, Person, Town
from werda.core.one_time_code import LetterReason
from werda.core.step_up import AppSession
from werda.keys.custody import Kind
from werda.store.roles import Role
from werda.usecases.give_call_code import CallCode, give_call_code
from werda.usecases.order_letter_code import LetterCodeOrdered, order_letter_code
from werda.usecases.put_one_time_code import letter_codes_printed, sealed_letter_codes


def session(person: Person, *, strong: bool = True) -> AppSession:
    """A session of the customer's own, with a passkey of long ago or with a password alone."""
    return AppSession(person.id, "portal", strong=strong, enrolled_at=LONG_AGO if strong else None)


def call_code(town: Town, person: Person, *, strong: bool = True, now: datetime = AFTER_THE_DATE) -> str:
    """A fresh call code."""
    with town.database.connect(Role.CUSTODY) as custody:
        given = give_call_code(custody, town.database.verifier, session(person, strong=strong), now=now)
    assert isinstance(given, CallCode)
    return given.code.reveal()


def settled_address(town: Town, person: Person, since: datetime = LONG_AGO) -> None:
    """Somebody whose address is the same since then."""
    with town.database.connect() as owner:
        owner.execute("update customer set address_since = %s where id = %s", (since, person.id))


def letter_code(town: Town, person: Person, *, printed: datetime = AFTER_THE_DATE - timedelta(days=3)) -> str:
    """A letter code that was printed then."""
    settled_address(town, person)
    keys = town.database.verifier, town.database.custody
    with town.database.connect(Role.CUSTODY) as custody:
        ordered = order_letter_code(
            custody, *keys, person.id, reason=LetterReason.LOCKED, actor="operator", now=printed - timedelta(days=1)
        )
        assert isinstance(ordered, LetterCodeOrdered)
        sealed = sealed_letter_codes(custody, [person.id])[person.id, 0]
        letters = [row[0] for row in custody.execute("select id from letter where customer_id = %s", (person.id,))]
        letter_codes_printed(custody, letters, printed)
        custody.execute("update letter set printed_at = %s, run_id = 1 where id = any(%s)", (printed, letters))
    return town.database.custody.open(Kind.LETTER_CODE, person.id, 0, sealed).reveal()
