"""Bookings get the name by which the operator knows them, and the time of the newest word about them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0040_call_topic"),
    ]

    operations = [
        migrations.AddField("optionbooking", "reference", models.TextField(null=True)),
        migrations.AddField("optionbooking", "as_of", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "update option_booking set reference = public_id::text, as_of = coalesce(cancelled_at, booked_at)",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("optionbooking", "reference", models.TextField()),
        migrations.AlterField("optionbooking", "as_of", models.DateTimeField()),
        migrations.AddConstraint(
            "optionbooking",
            models.UniqueConstraint(fields=["brand_id", "reference"], name="option_booking_known_once"),
        ),
    ]
