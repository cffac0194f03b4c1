"""Each collection counts its changes; images and builds say when they last changed, and what is deleted leaves a tombstone."""

from typing import Any

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


def set_clocks(apps: Any, schema_editor: Any) -> None:
    """A clock for every collection that there is."""
    collection, clock = apps.get_model("catalog", "Collection"), apps.get_model("catalog", "CollectionClock")
    clock.objects.bulk_create([clock(collection_id=pk) for pk in collection.objects.values_list("pk", flat=True)])


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_safe_search_verdict"),
    ]

    operations = [
        migrations.CreateModel(
            name="CollectionClock",
            fields=[
                (
                    "collection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="clock",
                        serialize=False,
                        to="catalog.collection",
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(unique=True)),
                ("external_ids", models.JSONField(default=list)),
                ("change_number", models.PositiveBigIntegerField()),
                ("deleted_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="build",
            name="change_number",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, help_text="The collection's clock when its input was read."
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="index_version",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="Which version of the search index is written; 0: none yet."
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="max_units_per_month",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="No annotation takes more paid units of this collection in a calendar month (UTC). Empty: no limit of its own.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="budget",
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="change_number",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, help_text="The collection's clock when anything of it last changed."
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="label_change_number",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, help_text="The collection's clock when its effective labels last changed."
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="n_characters",
            field=models.PositiveIntegerField(
                blank=True, editable=False, help_text="Of the text in the picture; empty: not looked for.", null=True
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="n_faces",
            field=models.PositiveSmallIntegerField(
                blank=True, editable=False, help_text="As the annotator answered; empty: not looked for.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["collection", "taken_at"], name="image_taken_idx"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["collection", "change_number", "id"], name="image_change_idx"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["collection", "label_change_number"], name="image_label_change_idx"),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="collection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tombstones", to="catalog.collection"
            ),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["collection", "change_number", "id"], name="tombstone_change_idx"),
        ),
        migrations.RunPython(set_clocks, migrations.RunPython.noop),
    ]
