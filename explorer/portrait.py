"""A galaxy's portrait: the picture that stands for it where a link to it is shared."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from uuid import UUID

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from explorer.artifact import ArtifactReader
from explorer.artifact.atlas import fit_tile
from explorer.artifact.chunks import TOMBSTONE, Points

__all__ = ["HEIGHT", "PORTRAIT_NAME", "WIDTH", "draw_portrait", "paint_portrait"]

PORTRAIT_NAME = "portrait.jpg"
# What Open Graph's readers ask for, in pixels.
WIDTH, HEIGHT = 1200, 630
BACKGROUND = (5, 6, 10)  # the page's
QUALITY = 88

# The camera stands so many radii from the middle, and all but the outermost 4 % of the points, 2 % a side, fill so much of width or height.
DISTANCE = 3.2
MOST = 0.98
FILLED = 0.84
MAX_STRETCH = 1.45  # how much longer one axis may be drawn than the other, so that a round galaxy fills a wide picture

# Light: each point's own, then its glow, as (radius of the blur in pixels, share).
GLOW = ((0.6, 1.5), (3.5, 0.5), (16.0, 0.4), (60.0, 0.3))
BRIGHTNESS = 0.5  # of the brightest tenth, before the curve that keeps it from burning out

MAX_PICTURES = 90
LARGEST, SMALLEST = 64, 18  # the longer side of a picture, in pixels
GAP = 5
HALO = 10  # pixels of light around a picture
CANDIDATES = 3000

Floats = NDArray[np.float64]
ReadPicture = Callable[[int], Image.Image | None]
"""Given a point, return its picture, RGB, at most 64 pixels long; None where there is none."""


def draw_portrait(reader: ArtifactReader) -> bytes:
    """Return the portrait of a published galaxy, a JPEG of 1,200 x 630 without metadata; the same for the same files."""
    shown = np.flatnonzero((reader.points.flags & TOMBSTONE) == 0)
    points, positions = reader.points[shown], reader.positions[shown]
    colours = np.array([_parse(cluster.colour) for cluster in reader.manifest.clusters], dtype=np.uint8)

    def read_picture(row: int) -> Image.Image | None:
        tile = reader.picture(int(points.tile[row]))
        if tile is None:
            return None
        width, height = fit_tile(int(points.aspect[row]), tile.width)
        left, upper = (tile.width - width) // 2, (tile.height - height) // 2
        return tile.crop((left, upper, left + width, upper + height))

    favourites = _favourites(reader, points, positions)
    canvas = paint_portrait(positions, colours[points.cluster], points.colour, favourites, read_picture)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _favourites(reader: ArtifactReader, points: Points, positions: NDArray[np.float32]) -> list[int]:
    """The row of each cluster's cover or, where it has none, of the image nearest to the cluster's middle; large clusters first."""
    chosen = []
    for cluster in sorted(reader.manifest.clusters, key=lambda cluster: (-cluster.n_images, cluster.index)):
        tile = reader.find(UUID(cluster.cover)) if cluster.cover else None
        rows = np.flatnonzero(points.tile == tile if tile is not None else points.cluster == cluster.index)
        if len(rows):
            distances = np.linalg.norm(positions[rows] - np.array(cluster.centroid), axis=1)
            chosen.append(int(rows[distances.argmin()]))
    return chosen


def _parse(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def paint_portrait(
    positions: NDArray[np.float32],
    cluster_colours: NDArray[np.uint8],
    mean_colours: NDArray[np.uint8],
    favourites: Sequence[int],
    read_picture: ReadPicture,
) -> Image.Image:
    """Paint points as glowing dust, and some of their pictures among them.

    Parameters
    ----------
    positions: float32 (n, 3), n at least 1.
    cluster_colours, mean_colours: uint8 (n, 3), sRGB.
    favourites: points whose pictures are placed before others'.
    read_picture: asked for at most `MAX_PICTURES` pictures.
    """
    screen, depth = _project(positions)
    canvas = _paint_light(screen, depth, cluster_colours, mean_colours)
    framed = [
        (_scale(picture, side), middle, cluster_colours[point])
        for point, middle, side in _place_pictures(screen, depth, favourites)
        if (picture := read_picture(point)) is not None
    ]
    for picture, middle, colour in framed:
        _paste_halo(canvas, picture.size, middle, tuple(colour.tolist()))
    for picture, middle, _colour in framed:  # last, so that no neighbour's light lies on them
        _paste(canvas, picture, middle)
    return canvas


def _project(positions: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return where points are seen, float64 (n, 2) in pixels, and how near they are: 1 in the middle, more in front of it.

    One looks along the axis in which the galaxy is thinnest, with its longest axis across.
    """
    centred = positions - positions.mean(axis=0, dtype=np.float64)
    _values, axes = np.linalg.eigh(np.cov(centred.T) if len(centred) > 1 else np.eye(3))
    axes = axes[:, ::-1]  # the longest first
    # An axis has no direction; this one has its largest component positive, so that the same galaxy is seen from the same side.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), range(3)])
    radius = max(float(np.quantile(np.linalg.norm(centred, axis=1), MOST)), 1e-9)
    across, up, front = (centred @ axes / radius).T
    nearness = DISTANCE / np.maximum(DISTANCE - front, 0.2 * DISTANCE)
    across, up = across * nearness, up * nearness
    (left, right), (lower, upper) = (np.quantile(axis, [1 - MOST, MOST]) for axis in (across, up))
    scale_x, scale_y = WIDTH * FILLED / max(right - left, 0.1), HEIGHT * FILLED / max(upper - lower, 0.1)
    scale_x, scale_y = min(scale_x, MAX_STRETCH * scale_y), min(scale_y, MAX_STRETCH * scale_x)
    x = WIDTH / 2 + (across - (left + right) / 2) * scale_x
    y = HEIGHT / 2 - (up - (lower + upper) / 2) * scale_y
    return np.stack([x, y], axis=1), nearness


def _paint_light(
    screen: Floats, depth: Floats, cluster_colours: NDArray[np.uint8], mean_colours: NDArray[np.uint8]
) -> Image.Image:
    columns, rows = np.floor(screen).astype(np.int64).T
    inside = (columns >= 0) & (columns < WIDTH) & (rows >= 0) & (rows < HEIGHT)
    pixels = rows[inside] * WIDTH + columns[inside]
    colours = 0.75 * (cluster_colours[inside] / 255.0) ** 2.2 + 0.25 * (mean_colours[inside] / 255.0) ** 2.2
    weights = depth[inside] ** 2  # nearer is brighter
    light = np.empty((HEIGHT, WIDTH, 3))
    for channel in range(3):
        shone_on = np.bincount(pixels, weights=colours[:, channel] * weights, minlength=WIDTH * HEIGHT)
        light[:, :, channel] = shone_on.reshape(HEIGHT, WIDTH)
    glowing = np.zeros_like(light)
    for radius, share in GLOW:
        layer = _blur(light, radius)
        peaks = layer.max(axis=2)
        lit = peaks[peaks > peaks.max() / 100]
        glowing += share * layer / (np.quantile(lit, 0.9) if len(lit) else 1.0)
    shone = 1 - np.exp(-glowing * BRIGHTNESS)
    background = (np.array(BACKGROUND) / 255) ** 2.2
    linear = background + (1 - background) * shone
    return Image.fromarray((linear ** (1 / 2.2) * 255 + 0.5).astype(np.uint8))


def _blur(light: Floats, radius: float) -> Floats:
    """Blur by a Gaussian of this standard deviation in pixels, by way of its Fourier transform; beyond the edge it is dark."""
    # Sizes that the transform is fast at: two primes, as 631 and 1201, take it seven times as long.
    shape = [scipy.fft.next_fast_len(side + int(3 * radius) + 1, real=True) for side in (HEIGHT, WIDTH)]
    frequencies = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1])[None] ** 2
    transfer = np.exp(-2 * (np.pi * radius) ** 2 * frequencies)
    blurred = np.empty_like(light)
    for channel in range(3):
        spectrum = scipy.fft.rfft2(light[:, :, channel], shape) * transfer
        blurred[:, :, channel] = scipy.fft.irfft2(spectrum, shape)[:HEIGHT, :WIDTH]
    return np.maximum(blurred, 0)


def _place_pictures(
    screen: Floats, depth: Floats, favourites: Sequence[int]
) -> Iterator[tuple[int, tuple[float, float], int]]:
    """Yield points whose pictures have room, where, and how long they may be: favourites first, then the nearest."""
    order = np.argsort(-depth, kind="stable")
    # Of a million points the nearest thousands would all lie in one place: every k-th is as good, and leaves room elsewhere.
    others = order[:: max(1, len(order) // CANDIDATES)]
    taken: list[tuple[float, float, float]] = []
    for point in dict.fromkeys([*favourites, *others.tolist()]):
        x, y = screen[point].tolist()
        is_favourite = len(taken) < len(favourites)
        wanted = LARGEST if is_favourite else LARGEST * min(1.0, max(0.0, (depth[point] - 0.6) / 0.7))
        room = min((max(abs(x - a), abs(y - b)) * 2 - side - GAP * 2 for a, b, side in taken), default=LARGEST)
        edge = 2 * min(x, WIDTH - x, y, HEIGHT - y) - 2 * GAP
        side = int(min(wanted, room, edge))
        if side >= SMALLEST:
            taken.append((x, y, side))
            yield point, (x, y), side
        if len(taken) >= MAX_PICTURES:
            return


def _scale(picture: Image.Image, side: int) -> Image.Image:
    """Return the picture with its longer side so long."""
    scale = side / max(picture.size)
    size = (max(2, round(picture.width * scale)), max(2, round(picture.height * scale)))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _corner(middle: tuple[float, float], size: tuple[int, int]) -> tuple[int, int]:
    return round(middle[0] - size[0] / 2), round(middle[1] - size[1] / 2)


def _paste_halo(
    canvas: Image.Image, size: tuple[int, int], middle: tuple[float, float], colour: tuple[int, ...]
) -> None:
    """Lay the light of its cluster around where a picture will lie."""
    halo = Image.new("L", (size[0] + 2 * HALO, size[1] + 2 * HALO))
    ImageDraw.Draw(halo).rounded_rectangle((HALO - 2, HALO - 2, HALO + size[0] + 1, HALO + size[1] + 1), 4, fill=170)
    canvas.paste(colour, _corner(middle, halo.size), halo.filter(ImageFilter.GaussianBlur(HALO / 2.5)))


def _paste(canvas: Image.Image, picture: Image.Image, middle: tuple[float, float]) -> None:
    """Lay a picture on the canvas, with rounded corners."""
    width, height = picture.width * 4, picture.height * 4
    corners = Image.new("L", (width, height))
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, width - 1, height - 1), 12, fill=255)
    canvas.paste(picture, _corner(middle, picture.size), corners.resize(picture.size, Image.Resampling.LANCZOS))
