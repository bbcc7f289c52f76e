"""How far an import came, so that it resumes after a crash."""

from django.db import models


class ImportRun(models.Model):
    """One file being brought in. `fingerprint` is its SHA-256; `rows` are those whose outcome is committed."""

    kind = models.TextField()
    brand_id = models.BigIntegerField()
    fingerprint = models.BinaryField(max_length=32)
    as_of = models.DateTimeField()
    rows = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    warned = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_run"
        constraints = (
            models.UniqueConstraint(fields=["kind", "brand_id", "fingerprint", "as_of"], name="import_run_once"),
        )
