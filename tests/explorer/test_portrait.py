"""The picture that stands for a galaxy: its light, and some of its pictures, each in its place."""

import numpy as np
from PIL import Image

from explorer.portrait import HEIGHT, MAX_PICTURES, WIDTH, paint_portrait

GREEN, WHITE = (0, 220, 90), (255, 255, 255)


def paint(positions: np.ndarray, favourites: list[int], asked: list[int] | None = None) -> np.ndarray:
    """Points in a green light; the favourites' pictures are white, all others black."""
    n = len(positions)
    colours = np.tile(np.array(GREEN, np.uint8), (n, 1))

    def read_picture(point: int) -> Image.Image:
        if asked is not None:
            asked.append(point)
        return Image.new("RGB", (64, 48), WHITE if point in favourites else (0, 0, 0))

    return np.asarray(paint_portrait(positions.astype(np.float32), colours, colours, favourites, read_picture))


def two_clouds(n: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(5)
    middles = np.array([[-10.0, 0, 0], [10.0, 0, 0]])
    return np.repeat(middles, n // 2, axis=0) + rng.normal(size=(n, 3))


def test_it_glows_in_the_colour_of_its_clusters_on_a_dark_ground():
    picture = paint(two_clouds(), [])
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture[0, WIDTH // 2].max() < 40  # far from everything it is night
    red, green, blue = picture.reshape(-1, 3).astype(int).sum(axis=0)
    assert green > 1.5 * red and green > 1.2 * blue


def test_the_two_clouds_lie_beside_each_other_and_fill_the_width():
    light = paint(two_clouds(), [], [])[:, :, 1].astype(int)
    bright = np.flatnonzero(light.max(axis=0) > 120)
    assert bright[0] < WIDTH * 0.2 and bright[-1] > WIDTH * 0.8
    assert light[:, WIDTH // 2].max() < light[:, : WIDTH // 3].max() / 2


def test_a_clusters_cover_is_seen_whole_and_undistorted():
    picture = paint(two_clouds(), [0])
    white = (picture == WHITE).all(axis=2)
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert (width, height) == (64, 48)
    assert white.sum() > 0.97 * width * height  # all but the rounded corners


def test_pictures_do_not_cover_each_other_and_are_not_too_many_to_read():
    asked: list[int] = []
    picture = paint(two_clouds(), [0, 3000], asked)
    assert asked[:2] == [0, 3000] and 20 < len(asked) <= MAX_PICTURES
    white = (picture == WHITE).all(axis=2).sum()
    assert white > 1.9 * 64 * 48


def test_the_same_galaxy_has_the_same_portrait():
    assert (paint(two_clouds(), [7]) == paint(two_clouds(), [7])).all()


def test_one_image_or_many_in_one_place_are_a_galaxy_too():
    for positions in (np.zeros((1, 3)), np.zeros((50, 3))):
        picture = paint(positions, [0])
        assert (picture[HEIGHT // 2, WIDTH // 2] == WHITE).all()
