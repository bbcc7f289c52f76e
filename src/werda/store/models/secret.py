"""Secrets: sealed for those who may read, as keyed values for those who only compare (B5, design decision 4)."""

from django.db import models
from django.db.models.functions import Now


class SealedSecret(models.Model):
    """AEAD ciphertext, bound to customer, kind and row; `sim_id` is 0 where the secret belongs to no SIM.

    `kind` is a `werda.keys.custody.Kind`. `key_id` names the version of the custody key. `as_of` is the time of the
    file that brought the value, or of the change in Werda; an older file never overwrites it.
    """

    pk = models.CompositePrimaryKey("customer_id", "sim_id", "kind")
    customer_id = models.BigIntegerField()
    sim_id = models.BigIntegerField(default=0)
    kind = models.SmallIntegerField()
    key_id = models.BigIntegerField()
    ciphertext = models.BinaryField()
    as_of = models.DateTimeField()

    class Meta:
        db_table = "sealed_secret"


class Credential(models.Model):
    """What an attempt is compared with: a keyed value of 16 bytes, its key id beside it.

    `person_id` 0 is the account holder. `until` ends the legacy method (A1).
    """

    pk = models.CompositePrimaryKey("customer_id", "person_id", "method", "sim_id")
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField(default=0)
    method = models.SmallIntegerField()  # core.method.Method
    sim_id = models.BigIntegerField(default=0)
    key_id = models.BigIntegerField()
    mac = models.BinaryField(max_length=16)
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "credential"
        indexes = (models.Index(fields=["until"], name="credential_end", condition=models.Q(until__isnull=False)),)


class KeyCanary(models.Model):
    """A known value under each key version: start-up compares it and refuses a wrong key ring (B5).

    `state` is a `werda.keys.known.KeyState`, since `since`. A retired key keeps its row, so that it never comes back.
    """

    pk = models.CompositePrimaryKey("ring", "key_id")
    ring = models.TextField()
    key_id = models.BigIntegerField()
    value = models.BinaryField()
    state = models.TextField(db_default="primary")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "key_canary"
