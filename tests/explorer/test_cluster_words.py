"""What a publication says of clusters and of places, and only of labels that it may name."""

import numpy as np
import pytest

from catalog.layout import built_in_words, label_vectors, mix_vectors
from catalog.models import PublishedFeature
from explorer.subgroups import describe_clusters, read_published_labels
from explorer.why import PlaceExplainer
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def snow():
    """A galaxy of twelve snowy pictures and twelve of cats, in two balls."""
    collection = CollectionFactory()
    snowy = [{"snow": 0.9, "mountain": 0.6, "paper": 0.3}, {"snow": 0.8, "ski slope": 0.7}]
    images = [ImageFactory(collection=collection, labels=snowy[i % 2]) for i in range(12)]
    images += [ImageFactory(collection=collection, labels={"cat": 0.9, "paper": 0.2}) for _ in range(12)]
    galaxy = GalaxyFactory(collection=collection)
    build = BuildFactory(galaxy=galaxy, images=images)
    rng = np.random.default_rng(0)
    positions = np.concatenate([rng.normal(0, 1, (12, 3)), rng.normal(30, 1, (12, 3))]).astype(np.float32)
    return galaxy, build, np.array([image.pk for image in images]), positions


def neighbours_of(*rows):
    """All others of an image's own kind, and one place for none."""
    return np.array([[*(i for i in range(row - row % 12, row - row % 12 + 12) if i != row), -1] for row in rows])


def test_rows_come_in_the_order_asked_for(snow):
    galaxy, _build, image_ids, _positions = snow
    mixed = np.random.default_rng(1).permutation(image_ids)
    labels = read_published_labels(galaxy, mixed)
    assert [("snow" in row) for row in labels.labels] == (mixed < image_ids[12]).tolist()


def test_a_cluster_is_told_from_the_others_by_its_labels(snow):
    galaxy, _build, image_ids, positions = snow
    labels = read_published_labels(galaxy, image_ids)
    words = describe_clusters(galaxy, labels, positions, [0] * 12 + [1] * 12, ["Snow", "Cats"])
    assert [label.term for label in words.labels[0]] == ["snow", "mountain", "ski slope"]
    assert [label.term for label in words.labels[1]] == ["cat", "paper"]
    assert words.subgroups == [], "twelve pictures have no neighbourhoods"


def test_a_place_is_explained_by_the_labels_shared_with_its_neighbours(snow):
    _galaxy, build, image_ids, _positions = snow
    explainer = PlaceExplainer(build, read_published_labels(build.galaxy, image_ids))
    snowy, cat = explainer.explain([0, 20], neighbours_of(0, 20))
    assert snowy["why"][0]["term"] == "snow"
    assert cat["why"][0]["term"] == "cat"
    for told in (snowy, cat):
        assert 0.9 < sum(label["share"] for label in told["why"]) <= 1
        assert "why_visual" not in told


def test_the_look_has_its_part_where_the_galaxy_was_laid_out_by_it(snow):
    _galaxy, build, image_ids, _positions = snow
    build.parameters["visual_weight"] = 0.5
    labels = read_published_labels(build.galaxy, image_ids)
    meaning = label_vectors(labels.labels, labels.scores, built_in_words())
    look = np.random.default_rng(2).normal(0, 1, (24, 256)).astype(np.float32)
    look[:12] += 3
    vectors = mix_vectors(meaning, look, visual_weight=0.5).astype(np.float16)
    [told] = PlaceExplainer(build, labels, vectors).explain([3], neighbours_of(3))
    assert 0.2 < told["why_visual"] < 0.9
    assert told["why_visual"] + sum(label["share"] for label in told["why"]) <= 1


def test_by_look_alone_no_label_is_named(snow):
    _galaxy, build, image_ids, _positions = snow
    build.parameters["visual_weight"] = 1.0
    explainer = PlaceExplainer(build, read_published_labels(build.galaxy, image_ids))
    assert explainer.explain([0], neighbours_of(0)) == [{"why_visual": 1.0}]
    assert explainer.explain([0], np.full((1, 12), -1)) == [{}], "without neighbours there is nothing to explain"


def test_nothing_is_said_with_labels_that_are_not_published(snow):
    galaxy, build, image_ids, positions = snow
    galaxy.published_features = [PublishedFeature.COLOURS]
    labels = read_published_labels(galaxy, image_ids)
    assert describe_clusters(galaxy, labels, positions, [0] * 24, ["All"]).labels == [[]]
    assert PlaceExplainer(build, labels).explain([0, 23], neighbours_of(0, 23)) == [{}, {}]


def test_a_librarys_own_positions_are_not_explained_by_labels(snow):
    _galaxy, build, image_ids, _positions = snow
    build.parameters["positions"] = "digest"
    labels = read_published_labels(build.galaxy, image_ids)
    assert PlaceExplainer(build, labels).explain([0], neighbours_of(0)) == [{}]
