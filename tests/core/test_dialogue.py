"""What a caller hears: the rules of surfaces.md, "The phone", as one table and as properties of any call."""

import dataclasses
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from werda.core.call import Arrival, BrandFacts, Source
from werda.core.dialogue import (
    NUMBER_AGAIN_FIELD,
    NUMBER_FIELD,
    SECRET_FIELD,
    Collect,
    Dialogue,
    End,
    Entered,
    Entry,
    Event,
    Failed,
    HandOver,
    HungUp,
    Judged,
    Prompt,
    Result,
    Silence,
    Star,
    Then,
    Verify,
)
from werda.core.level import Level
from werda.core.method import Method
from werda.core.number import keyed, normalise
from werda.core.secret import Secret
from werda.core.verdict import Next, Outcome, Refused, Verified

BRAND = BrandFacts(1, "nordfunk", "Nordfunk", "du", "de", "Europe/Berlin", "mein.nordfunk.example")
IDENTIFIED = Arrival(7, BRAND, Source("+4917600000000"), identified=True, open=True, announce=None, tries_left=2)
ANONYMOUS = dataclasses.replace(IDENTIFIED, source=Source(), identified=False)

RIGHT = Judged(
    Verified(
        attempt_id=1,
        call_id=7,
        customer_id=1,
        person_id=1,
        line_id=None,
        level=Level.VERIFIED,
        method=Method.CUSTOMER_CODE,
        legacy=False,
        token=Secret("token-of-a-test"),
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
)


def wrong(outcome: Outcome = Outcome.WRONG, following: Next = Next.RETRY) -> Judged:
    return Judged(Refused(attempt_id=1, call_id=7, outcome=outcome, next=following))


def keys(text: str) -> Entered:
    return Entered(Secret(text))


def after(arrival: Arrival, *events: Event) -> Dialogue:
    dialogue = Dialogue.begin(arrival)
    for event in events:
        dialogue = dialogue.hear(event)
    return dialogue


PERSON: tuple[tuple[Prompt, ...], Then] = ((Prompt.UNVERIFIED,), HandOver(Result.UNVERIFIED))
P = Prompt

TABLE: dict[str, tuple[Arrival, list[Event], tuple[Prompt, ...], Then]] = {
    # S4: the first prompt says what is needed; both secrets go into one field
    "known number is asked for the secret": (IDENTIFIED, [], (P.WELCOME, P.SECRET), SECRET_FIELD),
    "code goes to verification": (IDENTIFIED, [keys("0417")], (), Verify(None, Secret("0417"))),
    "puk goes to verification": (IDENTIFIED, [keys("01234567")], (), Verify(None, Secret("01234567"))),
    "whatever else was typed is judged too": (IDENTIFIED, [keys("12345")], (), Verify(None, Secret("12345"))),
    "right code reaches a person, verified": (
        IDENTIFIED,
        [keys("0417"), RIGHT],
        (P.VERIFIED,),
        HandOver(Result.VERIFIED, Level.VERIFIED),
    ),
    # the second prompt says more; two tries, then a person
    "first refusal says more": (IDENTIFIED, [keys("1"), wrong()], (P.REFUSED, P.SECRET_AGAIN), SECRET_FIELD),
    "second refusal is a person": (IDENTIFIED, [keys("1"), wrong(), keys("2"), wrong()], *PERSON),
    "verdict may end the tries": (IDENTIFIED, [keys("1"), wrong(following=Next.AGENT)], *PERSON),
    "right code at the second try": (
        IDENTIFIED,
        [keys("1"), wrong(), keys("0417"), RIGHT],
        (P.VERIFIED,),
        HandOver(Result.VERIFIED, Level.VERIFIED),
    ),
    # E: everyone gets through
    "0 is a person": (IDENTIFIED, [keys("0")], *PERSON),
    "0 is a person where a number is asked": (ANONYMOUS, [keys("0")], *PERSON),
    "silence is a person": (IDENTIFIED, [Silence()], *PERSON),
    "* says everything again": (IDENTIFIED, [Star()], (P.WELCOME, P.SECRET), SECRET_FIELD),
    "* for ever is a person": (IDENTIFIED, [Star()] * 5, *PERSON),
    "failure of the machine is a person": (IDENTIFIED, [keys("0417"), Failed()], *PERSON),
    "no tries left in this call is a person": (dataclasses.replace(IDENTIFIED, tries_left=0), [], *PERSON),
    "one try left in this call": (
        dataclasses.replace(IDENTIFIED, tries_left=1),
        [keys("1"), wrong()],
        *PERSON,
    ),
    "hang-up ends": (IDENTIFIED, [HungUp()], (), End(Result.GONE)),
    "hang-up while verifying ends": (IDENTIFIED, [keys("0417"), HungUp()], (), End(Result.GONE)),
    # said before anything is asked
    "closed is said first": (
        dataclasses.replace(IDENTIFIED, open=False),
        [],
        (P.WELCOME, P.CLOSED),
        End(Result.CLOSED),
    ),
    "announcement before the start date": (  # S4
        dataclasses.replace(IDENTIFIED, announce=date(2023, 2, 16)),
        [],
        (P.WELCOME, P.ANNOUNCE, P.SECRET),
        SECRET_FIELD,
    ),
    # D1: anonymous callers are served
    "unknown caller is asked for a number": (ANONYMOUS, [], (P.WELCOME, P.NUMBER), NUMBER_FIELD),
    "then for the secret": (ANONYMOUS, [keys("017600000000")], (P.SECRET,), SECRET_FIELD),
    "phone number arrives as E.164": (
        ANONYMOUS,
        [keys("017600000000"), keys("0417")],
        (),
        Verify("+4917600000000", Secret("0417")),
    ),
    "customer number arrives as it is": (
        ANONYMOUS,
        [keys("600123"), keys("0417")],
        (),
        Verify("600123", Secret("0417")),
    ),
    "mistyped number can be keyed again": (
        ANONYMOUS,
        [keys("017600000000"), keys("0417"), wrong(), keys("017600000001"), keys("0417")],
        (),
        Verify("+4917600000001", Secret("0417")),
    ),
    "number is asked again after a refusal": (
        ANONYMOUS,
        [keys("017600000000"), keys("0417"), wrong()],
        (P.REFUSED, P.NUMBER_AGAIN),
        NUMBER_AGAIN_FIELD,
    ),
    "# keeps the number": (
        ANONYMOUS,
        [keys("017600000000"), keys("0417"), wrong(), keys(""), keys("0418")],
        (),
        Verify("+4917600000000", Secret("0418")),
    ),
    "second prompt says more here too": (
        ANONYMOUS,
        [keys("017600000000"), keys("0417"), wrong(), keys("")],
        (P.SECRET_AGAIN,),
        SECRET_FIELD,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_dialogue_follows_the_table(case: str) -> None:
    arrival, events, say, then = TABLE[case]
    turn = after(arrival, *events).turn
    assert turn.say == say
    assert turn.then == then


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.VERIFIED])
@pytest.mark.parametrize("tries", [1, 2])
def test_every_refusal_sounds_the_same(outcome: Outcome, tries: int) -> None:  # C7
    for arrival in (IDENTIFIED, ANONYMOUS):
        number: list[Event] = [] if arrival.identified else [keys("600123")]
        sounds = [
            after(dataclasses.replace(arrival, tries_left=tries), *[*number, keys("0417"), wrong(each)]).turn
            for each in (Outcome.WRONG, outcome)
        ]
        assert sounds[0] == sounds[1]


EVENTS = st.one_of(
    st.text("0123456789", max_size=20).map(keys),
    st.sampled_from([Star(), Silence(), HungUp(), Failed(), RIGHT, wrong(), wrong(Outcome.LOCKED, Next.AGENT)]),
)
ARRIVALS = st.builds(
    dataclasses.replace,
    st.sampled_from([IDENTIFIED, ANONYMOUS]),
    open=st.booleans(),
    announce=st.none() | st.just(date(2023, 2, 16)),
    tries_left=st.integers(0, 9),
)


@settings(max_examples=30)  # the rules of the core are asked in under two seconds
@given(ARRIVALS, st.lists(EVENTS))
def test_only_a_verified_verdict_verifies(arrival: Arrival, events: list[Event]) -> None:  # A1, design decision 9
    dialogue = Dialogue.begin(arrival)
    for event in events:
        asked = isinstance(dialogue.turn.then, Verify)
        was_finished = dialogue.finished
        dialogue = dialogue.hear(event)
        then = dialogue.turn.then
        if isinstance(then, HandOver) and then.result is Result.VERIFIED and not was_finished:
            assert asked
            assert event is RIGHT
    if RIGHT not in events:
        assert not (isinstance(dialogue.turn.then, HandOver) and dialogue.turn.then.level > Level.NONE)


@settings(max_examples=30)
@given(ARRIVALS, st.lists(EVENTS, min_size=20, max_size=40))
def test_every_dialogue_ends_and_offers_at_most_two_secrets(arrival: Arrival, events: list[Event]) -> None:  # C1
    dialogue, offered = Dialogue.begin(arrival), 0
    for event in events:
        dialogue = dialogue.hear(event)
        offered += not dialogue.finished and isinstance(dialogue.turn.then, Verify)
    assert dialogue.finished
    assert offered <= 2


@settings(max_examples=30)
@given(ARRIVALS, st.lists(EVENTS))
def test_dialogue_shows_no_secret(arrival: Arrival, events: list[Event]) -> None:  # B9
    secret = keys("48151623")
    dialogue = after(arrival, *events, secret)
    assert "48151623" not in repr((dialogue, dialogue.turn, secret))


def type_in(text: str, field: Entry) -> Event | None:
    for key in text:
        if (event := field.press(key)) is not None:
            return event
    return None


@pytest.mark.parametrize(
    ("typed", "event"),
    [
        ("0417#", keys("0417")),
        ("04170815", keys("04170815")),  # eight digits need no #
        ("0#", keys("0")),
        ("12*", Star()),
        ("#0417#", keys("0417")),  # the # after a PUK that already ended its entry
        ("12", None),
        ("1A2B#", keys("12")),  # A to D are no digits of a caller
    ],
)
def test_entry_ends_with_hash_or_eight_digits(typed: str, event: Event | None) -> None:
    assert type_in(typed, Entry(SECRET_FIELD)) == event


def test_pause_ends_an_entry_and_silence_is_no_entry() -> None:
    entry = Entry(SECRET_FIELD)
    assert entry.patience == SECRET_FIELD.wait
    assert entry.silent() == Silence()
    entry.press("0")
    assert entry.patience == SECRET_FIELD.pause
    assert entry.silent() == keys("0")  # a code may begin with 0, so only the pause tells


def test_hash_alone_is_an_answer_only_where_a_number_can_be_kept() -> None:
    assert Entry(NUMBER_AGAIN_FIELD).press("#") == keys("")
    assert Entry(SECRET_FIELD).press("#") is None
    assert "#" not in SECRET_FIELD.interrupting


@pytest.mark.parametrize(
    ("reported", "number"),
    [
        ("+4917600000000", "+4917600000000"),
        ("004917600000000", "+4917600000000"),
        ("017600000000", "+4917600000000"),
        ("4917600000000", "+4917600000000"),
        ("0176 / 000-00000", "+4917600000000"),
        ("anonymous", None),
        ("", None),
        ("unknown", None),
        ("00", None),
        ("+49176000000001234567", None),
    ],
)
def test_calling_numbers_become_e164(reported: str, number: str | None) -> None:
    assert normalise(reported) == number


def test_what_begins_without_zero_is_a_customer_number() -> None:
    assert keyed("600123") == "600123"
    assert keyed("4917600000000") == "4917600000000"
    assert keyed("017600000000") == "+4917600000000"
    assert keyed("012") == "012"


@given(st.text(max_size=30))
def test_normalising_any_text_gives_e164_or_nothing(text: str) -> None:
    number = normalise(text)
    assert number is None or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit() and len(number) <= 16)


def test_where_letter_codes_count_an_entry_goes_on_behind_the_eighth_digit() -> None:  # E4
    """A PUK then ends with # or a pause, for the first try and the second."""
    dialogue = Dialogue.begin(dataclasses.replace(IDENTIFIED, longest_secret=10))
    field = dialogue.turn.then
    assert field == dataclasses.replace(SECRET_FIELD, most=10)
    assert isinstance(field, Collect)
    entry = Entry(field)
    assert [entry.press(key) for key in "1234567890"] == [None] * 9 + [Entered(Secret("1234567890"))]
    assert dialogue.hear(keys("1")).hear(wrong()).turn.then == field
