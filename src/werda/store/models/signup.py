"""Signing up: what a brand sells, an order that is being filled in, and the code chosen with one (S5)."""

from django.db import models


class TariffVersion(models.Model):
    """A tariff document, sold from `effective_from` until the brand's next one (core.tariff_document)."""

    brand_id = models.BigIntegerField()
    version = models.TextField()
    effective_from = models.DateTimeField()
    document = models.TextField()

    class Meta:
        db_table = "tariff_version"
        constraints = (
            models.UniqueConstraint(fields=["brand_id", "version"], name="tariff_version_once"),
            models.UniqueConstraint(fields=["brand_id", "effective_from"], name="tariff_one_at_a_time"),
        )


class OrderDraft(models.Model):
    """An order that is being filled in. Whoever has the cookie, of which only the hash lies here, has the draft.

    `data` holds what was typed, step by step, and never a secret. The chosen code lies sealed beside it
    (`keys.custody.Kind.DRAFT_CODE`, bound to this row's id) and goes with the draft: at the order, or at `expires_at`.
    `order_public_id` is the order it became; from then on the draft is empty.
    """

    token_hash = models.BinaryField(max_length=32, unique=True)
    brand_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    code_key_id = models.BigIntegerField(null=True)
    code = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    order_public_id = models.UUIDField(null=True, unique=True)

    class Meta:
        db_table = "order_draft"
        indexes = (models.Index(fields=["expires_at"], name="order_draft_expires"),)


class OrderedCode(models.Model):
    """The code chosen with an order, sealed (`Kind.ORDERED_CODE`, bound to the order's id) until the operator answers.

    Sign-up and intake put it in and cannot read it again; it goes when the order is completed, or at `expires_at`.
    """

    order_id = models.BigIntegerField(primary_key=True)
    key_id = models.BigIntegerField()
    ciphertext = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "ordered_code"
        indexes = (models.Index(fields=["expires_at"], name="ordered_code_expires"),)
