"""Words and facts follow what is imported, annotated and edited, and are written anew where a program reads them otherwise."""

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import Collection, Image, Job, SearchPosting, SearchWord
from catalog.services.clock import next_change_number
from catalog.services.jobs import run_job
from catalog.services.search_words import INDEX_VERSION, index_words, start_indexing, write_facts
from tests.factories import CollectionFactory, ImageFactory, JobFactory, keep_answers
from tests.vision_documents import full_document

pytestmark = pytest.mark.django_db


def words_of(image: Image) -> set[tuple[str, str]]:
    return set(SearchPosting.objects.filter(image=image).values_list("field", "word__key"))


def write(collection: Collection, *images: Image) -> list[int]:
    with transaction.atomic():
        next_change_number(collection.pk)
        return write_facts(collection, list(Image.objects.filter(pk__in=[image.pk for image in images])))


def test_titles_and_creators_become_folded_words() -> None:
    image = ImageFactory(title="Die Brücke, die Brücke", creator="Ann O'Neil", renditions=False)
    index_words([image.pk])
    assert words_of(image) == {
        ("title", "die"),
        ("title", "brucke"),
        ("author", "ann"),
        ("author", "o"),
        ("author", "neil"),
    }
    Image.objects.filter(pk=image.pk).update(title="", creator="Ann")
    index_words([image.pk], ["title"])
    assert {field for field, _word in words_of(image)} == {"author"}
    index_words([image.pk])
    assert words_of(image) == {("author", "ann")}


def test_what_an_annotator_found_is_counted_and_its_text_indexed() -> None:
    image = ImageFactory(renditions=False, title="")
    keep_answers(image, full_document(640, 480))
    assert write(image.collection, image) == [image.pk]
    image.refresh_from_db()
    document = full_document(640, 480)
    assert image.n_faces == len(document["faceAnnotations"]) > 0
    assert image.n_characters is not None and image.n_characters > 0
    assert words_of(image)
    assert write(image.collection, image) == [], "what holds already is no change"


def test_looked_for_and_not_found_is_not_the_same_as_not_looked_for() -> None:
    collection = CollectionFactory()
    empty, unseen = ImageFactory.create_batch(2, collection=collection, renditions=False)
    keep_answers(empty, {})
    write(collection, empty, unseen)
    rows = dict(Image.objects.values_list("pk", "n_faces")), dict(Image.objects.values_list("pk", "n_characters"))
    assert rows == ({empty.pk: 0, unseen.pk: None}, {empty.pk: 0, unseen.pk: None})


def test_a_page_of_print_does_not_fill_the_index() -> None:
    image = ImageFactory(renditions=False, title="")
    text = " ".join(f"w{n}" for n in range(2000)) + " " + "x" * 100
    keep_answers(image, {"fullTextAnnotation": {"text": text}})
    write(image.collection, image)
    assert SearchPosting.objects.count() == 500
    assert max(map(len, SearchWord.objects.values_list("key", flat=True))) <= 64


def test_a_collection_of_an_older_program_is_indexed_by_a_job_once() -> None:
    collection = CollectionFactory()
    image = ImageFactory(collection=collection, title="Harbour", renditions=False)
    SearchWord.objects.create(collection=collection, key="nobody")
    keep_answers(image, full_document(640, 480))
    (job,) = start_indexing()
    assert start_indexing() == []
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert (job.status, job.result) == ("succeeded", {"n_images": 1})
    collection.refresh_from_db()
    image.refresh_from_db()
    assert collection.index_version == INDEX_VERSION
    assert image.n_faces is not None
    assert ("title", "harbour") in words_of(image)
    assert not SearchWord.objects.filter(key="nobody").exists()
    assert start_indexing() == []


def test_a_new_collection_needs_no_job() -> None:
    collection = CollectionFactory()
    assert start_indexing() == []
    ImageFactory(collection=collection, renditions=False)
    assert start_indexing() == []


def test_an_index_that_failed_is_not_tried_again_at_once() -> None:
    collection = ImageFactory(renditions=False).collection
    ended = {"status": "failed", "error": "Broken.", "finished_at": timezone.now()}
    JobFactory(kind="index_collection", collection=collection, **ended)
    assert start_indexing() == []
    assert Job.objects.count() == 1
