"""The living galaxy: what is new finds its place, and nobody else moves."""

import numpy as np
import pytest

from catalog.models import Image, Position
from catalog.services.build import BuildError, build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.progress import CancelledError
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory
from tests.factories_library import make_library

pytestmark = pytest.mark.django_db


@pytest.fixture
def galaxy():
    """A built galaxy of 120 pictures of three kinds."""
    made = GalaxyFactory(collection=CollectionFactory(), n_clusters=3)
    for term in ("cat", "snow", "castle"):
        add(made, term, 40)
    build_galaxy(made)
    return made


def add(galaxy, term, n):
    return [
        ImageFactory(collection=galaxy.collection, labels={term: 0.9, "photograph": 0.5}, renditions=False)
        for _ in range(n)
    ]


def rows_of(build):
    return {
        image: (x, y, z, cluster, flat_x, flat_y)
        for image, x, y, z, cluster, flat_x, flat_y in build.positions.values_list(
            "image", "x", "y", "z", "group__cluster", "flat_x", "flat_y"
        )
    }


def test_new_images_join_their_like_and_old_ones_do_not_move_by_a_bit(galaxy):
    before = rows_of(galaxy.builds.get())
    new = {term: add(galaxy, term, 3) for term in ("cat", "snow", "castle")}

    result = update_galaxy(galaxy)

    after = rows_of(result.build)
    assert result.created and result.build.complete
    assert {image: after[image] for image in before} == before
    for term, images in new.items():
        clusters = {after[image.pk][3] for image in images}
        assert clusters == {galaxy.clusters.get(name=term).pk}
    # Each has a spot of its own, among its like.
    assert len({row[:3] for row in after.values()}) == 129
    assert len({row[4:] for row in after.values()}) == 129, "in the plane, too"
    assert result.as_json()["n_new"] == 9
    assert result.build.parameters["method"] == "update"
    assert result.build.parameters["based_on"] == 1
    assert result.build.quality["trustworthiness"] > 0.85


def test_a_build_from_before_there_were_flat_maps_gets_one_with_the_next_update(galaxy):
    Position.objects.update(flat_x=None, flat_y=None)
    add(galaxy, "cat", 2)

    build = update_galaxy(galaxy).build

    assert not build.positions.filter(flat_x=None).exists()
    assert len(set(build.positions.values_list("flat_x", "flat_y"))) == 122


def test_hidden_and_deleted_images_leave_and_an_empty_group_goes_with_them(galaxy):
    cats = Image.objects.filter(effective_labels__label__term="cat")
    castles = Image.objects.filter(effective_labels__label__term="castle")
    cats.update(hidden=True)
    castles.first().delete()

    build = update_galaxy(galaxy).build

    assert build.n_images == build.positions.count() == 79
    assert sorted(build.groups.values_list("n_images", flat=True)) == [39, 40]
    assert set(build.groups.values_list("cluster__name", flat=True)) == {"snow", "castle"}
    assert galaxy.clusters.filter(name="cat").exists(), "it lies dormant: its pictures may come back"


def test_nothing_new_keeps_the_build_and_a_whole_build_follows_an_update(galaxy):
    assert not update_galaxy(galaxy).created
    assert update_galaxy(galaxy, force=True).build.number == 2
    assert not update_galaxy(galaxy).created

    rebuilt = build_galaxy(galaxy)

    assert rebuilt.created, "an update is no whole build of the same images"
    assert not build_galaxy(galaxy).created
    assert not update_galaxy(galaxy).created


def test_who_has_a_label_with_a_cluster_of_its_own_joins_it_wherever_it_lies(galaxy):
    galaxy.extra_cluster_labels = ["ghost"]
    for term in ("cat", "snow", "castle"):
        ImageFactory.create_batch(4, collection=galaxy.collection, labels={term: 0.9, "ghost": 0.5}, renditions=False)
    build_galaxy(galaxy)
    ghost = galaxy.clusters.get(name="ghost")
    assert ghost.groups.latest("pk").n_images == 12

    new = ImageFactory(collection=galaxy.collection, labels={"snow": 0.9, "ghost": 0.4}, renditions=False)
    unlabelled = ImageFactory(collection=galaxy.collection, labels={}, renditions=False)
    after = rows_of(update_galaxy(galaxy).build)

    assert after[new.pk][3] == ghost.pk
    assert after[unlabelled.pk][3] != ghost.pk


def test_without_a_build_it_says_what_to_do_first():
    galaxy = GalaxyFactory()
    ImageFactory(collection=galaxy.collection, renditions=False)
    with pytest.raises(
        BuildError, match=rf"none yet\. Build it first: manage.py build_galaxy .* --galaxy {galaxy.slug}"
    ):
        update_galaxy(galaxy)


def test_with_all_old_images_gone_it_says_so(galaxy):
    Image.objects.all().delete()
    add(galaxy, "violin", 2)
    with pytest.raises(BuildError, match=r"None of the images of build 1 .* is left"):
        update_galaxy(galaxy)


def test_stopped_in_the_middle_it_leaves_the_last_build_in_force(galaxy):
    add(galaxy, "cat", 5)

    def stop_while_saving(stage: str, done: int, total: int) -> None:
        if stage == "Saving":
            raise CancelledError

    with pytest.raises(CancelledError):
        update_galaxy(galaxy, progress=stop_while_saving)

    assert galaxy.builds.filter(complete=True).get().number == 1
    assert update_galaxy(galaxy).build.n_images == 125
    assert Position.objects.exclude(build__complete=True).count() == 0


def test_ten_more_into_a_thousand_are_placed_where_their_topic_is():
    galaxy = GalaxyFactory(n_clusters=10)
    topics = make_library(galaxy.collection, 1000, n_topics=20)
    build_galaxy(galaxy)
    held_out = Image.objects.filter(collection=galaxy.collection).order_by("pk")[:1000:100]
    pks = [image.pk for image in held_out]
    last = galaxy.builds.get()
    truth = {p.image_id: np.array([p.x, p.y, p.z]) for p in last.positions.filter(image__in=pks)}
    last.positions.filter(image__in=pks).delete()

    build = update_galaxy(galaxy, force=True).build

    spread = np.linalg.norm(np.array(list(build.positions.values_list("x", "y", "z"))), axis=1)
    radius = np.quantile(spread, 0.95)
    moved = [
        np.linalg.norm(np.array([p.x, p.y, p.z]) - truth[p.image_id]) for p in build.positions.filter(image__in=pks)
    ]
    assert len(topics) == build.n_images
    assert np.median(moved) < 0.25 * radius
