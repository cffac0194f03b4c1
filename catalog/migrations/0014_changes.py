"""A change says what it did, to whom, and how far it came."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


def count_images(apps: Any, schema_editor: Any) -> None:
    """Write down whom the changes that there are were about, as new ones do when they begin."""
    changes = apps.get_model("catalog", "Change").objects
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_changedimage (change_id, image_id) SELECT DISTINCT change_id, image_id FROM catalog_decision"
        )
    about = apps.get_model("catalog", "ChangedImage").objects.filter(change=models.OuterRef("pk")).order_by()
    n_images = about.values("change").annotate(n=models.Count("pk")).values("n")
    changes.update(n_images=Coalesce(models.Subquery(n_images), 0))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChangedImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.RemoveIndex(
            model_name="effectivelabel",
            name="effective_label_image_idx",
        ),
        migrations.AddField(
            model_name="change",
            name="complete",
            field=models.BooleanField(default=True, help_text="False while it is being made, or undone, in pieces."),
        ),
        migrations.AddField(
            model_name="change",
            name="details",
            field=models.JSONField(blank=True, default=dict, help_text="What undoing needs to know."),
        ),
        migrations.AddField(
            model_name="change",
            name="galaxy",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="changes",
                to="catalog.galaxy",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="kind",
            field=models.CharField(
                choices=[
                    ("decide", "Labels decided"),
                    ("hide", "Images hidden"),
                    ("show", "Images shown again"),
                    ("rename", "Label renamed"),
                    ("merge", "Labels merged"),
                    ("pin", "Images pinned to a cluster"),
                    ("clusters", "Clusters changed"),
                ],
                default="decide",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="last_image",
            field=models.BigIntegerField(default=0, editable=False, help_text="The last image that it has come to."),
        ),
        migrations.AddField(
            model_name="change",
            name="n_images",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="change",
            name="selection",
            field=models.JSONField(blank=True, default=dict, help_text="The filter, as it was asked."),
        ),
        migrations.AlterField(
            model_name="effectivelabel",
            name="source",
            field=models.CharField(
                help_text="decision, sidecar, the annotator's name, or taught: and the label's key.", max_length=220
            ),
        ),
        migrations.AlterField(
            model_name="machinelabel",
            name="source",
            field=models.CharField(
                help_text="The annotator's name, sidecar, or taught: and the label's key.", max_length=220
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["image", "label", "-id"], name="decision_image_idx"),
        ),
        migrations.AddIndex(
            model_name="effectivelabel",
            index=models.Index(fields=["label", "-score", "image"], name="effective_label_score_idx"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["decide", "hide", "show", "rename", "merge", "pin", "clusters"])),
                name="change_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="changedimage",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="changed_images", to="catalog.change"
            ),
        ),
        migrations.AddField(
            model_name="changedimage",
            name="image",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="catalog.image"
            ),
        ),
        migrations.AddConstraint(
            model_name="changedimage",
            constraint=models.UniqueConstraint(fields=("change", "image"), name="changed_image_once"),
        ),
        migrations.RunPython(count_images, migrations.RunPython.noop),
    ]
