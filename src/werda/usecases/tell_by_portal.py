"""Notices that a customer without e-mail reads in the portal count as told there (C8): no mail will tell them."""

from collections.abc import Sequence
from datetime import datetime

from werda.core.notice import NoticeChannel
from werda.usecases.open_session import Connection


def tell_by_portal(connection: Connection, shown: Sequence[int], *, now: datetime) -> int:
    """Mark those of the notices just shown that nobody told yet; with an e-mail address the mail tells them."""
    return connection.execute(
        "update notice set told_at = %s, channel = %s where id = any(%s) and told_at is null"
        " and exists (select from customer c where c.email = '')",
        (now, NoticeChannel.PORTAL.value, list(shown)),
    ).rowcount
