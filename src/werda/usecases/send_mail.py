"""Send mails that were posted, and turn what customers must be told into mails (C8, A6).

One mail a transaction: its row is locked, the relay takes it, the row says so. Killed in between, the one mail in
flight goes once more, with the same Message-ID; nobody else gets anything twice, and nobody is forgotten. A notice
counts as told when its mail was taken, and one that is no longer true by then is not sent.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Final
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from werda.core.mail import MailKind
from werda.core.notice import NoticeChannel, NoticeKind
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.mail.render import Recipient, Sender, render
from werda.mail.transport import Handed, Never, Post, message_of
from werda.usecases.open_session import Connection
from werda.usecases.post_mail import place_of, post_mail

TRIES: Final = 20
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=6)
"""A mail is tried again after one, two, four … minutes, for some three days."""

_CHUNK: Final = 500
_DUE: Final = (
    "select m.id, m.brand_id, m.to_address, m.kind, m.data, m.sealed, m.created_at, m.tries, m.notice_id,"
    " b.name as brand, b.form, b.timezone, b.portal,"
    " coalesce(c.language, b.language) as language,"
    " coalesce(nullif(c.company, ''), trim(c.given_name || ' ' || c.family_name), '') as person,"
    " n.id is not null and n.told_at is null as untold"
    " from mail m join brand b on b.id = m.brand_id left join customer c on c.id = m.customer_id"
    " left join notice n on n.id = m.notice_id"
    " where m.sent_at is null and m.failed_at is null and m.next_try_at <= %s"
    " order by m.next_try_at, m.id limit 1 for update of m skip locked"
)


@dataclass(frozen=True, slots=True)
class _Due:
    """A mail whose turn it is, and whom it is from and to. `untold`: its notice is there and was not told."""

    id: int
    brand_id: int
    to_address: str
    kind: str
    data: dict[str, str]
    sealed: bytes | None
    created_at: datetime
    tries: int
    notice_id: int | None
    brand: str
    form: str
    timezone: str
    portal: str
    language: str
    person: str
    untold: bool


@dataclass(frozen=True, slots=True)
class Portals:
    """Where links lead: the brand's own portal, or for a brand on this machine another address."""

    address: str | None = None

    def of(self, portal: str) -> str:
        """The address of a brand's portal, without a slash at its end."""
        return (self.address or f"https://{portal}").rstrip("/")


def post_notices(connection: Connection, now: datetime) -> int:
    """Post a mail for what customers with an e-mail address were not told yet; gives how many. In autocommit."""
    posted = connection.execute(
        "insert into mail (brand_id, customer_id, to_address, kind, data, created_at, next_try_at, tries, last_problem,"
        " notice_id) select n.brand_id, n.customer_id, c.email, %s, jsonb_build_object('notice', n.kind), n.created_at,"
        " %s, 0, '', n.id from notice n"
        " join customer c on c.id = n.customer_id and c.email <> '' and c.ended_at is null"
        " where n.told_at is null and n.order_id is null"
        " and not exists (select from mail m where m.notice_id = n.id)"
        " order by n.id limit %s on conflict (notice_id) do nothing",
        (MailKind.NOTICE.value, now, _CHUNK),
    )
    return posted.rowcount


def post_order_notices(connection: Connection, custody: Custody, now: datetime) -> bool:
    """Post a mail about an order that waits, with a link that cancels it (A6); False when there is none. In autocommit.

    The link's secret is made here: whoever asks for the order never knows it.
    """
    with connection.transaction():
        row = connection.execute(
            "select n.id, n.brand_id, n.customer_id, n.kind, n.created_at, c.email, o.id,"
            " coalesce(o.release_at, o.ordered_at) from notice n"
            " join operator_order o on o.id = n.order_id"
            " join customer c on c.id = n.customer_id and c.email <> '' and c.ended_at is null"
            " where n.told_at is null and not exists (select from mail m where m.notice_id = n.id)"
            " order by n.id limit 1 for update of n, o skip locked"
        ).fetchone()
        if row is None:
            return False
        notice_id, brand_id, customer_id, kind, created_at, email, order_id, release_at = row
        token = Secret(secrets.token_urlsafe(32))
        mail_id = post_mail(
            connection, MailKind.NOTICE, email, brand_id=brand_id, customer_id=customer_id, now=now,
            data={"notice": kind, "release": release_at.isoformat(), "path": "/stop"}, secret=token, custody=custody,
        )  # fmt: skip
        connection.execute(
            "update mail set notice_id = %s, created_at = %s where id = %s", (notice_id, created_at, mail_id)
        )
        connection.execute(
            "update operator_order set cancel_hash = %s where id = %s and state = 'waiting'",
            (hashlib.sha256(token.reveal().encode()).digest(), order_id),
        )
        return True


def send_one(connection: Connection, custody: Custody, post: Post, portals: Portals, now: datetime) -> bool:
    """Send the mail that is due for longest; False when none is, or the relay cannot be reached. In autocommit."""
    with connection.transaction(), connection.cursor(row_factory=class_row(_Due)) as cursor:
        mail = cursor.execute(_DUE, (now,)).fetchone()
        if mail is None:
            return False
        if mail.kind == MailKind.NOTICE and not mail.untold:  # told otherwise, or true no longer
            connection.execute("delete from mail where id = %s", (mail.id,))
            return True
        outcome = post.hand_over(_message(mail, custody, post, portals, now))
        if isinstance(outcome, Handed):
            connection.execute(
                "update mail set sent_at = %s, sealed = null, sealed_key_id = null, last_problem = '' where id = %s",
                (now, mail.id),
            )
            connection.execute(
                "update notice set told_at = %s, channel = %s where id = %s and told_at is null",
                (now, NoticeChannel.MAIL.value, mail.notice_id),
            )
            return True
        over = isinstance(outcome, Never) or mail.tries + 1 >= TRIES
        delay = min(FIRST_DELAY * 2**mail.tries, LONGEST_DELAY)
        connection.execute(
            "update mail set tries = tries + 1, next_try_at = %s, last_problem = %s,"
            " failed_at = case when %s then %s end, sealed = case when %s then null else sealed end where id = %s",
            (now + delay, outcome.problem, over, now, over, mail.id),
        )
        return isinstance(outcome, Never)


def _message(mail: _Due, custody: Custody, post: Post, portals: Portals, now: datetime) -> EmailMessage:
    data = dict(mail.data)
    notice = NoticeKind(data.pop("notice")) if mail.kind == MailKind.NOTICE else None
    portal = portals.of(mail.portal)
    if mail.sealed is not None:
        data["link"] = f"{portal}{data.pop('path')}#{custody.open_for(place_of(mail.id), mail.sealed).reveal()}"
    text = render(
        Sender(mail.brand, mail.form, ZoneInfo(mail.timezone), portal),
        Recipient(data.pop("person", mail.person), mail.language),
        MailKind(mail.kind),
        at=mail.created_at,
        notice=notice,
        data=data,
    )
    return message_of(
        text, post.relay, brand=mail.brand, to=mail.to_address, message_id=f"werda-{mail.id}", at=now.astimezone(UTC)
    )
