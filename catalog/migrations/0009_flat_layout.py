from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_published_features"),
    ]

    operations = [
        migrations.AddField(
            model_name="position",
            name="flat_x",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="position",
            name="flat_y",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
