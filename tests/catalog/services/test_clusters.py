"""Clusters outlive builds: what people know and what curators decided goes on, however k-means cuts."""

from collections.abc import Sequence

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from catalog.models import Build, Cluster, Galaxy, Group, Image, Pin, Position
from catalog.services.build import build_galaxy
from catalog.services.build_rows import complete_build, read_positions
from catalog.services.cluster_edit import edit_cluster, merge_clusters
from catalog.services.clusters import cluster_of_images, find_clusters
from catalog.services.errors import ServiceError
from explorer.services import publish_galaxy
from tests.factories import ClusterFactory, CollectionFactory, GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db


class World:
    """A galaxy whose groups the test decides: each build is a list with a group for each image, whatever k-means would say."""

    def __init__(self, terms: Sequence[str]) -> None:
        self.galaxy: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create())
        self.images: list[Image] = []
        self.terms: list[str] = []
        self.add(terms)

    def add(self, terms: Sequence[str]) -> None:
        self.images += ImageFactory.create_batch(len(terms), collection=self.galaxy.collection, renditions=False)
        self.terms += terms

    def build(self, groups: Sequence[int], asked_for: dict[int, str] | None = None) -> list[Cluster]:
        """Save a build with these groups; returns the cluster of each group."""
        assignments = np.array(groups, dtype=np.int32)
        ids = [image.pk for image in self.images]
        labels = [[term] for term in self.terms]
        scores = [[0.9]] * len(labels)
        clusters = find_clusters(self.galaxy, ids, assignments, labels, scores, asked_for=asked_for)
        build = Build.objects.create(galaxy=self.galaxy, number=self.galaxy.builds.count() + 1, n_images=len(ids))
        rows = [
            Group.objects.create(build=build, number=n, cluster=cluster, n_images=groups.count(n), x=0, y=0, z=0)
            for n, cluster in enumerate(clusters)
        ]
        Position.objects.bulk_create(
            Position(build=build, image_id=i, group=rows[g], x=0, y=0, z=0) for i, g in zip(ids, groups, strict=True)
        )
        complete_build(build)
        return clusters

    def names(self) -> set[str]:
        """Of the clusters that the newest build shows."""
        newest = self.galaxy.builds.order_by("-number").first()
        return set(self.galaxy.clusters.filter(groups__build=newest).values_list("name", flat=True))


@pytest.fixture
def world() -> World:
    """Ten cats, eight dogs and six birds, built once, a group each."""
    world = World(["cat"] * 10 + ["dog"] * 8 + ["bird"] * 6)
    world.build([0] * 10 + [1] * 8 + [2] * 6)
    return world


def cluster(world: World, name: str) -> Cluster:
    return Cluster.objects.get(galaxy=world.galaxy, name=name)


def test_groups_in_another_order_find_their_clusters_and_new_images_are_new(world: World):
    cat, dog, bird = (cluster(world, name) for name in ("cat", "dog", "bird"))
    world.add(["fish"] * 5)
    fish, *rest = world.build([3] * 10 + [1] * 8 + [2] * 6 + [0] * 5)
    assert rest == [dog, bird, cat]
    assert fish.name == "fish"
    assert fish.colour not in {cat.colour, dog.colour, bird.colour}


def test_all_that_a_curator_said_stays_with_the_cluster(world: World):
    dog = cluster(world, "dog")
    edit_cluster(dog, by=None, name="Good boys")
    Cluster.objects.filter(pk=dog.pk).update(
        colour="#123456", description="All of them", hidden=True, cover=world.images[12], tour_order=7
    )
    world.add(["dog"] * 2)
    after = world.build([1] * 10 + [0] * 8 + [2] * 6 + [0] * 2)[0]
    after.refresh_from_db()
    assert after == dog
    assert (after.name, after.colour, after.description) == ("Good boys", "#123456", "All of them")
    assert (after.hidden, after.cover, after.tour_order) == (True, world.images[12], 7)


def test_a_merge_survives_builds_that_split_unite_and_split_again(world: World):
    cat, dog, bird = (cluster(world, name) for name in ("cat", "dog", "bird"))
    assert merge_clusters(cat, [dog], by=None).n_images == 8
    assert world.build([0] * 10 + [1] * 8 + [2] * 6) == [cat, cat, bird]
    # Cut another way, in three.
    assert world.build([0] * 7 + [1] * 3 + [1] * 2 + [3] * 6 + [2] * 6) == [cat, cat, bird, cat]
    # As one group, and in two again: the merge is remembered where k-means forgot it.
    assert world.build([0] * 18 + [1] * 6) == [cat, bird]
    assert world.build([0] * 10 + [1] * 8 + [2] * 6) == [cat, cat, bird]
    assert world.names() == {"cat", "bird"}
    assert not Group.objects.filter(cluster=dog).exists()
    assert Cluster.objects.filter(pk=dog.pk).exists()


def test_a_cluster_that_only_k_means_splits_goes_on_in_its_larger_part(world: World):
    cat = cluster(world, "cat")
    edit_cluster(cat, by=None, name="Our cats")
    clusters = world.build([0] * 4 + [3] * 6 + [1] * 8 + [2] * 6)
    assert clusters[3] == cat
    assert clusters[0] != cat
    assert clusters[0].name == "cat"


def test_a_hidden_cluster_stays_hidden_in_all_its_parts(world: World):
    cat = cluster(world, "cat")
    Cluster.objects.filter(pk=cat.pk).update(hidden=True)
    assert world.build([0] * 4 + [3] * 6 + [1] * 8 + [2] * 6)[::3] == [cat, cat]


def test_a_hidden_cluster_that_melts_into_a_visible_one_keeps_its_images_hidden(world: World):
    bird, dog = cluster(world, "bird"), cluster(world, "dog")
    Cluster.objects.filter(pk=bird.pk).update(hidden=True)
    birds, dogs = world.images[18:], world.images[10:18]
    Pin.objects.create(galaxy=world.galaxy, cluster=dog, image=birds[0])

    world.build([0] * 10 + [1] * 14)

    newest = world.galaxy.builds.order_by("-number").first()
    clusters = cluster_of_images(world.galaxy, newest.pk)
    assert {clusters[image.pk] for image in birds[1:]} == {bird.pk}
    assert {clusters[image.pk] for image in [*dogs, birds[0]]} == {dog.pk}, "a pin is a later word about one image"
    assert list(newest.groups.order_by("number").values_list("n_images", flat=True)) == [10, 8, 6]

    Cluster.objects.filter(pk=bird.pk).update(hidden=False)
    world.build([0] * 10 + [1] * 14)
    newest = world.galaxy.builds.order_by("-number").first()
    assert set(cluster_of_images(world.galaxy, newest.pk).values()) == {cluster(world, "cat").pk, dog.pk}


def test_a_dormant_cluster_returns_when_its_images_are_a_group_again(world: World):
    cat, dog, bird = (cluster(world, name) for name in ("cat", "dog", "bird"))
    edit_cluster(bird, by=None, name="Feathers")
    for _ in range(3):
        assert world.build([0] * 10 + [1] * 14) == [cat, dog]
    assert world.names() == {"cat", "dog"}
    assert world.build([0] * 10 + [1] * 8 + [2] * 6) == [cat, dog, bird]
    assert world.names() == {"cat", "dog", "Feathers"}


def test_a_merged_cluster_does_not_return_by_itself(world: World):
    cat, bird = cluster(world, "cat"), cluster(world, "bird")
    world.build([0] * 10 + [1] * 14)
    merge_clusters(cat, [bird], by=None)  # dormant now, remembered by the first build
    assert bird not in world.build([0] * 10 + [1] * 8 + [2] * 6)


def test_a_pinned_image_counts_with_its_pin(world: World):
    cat, bird = cluster(world, "cat"), cluster(world, "bird")
    pinned = world.images[:6]
    Pin.objects.bulk_create(Pin(galaxy=world.galaxy, cluster=bird, image=image) for image in pinned)
    # Those six with two birds; the other birds; the other cats. Without pins the six would be the larger part of the cats.
    after = world.build([0] * 6 + [3] * 4 + [1] * 8 + [0] * 2 + [2] * 4)
    assert (after[0], after[3]) == (bird, cat)
    assert after[2] != bird
    newest = world.galaxy.builds.order_by("-number").first()
    assert {cluster_of_images(world.galaxy, newest.pk)[image.pk] for image in pinned} == {bird.pk}


def test_pins_go_with_a_merge(world: World):
    cat, bird = cluster(world, "cat"), cluster(world, "bird")
    Pin.objects.create(galaxy=world.galaxy, cluster=bird, image=world.images[12])
    merge_clusters(cat, [bird], by=None)
    assert Pin.objects.get().cluster == cat


def test_names_change_hands_without_two_clusters_bearing_one():
    world = World(["cat"] * 6 + ["dog"] * 6)
    first, second = world.build([0] * 6 + [1] * 6)
    world.terms = ["dog"] * 6 + ["cat"] * 6  # relabelled: each is now what the other was
    assert world.build([0] * 6 + [1] * 6) == [first, second]
    assert [Cluster.objects.get(pk=c.pk).name for c in (first, second)] == ["dog", "cat"]


def test_a_dormant_computed_name_gives_way_and_a_curators_does_not(world: World):
    bird = cluster(world, "bird")
    world.build([0] * 10 + [1] * 14)
    world.add(["bird"] * 20)
    assert world.build([1] * 10 + [2] * 14 + [0] * 20)[0].name == "bird"
    bird.refresh_from_db()
    assert bird.name == "bird 2"

    edit_cluster(bird, by=None, name="fish")
    world.add(["fish"] * 30)
    assert world.build([2] * 10 + [3] * 14 + [1] * 20 + [0] * 30)[0].name == "fish 2"


def test_a_name_is_not_changed_for_one_that_fits_a_little_better():
    world = World(["cat"] * 6 + ["fur"] * 5 + ["dog"] * 9)
    first = world.build([0] * 11 + [1] * 9)[0]
    assert first.name == "cat"
    world.terms[5] = "fur"
    assert world.build([0] * 11 + [1] * 9)[0].name == "cat"


def test_a_label_asked_for_names_its_cluster_and_takes_the_name_from_another(world: World):
    cat = cluster(world, "cat")
    world.add(["cat"] * 7)
    # Most of the old cats stay together; the group asked for is of others.
    after = world.build([0] * 10 + [1] * 8 + [2] * 6 + [3] * 7, asked_for={3: "cat"})
    assert after[3].name == "cat" != after[0].name
    assert after[0] == cat
    assert world.build([0] * 10 + [1] * 8 + [2] * 6 + [3] * 7, asked_for={3: "cat"}) == after


def test_the_group_of_images_is_looked_up_in_any_order(world: World):
    stranger = ImageFactory.create(renditions=False)
    build = world.galaxy.builds.get()
    ids = np.array([world.images[20].pk, stranger.pk, world.images[0].pk, world.images[11].pk])
    assert read_positions(build).groups_of(ids).tolist() == [2, -1, 0, 1]
    assert read_positions(build).groups_of(ids[:0]).tolist() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cat, dog: [cat], "at least two clusters to merge, got one"),
        (lambda cat, dog: [dog, ClusterFactory.create(name="stranger")], "got some of another galaxy: stranger"),
        (
            lambda cat, dog: Cluster.objects.filter(pk=dog.pk).update(hidden=True) and [dog],
            "all shown like cat, got others",
        ),
    ],
)
def test_what_cannot_be_merged_is_refused_and_nothing_changes(world: World, change, message):
    cat, dog = cluster(world, "cat"), cluster(world, "dog")
    others = change(cat, dog)
    for other in others:
        other.refresh_from_db()
    with pytest.raises(ServiceError, match=message):
        merge_clusters(cat, others, by=None)
    assert Group.objects.filter(cluster=dog).count() == 1


def real_galaxy(**settings: object) -> Galaxy:
    """Eighty images of four kinds; one cat in four sleeps."""
    galaxy: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), n_clusters=4, **settings)
    for i in range(80):
        labels = {["cat", "snow", "castle", "violin"][i // 20]: 0.9}
        ImageFactory.create(collection=galaxy.collection, labels=labels | ({"sleep": 0.6} if i % 8 == 0 else {}))
    return galaxy


def test_a_merge_survives_three_real_builds_and_is_published():
    galaxy = real_galaxy()
    build_galaxy(galaxy)
    before = publish_galaxy(galaxy)
    cat, snow = galaxy.clusters.get(name="cat"), galaxy.clusters.get(name="snow")
    merge_clusters(cat, [snow], by=None)
    assert publish_galaxy(galaxy).publication != before.publication

    for _ in range(3):
        ImageFactory.create(collection=galaxy.collection, labels={"snow": 0.9})
        build = build_galaxy(galaxy).build
        of_image = cluster_of_images(galaxy, build.pk)
        snowy = Image.objects.filter(effective_labels__label__term="snow").values_list("pk", flat=True)
        assert {of_image[pk] for pk in snowy} == {cat.pk}
        assert build.groups.filter(cluster=cat).count() >= 2
        assert set(galaxy.clusters.filter(groups__build=build).values_list("name", flat=True)) == {
            "cat",
            "castle",
            "violin",
        }


def test_a_label_asked_for_gets_a_cluster_of_its_own():
    galaxy = real_galaxy(extra_cluster_labels=["Sleep", "unicorn"])
    build = build_galaxy(galaxy).build

    asleep = set(Image.objects.filter(effective_labels__label__term="sleep").values_list("pk", flat=True))
    of_image = cluster_of_images(galaxy, build.pk)
    sleep = galaxy.clusters.get(name="Sleep")
    assert {pk for pk, cluster_id in of_image.items() if cluster_id == sleep.pk} == asleep
    assert set(galaxy.clusters.values_list("name", flat=True)) == {"cat", "snow", "castle", "violin", "Sleep"}
    assert build.quality["labels_without_images"] == ["unicorn"]

    galaxy.extra_cluster_labels = []
    galaxy.save()
    assert not build_galaxy(galaxy).build.groups.filter(cluster=sleep).exists()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("cat", 'got "cat"'),
        (["cat", 3], r'got \["cat", 3\]'),
        (["cat", " "], "got an empty label"),
        (["cat", "dog", " CAT"], "same one several times:  CAT, cat"),
        ([str(n) for n in range(41)], "at most 40 labels.*got 41"),
    ],
)
def test_labels_asked_for_are_checked(labels, message):
    galaxy = GalaxyFactory.create()
    galaxy.extra_cluster_labels = labels
    with pytest.raises(ValidationError, match=message):
        galaxy.full_clean()
    galaxy.extra_cluster_labels = ["cat", "dog"]
    galaxy.full_clean()
