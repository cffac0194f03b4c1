"""A library's folder comes in: every picture once, every reason named, nothing done twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages

from catalog.importers import Candidate, Refused, read_folder
from catalog.models import Collection, EffectiveLabel, Image, MachineLabel, Occurrence, PendingDeletion, Refusal
from catalog.services.ingest import ImportResult, import_images
from catalog.services.progress import CancelledError
from tests.factories import CollectionFactory
from tests.pictures import picture_bytes, write_pictures

pytestmark = pytest.mark.django_db


def offer(location: str, data: bytes, *, fingerprint: str = "1", **known: object) -> Candidate:
    return Candidate(location=location, fingerprint=fingerprint, read=lambda: data, **known)  # type: ignore[arg-type]


def take(collection: Collection, *candidates: Candidate | Refused, **options: object) -> ImportResult:
    return import_images(collection, candidates, source="test", **options)  # type: ignore[arg-type]


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


def test_a_folder_comes_in_with_renditions_and_what_the_library_knows(collection: Collection, tmp_path: Path):
    write_pictures(tmp_path, 5, labels=["cat", "snow|winter"])

    result = import_images(collection, read_folder(tmp_path), source="folder")

    assert (result.n_seen, result.n_added, result.n_refused) == (5, 5, 0)
    image = Image.objects.get(title="Picture 1")
    assert image.creator == "Test library"
    assert image.licence == "CC0 1.0"
    assert sorted(image.effective_labels.values_list("label__term", "source")) == [
        ("snow", "sidecar"),
        ("winter", "sidecar"),
    ]
    revision = image.current_revision
    assert revision is not None
    assert (revision.width, revision.height, revision.format) == (80, 60, "JPEG")
    for rendition in revision.renditions.all():
        assert storages["media"].size(rendition.storage_name) == rendition.size_bytes
    assert not PendingDeletion.objects.exists()


def test_importing_again_reads_nothing_again(collection: Collection, tmp_path: Path):
    write_pictures(tmp_path, 3)
    (tmp_path / "broken.jpg").write_bytes(b"this is no picture")
    import_images(collection, read_folder(tmp_path), source="folder")

    def unread(candidates: Iterator[Candidate | Refused]) -> Iterator[Candidate | Refused]:
        for item in candidates:
            assert isinstance(item, Candidate)
            yield Candidate(
                location=item.location, fingerprint=item.fingerprint, read=lambda: pytest.fail("read again")
            )

    result = import_images(collection, unread(read_folder(tmp_path)), source="folder")

    assert (result.n_unchanged, result.n_refused, result.n_added) == (3, 1, 0)
    assert "broken.jpg" in result.refused[0]["location"]


def test_a_bad_file_is_named_with_its_reason_and_the_rest_goes_on(collection: Collection):
    result = take(
        collection,
        offer("good.jpg", picture_bytes(1)),
        offer("text.jpg", b"dear diary"),
        offer("empty.png", b""),
        Refused("loop", "symlink_loop", "loop leads back to itself."),
        offer("also good.jpg", picture_bytes(2)),
    )

    assert result.n_added == 2
    assert {(r["location"], r["code"]) for r in result.refused} == {
        ("text.jpg", "not_a_picture"),
        ("empty.png", "empty"),
        ("loop", "symlink_loop"),
    }
    assert Refusal.objects.count() == 3


def test_a_mended_file_is_taken_and_its_refusal_forgotten(collection: Collection):
    take(collection, offer("a.jpg", b"no picture"))
    take(collection, offer("a.jpg", picture_bytes(1), fingerprint="2"))

    assert Image.objects.count() == 1
    assert not Refusal.objects.exists()


def test_a_refusal_for_size_is_looked_at_again_when_the_limit_is_raised(collection: Collection, settings):
    settings.GALAXY_MAX_MEGAPIXELS = 0.001
    assert take(collection, offer("a.jpg", picture_bytes(1))).refused[0]["code"] == "too_many_pixels"
    settings.GALAXY_MAX_MEGAPIXELS = 300
    assert take(collection, offer("a.jpg", picture_bytes(1))).n_added == 1


def test_the_same_bytes_twice_are_one_image_with_two_occurrences(collection: Collection):
    first = take(collection, offer("a.jpg", picture_bytes(1)), offer("b/a.jpg", picture_bytes(1)))
    second = take(collection, offer("c.jpg", picture_bytes(1)))

    assert (first.n_added, first.n_duplicates, second.n_duplicates) == (1, 1, 1)
    image = Image.objects.get()
    assert sorted(image.occurrences.values_list("location", flat=True)) == ["a.jpg", "b/a.jpg", "c.jpg"]


def test_a_retouched_file_is_a_new_revision_of_the_same_image(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1), title="The bridge"))
    before = Image.objects.get()

    result = take(collection, offer("a.jpg", picture_bytes(2), fingerprint="2", title="The bridge"))

    assert result.n_revised == 1
    after = Image.objects.get()
    assert after.uuid == before.uuid
    assert after.revisions.count() == 2
    assert after.current_revision is not None
    assert after.current_revision.number == 2
    assert after.annotation_status == "waiting"

    take(collection, offer("a.jpg", picture_bytes(1), fingerprint="3", title="The bridge"))
    back = Image.objects.get()
    assert back.revisions.count() == 2
    assert back.current_revision is not None
    assert back.current_revision.number == 1


def test_retouching_one_of_two_copies_leaves_the_other_alone(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1)), offer("copy.jpg", picture_bytes(1)))

    take(collection, offer("copy.jpg", picture_bytes(2), fingerprint="2"))

    images = {o.location: o.image for o in Occurrence.objects.select_related("image__current_revision")}
    assert images["a.jpg"] != images["copy.jpg"]
    assert images["a.jpg"].revisions.count() == 1


def test_a_moved_file_is_known_by_the_librarys_own_number(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1), external_id="T-1"))
    take(collection, offer("moved/a.jpg", picture_bytes(1), external_id="T-1"))

    assert Occurrence.objects.get().location == "moved/a.jpg"


def test_one_number_for_two_pictures_is_refused(collection: Collection):
    result = take(
        collection,
        offer("a.jpg", picture_bytes(1), external_id="T-1"),
        offer("b.jpg", picture_bytes(2), external_id="T-1"),
    )

    assert result.n_added == 1
    assert result.refused[0]["code"] == "external_id_taken"
    assert "a.jpg" in result.refused[0]["message"]


def test_changed_sidecar_words_replace_the_old_ones_but_not_what_a_person_wrote(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1), title="Old", creator="Ann", labels=(("cat", 1.0),)))
    Image.objects.update(creator="Anna Smith")

    take(
        collection, offer("a.jpg", picture_bytes(1), fingerprint="2", title="New", creator="A.", labels=(("dog", 0.8),))
    )

    image = Image.objects.get()
    assert (image.title, image.creator) == ("New", "Anna Smith")
    assert list(MachineLabel.objects.values_list("label__term", "score")) == [("dog", 0.8)]
    assert list(EffectiveLabel.objects.values_list("label__term", flat=True)) == ["dog"]


def test_an_address_that_is_a_script_is_dropped(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1), source_url="javascript:alert(1)"))

    assert Image.objects.get().source_url == ""


def test_names_never_become_paths(collection: Collection):
    take(collection, offer("../../etc/passwd.jpg", picture_bytes(1)), keep_originals=True)

    image = Image.objects.get()
    assert image.current_revision is not None
    names = [
        image.current_revision.storage_name,
        *image.current_revision.renditions.values_list("storage_name", flat=True),
    ]
    assert all(name.startswith(f"{collection.uuid}/{image.uuid}/") for name in names)
    assert not any("passwd" in name for name in names)


def test_originals_are_kept_only_if_asked_for(collection: Collection):
    take(collection, offer("a.jpg", picture_bytes(1)))
    take(collection, offer("b.jpg", picture_bytes(2)), keep_originals=True)

    kept = {o.location: o.image.current_revision.storage_name for o in Occurrence.objects.select_related("image")}
    assert kept["a.jpg"] == ""
    with storages["media"].open(kept["b.jpg"]) as file:
        assert file.read() == picture_bytes(2)


def test_a_stopped_import_keeps_what_it_did_and_goes_on_later(collection: Collection):
    candidates = [offer(f"{i}.jpg", picture_bytes(i)) for i in range(70)]

    def stop_after_one_batch(stage: str, done: int, total: int) -> None:
        if done:
            raise CancelledError

    with pytest.raises(CancelledError):
        import_images(collection, candidates, source="test", progress=stop_after_one_batch)
    assert Image.objects.count() == 32

    result = import_images(collection, candidates, source="test")
    assert (result.n_unchanged, result.n_added) == (32, 38)


def test_deleting_takes_the_files_along(collection: Collection, django_capture_on_commit_callbacks):
    take(collection, offer("a.jpg", picture_bytes(1)), keep_originals=True)
    image = Image.objects.get()
    folder = f"{collection.uuid}/{image.uuid}/{image.current_revision.sha256}"
    assert len(storages["media"].listdir(folder)[1]) == 3

    with django_capture_on_commit_callbacks(execute=True):
        collection.delete()

    assert storages["media"].listdir(folder)[1] == []
    assert not PendingDeletion.objects.exists()


def test_a_rolled_back_deletion_loses_no_file(collection: Collection, django_capture_on_commit_callbacks):
    from django.db import transaction

    take(collection, offer("a.jpg", picture_bytes(1)))
    image = Image.objects.get()
    names = list(image.current_revision.renditions.values_list("storage_name", flat=True))

    with pytest.raises(RuntimeError), transaction.atomic():
        image.delete()
        raise RuntimeError

    assert all(storages["media"].exists(name) for name in names)
    assert not PendingDeletion.objects.exists()
