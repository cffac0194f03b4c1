"""A galaxy of any size builds: positions, groups and clusters that people will know again."""

import numpy as np
import pytest

from catalog.models import Build, Cluster, EffectiveLabel, Galaxy, Image, Label, Pin, Position
from catalog.services.build import BuildError, build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.cluster_edit import edit_cluster
from catalog.services.clusters import cluster_of_images
from catalog.services.progress import CancelledError
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory, RevisionFactory
from tests.factories_library import make_library

pytestmark = pytest.mark.django_db

TERMS = ["cat", "snow", "castle", "violin"]


def galaxy_of(n: int, *, terms: list[str] = TERMS, **settings: object) -> Galaxy:
    """A galaxy of n images, the first quarter cats, the next snow and so on."""
    galaxy: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), **settings)
    add_images(galaxy, n, terms)
    return galaxy


def add_images(galaxy: Galaxy, n: int, terms: list[str]) -> None:
    for i in range(n):
        term = terms[i * len(terms) // n]
        labels = {term: 0.9, "photograph": 0.5}
        ImageFactory.create(collection=galaxy.collection, labels=labels, renditions=False)


def test_beside_the_galaxy_lies_its_flat_map_which_stays_put_from_build_to_build():
    galaxy = galaxy_of(200)

    first = np.array(list(build_galaxy(galaxy).build.positions.order_by("image").values_list("flat_x", "flat_y")))
    second = np.array(
        list(build_galaxy(galaxy, force=True).build.positions.order_by("image").values_list("flat_x", "flat_y"))
    )

    assert len(np.unique(first, axis=0)) == 200
    radius = np.quantile(np.linalg.norm(first, axis=1), 0.95)
    moved = np.linalg.norm(second - first, axis=1)
    assert np.median(moved) < 0.25 * radius, "pictures with equal labels may change places within their kind, no more"
    quarters = np.arange(200) // 50  # cats, snow, castles, violins
    centres = np.array([first[quarters == i].mean(axis=0) for i in range(4)])
    nearest = np.linalg.norm(first[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == quarters).mean() > 0.95, "each kind lies by itself"


def test_stopped_while_it_flattens_it_leaves_no_build_and_can_be_run_again():
    galaxy = galaxy_of(60)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "Flattening" and done > 50:
            raise CancelledError

    with pytest.raises(CancelledError):
        build_galaxy(galaxy, progress=stop)
    assert not Build.objects.exists()
    assert build_galaxy(galaxy).build.positions.exclude(flat_x=None).count() == 60


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100])
def test_small_galaxies_build(n: int):
    build = build_galaxy(galaxy_of(n)).build

    assert build.complete
    assert build.n_images == build.positions.count() == n
    points = np.array(list(build.positions.values_list("x", "y", "z")))
    assert np.isfinite(points).all()
    assert np.allclose(points.mean(axis=0), 0, atol=1e-3)
    assert sum(build.groups.values_list("n_images", flat=True)) == n
    names = list(build.galaxy.clusters.values_list("name", flat=True))
    assert len(names) == len(set(names)) == build.groups.count()


def test_images_that_all_have_the_same_label_build():
    build = build_galaxy(galaxy_of(40, terms=["snow"])).build

    points = np.array(list(build.positions.values_list("x", "y", "z")))
    assert np.isfinite(points).all()
    assert build.galaxy.clusters.filter(name__startswith="snow").exists()


def test_images_without_labels_build_and_are_called_so():
    galaxy = GalaxyFactory.create()
    ImageFactory.create_batch(5, collection=galaxy.collection, renditions=False)

    build_galaxy(galaxy)

    assert galaxy.clusters.filter(name__startswith="Unlabelled").exists()


def test_images_without_labels_are_one_cluster_however_many():
    galaxy = galaxy_of(80, n_clusters=4)
    ImageFactory.create_batch(60, collection=galaxy.collection, renditions=False)

    build_galaxy(galaxy)

    assert set(galaxy.clusters.values_list("name", flat=True)) == {*TERMS, "Unlabelled"}


def test_an_empty_collection_says_what_to_do():
    galaxy = GalaxyFactory.create()

    with pytest.raises(BuildError, match=f"import_images FOLDER --collection {galaxy.collection.slug}"):
        build_galaxy(galaxy)


def test_like_lies_near_like_and_clusters_are_named_after_what_they_hold():
    galaxy = galaxy_of(80, n_clusters=4)

    build = build_galaxy(galaxy).build

    assert set(galaxy.clusters.values_list("name", flat=True)) == set(TERMS)
    for cluster in galaxy.clusters.all():
        images = Image.objects.filter(positions__group__cluster=cluster, positions__build=build)
        labelled = images.filter(effective_labels__label__term=cluster.name)
        assert labelled.count() == images.count() == 20
    assert build.quality["trustworthiness"] > 0.9


def test_hidden_images_are_not_placed():
    galaxy = galaxy_of(10)
    Image.objects.filter(pk=Image.objects.first().pk).update(hidden=True)

    assert build_galaxy(galaxy).build.n_images == 9


def test_the_same_input_is_not_built_twice_and_the_same_seed_gives_the_same_map():
    galaxy = galaxy_of(60)
    first = build_galaxy(galaxy)
    again = build_galaxy(galaxy)
    forced = build_galaxy(galaxy, fresh=True)

    assert (first.created, again.created, forced.created) == (True, False, True)
    assert again.build == first.build
    place = lambda build: list(build.positions.order_by("image").values_list("x", "y", "z"))  # noqa: E731
    assert place(forced.build) == place(first.build)


def test_the_map_stays_put_when_images_are_added():
    galaxy = GalaxyFactory.create()
    make_library(galaxy.collection, 600, n_topics=20)
    first = build_galaxy(galaxy).build
    make_library(galaxy.collection, 6, n_topics=20)

    second = build_galaxy(galaxy).build

    before, after = places_of(first), places_of(second)
    radius = np.quantile(np.linalg.norm(list(before.values()), axis=1), 0.95)
    moved = [np.linalg.norm(after[image] - place) for image, place in before.items()]
    assert np.median(moved) < 0.02 * radius
    assert second.parameters["based_on"] == 1
    assert second.quality["moved"]["n_shared"] == 600
    fresh = places_of(build_galaxy(galaxy, fresh=True).build)
    assert np.median([np.linalg.norm(fresh[image] - place) for image, place in before.items()]) > 0.02 * radius


def places_of(build: Build) -> dict[int, np.ndarray]:
    return {image: np.array(place) for image, *place in build.positions.values_list("image", "x", "y", "z")}


def test_a_galaxy_by_look_follows_the_look_and_asks_again_when_a_picture_is_retouched(monkeypatch):
    """Cats and snow in turn, but every other ten pictures look alike."""
    galaxy = galaxy_of(40, terms=["cat", "snow"] * 20, n_clusters=2, visual_weight=1.0)

    def look(collection, image_ids, *, progress):
        return np.eye(256, dtype=np.float32)[[position // 20 for position in range(len(image_ids))]]

    monkeypatch.setattr("catalog.services.build_vectors.visual_vectors", look)
    build = build_galaxy(galaxy).build
    groups = list(build.positions.order_by("image").values_list("group__number", flat=True))
    assert len(set(groups[:20])) == len(set(groups[20:])) == 1 and groups[0] != groups[-1]
    assert not build_galaxy(galaxy).created

    image = Image.objects.first()
    image.current_revision = RevisionFactory(image=image, number=2)
    image.save()
    assert build_galaxy(galaxy).created
    galaxy.visual_weight = 0.5
    assert build_galaxy(galaxy).created
    assert update_galaxy(galaxy, force=True).build.parameters["visual_weight"] == 0.5


@pytest.mark.parametrize(
    "change", [{"n_clusters": 3}, {"perplexity": 20}, {"random_state": 1}, {"extra_cluster_labels": ["cat"]}]
)
def test_another_setting_is_another_build(change):
    galaxy = galaxy_of(12)
    build_galaxy(galaxy)
    for name, value in change.items():
        setattr(galaxy, name, value)
    assert build_galaxy(galaxy).created


def test_another_score_or_another_name_of_a_label_is_another_build():
    galaxy = galaxy_of(12)
    build_galaxy(galaxy)
    EffectiveLabel.objects.filter(image=Image.objects.first()).update(score=0.7)
    assert build_galaxy(galaxy).created
    Label.objects.filter(term="violin").update(term="fiddle")
    assert build_galaxy(galaxy).created
    assert not build_galaxy(galaxy).created


def test_clusters_outlive_a_build_with_the_curators_name():
    galaxy = galaxy_of(80, n_clusters=4)
    build_galaxy(galaxy)
    snow = galaxy.clusters.get(name="snow")
    edit_cluster(snow, by=None, name="Winter")
    add_images(galaxy, 8, TERMS)

    build = build_galaxy(galaxy).build

    assert galaxy.clusters.count() == 4
    assert set(galaxy.clusters.values_list("name", flat=True)) == {"cat", "Winter", "castle", "violin"}
    assert build.groups.filter(cluster=snow).count() == 1


def test_a_pin_outweighs_the_group():
    galaxy = galaxy_of(80, n_clusters=4)
    build = build_galaxy(galaxy).build
    cat = Position.objects.filter(build=build, group__cluster__name="cat").first()
    snow = galaxy.clusters.get(name="snow")
    Pin.objects.create(galaxy=galaxy, cluster=snow, image=cat.image)

    assert cluster_of_images(galaxy, build.pk)[cat.image_id] == snow.pk


def test_a_stopped_build_leaves_the_last_one_in_force():
    galaxy = galaxy_of(60)
    first = build_galaxy(galaxy).build

    def stop_while_saving(stage: str, done: int, total: int) -> None:
        if stage == "Saving" and done == 0:
            raise CancelledError

    with pytest.raises(CancelledError):
        build_galaxy(galaxy, force=True, progress=stop_while_saving)

    assert galaxy.builds.filter(complete=True).get() == first
    assert build_galaxy(galaxy, force=True).build.number == 2
    assert Build.objects.filter(complete=False).count() == 0


def test_old_builds_go_in_time():
    galaxy = galaxy_of(5)
    for _ in range(7):
        build_galaxy(galaxy, force=True)

    assert sorted(galaxy.builds.values_list("number", flat=True)) == [3, 4, 5, 6, 7]


def test_a_galaxy_can_be_deleted_with_all_it_has():
    galaxy = galaxy_of(10)
    build_galaxy(galaxy)

    galaxy.delete()

    assert not Build.objects.exists()
    assert not Cluster.objects.exists()
