"""Mail to one customer, written down in the transaction of what it tells of, and sent by the worker (C8, A6, S13)."""

from django.db import models

from werda.core.mail import MailKind


class Mail(models.Model):
    """One mail. What it says follows from `kind` and `data`, which holds nothing secret, when it is sent.

    `sealed` is a secret that a link in it carries, under the custody key `sealed_key_id`, bound to this row
    (``mail|<id>``); it goes when the mail is sent. `notice_id` is the notice that it tells of. `sent_at` and
    `failed_at` are null while it waits.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    to_address = models.TextField()
    kind = models.TextField()  # core.mail.MailKind
    data = models.JSONField(default=dict)
    sealed = models.BinaryField(null=True)
    sealed_key_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_problem = models.TextField(default="")
    notice_id = models.BigIntegerField(null=True, unique=True)

    class Meta:
        db_table = "mail"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(kind.value for kind in MailKind)), name="mail_kind_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["customer_id"], name="mail_of_customer"),
            models.Index(
                fields=["next_try_at"],
                name="mail_due",
                condition=models.Q(sent_at__isnull=True, failed_at__isnull=True),
            ),
        )
