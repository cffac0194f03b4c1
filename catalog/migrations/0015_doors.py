"""What other software needs at the door: scopes of keys, requests that may be repeated, batches, and a job's log."""

from typing import Any

import catalog.models.api_key
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


def keep_keys_working(apps: Any, schema_editor: Any) -> None:
    """The keys that there are were made to have pictures annotated, and go on doing that and nothing else."""
    apps.get_model("catalog", "ApiKey").objects.update(scopes=["annotate"])


def name_files(apps: Any, schema_editor: Any) -> None:
    """A uuid for each file that waits."""
    files = apps.get_model("catalog", "UploadedFile").objects
    rows = list(files.filter(uuid=None).only("pk"))
    for row in rows:
        row.uuid = uuid.uuid4()
    files.bulk_update(rows, ["uuid"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="collection",
            field=models.ForeignKey(
                blank=True,
                help_text="It opens this one only. Empty: all that its owner may open.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to="catalog.collection",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="requests_per_minute",
            field=models.PositiveIntegerField(
                default=600,
                help_text="More requests than this are answered with 429.",
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(
                default=list, help_text="What it opens.", validators=[catalog.models.api_key.validate_scopes]
            ),
        ),
        migrations.AddField(
            model_name="uploadedfile",
            name="uuid",
            field=models.UUIDField(null=True),
        ),
        migrations.RunPython(name_files, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="uploadedfile",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("keep_originals", models.BooleanField(default=True)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="batches", to="catalog.collection"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batches",
                        to="catalog.job",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BatchItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(choices=[("url", "URL"), ("gs", "Bucket"), ("upload", "Upload")], max_length=6),
                ),
                ("reference", models.CharField(max_length=2000)),
                ("external_id", models.CharField(blank=True, max_length=200)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("added", "Added"),
                            ("revised", "Revised"),
                            ("duplicate", "Duplicate"),
                            ("unchanged", "Unchanged"),
                            ("refused", "Refused"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("message", models.TextField(blank=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="catalog.batch"
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batch_items",
                        to="catalog.image",
                    ),
                ),
                (
                    "uploaded_file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batch_items",
                        to="catalog.uploadedfile",
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "number"],
                "indexes": [models.Index(fields=["batch", "status"], name="batch_item_status_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "number"), name="batch_item_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["url", "gs", "upload"])), name="batch_item_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["waiting", "added", "revised", "duplicate", "unchanged", "refused"])
                        ),
                        name="batch_item_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("request_hash", models.CharField(help_text="SHA-256 of method, path and body.", max_length=64)),
                ("status_code", models.PositiveSmallIntegerField(blank=True, help_text="Empty: under way.", null=True)),
                ("response", models.JSONField(blank=True, null=True)),
                ("location", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner", "key"), name="idempotency_key_once")],
            },
        ),
        migrations.CreateModel(
            name="JobNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("text", models.CharField(max_length=500)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="catalog.job"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["job", "id"], name="job_note_idx")],
            },
        ),
        migrations.RunPython(keep_keys_working, migrations.RunPython.noop),
    ]
