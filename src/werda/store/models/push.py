"""Pushes: the key they are sent under, the browsers that want them, and those on their way."""

from django.db import models


class PushKey(models.Model):
    """The one key of this installation. `public` is what browsers are told; the private half lies sealed (B5)."""

    public = models.BinaryField(max_length=65)
    sealed = models.BinaryField()
    sealed_key_id = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "push_key"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="push_key_is_one"),)


class PushSubscription(models.Model):
    """A browser that wants pushes; address and keys lie sealed together, `address_hash` is SHA-256 of the address.

    It ends when its session is ended, when the service says that nobody waits there, and when it was not renewed for
    long.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    session_id = models.BigIntegerField()
    address_hash = models.BinaryField(max_length=32, unique=True)
    host = models.TextField()
    sealed = models.BinaryField(null=True)
    sealed_key_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    renewed_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "push_subscription"
        indexes = (
            models.Index(fields=["customer_id"], name="push_subscription_of_customer"),
            models.Index(fields=["session_id"], name="push_subscription_of_session"),
        )


class Push(models.Model):
    """One push to one browser. `kind` is a `NoticeKind`, or one of `werda.push.words`."""

    subscription_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    kind = models.TextField()
    notice_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_problem = models.TextField(default="")

    class Meta:
        db_table = "push"
        indexes = (
            models.Index(
                fields=["next_try_at"],
                name="push_due",
                condition=models.Q(sent_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["subscription_id"], name="push_of_subscription"),
            models.Index(fields=["customer_id"], name="push_of_customer"),
            models.Index(fields=["created_at"], name="push_age"),
        )
