"""A library that has its own vectors or positions brings them, keyed by its own ids."""

import numpy as np
import pytest

from catalog.models import Image, Occurrence
from catalog.services.build import BuildError, build_galaxy
from catalog.services.build_update import update_galaxy
from tests.factories import GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db

KINDS = ("cat", "snow", "castle")
N_EACH = 30


@pytest.fixture
def galaxy():
    """Ninety pictures of three kinds, imported in no order, with the ids m-0 to m-89."""
    made = GalaxyFactory(n_clusters=3)
    for i in range(3 * N_EACH):
        add(made, f"m-{i}", KINDS[i % 3])
    return made


def add(galaxy, external_id, kind):
    image = ImageFactory(collection=galaxy.collection, labels={kind: 0.9}, renditions=False)
    Occurrence.objects.create(
        collection=galaxy.collection, image=image, source="s", location=f"{external_id}.jpg", external_id=external_id
    )
    return image


def write(path, values):
    path.write_text("id,x\n" + "".join(f"{name},{','.join(map(str, row))}\n" for name, row in values.items()))
    return path


def places(build):
    rows = build.positions.values_list("image__occurrences__external_id", "x", "y", "z")
    return {name: np.array(place) for name, *place in rows}


@pytest.fixture
def positions_file(tmp_path):
    """A spiral, far from the origin, without m-7, and with a picture that nobody has."""
    angles = {f"m-{i}": i / 10 for i in range(3 * N_EACH) if i != 7}
    spiral = {name: (100 + np.cos(a), 5 * np.sin(a), a) for name, a in angles.items()}
    return write(tmp_path / "positions.csv", spiral | {"stranger": (0, 0, 0)})


def test_own_positions_are_centred_and_otherwise_taken_as_they_are(galaxy, positions_file):
    result = build_galaxy(galaxy, positions_file=positions_file)

    found = places(result.build)
    assert len(found) == 89
    for first, second in (("m-0", "m-1"), ("m-3", "m-80")):
        a, b = (int(name[2:]) / 10 for name in (first, second))
        difference = [np.cos(a) - np.cos(b), 5 * (np.sin(a) - np.sin(b)), a - b]
        assert np.allclose(found[first] - found[second], difference, atol=1e-4)
    assert np.allclose(np.mean(list(found.values()), axis=0), 0, atol=1e-4)
    told = result.as_json()
    assert (told["n_left_out"], told["left_out"]) == (1, ["m-7"])
    assert (told["n_unknown_ids"], told["unknown_ids"]) == (1, ["stranger"])
    assert result.build.groups.count() == 3, "groups are found on the positions"
    assert {c.name.split()[0] for c in galaxy.clusters.all()} <= set(KINDS), "and named after labels"


def test_what_was_left_out_is_placed_by_its_labels_with_an_update(galaxy, positions_file):
    before = places(build_galaxy(galaxy, positions_file=positions_file).build)
    updated = update_galaxy(galaxy)
    after = places(updated.build)
    assert updated.as_json()["n_new"] == 1 and "m-7" in after
    assert all((after[name] == place).all() for name, place in before.items())


def test_own_vectors_outweigh_the_labels(galaxy, tmp_path):
    """The library groups its pictures by tens, whatever their labels say."""
    rng = np.random.default_rng(0)
    vectors = {f"m-{i}": np.eye(3)[i // N_EACH] + rng.normal(0, 0.05, 3) for i in range(3 * N_EACH)}
    build = build_galaxy(galaxy, vectors_file=write(tmp_path / "vectors.csv", vectors)).build

    rows = build.positions.values_list("image__occurrences__external_id", "group__number")
    groups = dict(rows)
    by_tens = [{groups[f"m-{i}"] for i in range(start, start + N_EACH)} for start in (0, 30, 60)]
    assert [len(numbers) for numbers in by_tens] == [1, 1, 1]
    assert len(set.union(*by_tens)) == 3
    assert build.quality["trustworthiness"] > 0.9, "measured by the vectors that it was laid out by"


def test_the_same_file_keeps_the_build_and_another_one_does_not(galaxy, tmp_path):
    vectors = {f"m-{i}": (i % 3, i % 5) for i in range(3 * N_EACH)}
    path = write(tmp_path / "vectors.csv", vectors)
    assert build_galaxy(galaxy, vectors_file=path).created
    assert not build_galaxy(galaxy, vectors_file=path).created
    write(path, vectors | {"m-5": (9, 9)})
    assert build_galaxy(galaxy, vectors_file=path).created
    assert build_galaxy(galaxy).created, "by labels again"


def test_an_update_of_own_vectors_asks_for_them(galaxy, tmp_path):
    vectors = {f"m-{i}": (i % 3, i % 5) for i in range(3 * N_EACH)}
    path = write(tmp_path / "vectors.csv", vectors)
    build_galaxy(galaxy, vectors_file=path)
    add(galaxy, "m-90", "cat")
    with pytest.raises(BuildError, match=r"goes by the library's own vectors.* --update --vectors FILE"):
        update_galaxy(galaxy)
    write(path, vectors | {"m-90": (1, 1)})
    assert update_galaxy(galaxy, vectors_file=path).build.n_images == 91


def test_a_picture_found_in_two_places_goes_by_the_id_that_the_file_has(galaxy, positions_file):
    image = Image.objects.get(occurrences__external_id="m-7")
    Occurrence.objects.create(
        collection=galaxy.collection, image=image, source="s", location="copy.jpg", external_id="stranger"
    )
    told = build_galaxy(galaxy, positions_file=positions_file).as_json()
    assert (told["n_images"], told["n_left_out"], told["n_unknown_ids"]) == (90, 0, 0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gone.csv", None, "none at"),
        ("two.csv", "id,x\nm-1,1,2\n", "3"),
        ("others.csv", "id,x,y,z\nz-1,1,2,3\n", "names none of the 90 images by the external id"),
    ],
)
def test_a_file_that_is_of_no_use_says_why(galaxy, tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(BuildError, match=message):
        build_galaxy(galaxy, positions_file=tmp_path / name)
    assert not galaxy.builds.exists()
