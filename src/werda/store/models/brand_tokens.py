"""What each brand is dressed in (white label); the newest version counts."""

from django.db import models


class BrandDress(models.Model):
    """A version of a brand's tokens: the document as it was loaded, logo and icons as they are served."""

    brand_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
    document = models.TextField()
    logo = models.TextField()
    icon_small = models.BinaryField()
    icon_large = models.BinaryField()
    icon_maskable = models.BinaryField()

    class Meta:
        db_table = "brand_tokens"
        constraints = (models.UniqueConstraint(fields=("brand_id", "version"), name="brand_tokens_version_once"),)
