"""Sending by a real SMTP server: once, with the same id at every try; a notice is told when its mail was taken."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.booking import offer
from tests.database import TestDatabase
from tests.gates import free_port
from tests.people import Person, Town
from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.core.secret import Secret
from werda.mail.transport import Post, Relay
from werda.store.roles import Role
from werda.usecases.asker import Asker
from werda.usecases.book_option import Booked, book_option
from werda.usecases.cancel_option import Cancelled, cancel_option, withdraw_option
from werda.usecases.post_mail import post_mail
from werda.usecases.send_mail import TRIES, Portals, post_notices, send_one
from werda.usecases.tell_customer import tell_customer

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


@dataclass
class Server:
    """A mail server that takes everything, or answers a recipient with `answers`."""

    taken: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Server, Relay]]:
    handler, port = Server(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, Relay("127.0.0.1", port, "service@nordfunk.example")
    controller.stop()


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


def tell(town: Town, person: Person, kind: NoticeKind) -> None:
    with town.database.connect(Role.CUSTODY) as custody:
        tell_customer(custody, kind, brand_id=town.brand, customer_id=person.id, now=NOW)


def work(town: Town, post: Post, now: datetime = NOW) -> None:
    """What the worker does."""
    with town.database.connect(Role.CUSTODY) as custody:
        post_notices(custody, now)
        while send_one(custody, town.database.custody, post, Portals(), now):
            pass


def test_a_notice_becomes_one_mail_and_counts_as_told_when_it_was_taken(
    town: Town, server: tuple[Server, Relay]
) -> None:  # C8
    handler, relay = server
    person = town.person()
    tell(town, person, NoticeKind.HOTLINE_LOCKED)
    post = Post(relay)
    work(town, post)
    work(town, post)
    [mail] = handler.taken
    assert mail["To"] == "maren1@example.org"
    assert mail["From"] == "Nordfunk <service@nordfunk.example>"
    assert mail["Subject"] == "Der Hotline-Zugang ist gesperrt"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "Hallo Maren Muster1" in plain.get_content()
    assert "https://mein.nordfunk.example/code-and-sim/hotline" in plain.get_content()
    assert mail.get_body(("html",)) is not None
    assert town.database.rows("select channel, told_at is not null from notice") == [("mail", True)]
    assert handler.connections == 1
    post.close()


def test_many_mails_go_over_one_connection(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    for _ in range(5):
        tell(town, town.person(), NoticeKind.CODE_CHANGED)
    post = Post(relay)
    work(town, post)
    assert (len(handler.taken), handler.connections) == (5, 1)
    post.close()


def test_who_has_no_address_and_who_left_get_none(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    without, gone = town.person(), town.person()
    with town.database.connect() as owner:
        owner.execute("update customer set email = '' where id = %s", (without.id,))
        owner.execute("update customer set ended_at = now() where id = %s", (gone.id,))
    for person in (without, gone):
        tell(town, person, NoticeKind.CODE_CHANGED)
    work(town, Post(relay))
    assert handler.taken == []


def test_what_is_no_longer_true_is_not_sent(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    person = town.person()
    tell(town, person, NoticeKind.CODE_ASSIGNED)
    with town.database.connect(Role.CUSTODY) as custody:
        post_notices(custody, NOW)
        custody.execute("delete from notice where customer_id = %s", (person.id,))
    work(town, Post(relay))
    assert handler.taken == []
    assert town.database.rows("select count(*) from mail") == [(0,)]


def test_a_refused_recipient_fails_for_good_and_the_next_ones_go(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    handler.answers["maren1@example.org"] = "550 no such user"
    for _ in range(2):
        tell(town, town.person(), NoticeKind.CODE_CHANGED)
    post = Post(relay)
    work(town, post)
    assert [mail["To"] for mail in handler.taken] == ["maren2@example.org"]
    rows = town.database.rows("select failed_at is not null, last_problem from mail order by id")
    assert rows == [(True, "refused with 550"), (False, "")]
    assert town.database.rows("select count(*) from notice where told_at is null") == [(1,)]
    post.close()


def test_a_deferred_mail_is_tried_again_later_with_the_same_id(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    handler.answers["maren1@example.org"] = "451 come again"
    tell(town, town.person(), NoticeKind.CODE_CHANGED)
    post = Post(relay)
    work(town, post)
    work(town, post, NOW + timedelta(seconds=50))  # too early
    assert town.database.rows("select tries, last_problem from mail") == [(1, "deferred with 451")]
    handler.answers.clear()
    work(town, post, NOW + timedelta(minutes=2))
    [mail] = handler.taken
    assert mail["Message-ID"].startswith("<werda-")
    post.close()


def test_without_a_relay_nothing_is_lost_and_in_the_end_it_is_given_up(town: Town) -> None:
    tell(town, town.person(), NoticeKind.CODE_CHANGED)
    post = Post(Relay("127.0.0.1", free_port(), "service@nordfunk.example"))
    work(town, post)
    assert town.database.rows("select tries, failed_at from mail") == [(1, None)]
    for n in range(TRIES):
        work(town, post, NOW + timedelta(days=n + 1))
    [(tries, failed, problem)] = town.database.rows("select tries, failed_at is not null, last_problem from mail")
    assert (tries, failed) == (TRIES, True)
    assert problem == "no way to the relay: ConnectionRefusedError"


def test_receipts_of_an_option_say_its_price_its_days_and_the_right_to_withdraw(
    town: Town, server: tuple[Server, Relay]
) -> None:  # S13
    handler, relay = server
    offer(town)
    person = town.person()
    asker = Asker(town.brand, person.id, person.number, "test")
    with town.database.connect(Role.CUSTODY) as custody, custody.transaction():
        booked = book_option(
            custody, asker, line_id=person.line_id, slug="music", idempotency_key="k", now=NOW
        )  # fmt: skip
        assert isinstance(booked, Booked), booked
        assert isinstance(cancel_option(custody, asker, booked.public_id, now=NOW), Cancelled)
        assert isinstance(withdraw_option(custody, asker, booked.public_id, now=NOW), Cancelled)
    post = Post(relay)
    work(town, post)
    post.close()
    bodies = [body.get_content() for mail in handler.taken if (body := mail.get_body(("plain",))) is not None]
    said = [" ".join(body.split()) for body in bodies]
    assert len(said) == 3, said
    assert re.search(r"gebucht, für \d+,\d\d € im Monat ab 1\. Juni 2026\.", said[0]), said[0]
    assert "bis zum 15. Juni 2026 ohne Angabe von Gründen widerrufen" in said[0]
    assert re.search(r"gekündigt\. Letzter Tag ist der \d+\. \w+ 2026\.", said[1]), said[1]
    assert "widerrufen. Sie gilt von Anfang an nicht" in said[2]


def test_a_links_secret_lies_sealed_until_it_is_sent_and_stands_behind_the_hash(
    town: Town, server: tuple[Server, Relay]
) -> None:  # B9
    handler, relay = server
    person, token = town.person(), "ganz-geheimes-Wort"
    with town.database.connect(Role.CUSTODY) as custody, custody.transaction():
        post_mail(
            custody, MailKind.SIGN_IN_LINK, "maren1@example.org", brand_id=town.brand, customer_id=person.id, now=NOW,
            data={"path": "/sign-in/link"}, secret=Secret(token), custody=town.database.custody,
        )  # fmt: skip
    assert token not in str(town.database.rows("select * from mail"))
    post = Post(relay)
    work(town, post)
    body = handler.taken[0].get_body(("plain",))
    assert body is not None
    assert f"https://mein.nordfunk.example/sign-in/link#{token}" in body.get_content()
    assert town.database.rows("select sealed from mail") == [(None,)]
    post.close()


def test_two_workers_send_nothing_twice(town: Town, server: tuple[Server, Relay]) -> None:
    handler, relay = server
    for _ in range(4):
        tell(town, town.person(), NoticeKind.CODE_CHANGED)
    one, other = Post(relay), Post(relay)
    with town.database.connect(Role.CUSTODY) as first, town.database.connect(Role.CUSTODY) as second:
        assert post_notices(first, NOW) == 4
        assert post_notices(second, NOW) == 0
        with first.transaction():  # one holds the first mail while the other works on
            first.execute("select 1 from mail order by id limit 1 for update")
            while send_one(second, town.database.custody, other, Portals(), NOW):
                pass
        while send_one(first, town.database.custody, one, Portals(), NOW):
            pass
    assert sorted(mail["To"] for mail in handler.taken) == [f"maren{n}@example.org" for n in range(1, 5)]
    one.close()
    other.close()
