"""One-time codes and the wrong tries at them (B6, C2, E4)."""

from django.db import models


class OneTimeCode(models.Model):
    """The newest code of a kind that a person was given; another one takes its place.

    `kind` is a `core.method.Method`, `mac` and `key_id` as in a credential. `sealed` is the ciphertext while it must
    still be printed, under the custody key `sealed_key_id`. `request` names what it was given for,
    `topic` (`core.topic`) what the call is to be about, if that was said. `expires_at` is null
    until a letter code is printed: before, it counts for nothing. `failures` are wrong tries at it, `own_failures`
    those from the person's own line (C3).

    With an empty `mac` it is the place of somebody who has none, so that an attempt at it does the same work (C7).
    """

    pk = models.CompositePrimaryKey("customer_id", "person_id", "kind")
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    kind = models.SmallIntegerField()
    brand_id = models.BigIntegerField()
    key_id = models.BigIntegerField()
    mac = models.BinaryField(max_length=16)
    sealed = models.BinaryField(null=True)
    sealed_key_id = models.BigIntegerField(null=True)
    strong = models.BooleanField()
    request = models.TextField()
    topic = models.TextField(db_default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0)
    own_failures = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "one_time_code"
        indexes = (models.Index(fields=["expires_at"], name="one_time_code_expiry"),)


class OneTimeTries(models.Model):
    """Wrong one-time codes of a person within 24 hours of the first, `since`; one row for their own line (C3).

    Negative customer ids are those of unknown numbers, as in a budget (C7).
    """

    pk = models.CompositePrimaryKey("customer_id", "person_id", "own_line")
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    own_line = models.BooleanField()
    since = models.DateTimeField()
    failures = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "one_time_tries"
