"""A galaxy of procedural pictures, written as files: for the reader's tests, the front end's, and to look at.

By hand: python -m tests.factories_artifact FOLDER [N]
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image, ImageDraw

from catalog.layout import cluster_palette
from explorer.artifact import (
    POINTER_NAME,
    ClusterInfo,
    Credit,
    GalaxyInfo,
    GalaxyPoints,
    WrittenArtifact,
    write_artifact,
)

NAMES = ("snow", "cat", "ship", "violin", "bread", "castle", "forest", "portrait", "river", "chair", "bird", "night")
GALAXY_UUID = UUID(int=0x6A1A << 64)


class FolderSink:
    """Writes to, and reads from, one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self, name: str) -> bool:
        return (self.folder / name).exists()

    def put(self, name: str, data: bytes, content_type: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


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


def make_artifact(folder: Path, n: int = 2000, n_clusters: int = 12, seed: int = 0) -> WrittenArtifact:
    """Write `<folder>/current.json` and `<folder>/objects/` for n images in n_clusters balls, the first ones larger."""
    rng = np.random.default_rng(seed)
    n_clusters = min(n_clusters, n)
    palette = cluster_palette(n_clusters)
    centres = rng.normal(0, 25, (n_clusters, 3))
    shares = np.linspace(2, 1, n_clusters) / np.linspace(2, 1, n_clusters).sum()
    clusters = np.concatenate((np.arange(n_clusters), rng.choice(n_clusters, n - n_clusters, p=shares)))
    positions = centres[clusters] + rng.normal(0, 5, (n, 3))
    base = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in palette])
    colours = np.clip(base[clusters] + rng.integers(-40, 41, (n, 3)), 0, 255).astype(np.uint8)
    sizes = np.array([picture_size(i) for i in range(n)])

    def read_small(i: int) -> bytes:
        return draw_picture(i, tuple(colours[i].tolist()))

    def read_details(indices: Sequence[int]) -> list[Mapping[str, Any]]:
        return [_details(i, NAMES[clusters[i] % len(NAMES)], colours[i].tolist()) for i in indices]

    sink = FolderSink(folder)
    written = write_artifact(
        GalaxyInfo(str(GALAXY_UUID), "procedural", "Procedural pictures", "Made for tests: discs with numbers."),
        [
            ClusterInfo(UUID(int=i + 1), _cluster_name(i), colour, f"Everything {_cluster_name(i)}", image_uuid(i), i)
            for i, colour in enumerate(palette)
        ],
        GalaxyPoints([image_uuid(i) for i in range(n)], positions, clusters, colours, sizes[:, 0] / sizes[:, 1]),
        build=1,
        read_small=read_small,
        read_details=read_details,
        sink=sink,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        credits=[Credit("Galaxy's own tests", "", "CC0 1.0")],
    )
    sink.put(POINTER_NAME, written.pointer, "application/json")
    return written


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
    args = parser.parse_args()
    make_artifact(args.folder, args.n)


if __name__ == "__main__":
    main()
