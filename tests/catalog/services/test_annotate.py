"""Every answer is stored once, by bytes and feature, and becomes labels; a bad picture stops nothing."""

import pytest

from catalog.annotators import Feature
from catalog.models import Annotation, Collection, Image, Label
from catalog.services.annotate import annotate_images
from catalog.services.documents import assemble_document
from catalog.services.errors import ServiceError
from catalog.services.ingest import import_images
from tests.catalog.services.counting import CountingAnnotator
from tests.catalog.services.test_ingest import offer
from tests.factories import CollectionFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator(monkeypatch) -> CountingAnnotator:
    annotator = CountingAnnotator()
    monkeypatch.setattr("catalog.services.annotate.get_annotator", lambda name: annotator)
    return annotator


def collection_of(n: int, **settings: object) -> Collection:
    collection = CollectionFactory.create(annotator="counting", **settings)
    import_images(collection, [offer(f"{i}.jpg", picture_bytes(i)) for i in range(n)], source="test")
    return collection


def test_labels_come_with_score_source_and_concept(annotator: CountingAnnotator):
    collection = collection_of(1)

    result = annotate_images(collection)

    assert (result.n_images, result.n_answered, result.n_failed) == (1, 2, 0)
    image = Image.objects.get()
    assert image.annotation_status == "annotated"
    assert list(image.effective_labels.values_list("label__term", "score", "source")) == [("cat", 0.9, "counting")]
    cat = Label.objects.get()
    assert (cat.vocabulary, cat.concept_id) == ("wordnet", "/wn30/n1")


def test_nothing_is_asked_twice(annotator: CountingAnnotator):
    collection = collection_of(10)
    annotate_images(collection)
    again = annotate_images(collection)

    assert len(annotator.asked) == len(set(annotator.asked)) == 20
    assert (again.n_answered, again.n_reused) == (0, 20)
    assert max(len(batch) for batch in annotator.batches) == 4


def test_the_same_bytes_in_another_collection_get_labels_without_asking(annotator: CountingAnnotator):
    annotate_images(collection_of(3))
    other = collection_of(3)
    annotate_images(other)

    assert len(annotator.asked) == 6
    assert all(image.effective_labels.count() == 1 for image in other.images.all())


def test_a_feature_added_later_is_asked_for_alone(annotator: CountingAnnotator):
    collection = collection_of(2, features=["LABEL_DETECTION"])
    annotate_images(collection)
    collection.features = ["LABEL_DETECTION", "IMAGE_PROPERTIES"]
    annotate_images(collection)

    assert [feature for _sha256, feature in annotator.asked] == [Feature.LABEL_DETECTION] * 2 + [
        Feature.IMAGE_PROPERTIES
    ] * 2


def test_a_new_model_is_asked_again_and_its_labels_replace_the_old(annotator: CountingAnnotator):
    collection = collection_of(1, features=["LABEL_DETECTION"])
    annotate_images(collection)
    annotator.model, annotator.labels = "counting/2", [{"description": "tabby", "score": 0.8}]
    annotate_images(collection)

    assert list(Image.objects.get().effective_labels.values_list("label__term", flat=True)) == ["tabby"]


def test_a_picture_that_cannot_be_looked_at_is_failed_and_the_rest_goes_on(annotator: CountingAnnotator):
    collection = collection_of(5)
    bad = Image.objects.get(occurrences__location="2.jpg")
    annotator.refuses = frozenset({bad.current_revision.sha256})

    result = annotate_images(collection)

    assert (result.n_answered, result.n_failed) == (8, 2)
    assert Image.objects.filter(annotation_status="annotated").count() == 4
    bad.refresh_from_db()
    assert bad.annotation_status == "failed"
    assert set(Annotation.objects.filter(status="failed").values_list("error", flat=True)) == {
        "The picture makes no sense."
    }


def test_killed_in_the_middle_it_asks_only_for_what_was_not_answered(annotator: CountingAnnotator):
    collection = collection_of(10)
    annotator.dies_at = 2
    with pytest.raises(KeyboardInterrupt):
        annotate_images(collection)
    assert len(annotator.asked) == 8, "the second batch was under way when the third one died"
    assert set(Annotation.objects.values_list("status", flat=True)) == {"answered"}, (
        "what was not answered is free again"
    )

    annotator.dies_at = 1000
    annotate_images(collection)

    assert len(annotator.asked) == len(set(annotator.asked)) == 20
    assert Image.objects.filter(annotation_status="annotated", effective_labels__isnull=False).count() == 10


def test_a_new_revision_is_looked_at_again(annotator: CountingAnnotator):
    collection = collection_of(1)
    annotate_images(collection)
    import_images(collection, [offer("0.jpg", picture_bytes(99), fingerprint="2")], source="test")
    annotate_images(collection)

    assert len(annotator.asked) == 4
    assert Image.objects.get().annotation_status == "annotated"


def test_not_looked_for_and_none_found_stay_distinct(annotator: CountingAnnotator):
    annotator.labels = []
    collection = collection_of(1, features=["LABEL_DETECTION"])
    annotate_images(collection)

    assert assemble_document(Image.objects.get()) == {"labelAnnotations": []}


def test_an_unknown_annotator_says_which_there_are():
    with pytest.raises(ServiceError, match="local"):
        annotate_images(CollectionFactory.create(annotator="oracle"))
