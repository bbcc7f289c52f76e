"""Send pushes that were written down, and forget what is over. A mail goes beside each: a push may never be seen (C8).

One push a transaction. A service that says that nobody waits there ends the subscription; one that wants to wait is
waited for; what is worth nothing any more is given up. Where a customer has no e-mail address, the push is what told
them.
"""

from datetime import datetime, timedelta
from typing import Final

from werda.core.notice import NoticeChannel
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.mail.words import Speech
from werda.push.service import Gone, Later, Pushing, Taken, hand_over, new_key
from werda.push.subscription import Subscription
from werda.push.words import message_of
from werda.usecases.open_session import Connection

CHANNEL: Final = "werda_push"
TRIES: Final = 6
RENEWED: Final = timedelta(days=90)
"""How long a subscription counts that no browser has renewed."""
KEPT: Final = timedelta(days=7)
_DELAY: Final = timedelta(seconds=15)
_KEY_PLACE: Final = "push key|1"
_DUE: Final = (
    "select p.id, p.kind, p.created_at, p.tries, p.notice_id, s.id, s.sealed, b.name, b.form, c.language, c.email"
    " from push p join push_subscription s on s.id = p.subscription_id join brand b on b.id = s.brand_id"
    " join customer c on c.id = s.customer_id"
    " where p.sent_at is null and p.failed_at is null and p.next_try_at <= %s"
    " order by p.next_try_at, p.id limit 1 for update of p skip locked"
)


def place_of(subscription_id: int) -> str:
    """What a sealed subscription is bound to."""
    return f"push|{subscription_id}"


def key_place_of(_key_id: int) -> str:
    """What the sealed key is bound to; there is one."""
    return _KEY_PLACE


def make_push_key(connection: Connection, custody: Custody, now: datetime) -> None:
    """Make the key under which pushes are sent, unless there is one. In autocommit."""
    if connection.execute("select 1 from push_key").fetchone() is None:
        private, public = new_key()
        connection.execute(
            "insert into push_key (id, public, sealed, sealed_key_id, created_at) values (1, %s, %s, %s, %s)"
            " on conflict do nothing",
            (public, custody.seal_for(_KEY_PLACE, private), custody.key_id, now),
        )


def send_one_push(connection: Connection, custody: Custody, pushing: Pushing, now: datetime) -> bool:
    """Send the one that is due for longest; False when none is. In autocommit."""
    with connection.transaction():
        row = connection.execute(_DUE, (now,)).fetchone()
        if row is None:
            return False
        push_id, kind, created_at, tries, notice_id, subscription_id, sealed, brand, form, language, email = row
        message = message_of(Speech.of(language, form), brand, kind)
        if created_at + message.lives <= now or tries >= TRIES:
            connection.execute(
                "update push set failed_at = %s, last_problem = case last_problem when '' then 'too late'"
                " else last_problem end where id = %s",
                (now, push_id),
            )
            return True
        to = Subscription.from_text(custody.open_for(place_of(subscription_id), sealed))
        outcome = hand_over(pushing, _key(connection, custody), to, message, now=now)
        if isinstance(outcome, Taken):
            _taken(connection, push_id, subscription_id, None if email else notice_id, now)
        elif isinstance(outcome, Gone):
            connection.execute("delete from push where subscription_id = %s", (subscription_id,))
            connection.execute("delete from push_subscription where id = %s", (subscription_id,))
        else:
            wait = (outcome.wait if isinstance(outcome, Later) else None) or _DELAY * 2**tries
            over = not isinstance(outcome, Later)
            connection.execute(
                "update push set tries = tries + 1, next_try_at = %s, last_problem = %s,"
                " failed_at = case when %s then %s end where id = %s",
                (now + wait, outcome.problem, over, now, push_id),
            )
        return True


def forget_pushes(connection: Connection, now: datetime) -> None:
    """Remove pushes that are over, and subscriptions that no browser has renewed for long (A9). In autocommit."""
    connection.execute("delete from push where created_at <= %s", (now - KEPT,))
    connection.execute("delete from push_subscription where renewed_at <= %s", (now - RENEWED,))
    connection.execute(
        "delete from push p where not exists (select from push_subscription s where s.id = p.subscription_id)"
    )


def _taken(connection: Connection, push_id: int, subscription_id: int, tells: int | None, now: datetime) -> None:
    connection.execute("update push set sent_at = %s, last_problem = '' where id = %s", (now, push_id))
    connection.execute("update push_subscription set delivered_at = %s where id = %s", (now, subscription_id))
    connection.execute(
        "update notice set told_at = %s, channel = %s where id = %s and told_at is null",
        (now, NoticeChannel.PUSH.value, tells),
    )


def _key(connection: Connection, custody: Custody) -> Secret:
    row = connection.execute("select sealed from push_key where id = 1").fetchone()
    assert row is not None, "the worker makes it before it sends"
    return custody.open_for(_KEY_PLACE, row[0])
