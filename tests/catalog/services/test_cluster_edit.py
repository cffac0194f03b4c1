"""What curators say of clusters holds at once, outlives builds, and can be taken back."""

import numpy as np
import pytest

from catalog.models import Build, Change, ChangedImage, Cluster, Galaxy, Group, Image, Job, Pin, Position
from catalog.services.build_rows import complete_build, last_build
from catalog.services.changes import start_undo
from catalog.services.cluster_edit import (
    edit_cluster,
    merge_clusters,
    order_tour,
    pin_images,
    split_cluster,
    unpin_images,
)
from catalog.services.cluster_parts import divide_cluster
from catalog.services.clusters import cluster_of_images, find_clusters
from catalog.services.errors import ServiceError
from catalog.services.pins import places_of_cluster
from tests.explorer.world import publish
from tests.factories import BuildFactory, ClusterFactory, CollectionFactory, GalaxyFactory, ImageFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_renamed_cluster_keeps_the_curators_name():
    cluster = ClusterFactory(name="diapsid")
    edit_cluster(cluster, by=None, name="  snakes \n and lizards ")
    cluster.refresh_from_db()
    assert (cluster.name, cluster.name_source) == ("snakes and lizards", "curator")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (" \t", "got an empty one"),
        ("x" * 201, "at most 200 characters, got 201"),
        ("birds", "that no other cluster of"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_changes(name, message):
    cluster = ClusterFactory(name="cats")
    ClusterFactory(galaxy=cluster.galaxy, name="birds")
    with pytest.raises(ServiceError, match=message):
        edit_cluster(cluster, by=None, name=name)
    assert cluster.name == "cats"
    cluster.refresh_from_db()
    assert (cluster.name, cluster.name_source) == ("cats", "computed")


def test_two_galaxies_may_have_clusters_of_one_name():
    ClusterFactory(name="birds")
    other = ClusterFactory(name="cats")
    edit_cluster(other, by=None, name="birds")
    assert other.name == "birds"


KINDS = ["cat", "snow", "castle", "violin"]
CORNERS = np.array([[5, 0, 0], [0, 5, 0], [0, 0, 5], [-5, -5, -5]])


def lay_out(galaxy: Galaxy) -> Build:
    """Build the galaxy without the engine: each kind of image lies around a corner of its own, and makes a group."""
    images = list(galaxy.collection.images.order_by("pk"))
    terms = [[row.label.term for row in image.effective_labels.select_related("label")] for image in images]
    groups = np.array([KINDS.index(next(term for term in of if term in KINDS)) for of in terms], dtype=np.int32)
    scores = [[0.9 - 0.1 * KINDS.count(term) for term in of] for of in terms]
    clusters = find_clusters(galaxy, [image.pk for image in images], groups, terms, scores)
    build = Build.objects.create(galaxy=galaxy, number=galaxy.builds.count() + 1, n_images=len(images))
    rows = [
        Group.objects.create(build=build, number=n, cluster=cluster, n_images=(groups == n).sum(), x=x, y=y, z=z)
        for n, (cluster, (x, y, z)) in enumerate(zip(clusters, CORNERS.tolist(), strict=True))
    ]
    places = CORNERS[groups] + 0.1 * np.random.default_rng(0).standard_normal((len(images), 3))
    Position.objects.bulk_create(
        Position(build=build, image=image, group=rows[group], x=x, y=y, z=z)
        for image, group, (x, y, z) in zip(images, groups.tolist(), places.tolist(), strict=True)
    )
    complete_build(build)
    return build


def add(galaxy: Galaxy, *terms: str) -> Image:
    image: Image = ImageFactory.create(collection=galaxy.collection, renditions=False, labels=dict.fromkeys(terms, 0.9))
    return image


@pytest.fixture
def galaxy() -> Galaxy:
    """Forty images of four kinds, built; four of the cats sleep."""
    galaxy: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create())
    for i in range(40):
        add(galaxy, KINDS[i // 10], *(["sleep"] if i < 4 else []))
    lay_out(galaxy)
    return galaxy


def take_back(change: Change | None) -> None:
    """By the same door as any other change."""
    assert change is not None
    start_undo(change, by=UserFactory())


def members(cluster: Cluster) -> set[int]:
    """The images of the newest build that belong to the cluster."""
    build = last_build(cluster.galaxy)
    assert build is not None
    of_image = cluster_of_images(cluster.galaxy, build.pk)
    found = {pk for pk, owner in of_image.items() if owner == cluster.pk}
    assert found == set(places_of_cluster(cluster, build).values_list("image_id", flat=True))
    return found


def test_each_word_about_a_cluster_is_a_change_of_its_own_and_saying_it_again_is_none(galaxy):
    by = UserFactory()
    cat = galaxy.clusters.get(name="cat")
    cover = Image.objects.get(pk=min(members(cat)))
    change = edit_cluster(cat, by=by, reason="as she said", colour="#102030", description="All of them", cover=cover)
    assert (change.kind, change.made_by, change.galaxy, change.reason) == ("clusters", by, galaxy, "as she said")
    assert (cat.colour, cat.description, cat.cover, cat.name_source) == ("#102030", "All of them", cover, "computed")
    assert edit_cluster(cat, by=by, colour="#102030", cover=cover) is None
    assert Change.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": "red"}, "#rrggbb"),
        ({"tour_order": -1}, "tour_order"),
        ({"cover": "stranger"}, "got one of another collection"),
    ],
)
def test_what_cannot_be_said_of_a_cluster_is_refused(galaxy, values, message):
    if values.get("cover"):
        values = {"cover": ImageFactory()}
    with pytest.raises(ServiceError, match=message):
        edit_cluster(galaxy.clusters.get(name="cat"), by=None, **values)
    assert not Change.objects.exists()


def test_hiding_a_published_cluster_starts_the_job_that_takes_it_out(galaxy):
    cat = galaxy.clusters.get(name="cat")
    edit_cluster(cat, by=None, hidden=True)
    assert not Job.objects.filter(kind="republish_galaxy").exists()  # nothing is published
    edit_cluster(cat, by=None, hidden=False)
    publish(galaxy, galaxy.builds.get())
    change = edit_cluster(cat, by=None, hidden=True)
    assert Job.objects.filter(kind="republish_galaxy", galaxy=galaxy).count() == 1
    take_back(change)
    cat.refresh_from_db()
    assert not cat.hidden


def test_pinning_into_a_hidden_cluster_takes_the_images_out_as_well(galaxy):
    cat, snow = galaxy.clusters.get(name="cat"), galaxy.clusters.get(name="snow")
    edit_cluster(snow, by=None, hidden=True)
    publish(galaxy, galaxy.builds.get())
    pin_images(snow, Image.objects.filter(pk__in=list(members(cat))[:2]), by=None)
    assert Job.objects.filter(kind="republish_galaxy", galaxy=galaxy).count() == 1


def test_an_edit_that_is_taken_back_leaves_what_was_said_since(galaxy):
    cat = galaxy.clusters.get(name="cat")
    first = edit_cluster(cat, by=None, name="Toms", colour="#000001")
    edit_cluster(cat, by=None, name="Tom cats")
    before = cat.colour
    take_back(first)
    take_back(first)  # twice is once
    cat.refresh_from_db()
    assert (cat.name, cat.name_source) == ("Tom cats", "curator")
    assert cat.colour != before
    first.refresh_from_db()
    assert first.undone_at is not None and first.undone_by is not None


def test_a_name_that_is_taken_by_now_cannot_come_back(galaxy):
    cat = galaxy.clusters.get(name="cat")
    change = edit_cluster(cat, by=None, name="Toms")
    edit_cluster(galaxy.clusters.get(name="snow"), by=None, name="cat")
    with pytest.raises(ServiceError, match="another cluster bears it by now"):
        take_back(change)
    change.refresh_from_db()
    assert change.undone_at is None


def test_the_tour_is_put_in_order_and_the_unnamed_follow(galaxy):
    first, second, third, fourth = galaxy.clusters.order_by("tour_order", "pk")
    change = order_tour(galaxy, [fourth.uuid, second.uuid], by=None)
    assert list(galaxy.clusters.order_by("tour_order")) == [fourth, second, first, third]
    assert order_tour(galaxy, [fourth.uuid, second.uuid], by=None) is None
    take_back(change)
    assert list(galaxy.clusters.order_by("tour_order")) == [first, second, third, fourth]
    with pytest.raises(ServiceError, match="got others"):
        order_tour(galaxy, [ClusterFactory().uuid], by=None)
    with pytest.raises(ServiceError, match="got some twice"):
        order_tour(galaxy, [first.uuid, first.uuid], by=None)


def test_pinned_images_belong_to_the_cluster_whatever_later_builds_find(galaxy):
    cat, snow = galaxy.clusters.get(name="cat"), galaxy.clusters.get(name="snow")
    asleep = Image.objects.filter(effective_labels__label__term="sleep")
    change = pin_images(snow, asleep, by=None, reason="They sleep in it.")
    assert (change.kind, change.n_images) == ("pin", 4)
    assert set(ChangedImage.objects.filter(change=change).values_list("image", flat=True)) == set(
        asleep.values_list("pk", flat=True)
    )
    add(galaxy, "violin")
    lay_out(galaxy)
    assert set(asleep.values_list("pk", flat=True)) <= members(snow)
    assert len(members(cat)) == 6
    assert pin_images(snow, asleep, by=None) is None

    unpinned = unpin_images(galaxy, asleep.filter(pk=asleep.first().pk), by=None)
    assert Pin.objects.count() == 3
    take_back(unpinned)
    assert Pin.objects.filter(cluster=snow).count() == 4
    take_back(change)
    assert not Pin.objects.exists()
    assert len(members(cat)) == 10


def test_taking_a_pin_back_leaves_images_that_were_pinned_elsewhere_since(galaxy):
    cat, snow, castle = (galaxy.clusters.get(name=name) for name in ("cat", "snow", "castle"))
    some = Image.objects.filter(pk__in=members(cat))
    first = pin_images(snow, some, by=None)
    kept = min(members(snow))
    pin_images(castle, some.filter(pk=kept), by=None)
    take_back(first)
    assert list(Pin.objects.values_list("image_id", "cluster_id")) == [(kept, castle.pk)]


def test_an_image_of_another_collection_is_not_pinned(galaxy):
    stranger = ImageFactory()
    with pytest.raises(ServiceError, match="got some of another collection"):
        pin_images(galaxy.clusters.first(), Image.objects.filter(pk=stranger.pk), by=None)
    with pytest.raises(ServiceError, match="at least one image, got none"):
        pin_images(galaxy.clusters.first(), Image.objects.none(), by=None)


def test_a_part_that_was_chosen_becomes_a_cluster_and_outlives_builds(galaxy):
    cat = galaxy.clusters.get(name="cat")
    asleep = Image.objects.filter(effective_labels__label__term="sleep")
    (sleep,) = split_cluster(cat, by=None, images=asleep)
    assert (sleep.name, sleep.name_source, sleep.hidden) == ("sleep", "computed", False)
    assert sleep.colour not in set(galaxy.clusters.exclude(pk=sleep.pk).values_list("colour", flat=True))
    assert members(sleep) == set(asleep.values_list("pk", flat=True))
    edit_cluster(sleep, by=None, name="Sleepers")
    for _ in range(2):
        add(galaxy, "violin")
        lay_out(galaxy)
        assert members(sleep) == set(asleep.values_list("pk", flat=True))
        assert len(members(cat)) == 6
    sleep.refresh_from_db()
    assert sleep.name == "Sleepers"


def test_a_split_that_is_taken_back_leaves_no_trace_also_when_a_build_has_found_the_part(galaxy):
    cat = galaxy.clusters.get(name="cat")
    before = members(cat)
    (sleep,) = split_cluster(cat, by=None, images=Image.objects.filter(effective_labels__label__term="sleep"))
    Group.objects.filter(build=last_build(galaxy), cluster__name="snow").update(cluster=sleep)
    take_back(Change.objects.get())
    assert before <= members(cat)
    assert not Cluster.objects.filter(pk=sleep.pk).exists()


def test_k_means_divides_a_cluster_and_the_largest_part_stays(galaxy):
    cat = galaxy.clusters.get(name="cat")
    merge_clusters(cat, [galaxy.clusters.get(name="violin")], by=None)
    # "cat" and "violin" lie far apart, so that is how it falls.
    parts = divide_cluster(cat)
    assert sorted(len(part.image_ids) for part in parts) == [10, 10]
    assert parts[0].names[0] == "cat"
    (made,) = split_cluster(cat, by=None, name="Fiddles")
    assert (made.name, made.name_source) == ("Fiddles", "curator")
    assert len(members(made)) == len(members(cat)) == 10


def test_a_part_of_a_hidden_cluster_is_hidden(galaxy):
    cat = galaxy.clusters.get(name="cat")
    edit_cluster(cat, by=None, hidden=True)
    assert split_cluster(cat, by=None)[0].hidden


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 1}, "from 2 to 6, got 1"),
        ({"n": 6}, "Choose fewer parts"),
        ({"name": "snow"}, "that no other cluster of"),
        ({"n": 3, "name": "x"}, "Name them afterwards"),
        ({"images": "none"}, "got none"),
        ({"images": "all"}, "Rename it instead"),
        ({"images": "strangers"}, "are not in it"),
    ],
)
def test_what_cannot_be_split_is_refused_and_nothing_changes(galaxy, options, message):
    cat = galaxy.clusters.get(name="cat")
    if options.get("images"):
        ids = {"none": [], "all": members(cat), "strangers": members(galaxy.clusters.get(name="snow"))}
        options = {"images": Image.objects.filter(pk__in=ids[options["images"]])}
    with pytest.raises(ServiceError, match=message):
        split_cluster(cat, by=None, **options)
    assert (galaxy.clusters.count(), Pin.objects.count(), Change.objects.count()) == (4, 0, 0)


def test_a_galaxy_without_a_build_has_nothing_to_split():
    with pytest.raises(ServiceError, match="Expected a build of"):
        split_cluster(ClusterFactory(), by=None)


def test_a_merge_is_taken_back_in_every_kept_build_also_in_those_made_since(galaxy):
    cat, snow = galaxy.clusters.get(name="cat"), galaxy.clusters.get(name="snow")
    cats, snowy = members(cat), members(snow)
    pinned = Image.objects.filter(pk=min(members(galaxy.clusters.get(name="castle"))))
    pin_images(snow, pinned, by=None)
    change = merge_clusters(cat, [snow], by=UserFactory(), reason="the same to us")
    assert change.n_images == 10
    add(galaxy, "violin")
    lay_out(galaxy)
    assert cats | snowy <= members(cat)
    take_back(change)
    assert members(cat) == cats
    assert members(snow) == snowy | set(pinned.values_list("pk", flat=True))
    assert set(galaxy.builds.first().groups.values_list("cluster__name", flat=True)) >= {"cat", "snow"}


def test_what_a_change_of_a_deleted_galaxy_did_cannot_be_taken_back():
    build = BuildFactory()
    change = edit_cluster(build.groups.first().cluster, by=None, colour="#000001")
    build.galaxy.delete()
    change.refresh_from_db()
    with pytest.raises(ServiceError, match="deleted"):
        take_back(change)
