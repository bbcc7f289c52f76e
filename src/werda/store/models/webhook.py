"""Where messages for the operator's systems go, and what the intake answered under an idempotency key."""

from django.db import models


class WebhookEndpoint(models.Model):
    """The receiver of a brand's messages; without `brand_id`, of every brand that has none of its own.

    Its secret is sealed with the custody ring, bound to this row; `key_id` names the version. After a rotation messages
    are signed with the former secret too, until `former_until`. `gone_at`: it answered 410 and gets nothing more.
    `paused_until`: no connection came about, so nobody tries before that.
    """

    brand_id = models.BigIntegerField(null=True)
    url = models.TextField()
    key_id = models.BigIntegerField()
    secret = models.BinaryField()
    former_secret = models.BinaryField(null=True)
    former_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_endpoint"
        constraints = (
            models.UniqueConstraint(fields=["brand_id"], name="webhook_endpoint_once", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return self.url


class IntakeReply(models.Model):
    """What a request with an `Idempotency-Key` was answered. `request_mac` is a keyed value over what it sent."""

    pk = models.CompositePrimaryKey("api_key_id", "idempotency_key")
    api_key_id = models.BigIntegerField()
    idempotency_key = models.TextField()
    request_mac = models.BinaryField(max_length=16)
    status = models.SmallIntegerField()
    body = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        db_table = "intake_reply"
        indexes = (models.Index(fields=["answered_at"], name="intake_reply_by_age"),)
