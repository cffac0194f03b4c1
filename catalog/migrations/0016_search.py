"""The index by which images are found by words and parts of words.

Parts of words are found by the trigrams of a word: by full-text tables kept by triggers on SQLite, by a GIN index on PostgreSQL.
Whatever rebuilds catalog_label or catalog_searchword later (on SQLite every AlterField does) drops the triggers with the table: such a
migration calls `make_part_index` of this one again.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


PARTS = (("catalog_search_words", "catalog_searchword"), ("catalog_search_labels", "catalog_label"))  # index, table

SQLITE = (
    "CREATE VIRTUAL TABLE {index} USING fts5"
    "(key, tokenize='trigram', content='{table}', content_rowid='id', detail='none')",
    "CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN "
    "INSERT INTO {index}(rowid, key) VALUES (new.id, new.key); END",
    "CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN "
    "INSERT INTO {index}({index}, rowid, key) VALUES ('delete', old.id, old.key); END",
    "CREATE TRIGGER {index}_update AFTER UPDATE OF key ON {table} BEGIN "
    "INSERT INTO {index}({index}, rowid, key) VALUES ('delete', old.id, old.key); "
    "INSERT INTO {index}(rowid, key) VALUES (new.id, new.key); END",
    "INSERT INTO {index}({index}) VALUES ('rebuild')",
)

POSTGRESQL = """
CREATE FUNCTION galaxy_trigrams(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr($1, i, 3)), '{}') FROM generate_series(1, length($1) - 2) AS i
$$
"""


def make_part_index(apps: Any, schema_editor: Any) -> None:
    """Make the index over the parts of words and labels, or make it again."""
    drop_part_index(apps, schema_editor)
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for index, table in PARTS:
                for statement in SQLITE:
                    cursor.execute(statement.format(index=index, table=table))
        else:
            cursor.execute(POSTGRESQL)
            for index, table in PARTS:
                cursor.execute(f"CREATE INDEX {index} ON {table} USING gin (galaxy_trigrams(key))")


def drop_part_index(apps: Any, schema_editor: Any) -> None:
    """Undo `make_part_index`."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for index, _table in PARTS:
            if connection.vendor == "sqlite":
                for event in ("insert", "delete", "update"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {index}_{event}")
                cursor.execute(f"DROP TABLE IF EXISTS {index}")
            else:
                cursor.execute(f"DROP INDEX IF EXISTS {index}")
        if connection.vendor != "sqlite":
            cursor.execute("DROP FUNCTION IF EXISTS galaxy_trigrams(text)")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_words",
                        to="catalog.collection",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchPosting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[("title", "Title"), ("author", "Author"), ("text", "Text in the picture")],
                        max_length=6,
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="search_postings", to="catalog.image"
                    ),
                ),
                (
                    "word",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="postings", to="catalog.searchword"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="searchword",
            constraint=models.UniqueConstraint(fields=("collection", "key"), name="search_word_once"),
        ),
        migrations.AddIndex(
            model_name="searchposting",
            index=models.Index(fields=["image", "field"], name="search_posting_image_idx"),
        ),
        migrations.AddConstraint(
            model_name="searchposting",
            constraint=models.UniqueConstraint(fields=("word", "image", "field"), name="search_posting_once"),
        ),
        migrations.AddConstraint(
            model_name="searchposting",
            constraint=models.CheckConstraint(
                condition=models.Q(("field__in", ["title", "author", "text"])), name="search_posting_field_known"
            ),
        ),
        migrations.RunPython(make_part_index, drop_part_index),
    ]
