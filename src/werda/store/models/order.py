"""What ends in the operator's systems: orders, and the messages that carry them out (design decision 10).

An order and its message are written in one transaction (transactional outbox): neither is there without the other.
"""

import uuid

from django.db import models

from werda.core.order import OrderKind, OrderState

__all__ = ["OperatorOrder", "OrderKind", "OrderState", "OutboxMessage"]


class OperatorOrder(models.Model):
    """One order. `public_id` is how the outside names it; `detail` never holds a secret (B9).

    `customer_id` is null until the operator says whose it became. `idempotency_key` makes a repeat the same order.
    One that waits (A6) is handed over at `release_at`; `cancel_hash` is SHA-256 of what the link in the mail carries.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    brand_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    kind = models.TextField()
    state = models.TextField(default=OrderState.ORDERED.value)
    detail = models.JSONField(default=dict)
    reason = models.TextField(default="")
    idempotency_key = models.TextField(null=True)  # noqa: DJ001 - null is no key; the unique constraint leaves it out
    ordered_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    release_at = models.DateTimeField(null=True)
    cancel_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        db_table = "operator_order"
        constraints = (
            models.UniqueConstraint(fields=["brand_id", "idempotency_key"], name="operator_order_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(k.value for k in OrderKind)), name="operator_order_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(s.value for s in OrderState)), name="operator_order_state"
            ),
        )
        indexes = (
            models.Index(fields=["customer_id", "ordered_at"], name="operator_order_of_customer"),
            models.Index(fields=["release_at"], name="operator_order_due", condition=models.Q(state="waiting")),
            models.Index(
                fields=["cancel_hash"], name="operator_order_link", condition=models.Q(cancel_hash__isnull=False)
            ),
        )


class OutboxMessage(models.Model):
    """A message for the operator's systems: the body of a CloudEvent, byte for byte as it is signed.

    Messages of one `stream` (a customer, or an order that has none yet) leave in the order of their ids. By
    `message_id` a receiver takes each once. Delivered or dead, a message is settled; a dead one can be replayed. The
    next one of its stream does not wait for it any longer.
    """

    message_id = models.TextField(unique=True)
    brand_id = models.BigIntegerField()
    stream = models.TextField()
    type = models.TextField()
    body = models.TextField()
    created_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_problem = models.TextField(default="")

    class Meta:
        db_table = "outbox_message"
        indexes = (
            models.Index(
                fields=["stream", "id"],
                name="outbox_waiting",
                condition=models.Q(delivered_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(
                fields=["next_try_at"],
                name="outbox_due",
                condition=models.Q(delivered_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(fields=["dead_at"], name="outbox_dead", condition=models.Q(dead_at__isnull=False)),
        )
