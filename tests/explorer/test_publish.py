"""A build becomes an artifact: objects first, the pointer last, nothing twice, nothing private."""

import json

import pytest
from django.core.files.storage import storages

from catalog.models import Galaxy, Image, Label, PendingDeletion, Publication, PublishedFeature
from catalog.services.build import build_galaxy
from catalog.services.decide import decide_labels
from catalog.services.progress import CancelledError
from explorer.artifact import ArtifactReader
from explorer.services import PublishError, publish_galaxy
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory, UserFactory, keep_answers
from tests.vision_documents import full_document

pytestmark = pytest.mark.django_db


class StorageSource:
    """What a visitor's browser can fetch of a galaxy."""

    def __init__(self, galaxy: Galaxy) -> None:
        self.prefix = f"{galaxy.uuid}/"

    def get(self, name: str) -> bytes:
        with storages["galaxies"].open(self.prefix + name) as file:
            return bytes(file.read())


@pytest.fixture
def galaxy() -> Galaxy:
    galaxy: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), n_clusters=3)
    for i in range(30):
        ImageFactory.create(collection=galaxy.collection, labels={["cat", "snow", "castle"][i % 3]: 0.9})
    build_galaxy(galaxy)
    return galaxy


def published(galaxy: Galaxy) -> ArtifactReader:
    return ArtifactReader(StorageSource(galaxy))


def all_details(galaxy: Galaxy) -> dict[str, dict]:
    reader = published(galaxy)
    return {d["uuid"]: d for tile in range(reader.tables.n_tiles) if (d := reader.details(tile))}


def test_what_is_published_is_what_was_built(galaxy: Galaxy):
    result = publish_galaxy(galaxy)

    assert result.created
    galaxy.refresh_from_db()
    assert galaxy.current_publication == result.publication
    reader = published(galaxy)
    assert reader.manifest.n_images == 30
    assert {c.name for c in reader.manifest.clusters} == {"cat", "snow", "castle"}
    assert set(map(str, reader.uuids)) == set(map(str, Image.objects.values_list("uuid", flat=True)))
    for details in all_details(galaxy).values():
        image = Image.objects.get(uuid=details["uuid"])
        assert [label["term"] for label in details["labels"]] == [e.label.term for e in image.effective_labels.all()]
        assert reader.manifest.clusters[details["cluster"]].name == details["labels"][0]["term"]
        assert "document" not in details
    assert not PendingDeletion.objects.exists()


def test_publishing_what_is_published_does_nothing(galaxy: Galaxy):
    first = publish_galaxy(galaxy)
    again = publish_galaxy(galaxy)

    assert (first.created, again.created) == (True, False)
    assert Publication.objects.count() == 1


def test_a_corrected_label_is_published_and_unchanged_objects_are_shared(galaxy: Galaxy):
    first = publish_galaxy(galaxy).publication
    image = Image.objects.filter(effective_labels__label__term="cat").first()
    cat = Label.objects.get(term="cat")
    decide_labels(galaxy.collection, by=UserFactory.create(), verdicts=[(image.pk, cat.pk, "reject")])

    second = publish_galaxy(galaxy).publication

    assert second != first
    assert all_details(galaxy)[str(image.uuid)]["labels"] == []
    shared = set(first.objects_published.values_list("storage_name", flat=True)) & set(
        second.objects_published.values_list("storage_name", flat=True)
    )
    assert any(name.endswith(".webp") for name in shared)


def test_a_hidden_image_or_cluster_is_not_published(galaxy: Galaxy):
    image = Image.objects.filter(effective_labels__label__term="cat").first()
    Image.objects.filter(pk=image.pk).update(hidden=True)
    galaxy.clusters.filter(name="snow").update(hidden=True)

    publish_galaxy(galaxy)

    reader = published(galaxy)
    assert reader.manifest.n_images == 19
    assert {c.name for c in reader.manifest.clusters} == {"cat", "castle"}
    assert image.uuid not in reader.uuids


def test_killed_before_the_pointer_moves_visitors_see_the_old_galaxy(galaxy: Galaxy, monkeypatch):
    publish_galaxy(galaxy)
    old = published(galaxy).pointer
    Image.objects.update(title="New title")

    with monkeypatch.context() as patch:
        patch.setattr("explorer.services._make_current", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish_galaxy(galaxy)
    assert published(galaxy).pointer == old

    assert publish_galaxy(galaxy).created
    assert {d["title"] for d in all_details(galaxy).values()} == {"New title"}


def test_a_stopped_publication_leaves_nothing_behind_for_good(galaxy: Galaxy):
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "details":
            raise CancelledError

    with pytest.raises(CancelledError):
        publish_galaxy(galaxy, progress=stop)
    assert PendingDeletion.objects.filter(storage_alias="galaxies").exists()

    publish_galaxy(galaxy)
    assert not PendingDeletion.objects.exists()


def test_old_publications_go_with_their_own_objects_only(galaxy: Galaxy, django_capture_on_commit_callbacks):
    for i in range(7):
        Image.objects.update(title=f"Title {i}")
        with django_capture_on_commit_callbacks(execute=True):
            publish_galaxy(galaxy)

    assert Publication.objects.count() == 5
    named = set(Publication.objects.values_list("objects_published__storage_name", flat=True))
    files = storages["galaxies"].listdir(f"{galaxy.uuid}/objects")[1]
    assert {f"{galaxy.uuid}/objects/{name}" for name in files} == named


def test_deleting_a_galaxy_leaves_no_file(galaxy: Galaxy, django_capture_on_commit_callbacks):
    publish_galaxy(galaxy)

    with django_capture_on_commit_callbacks(execute=True):
        galaxy.delete()

    files = storages["galaxies"].listdir(str(galaxy.uuid))[1]
    assert files == []
    assert storages["galaxies"].listdir(f"{galaxy.uuid}/objects")[1] == []


def test_a_galaxy_without_a_build_says_what_to_do():
    with pytest.raises(PublishError, match="build_galaxy"):
        publish_galaxy(GalaxyFactory.create())


def test_nothing_of_the_house_is_in_the_manifest(galaxy: Galaxy):
    publish_galaxy(galaxy)

    text = json.dumps(published(galaxy).manifest.to_json())
    assert str(galaxy.collection.uuid) not in text
    assert "sha256" not in text


def test_only_the_chosen_features_are_published_and_what_is_missing_says_why(galaxy: Galaxy):
    image = Image.objects.select_related("current_revision")[0]
    document = full_document(image.current_revision.width, image.current_revision.height)
    keep_answers(image, document, failed=["LOGO_DETECTION"], without=["LANDMARK_DETECTION", "LOGO_DETECTION"])
    publish_galaxy(galaxy)
    told = all_details(galaxy)[str(image.uuid)]
    assert {"labels", "colours"} <= set(told) and not {"faces", "text", "objects", "safe_search", "web"} & set(told)
    assert (told["failed"], told["not_looked_for"]) == ([], [])

    galaxy.published_features = ["faces", "text", "landmarks", "logos"]
    galaxy.save()
    assert publish_galaxy(galaxy).created

    told = all_details(galaxy)[str(image.uuid)]
    assert not {"labels", "colours", "objects", "document"} & set(told)
    assert told["faces"][0]["likelihoods"] == {"joy": 5, "anger": 1, "headwear": 3}
    assert told["text"]["lines"][1]["text"] == "<b>Lyon</b>"
    assert (told["failed"], told["not_looked_for"]) == (["logos"], ["landmarks"])


def test_looked_for_and_none_found_is_published_as_empty(galaxy: Galaxy):
    image = Image.objects.select_related("current_revision")[0]
    keep_answers(image, {}, without=[])
    galaxy.published_features = PublishedFeature.values
    galaxy.save()
    publish_galaxy(galaxy)

    told = all_details(galaxy)[str(image.uuid)]
    assert (told["faces"], told["text"], told["safe_search"]) == ([], {"text": "", "lines": []}, {})
    assert (told["failed"], told["not_looked_for"]) == ([], [])
