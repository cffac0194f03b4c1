"""A galaxy of procedural pictures, written as files: for the reader's tests, the front end's, and to look at.

By hand: python -m tests.factories_artifact FOLDER [N] [--add M]
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from catalog.layout import Subgroup, TellingLabel, cluster_palette
from explorer.artifact import (
    POINTER_NAME,
    UNKNOWN_TIME,
    ArtifactReader,
    ClusterInfo,
    Credit,
    GalaxyInfo,
    GalaxyPoints,
    WrittenArtifact,
    write_artifact,
)
from explorer.management.folder_sink import FolderSink

NAMES = ("snow", "cat", "ship", "violin", "bread", "castle", "forest", "portrait", "river", "chair", "bird", "night")
GALAXY_UUID = UUID(int=0x6A1A << 64)


# With more images than these, pictures repeat and are drawn once: what is measured then is not how fast Pillow draws.
MANY = 20_000
DISTINCT = 64  # a cluster


def image_uuid(i: int) -> UUID:
    """A uuid whose last digits tell the image's number in the input."""
    return UUID(int=(0xFACE << 112) | i)


def picture_size(i: int) -> tuple[int, int]:
    """Sides of picture i: upright, square and wide ones in turn, short side 80."""
    return [(80, 80), (120, 80), (80, 120), (160, 80), (80, 107)][i % 5]


def draw_picture(i: int, colour: tuple[int, int, int]) -> bytes:
    """A JPEG of one colour with a lighter disc and the image's number, so that a wrong picture is seen at a glance."""
    width, height = picture_size(i)
    picture = Image.new("RGB", (width, height), colour)
    pen = ImageDraw.Draw(picture)
    lighter = tuple((channel + 255) // 2 for channel in colour)
    pen.ellipse((width / 2 - 30, height / 2 - 30, width / 2 + 30, height / 2 + 30), fill=lighter)
    pen.text((width / 2, height / 2), str(i), fill="black", anchor="mm", font_size=22)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


@dataclass
class ProceduralGalaxy:
    """Images in balls, the first ones larger. Image i is the same in a galaxy of any size."""

    n: int
    n_clusters: int = 12
    seed: int = 0
    n_features: int = 32
    """Of the vectors; 0 for none: exact neighbours of a million images are another test's business."""
    repeats: bool = False
    """Whether there are only some pictures of each cluster."""

    def __post_init__(self) -> None:
        self.n_clusters = min(self.n_clusters, self.n)
        numbers = np.arange(self.n)
        rng = np.random.default_rng(self.seed)
        self.palette = cluster_palette(self.n_clusters)
        centres = rng.normal(0, 25, (self.n_clusters, 3))
        directions = rng.normal(0, 1, (self.n_clusters, self.n_features))
        turn = rng.normal(0, 0.1, (3, self.n_features))
        shares = np.cumsum(np.linspace(2, 1, self.n_clusters))
        drawn = rng.random((self.n, 7))  # a row an image, so that more images leave the first ones as they were
        self.clusters = np.searchsorted(shares, drawn[:, 0] * shares[-1])
        self.clusters[: self.n_clusters] = numbers[: self.n_clusters]
        # Box and Muller's way from even numbers to a bell.
        around = np.sqrt(-2 * np.log(drawn[:, 1:4])) * np.cos(2 * np.pi * drawn[:, [4, 5, 6]])
        self.positions = centres[self.clusters] + 5 * around
        base = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in self.palette])
        wobble = (numbers[:, None] * [37, 59, 83] % DISTINCT) % 81 - 40
        self.colours = np.clip(base[self.clusters] + wobble, 0, 255).astype(np.uint8)
        self.sizes = np.array([picture_size(i) for i in range(5)])[numbers % 5]
        self.vectors: NDArray[np.float16] | None = None
        if self.n_features:
            self.vectors = (directions[self.clusters] + around @ turn).astype(np.float16)

    @property
    def points(self) -> GalaxyPoints:
        """Every tenth image has no time; the plane shows two of the three axes."""
        numbers = np.arange(self.n)
        return GalaxyPoints(
            [image_uuid(i) for i in range(self.n)],
            self.positions,
            self.clusters,
            self.colours,
            self.sizes[:, 0] / self.sizes[:, 1],
            picture_keys=[self._picture_of(i).to_bytes(4, "big") + bytes(self.colours[i]) for i in range(self.n)],
            flat=self.positions[:, :2],
            times=np.where(numbers % 10 == 9, UNKNOWN_TIME, numbers % 40_000 - 20_000),
        )

    @property
    def cluster_infos(self) -> list[ClusterInfo]:
        return [
            ClusterInfo(
                UUID(int=i + 1),
                _cluster_name(i),
                colour,
                f"Everything {_cluster_name(i)}",
                image_uuid(i),
                i,
                [TellingLabel(NAMES[i % len(NAMES)], 1.0, 0.0)],
            )
            for i, colour in enumerate(self.palette)
        ]

    @property
    def subgroups(self) -> list[Subgroup]:
        """Two in each cluster that has images on both sides of its middle."""
        found = []
        for cluster in range(self.n_clusters):
            places = self.positions[self.clusters == cluster]
            is_left = places[:, 0] < places[:, 0].mean()
            for side, chosen in (("left", is_left), ("right", ~is_left)):
                if chosen.any():
                    x, y, z = places[chosen].mean(axis=0).tolist()
                    name = f"{NAMES[cluster % len(NAMES)]} on the {side}"
                    found.append(Subgroup(cluster, name, int(chosen.sum()), (x, y, z), 4.0))
        return found

    def read_small(self, i: int) -> bytes:
        """A JPEG, or one of the pictures that repeat, uncompressed."""
        if not self.repeats:
            return draw_picture(i, tuple(self.colours[i].tolist()))
        return _draw_again(self._picture_of(i), tuple(self.colours[i].tolist()))

    def read_details(self, indices: Sequence[int], _neighbours: NDArray[np.int32]) -> list[Mapping[str, Any]]:
        return [_details(i, NAMES[self.clusters[i] % len(NAMES)], self.colours[i].tolist()) for i in indices]

    def write(self, sink: FolderSink, previous: ArtifactReader | None = None) -> WrittenArtifact:
        """Write the galaxy, or add what `previous` has not, and make it the current one."""
        written = write_artifact(
            GalaxyInfo(str(GALAXY_UUID), "procedural", "Procedural pictures", "Made for tests: discs with numbers."),
            self.cluster_infos,
            self.points,
            build=1,
            read_small=self.read_small,
            read_details=self.read_details,
            sink=sink,
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
            vectors=self.vectors,
            subgroups=self.subgroups,
            credits=[Credit("Galaxy's own tests", "", "CC0 1.0")],
            downloads=True,
            previous=previous,
        )
        sink.put(POINTER_NAME, written.pointer, "application/json")
        return written

    def _picture_of(self, i: int) -> int:
        return i % DISTINCT if self.repeats else i


def make_artifact(folder: Path, n: int = 2000, n_clusters: int = 12, seed: int = 0) -> WrittenArtifact:
    """Write `<folder>/current.json` and `<folder>/objects/` for n images in n_clusters balls, the first ones larger."""
    n_features = 32 if n <= 100_000 else 0
    return ProceduralGalaxy(n, n_clusters, seed, n_features, n > MANY).write(FolderSink(folder))


def add_images(folder: Path, n: int, n_clusters: int = 12, seed: int = 0) -> WrittenArtifact:
    """Add images to what `make_artifact` wrote, until there are n."""
    sink = FolderSink(folder)
    previous = ArtifactReader(sink)
    repeats = previous.manifest.n_images > MANY
    return ProceduralGalaxy(n, n_clusters, seed, previous.tables.codes.n_features, repeats).write(sink, previous)


@lru_cache(maxsize=16 * DISTINCT)
def _draw_again(i: int, colour: tuple[int, int, int]) -> bytes:
    with Image.open(BytesIO(draw_picture(i, colour))) as picture:
        out = BytesIO()
        picture.save(out, "PPM")
    return out.getvalue()


def _cluster_name(i: int) -> str:
    return NAMES[i % len(NAMES)] + (f" {i // len(NAMES) + 1}" if i >= len(NAMES) else "")


def _details(i: int, term: str, colour: list[int]) -> dict[str, Any]:
    width, height = picture_size(i)
    score = round(0.5 + (i * 37 % 50) / 100, 2)
    terms = [(term, score), ("picture", 0.5), ("disc", 0.31)]
    rgb = dict(zip(("red", "green", "blue"), colour, strict=True))
    return {
        "uuid": str(image_uuid(i)),
        "title": f"Picture {i}",
        "description": f"A disc that stands for {term}, number {i}.",
        "width": width,
        "height": height,
        "labels": [{"term": name, "score": value, "source": "local"} for name, value in terms],
        "colours": [{"colour": "#{:02x}{:02x}{:02x}".format(*colour), "score": 0.7, "pixel_fraction": 0.6}],
        "creator": "A program",
        "credit": "Galaxy's own tests",
        "licence": "CC0 1.0",
        "source_url": "https://example.org/",
        "document": {
            "labelAnnotations": [{"description": name, "score": value, "mid": ""} for name, value in terms],
            "imagePropertiesAnnotation": {
                "dominantColors": {"colors": [{"color": rgb, "score": 0.7, "pixelFraction": 0.6}]}
            },
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("n", type=int, nargs="?", default=2000)
    parser.add_argument("--add", type=int, default=0, metavar="M", help="then add M images, as an update does")
    args = parser.parse_args()
    make_artifact(args.folder, args.n)
    if args.add:
        add_images(args.folder, args.n + args.add)


if __name__ == "__main__":
    main()
