"""The star map of a card: everything in sight, pictures beside each other."""

import math
import random

from explorer.starmap import HEIGHT, MAX_PICTURES, WIDTH, Star, draw_starmap


def some_stars(n: int) -> list[Star]:
    chance = random.Random(5)  # noqa: S311  no secret hangs on it
    return [
        Star(chance.gauss(0, 30), chance.gauss(0, 20), chance.randint(1, 500), "#7fb4ff", f"/media/{i}/small")
        for i in range(n)
    ]


def test_no_stars_no_map() -> None:
    assert draw_starmap([]) == []


def test_one_star_is_in_the_middle() -> None:
    (glow,) = draw_starmap([Star(12.0, -7.0, 3, "#ffffff", "/media/1/small")])
    assert (glow.cx, glow.cy) == (WIDTH / 2, HEIGHT / 2)
    assert glow.picture_url


def test_stars_in_one_place_show_one_picture() -> None:
    glows = draw_starmap([Star(1.0, 1.0, n, "#ffffff", f"/media/{n}/small") for n in (1, 2, 3)])
    assert [glow.picture_url for glow in glows] == ["/media/3/small", "", ""]


def test_pictures_are_whole_and_cover_no_other() -> None:
    glows = draw_starmap(some_stars(25))
    pictures = [glow for glow in glows if glow.picture_url]
    assert 3 <= len(pictures) <= MAX_PICTURES
    for glow in pictures:
        assert glow.r <= glow.cx <= WIDTH - glow.r
        assert glow.r <= glow.cy <= HEIGHT - glow.r
    for i, one in enumerate(pictures):
        for other in pictures[i + 1 :]:
            assert math.hypot(one.cx - other.cx, one.cy - other.cy) > one.r + other.r


def test_every_star_shines() -> None:
    assert len(draw_starmap(some_stars(25))) == 25


def test_a_star_without_a_picture_is_a_point() -> None:
    (glow,) = draw_starmap([Star(0.0, 0.0, 1, "#ffffff")])
    assert glow.r < 4
