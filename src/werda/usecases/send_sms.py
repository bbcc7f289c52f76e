"""Send SMS that were ordered; one whose code counts no longer is given up. Each goes once, but for one in flight."""

from datetime import datetime, timedelta
from typing import Final

from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.mail.words import Speech
from werda.sms.gateway import Gateway, Never, Taken, hand_over
from werda.sms.words import code_text
from werda.usecases.open_session import Connection

CHANNEL: Final = "werda_sms"
LIFETIME: Final = timedelta(minutes=10)
_DELAY: Final = timedelta(seconds=10)
_DUE: Final = (
    "select s.id, s.to_number, s.sealed, s.created_at, b.name, b.form, c.language from sms s"
    " join brand b on b.id = s.brand_id join customer c on c.id = s.customer_id"
    " where s.sent_at is null and s.failed_at is null and s.next_try_at <= %s and s.sealed is not null"
    " order by s.next_try_at, s.id limit 1 for update of s skip locked"
)


def place_of(sms_id: int) -> str:
    """What the sealed code of an SMS is bound to."""
    return f"sms|{sms_id}"


def send_one_sms(connection: Connection, custody: Custody, gateway: Gateway, now: datetime) -> bool:
    """Send the one that is due for longest; False when none is, or it did not get through. In autocommit."""
    with connection.transaction():
        row = connection.execute(_DUE, (now,)).fetchone()
        if row is None:
            return False
        sms_id, to, sealed, created_at, brand, form, language = row
        code = custody.open_for(place_of(sms_id), sealed).reveal()
        text = Secret(code_text(Speech.of(language, form), brand, f"{code[:3]} {code[3:]}"))
        over = created_at + LIFETIME <= now
        outcome = Never("too late") if over else hand_over(gateway, to, text)
        if isinstance(outcome, Taken):
            connection.execute(
                "update sms set sent_at = %s, sealed = null, sealed_key_id = null where id = %s", (now, sms_id)
            )
            return True
        given_up = isinstance(outcome, Never)
        connection.execute(
            "update sms set tries = tries + 1, next_try_at = %s, last_problem = %s,"
            " failed_at = case when %s then %s end, sealed = case when %s then null else sealed end where id = %s",
            (now + _DELAY, outcome.problem, given_up, now, given_up, sms_id),
        )
        return given_up
