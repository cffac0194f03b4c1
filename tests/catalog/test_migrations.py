"""What a library holds already survives the migrations, and the index over parts of words says what the tables say."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from catalog.models import Label, SearchWord
from catalog.search.engine import engine_for
from tests.factories import LabelFactory
from tests.servers import database_as_default

BEFORE, NOW = "0012_safe_search_verdict", "0017_taught"


def migrate(name: str) -> Apps:
    """Go to a migration of the catalog; the models as they are there."""
    executor = MigrationExecutor(connection)
    executor.migrate([("catalog", name)])
    apps: Apps = executor.loader.project_state([("catalog", name)]).apps
    return apps


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A migrated database of either kind, of this test alone."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
        yield
        return
    with django_db_blocker.unblock(), database_as_default(f"sqlite:///{tmp_path}/db.sqlite3"):
        call_command("migrate", verbosity=0)
        yield


def make_rows(apps: Apps) -> dict[str, Any]:
    """A library as it was: a decision, a key, a file that waits."""
    get = apps.get_model
    person = get("auth", "User").objects.create(username="anna")
    collection = get("catalog", "Collection").objects.create(slug="scans", title="Scans")
    images = [get("catalog", "Image").objects.create(collection=collection) for _ in range(2)]
    labels = [get("catalog", "Label").objects.create(collection=collection, term=t, key=t) for t in ("cat", "dog")]
    change = get("catalog", "Change").objects.create(collection=collection, made_by=person)
    for image in images:
        for label in labels:
            get("catalog", "Decision").objects.create(change=change, image=image, label=label, verdict="accept")
    get("catalog", "EffectiveLabel").objects.create(image=images[0], label=labels[0], score=1.0, source="decision")
    get("catalog", "ApiKey").objects.create(name="Museum", owner=person, prefix="gx_abcde", key_hash="0" * 64)
    upload = get("catalog", "Upload").objects.create(collection=collection, created_by=person)
    for name in ("a.jpg", "b.jpg"):
        get("catalog", "UploadedFile").objects.create(
            upload=upload, name=name, storage_name=str(uuid.uuid4()), size_bytes=1
        )
    return {"collection": collection.pk}


def test_a_library_comes_through_there_and_back(database: None):
    old = migrate(BEFORE)
    make_rows(old)
    new = migrate(NOW).get_model
    assert new("catalog", "CollectionClock").objects.get().number == 0
    change = new("catalog", "Change").objects.get()
    assert (change.kind, change.n_images, change.complete, change.changed_images.count()) == ("decide", 2, True, 2)
    assert new("catalog", "ApiKey").objects.get().scopes == ["annotate"]
    assert len(set(new("catalog", "UploadedFile").objects.values_list("uuid", flat=True)) - {None}) == 2
    assert new("catalog", "EffectiveLabel").objects.get().source == "decision"
    assert find("catalog_label", "cat") == ["cat"], "labels that were there before are found by their parts"
    back = migrate(BEFORE).get_model
    assert back("catalog", "Decision").objects.count() == 4 and back("catalog", "UploadedFile").objects.count() == 2


def find(table: str, part: str) -> list[str]:
    """The keys that hold a part, as the search of this database finds them."""
    condition, values = engine_for(connection.vendor).contains(table, part)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT k.key FROM {table} k WHERE {condition} ORDER BY k.key", values)  # noqa: S608
        return [key for (key,) in cursor.fetchall()]


def test_the_index_follows_what_is_made_renamed_and_deleted(database: None):
    label = LabelFactory.create(term="steam engine", key="steam engine")
    LabelFactory.create(collection=label.collection, term="other", key="other")
    assert find("catalog_label", "team") == ["steam engine"]
    Label.objects.filter(pk=label.pk).update(term="locomotive", key="locomotive")
    assert (find("catalog_label", "team"), find("catalog_label", "comot")) == ([], ["locomotive"])
    SearchWord.objects.create(collection=label.collection, key="harbour")
    label.delete()
    assert (find("catalog_label", "comot"), find("catalog_searchword", "arbo")) == ([], ["harbour"])
