"""A galaxy of any size made of drawn pictures, as a folder that a browser opens: what `benchmark explorer` looks at."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from catalog.layout import cluster_palette
from catalog.models import Galaxy
from explorer.artifact import (
    POINTER_NAME,
    ClusterInfo,
    GalaxyInfo,
    GalaxyPoints,
    OnProgress,
    WrittenArtifact,
    write_artifact,
)
from explorer.management.folder_sink import FolderSink
from explorer.services.static_page import read_front_end, render_page

__all__ = ["write_page", "write_procedural_galaxy"]

N_CLUSTERS = 25
N_KNOTS = 40  # denser places within a cluster, as t-SNE makes them
N_DRAWN = 4096  # different pictures; a larger galaxy shows each several times
SIZES = ((80, 80), (120, 80), (80, 120), (160, 80), (80, 107))
GALAXY_UUID = UUID(int=0x6A1A << 64)


def write_procedural_galaxy(
    folder: Path, n: int, *, seed: int = 0, on_progress: OnProgress = lambda stage, done, total: None
) -> WrittenArtifact:
    """Write the page and an artifact of n drawn pictures in 25 clusters to a folder; a folder that has one already keeps what fits.

    Each image has three labels and a title; vectors, and so neighbours and codes, are left out: the page asks for them only when a
    picture is open.
    """
    rng = np.random.default_rng(seed)
    n_clusters = min(N_CLUSTERS, n)
    palette = cluster_palette(n_clusters)
    clusters = np.concatenate((np.arange(n_clusters), rng.integers(0, n_clusters, n - n_clusters)))
    positions = _scatter(rng, clusters, n_clusters)
    flat = positions[:, :2] + 0.35 * positions[:, 2:]
    base = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in palette])
    colours = np.clip(base[clusters] + rng.integers(-40, 41, (n, 3)), 0, 255).astype(np.uint8)
    sizes = np.array(SIZES)[np.arange(n) % len(SIZES)]
    uuids = [UUID(bytes=row.tobytes()) for row in rng.integers(0, 256, (n, 16), dtype=np.uint8)]
    drawn: dict[int, bytes] = {}

    def read_small(i: int) -> bytes:
        kind = i % N_DRAWN
        if kind not in drawn:
            drawn[kind] = _draw(kind, tuple(colours[kind].tolist()))
        return drawn[kind]

    def read_details(indices: Sequence[int], _neighbours: NDArray[np.int32]) -> list[Mapping[str, Any]]:
        return [_details(uuids[i], i, int(clusters[i])) for i in indices]

    sink = FolderSink(folder)
    written = write_artifact(
        GalaxyInfo(str(GALAXY_UUID), "procedural", f"{n:,} drawn pictures"),
        [ClusterInfo(UUID(int=k + 1), f"Colour {k + 1}", colour) for k, colour in enumerate(palette)],
        GalaxyPoints(
            uuids,
            positions,
            clusters,
            colours,
            sizes[:, 0] / sizes[:, 1],
            [(i % N_DRAWN).to_bytes(4, "little") for i in range(n)],
            flat=flat,
        ),
        build=1,
        read_small=read_small,
        read_details=read_details,
        sink=sink,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        on_progress=on_progress,
    )
    sink.put(POINTER_NAME, written.pointer, "application/json")
    write_page(folder, f"{n:,} drawn pictures")
    return written


def _scatter(rng: np.random.Generator, clusters: NDArray[np.int64], n_clusters: int) -> NDArray[np.float32]:
    """Clusters of knots, about as dense everywhere whatever n is: a larger galaxy is wider, as t-SNE makes it."""
    width = (len(clusters) / 1000) ** (1 / 3) * 10
    centres = rng.normal(0, 1.2 * width, (n_clusters, 3))
    knots = rng.normal(0, 0.4 * width, (n_clusters, N_KNOTS, 3))
    own = rng.integers(0, N_KNOTS, len(clusters))
    places = centres[clusters] + knots[clusters, own] + rng.normal(0, 0.09 * width, (len(clusters), 3))
    return np.asarray(places, dtype=np.float32)


def _draw(kind: int, colour: tuple[int, int, int]) -> bytes:
    """A JPEG of about the size that a photograph's tile has: waves and a number on a colour."""
    width, height = SIZES[kind % len(SIZES)]
    rng = np.random.default_rng(kind)
    y, x = np.mgrid[0:height, 0:width] / 20.0
    waves = sum(np.sin(a * x + b * y + c) for a, b, c in rng.uniform(-3, 3, (3, 3)))
    grain = rng.normal(0, 9, (height, width, 1))
    pixels = np.array(colour) + 18 * waves[..., None] + grain
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    ImageDraw.Draw(picture).text((width / 2, height / 2), str(kind), fill="white", anchor="mm", font_size=24)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _details(uuid: UUID, i: int, cluster: int) -> dict[str, Any]:
    width, height = SIZES[i % len(SIZES)]
    terms = (f"colour {cluster + 1}", f"drawing {i % N_DRAWN}", "picture")
    return {
        "uuid": str(uuid),
        "title": f"Drawing {i}",
        "width": width,
        "height": height,
        "labels": [
            {"term": term, "score": score, "source": "machine"}
            for term, score in zip(terms, (0.9, 0.7, 0.5), strict=True)
        ],
    }


def write_page(folder: Path, title: str) -> None:
    """Write the page of a galaxy that lies in a folder, and the built front end; its pictures are `pictures/<uuid>/small.jpg`."""
    front_end = read_front_end()
    for name, data in front_end.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    galaxy = Galaxy(uuid=GALAXY_UUID, slug="procedural", title=title)
    page = render_page(galaxy, front_end, is_public=False, with_views=False, url="")
    (folder / "index.html").write_bytes(page)
