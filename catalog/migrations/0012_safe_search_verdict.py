"""What safe search said is kept beside its answer, for the answers that there are, too."""

import json
import zlib
from typing import Any

from django.db import migrations, models

CHUNK = 500
LIKELY = {"LIKELY", "VERY_LIKELY"}


def read_answers(apps: Any, schema_editor: Any) -> None:
    """Read every answer of safe search once."""
    annotation = apps.get_model("catalog", "Annotation")
    answers = annotation.objects.filter(feature="SAFE_SEARCH_DETECTION", status="answered")
    answers.update(is_unsafe=False)
    unsafe = []
    for pk, document in answers.exclude(payload=None).values_list("pk", "payload__document").iterator(CHUNK):
        found = json.loads(zlib.decompress(document)).get("safeSearchAnnotation", {})
        if LIKELY & {found.get(kind) for kind in ("adult", "violence", "racy")}:
            unsafe.append(pk)
    for start in range(0, len(unsafe), CHUNK):
        answers.filter(pk__in=unsafe[start : start + CHUNK]).update(is_unsafe=True)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_publishing_switches"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="is_unsafe",
            field=models.BooleanField(
                editable=False,
                help_text="Of an answer of safe search: whether it calls the picture adult, violent or racy. Kept beside the answer, because every door asks.",
                null=True,
            ),
        ),
        migrations.RunPython(read_answers, migrations.RunPython.noop),
    ]
