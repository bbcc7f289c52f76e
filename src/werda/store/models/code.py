"""How many customers hold each customer code, counted exactly (B3), and how many customers there are to share them."""

from django.db import models


class CodeHolders(models.Model):
    """How many of a brand's customers hold one code. Only the functions of sql/65_code_holders.sql write it.

    `mac` is a keyed value over brand and code, which names no customer (`Verifier.popularity`). Under a new key version
    a code gets another row; a holder is counted in the one of their credential's key version.
    """

    pk = models.CompositePrimaryKey("brand_id", "mac")
    brand_id = models.BigIntegerField()
    mac = models.BinaryField(max_length=16)
    key_id = models.BigIntegerField()
    holders = models.IntegerField()

    class Meta:
        db_table = "code_holders"


class BrandSize(models.Model):
    """How many customers a brand had when they were last counted; to count a million takes too long for each choice."""

    brand_id = models.BigIntegerField(primary_key=True)
    customers = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "brand_size"
