"""Opening the portal by a link in a mail and a code by SMS, and the SMS that are sent for it (E5)."""

from django.db import models


class Enrolment(models.Model):
    """One try to open the portal. Of the link's token only the hash lies here, of the SMS code a keyed value.

    `opened_at`: the link was followed and the SMS ordered, once. `tries` are wrong codes. `used_at`: it was right.
    """

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    token_hash = models.BinaryField(max_length=32, unique=True)
    code_mac = models.BinaryField(null=True)
    code_key_id = models.BigIntegerField(null=True)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "enrolment"
        indexes = (models.Index(fields=["customer_id", "created_at"], name="enrolment_of_customer"),)


class Sms(models.Model):
    """One SMS with a code. The code lies sealed, bound to this row (``sms|<id>``), until it is sent or given up."""

    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    to_number = models.TextField()
    sealed = models.BinaryField(null=True)
    sealed_key_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_problem = models.TextField(default="")

    class Meta:
        db_table = "sms"
        indexes = (
            models.Index(
                fields=["next_try_at"], name="sms_due", condition=models.Q(sent_at__isnull=True, failed_at__isnull=True)
            ),
            models.Index(fields=["customer_id"], name="sms_of_customer"),
        )
