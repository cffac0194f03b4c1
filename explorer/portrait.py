"""A galaxy's portrait: the picture that stands for it where a link to it is shared."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from explorer.artifact import ArtifactReader

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
HALO = 10
CANDIDATES = 3000

Floats = NDArray[np.float64]
ReadPicture = Callable[[int], Image.Image | None]
"""Given a point, return its picture, RGB, at most 64 pixels long; None where there is none."""


def draw_portrait(reader: ArtifactReader) -> bytes:
    """Return the portrait of a published galaxy, a JPEG of 1,200 x 630 without metadata; the same for the same files."""
    raise NotImplementedError


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
    for point, (x, y), side in _place_pictures(screen, depth, favourites):
        picture = read_picture(point)
        if picture is not None:
            _paste(canvas, picture, x, y, side, tuple(cluster_colours[point].tolist()))
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
    light = np.stack(
        [np.bincount(pixels, weights=colours[:, channel] * weights, minlength=WIDTH * HEIGHT) for channel in range(3)],
        axis=1,
    ).reshape(HEIGHT, WIDTH, 3)
    glowing = np.zeros_like(light)
    for radius, share in GLOW:
        layer = _blur(light, radius)
        peaks = layer.max(axis=2)
        lit = peaks[peaks > peaks.max() / 100]
        glowing += share * layer / (np.quantile(lit, 0.9) if len(lit) else 1.0)
    shone = 1 - np.exp(-glowing * BRIGHTNESS)
    background = (np.array(BACKGROUND) / 255) ** 2.2
    linear = background + (1 - background) * shone
    return Image.fromarray((linear ** (1 / 2.2) * 255 + 0.5).astype(np.uint8), "RGB")


def _blur(light: Floats, radius: float) -> Floats:
    """Blur by a Gaussian of this standard deviation in pixels, by way of its Fourier transform; beyond the edge it is dark."""
    margin = int(3 * radius)
    shape = (HEIGHT + margin, WIDTH + margin)
    frequencies = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1])[None] ** 2
    transfer = np.exp(-2 * (np.pi * radius) ** 2 * frequencies)
    blurred = np.empty_like(light)
    for channel in range(3):
        spectrum = np.fft.rfft2(light[:, :, channel], shape) * transfer
        blurred[:, :, channel] = np.fft.irfft2(spectrum, shape)[:HEIGHT, :WIDTH]
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


def _paste(
    canvas: Image.Image, picture: Image.Image, x: float, y: float, side: int, colour: tuple[int, int, int]
) -> None:
    """Lay a picture on the canvas, its longer side so long, its middle at (x, y), in the light of its cluster."""
    scale = side / max(picture.size)
    size = (max(2, round(picture.width * scale)), max(2, round(picture.height * scale)))
    small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    left, upper = round(x - size[0] / 2), round(y - size[1] / 2)
    halo = Image.new("L", (size[0] + 2 * HALO, size[1] + 2 * HALO))
    ImageDraw.Draw(halo).rounded_rectangle((HALO - 2, HALO - 2, HALO + size[0] + 1, HALO + size[1] + 1), 4, fill=170)
    halo = halo.filter(ImageFilter.GaussianBlur(HALO / 2.5))
    canvas.paste(colour, (left - HALO, upper - HALO), halo)
    corners = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, size[0] * 4 - 1, size[1] * 4 - 1), 12, fill=255)
    canvas.paste(small, (left, upper), corners.resize(size, Image.Resampling.LANCZOS))
