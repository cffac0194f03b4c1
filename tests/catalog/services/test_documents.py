"""What was answered about an image, as one document: not looked for, none found and failed stay apart."""

import json
import zlib
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Annotation, AnnotationPayload, Image
from catalog.services.documents import assemble_document, assemble_documents, read_colours
from tests.factories import CollectionFactory, ImageFactory

pytestmark = pytest.mark.django_db


def annotate(image: Image, feature: str, document: dict[str, Any] | None = None, **values: Any) -> None:
    """An answer, unless `status` says otherwise."""
    assert image.current_revision is not None
    row = {"annotator": "local", "model": "m1", "status": Annotation.Status.ANSWERED} | values
    annotation = Annotation.objects.create(sha256=image.current_revision.sha256, feature=feature, **row)
    if document is not None:
        AnnotationPayload.objects.create(annotation=annotation, document=zlib.compress(json.dumps(document).encode()))


def test_features_become_one_document() -> None:
    image = ImageFactory(renditions=False)
    labels = {"labelAnnotations": [{"description": "cat", "score": 0.9}]}
    colours: dict[str, Any] = {"imagePropertiesAnnotation": {"dominantColors": {"colors": []}}}
    annotate(image, "LABEL_DETECTION", labels)
    annotate(image, "IMAGE_PROPERTIES", colours)
    assert assemble_document(image) == labels | colours


def test_looked_for_and_none_found_is_empty_and_not_looked_for_is_absent() -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "FACE_DETECTION", {})
    assert assemble_document(image) == {"faceAnnotations": []}


def test_what_failed_is_named_without_the_reason() -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "FACE_DETECTION", {})
    annotate(image, "TEXT_DETECTION", status=Annotation.Status.FAILED, error="/srv/models/text.onnx is gone")
    assert assemble_document(image) == {
        "faceAnnotations": [],
        "error": {"code": 13, "message": "Failed: TEXT_DETECTION."},
    }


def test_an_answer_outlives_a_later_failure() -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "FACE_DETECTION", {"faceAnnotations": [{}]})
    annotate(image, "FACE_DETECTION", model="m2", status=Annotation.Status.FAILED, error="out of memory")
    assert assemble_document(image) == {"faceAnnotations": [{}]}


def test_the_latest_model_speaks() -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "LABEL_DETECTION", {"labelAnnotations": [{"description": "dog"}]}, model="m1")
    annotate(image, "LABEL_DETECTION", {"labelAnnotations": [{"description": "cat"}]}, model="m2")
    assert assemble_document(image) == {"labelAnnotations": [{"description": "cat"}]}


def test_text_found_by_one_feature_is_not_emptied_by_the_other() -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "DOCUMENT_TEXT_DETECTION", {"textAnnotations": [{}], "fullTextAnnotation": {"text": "Exit"}})
    annotate(image, "TEXT_DETECTION", {})
    assert assemble_document(image) == {"textAnnotations": [{}], "fullTextAnnotation": {"text": "Exit"}}


@pytest.mark.parametrize("status", ["reserved", "sent", "unknown"])
def test_what_is_under_way_says_nothing(status: str) -> None:
    image = ImageFactory(renditions=False)
    annotate(image, "FACE_DETECTION", status=status)
    assert assemble_document(image) == {}


def test_only_the_collections_own_annotator_is_heard() -> None:
    image = ImageFactory(renditions=False, collection=CollectionFactory(annotator="google"))
    annotate(image, "FACE_DETECTION", {}, annotator="local")
    assert assemble_document(image) == {}


def test_an_image_without_bytes_has_no_document() -> None:
    image = ImageFactory(renditions=False)
    image.current_revision = None  # type: ignore[assignment]
    assert assemble_document(image) == {}


def test_many_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    collection = CollectionFactory()
    images = ImageFactory.create_batch(20, collection=collection, renditions=False)
    for image in images:
        annotate(image, "FACE_DETECTION", {})
    rows = list(Image.objects.select_related("collection", "current_revision"))
    with django_assert_num_queries(1):
        documents = assemble_documents(rows)
    assert documents == {image.pk: {"faceAnnotations": []} for image in images}


def test_colours_of_a_document_without_any() -> None:
    assert read_colours({}) == []
    assert read_colours({"imagePropertiesAnnotation": {}}) == []
