"""Labels that people teach by example."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TaughtLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taught_labels",
                        to="catalog.collection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "label",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taught_labels", to="catalog.label"
                    ),
                ),
            ],
            options={
                "ordering": ["label__key"],
            },
        ),
        migrations.CreateModel(
            name="TaughtVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "visual_version",
                    models.CharField(help_text="Of the features that it was trained on.", max_length=80),
                ),
                ("weights", models.BinaryField(help_text="257 little-endian float32: 256 weights and the intercept.")),
                ("n_accepts", models.PositiveIntegerField()),
                ("n_rejects", models.PositiveIntegerField()),
                ("cut_off", models.FloatField(help_text="From this score on an image gets the label.")),
                ("n_above", models.PositiveIntegerField(help_text="Images at or above the cut-off.")),
                (
                    "precision",
                    models.FloatField(
                        blank=True, help_text="Of those, how many are right; empty: not judged.", null=True
                    ),
                ),
                ("precision_low", models.FloatField(blank=True, null=True)),
                ("precision_high", models.FloatField(blank=True, null=True)),
                ("n_judged", models.PositiveIntegerField(default=0)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "taught",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="catalog.taughtlabel"
                    ),
                ),
            ],
            options={
                "ordering": ["taught", "-number"],
            },
        ),
        migrations.AddField(
            model_name="taughtlabel",
            name="current_version",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                help_text="The one that labels; empty: none is accepted.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="current_of",
                to="catalog.taughtversion",
            ),
        ),
        migrations.CreateModel(
            name="JudgedSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                ("is_right", models.BooleanField(blank=True, help_text="Empty: not judged yet.", null=True)),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.image"
                    ),
                ),
                (
                    "judged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="samples", to="catalog.taughtversion"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="taughtversion",
            constraint=models.UniqueConstraint(fields=("taught", "number"), name="taught_version_number_once"),
        ),
        migrations.AddConstraint(
            model_name="taughtversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_accepts__gte", 10)), name="taught_version_of_10_accepts"
            ),
        ),
        migrations.AddConstraint(
            model_name="taughtversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("cut_off__gte", 0), ("cut_off__lte", 1)), name="taught_version_cut_off_0_to_1"
            ),
        ),
        migrations.AddConstraint(
            model_name="taughtversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("precision", None), ("precision_high", None), ("precision_low", None)),
                    models.Q(
                        ("precision__gte", 0),
                        ("precision__lte", 1),
                        ("precision_high__gte", 0),
                        ("precision_high__lte", 1),
                        ("precision_low__gte", 0),
                        ("precision_low__lte", 1),
                    ),
                    _connector="OR",
                ),
                name="taught_version_precision_0_to_1",
            ),
        ),
        migrations.AddConstraint(
            model_name="taughtlabel",
            constraint=models.UniqueConstraint(fields=("collection", "label"), name="taught_label_once"),
        ),
        migrations.AddConstraint(
            model_name="judgedsample",
            constraint=models.UniqueConstraint(fields=("version", "image"), name="judged_sample_once"),
        ),
    ]
