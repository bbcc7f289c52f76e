"""What customers must still be told, and what they were told (C8)."""

from django.db import models

from werda.core.notice import NoticeChannel, NoticeKind


class Notice(models.Model):
    """One thing a customer must be told of. `told_at` and `channel` are null until they were.

    `order_id` is the order that was asked for, where it can still be cancelled (A6).
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    kind = models.TextField()  # core.notice.NoticeKind
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    channel = models.TextField(null=True)  # noqa: DJ001 - core.notice.NoticeChannel; null while nobody told them
    order_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "notice"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(kind.value for kind in NoticeKind)), name="notice_kind_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(told_at__isnull=True, channel__isnull=True)
                | models.Q(
                    told_at__isnull=False,
                    channel__isnull=False,
                    channel__in=sorted(channel.value for channel in NoticeChannel),
                ),
                name="notice_told_by_a_channel",
            ),
        )
        indexes = (
            models.Index(fields=["customer_id"], name="notice_of_customer"),
            models.Index(fields=["brand_id", "id"], name="notice_untold", condition=models.Q(told_at__isnull=True)),
        )
