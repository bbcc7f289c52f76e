"""How often something was tried, where nobody can be asked to wait by name: sign-in, sign-up, API keys."""

from django.db import models


class RateLimit(models.Model):
    """Tries of one kind from one place or on one login until `until`.

    `key` is a hash of both: the table names no address and no login. Only the functions in 45_limits.sql write it.
    """

    key = models.BinaryField(primary_key=True)
    count = models.IntegerField()
    until = models.DateTimeField()

    class Meta:
        db_table = "rate_limit"
        indexes = (models.Index(fields=["until"], name="rate_limit_by_end"),)
