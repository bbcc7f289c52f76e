"""The seal over what was recorded: a leaf for each batch of attempts or events, and signed roots over all leaves.

Append-only for every role but the owner. What the owner changes no longer fits the checkpoints that lie outside.
"""

from django.db import models


class EventBatch(models.Model):
    """Events that were sealed together; its hash runs over theirs and over the batch before.

    It holds the events of transactions from `from_txid` up to, not including, `to_txid`, all of which had ended.
    """

    id = models.BigIntegerField(primary_key=True)  # 1, 2, 3 …
    from_txid = models.BigIntegerField()
    to_txid = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "event_batch"


class EventSeal(models.Model):
    """In which batch an event was sealed, in the order of their ids; it stays when the event is erased (A9)."""

    event_id = models.BigIntegerField(primary_key=True)
    batch_id = models.BigIntegerField()

    class Meta:
        db_table = "event_seal"
        indexes = (models.Index(fields=["batch_id", "event_id"], name="event_seal_of_batch"),)


class SealLeaf(models.Model):
    """A leaf of the tree, counted from 0. `batch`: the first attempt's id, or the number of a batch of events."""

    leaf = models.BigIntegerField(primary_key=True)
    log = models.SmallIntegerField()  # core.audit.Log
    batch = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "seal_leaf"
        constraints = (models.UniqueConstraint(fields=["log", "batch"], name="seal_leaf_once"),)


class SealedCheckpoint(models.Model):
    """A signed root over the first `size` leaves (core.checkpoint). `frontier` is what appending goes on with."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()
    frontier = models.BinaryField()

    class Meta:
        db_table = "sealed_checkpoint"


class CheckpointExport(models.Model):
    """How far checkpoints have been brought to a place outside: up to which `size`, when, and what went wrong since."""

    destination = models.TextField(primary_key=True)  # file | webhook | mail
    size = models.BigIntegerField()
    at = models.DateTimeField()
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "checkpoint_export"
