"""Count tries of those who are nobody yet, exactly over all processes (sign-in, sign-up, API keys).

Counted before it is known whether the try is right: tries at the same time get no one more.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries of kind `what` by one source within `seconds`, counted from its first."""

    what: str
    most: int
    seconds: float

    def within(self, connection: Any, who: str) -> bool:
        """Count one more try of `who` on a connection that commits by itself (Django's or psycopg's)."""
        with connection.cursor() as cursor:
            cursor.execute("select within_limit(%s, %s, %s, %s)", (self.what, who, self.most, self.seconds))
            (fits,) = cursor.fetchone()
        return bool(fits)

    def give_back(self, connection: Any, who: str) -> None:
        """The try that was counted last was right."""
        with connection.cursor() as cursor:
            cursor.execute("select give_back(%s, %s)", (self.what, who))
