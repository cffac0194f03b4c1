"""A build becomes an artifact: objects first, the pointer last, nothing twice, nothing private."""

import json

import pytest
from django.core.files.storage import storages
from PIL import Image as Picture

from catalog.models import Galaxy, Image, Label, PendingDeletion, Publication, PublishedFeature, Rendition
from catalog.services.build import build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.decide import decide_labels
from catalog.services.progress import CancelledError
from explorer.artifact import FORMAT_VERSION, ArtifactReader
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
        patch.setattr(
            "explorer.services.publish.make_current", lambda *args, **named: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            publish_galaxy(galaxy)
    assert published(galaxy).pointer == old

    assert publish_galaxy(galaxy).created
    assert {d["title"] for d in all_details(galaxy).values()} == {"New title"}


def test_a_stopped_publication_goes_on_where_it_was(galaxy: Galaxy):
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "details":
            raise CancelledError

    with pytest.raises(CancelledError):
        publish_galaxy(galaxy, progress=stop)
    assert not galaxy.publications.exists()
    atlases = set(storages["galaxies"].listdir(f"{galaxy.uuid}/objects")[1])
    for name in Rendition.objects.values_list("storage_name", flat=True):
        storages["media"].delete(name)  # whoever asked for a picture again would not get it

    result = publish_galaxy(galaxy)

    assert result.created and result.n_unreadable == 0
    assert atlases <= set(storages["galaxies"].listdir(f"{galaxy.uuid}/objects")[1])
    tile = published(galaxy).find(galaxy.collection.images.first().uuid) or 0
    assert published(galaxy).picture(tile).getpixel((32, 32)) != (0, 0, 0)


def test_new_images_are_added_beside_what_there_is_and_compaction_numbers_all_afresh(galaxy: Galaxy):
    publish_galaxy(galaxy)
    tiles = {uuid: published(galaxy).find(uuid) for uuid in published(galaxy).uuids}
    newcomer = ImageFactory.create(collection=galaxy.collection, labels={"cat": 0.9})
    update_galaxy(galaxy)

    added = publish_galaxy(galaxy)
    reader = published(galaxy)
    assert {uuid: reader.find(uuid) for uuid in tiles} == tiles
    assert reader.find(newcomer.uuid) == 30
    assert [node.parent for node in reader.manifest.nodes] == [-1, -1]

    compacted = publish_galaxy(galaxy, compact=True)
    assert compacted.created and compacted.publication != added.publication
    assert [node.parent for node in published(galaxy).manifest.nodes] == [-1]


def test_a_publication_of_an_older_format_is_not_built_upon(galaxy: Galaxy):
    publish_galaxy(galaxy)
    galaxy.publications.update(format_version=1, manifest_name="objects/gone.json")
    assert publish_galaxy(galaxy).created
    assert published(galaxy).manifest.n_images == 30
    assert [publication.format_version for publication in galaxy.publications.all()] == [FORMAT_VERSION]


def test_the_portrait_lies_beside_the_pointer(galaxy: Galaxy):
    publish_galaxy(galaxy)
    with storages["galaxies"].open(f"{galaxy.uuid}/portrait.jpg") as file, Picture.open(file) as portrait:
        assert portrait.size == (1200, 630)
        assert set(portrait.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_deleting_a_galaxy_leaves_no_file(galaxy: Galaxy, django_capture_on_commit_callbacks):
    publish_galaxy(galaxy)

    with django_capture_on_commit_callbacks(execute=True):
        galaxy.delete()

    assert storages["galaxies"].listdir("")[0] == []
    assert not PendingDeletion.objects.exists()


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
