"""Images over the API: what one tells, how lists narrow, how many queries it takes."""

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Annotation, AnnotationPayload, EffectiveLabel, Image, Label, Occurrence, Pin
from tests.explorer.world import client_of, make_person, make_world, publish
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, LabelFactory, keep_answers

pytestmark = pytest.mark.django_db
COLOURS = {
    "imagePropertiesAnnotation": {
        "dominantColors": {
            "colors": [
                {"color": {"red": 16, "green": 32}, "score": 0.2, "pixelFraction": 0.1},
                {"color": {"red": 255, "green": 128, "blue": 0}, "score": 0.7, "pixelFraction": 0.4},
            ]
        }
    }
}


def titles(client: Client, query: str) -> list[str]:
    response = client.get(f"/api/v1/images/?{query}")
    assert response.status_code == 200, response.json()
    return sorted(image["title"] for image in response.json()["results"])


def answer(image: Image, feature: str, document: dict[str, Any]) -> None:
    assert image.current_revision is not None
    annotation = Annotation.objects.create(
        sha256=image.current_revision.sha256,
        annotator="local",
        feature=feature,
        model="test",
        status=Annotation.Status.ANSWERED,
    )
    AnnotationPayload.objects.create(annotation=annotation, document=zlib.compress(json.dumps(document).encode()))


class TestOneImage:
    def test_it_tells_what_a_visitor_may_know(self, client: Client) -> None:
        world = make_world()
        answer(world.shown, "IMAGE_PROPERTIES", COLOURS)
        image = client.get(f"/api/v1/images/{world.shown.uuid}/").json()
        created_at, updated_at = image.pop("created_at"), image.pop("updated_at")
        assert created_at <= updated_at
        assert image == {
            "uuid": str(world.shown.uuid),
            "collection": "museum",
            "title": "Picture 0",
            "description": "",
            "creator": "",
            "credit": "",
            "licence": "CC0 1.0",
            "source_url": "",
            "width": 640,
            "height": 480,
            "hidden": False,
            "status": None,
            "renditions": {
                "small": f"http://testserver/media/{world.shown.uuid}/small",
                "view": f"http://testserver/media/{world.shown.uuid}/view",
            },
            "labels": [
                {"term": "animal", "score": 0.95, "source": "local"},
                {"term": "cat", "score": 0.9, "source": "local"},
            ],
            "clusters": [
                {
                    "uuid": str(world.cluster.uuid),
                    "name": world.cluster.name,
                    "colour": world.cluster.colour,
                    "galaxy": "sky",
                }
            ],
            "colours": [
                {"colour": "#ff8000", "score": 0.7, "pixel_fraction": 0.4},
                {"colour": "#102000", "score": 0.2, "pixel_fraction": 0.1},
            ],
        }

    def test_its_renditions_can_be_fetched(self, client: Client) -> None:
        image = client.get(f"/api/v1/images/{make_world().shown.uuid}/").json()
        for address in image["renditions"].values():
            assert client.get(address).getvalue().startswith(b"\xff\xd8")

    def test_where_it_came_from_is_told_to_nobody(self) -> None:
        world = make_world()
        Occurrence.objects.create(
            collection=world.collection,
            image=world.shown,
            source="/srv/secret/masters",
            location="shelf-7/IMG_1.tif",
            external_id="INV-1",
        )
        for kind in ("anonymous", "owner"):
            client = client_of(make_person(kind, world.collection))
            text = client.get(f"/api/v1/images/{world.shown.uuid}/").text + client.get("/api/v1/images/").text
            for private in ("secret", "shelf-7", "INV-1"):
                assert private not in text

    def test_how_far_annotation_came_is_told_to_its_people(self) -> None:
        world = make_world()
        viewer = client_of(make_person("viewer", world.collection))
        assert viewer.get(f"/api/v1/images/{world.shown.uuid}/").json()["status"] == "annotated"

    def test_a_picture_without_bytes_has_no_renditions(self, client: Client) -> None:
        image = make_world().shown
        Image.objects.filter(pk=image.pk).update(current_revision=None)
        shown = client.get(f"/api/v1/images/{image.uuid}/").json()
        assert (shown["renditions"], shown["width"], shown["height"], shown["colours"]) == (None, None, None, [])

    def test_a_pin_is_stronger_than_the_build(self, client: Client) -> None:
        world = make_world()
        world.hidden_cluster.hidden = False
        world.hidden_cluster.save()
        Pin.objects.create(galaxy=world.galaxy, cluster=world.hidden_cluster, image=world.shown)
        image = client.get(f"/api/v1/images/{world.shown.uuid}/").json()
        assert [cluster["uuid"] for cluster in image["clusters"]] == [str(world.hidden_cluster.uuid)]
        assert world.shown.title in titles(client, f"cluster={world.hidden_cluster.uuid}")
        assert world.shown.title not in titles(client, f"cluster={world.cluster.uuid}")

    def test_a_build_that_is_not_published_places_nothing(self, client: Client) -> None:
        world = make_world()
        BuildFactory(galaxy=world.galaxy, images=[world.shown])
        image = client.get(f"/api/v1/images/{world.shown.uuid}/").json()
        assert [cluster["uuid"] for cluster in image["clusters"]] == [str(world.cluster.uuid)]


class TestFilters:
    def test_by_label_in_any_spelling_and_score(self) -> None:
        collection = CollectionFactory()
        client = client_of(make_person("viewer", collection))
        ImageFactory(collection=collection, title="surely", labels={"snow leopard": 0.9})
        ImageFactory(collection=collection, title="perhaps", labels={"snow leopard": 0.4})
        ImageFactory(collection=collection, title="snow", labels={"snow": 0.9})
        assert titles(client, "label=Snow%20%20LEOPARD") == ["perhaps", "surely"]
        assert titles(client, "label=snow+leopard&min_score=0.5") == ["surely"]
        assert titles(client, "min_score=0.5") == ["snow", "surely"]

    def test_by_a_term_that_was_renamed(self) -> None:
        collection = CollectionFactory()
        client = client_of(make_person("viewer", collection))
        ImageFactory(collection=collection, title="tram", labels={"tram": 0.9})
        LabelFactory(collection=collection, term="streetcar", alias_of=Label.objects.get(key="tram"))
        assert titles(client, "label=streetcar") == ["tram"]

    def test_by_collection_galaxy_and_cluster(self, client: Client) -> None:
        world = make_world()
        ImageFactory(collection=world.collection, title="unplaced", safe=True)
        ImageFactory(collection=CollectionFactory(public=True), title="elsewhere", safe=True)
        assert titles(client, "collection=museum") == ["Picture 0", "Picture 1", "Picture 2", "unplaced"]
        # The second picture is in a cluster that is hidden, so no publication shows it.
        assert titles(client, "galaxy=sky") == ["Picture 0", "Picture 2"]
        assert titles(client, f"cluster={world.cluster.uuid}") == ["Picture 0", "Picture 2"]
        assert titles(client, f"cluster={world.cluster.uuid}&label=dog") == []

    def test_by_time_of_change(self, client: Client) -> None:
        collection = CollectionFactory(public=True)
        old = ImageFactory(collection=collection, title="old", safe=True)
        ImageFactory(collection=collection, title="new", safe=True)
        Image.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=2))
        since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert titles(client, f"updated_since={since}") == ["new"]

    def test_its_people_may_ask_for_hidden_ones_and_by_status(self) -> None:
        world = make_world()
        viewer = client_of(make_person("viewer", world.collection))
        ImageFactory(collection=world.collection, title="waiting")
        ImageFactory(collection=CollectionFactory(public=True), title="elsewhere, waiting")
        assert titles(viewer, "hidden=true") == ["Picture 3"]
        assert titles(viewer, "status=waiting") == ["waiting"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("collection=nowhere", "collection"),
            ("galaxy=nowhere", "galaxy"),
            ("cluster=cats", "cluster"),
            ("cluster=00000000-0000-0000-0000-000000000000", "cluster"),
            ("min_score=2", "min_score"),
            ("min_score=high", "min_score"),
            ("updated_since=yesterday", "updated_since"),
            ("status=lost", "status"),
            ("page_size=0", "page_size"),
            ("page_size=501", "page_size"),
            ("page_size=many", "page_size"),
            ("cursor=nonsense", "cursor"),
            ("cursor=cD1hYmM%3D", "cursor"),  # p=abc: well formed, but no place in this list
            ("label=%00", "label"),
        ],
    )
    def test_a_wrong_value_is_named(self, client: Client, query: str, field: str) -> None:
        response = client.get(f"/api/v1/images/?{query}")
        assert response.status_code == 400
        problem = response.json()
        assert problem["code"] == "invalid"
        assert [error["field"] for error in problem["errors"]] == [field]


class TestQueries:
    """However many images: images, labels and places; a session and its user; one for each thing named in a filter."""

    def make(self, n_images: int) -> str:
        galaxy = GalaxyFactory(public=True)
        labels = [LabelFactory(collection=galaxy.collection) for _ in range(8)]
        images = ImageFactory.create_batch(n_images, collection=galaxy.collection, renditions=False)
        EffectiveLabel.objects.bulk_create(
            EffectiveLabel(image=image, label=label, score=0.5, source="local") for image in images for label in labels
        )
        build = BuildFactory(galaxy=galaxy, images=images)
        publish(galaxy, build)
        return str(galaxy.collection.slug)

    @pytest.mark.parametrize("n_images", [2, 100])
    def test_a_list_takes_three(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries, n_images: int
    ) -> None:
        self.make(n_images)
        with django_assert_num_queries(3):
            images = client.get("/api/v1/images/").json()["results"]
        assert len(images) == n_images
        assert all(len(image["labels"]) == 8 and len(image["clusters"]) == 1 for image in images)

    def test_a_list_for_a_person_and_a_collection_takes_six(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        slug = self.make(100)
        collection = Image.objects.first().collection
        client = client_of(make_person("viewer", collection))
        term = Label.objects.first().term
        with django_assert_num_queries(6):
            response = client.get(f"/api/v1/images/?collection={slug}&label={term}&min_score=0.1")
        assert len(response.json()["results"]) == 100

    def test_one_image_takes_four(self, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        world = make_world()
        with django_assert_num_queries(4):
            client.get(f"/api/v1/images/{world.shown.uuid}/")


class TestDocument:
    DOCUMENT = {"faceAnnotations": [{"detectionConfidence": 0.9}]}

    def test_a_contributor_reads_it(self) -> None:
        world = make_world()
        answer(world.shown, "FACE_DETECTION", self.DOCUMENT)
        contributor = client_of(make_person("contributor", world.collection))
        assert contributor.get(f"/api/v1/images/{world.shown.uuid}/document/").json() == self.DOCUMENT

    def test_everybody_reads_what_a_galaxy_publishes(self, client: Client) -> None:
        world = make_world(publish_documents=True)
        answer(world.shown, "FACE_DETECTION", self.DOCUMENT)
        assert client.get(f"/api/v1/images/{world.shown.uuid}/document/").json() == self.DOCUMENT

    def test_a_galaxy_that_is_closed_opens_no_document(self, client: Client) -> None:
        world = make_world(publish_documents=True)
        world.galaxy.visibility = "private"
        world.galaxy.save()
        keep_answers(world.shown, {})
        response = client.get(f"/api/v1/images/{world.shown.uuid}/document/")
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

    def test_an_image_outside_the_galaxy_stays_closed(self, client: Client) -> None:
        world = make_world(publish_documents=True)
        other = ImageFactory(collection=world.collection, safe=True)
        assert client.get(f"/api/v1/images/{other.uuid}/document/").status_code == 403
