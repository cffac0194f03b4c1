"""How much of plain Pillow's speed is left when a folder is imported: `benchmark ingest`.

It imports for real, into the database and the storages that the settings name: give it a library to throw away
(`catalog/management/throwaway.py`).
"""

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from PIL import Image, ImageCms, ImageOps

from catalog.importers import Candidate, read_folder
from catalog.services.collections import ensure_collection
from catalog.services.errors import ServiceError
from catalog.services.sources import import_source, open_folder

__all__ = ["IngestSpeed", "benchmark_ingest"]


@dataclass(frozen=True)
class IngestSpeed:
    """Images a second, and how they compare: medians over the repeats."""

    n_images: int
    n_threads: int
    import_per_second: float
    """`import_images` of the folder: read, verified, hashed, renditions and rows written."""
    pillow_per_second: float
    """Plain Pillow on as many threads: read, decoded, hashed, the same two renditions encoded in memory; nothing written."""
    ratio: float
    """The first by the second: the median of the repeats' own ratios."""
    ratios: list[float]

    def as_json(self) -> dict[str, Any]:
        """For a command's last line."""
        return asdict(self)

    def describe(self) -> str:
        """A line for people."""
        return (
            f"{self.n_images} images, {self.n_threads} threads: imported {self.import_per_second:.1f} a second, plain Pillow "
            f"{self.pillow_per_second:.1f}: {self.ratio:.1%} (repeats: {', '.join(f'{r:.1%}' for r in self.ratios)})."
        )


def benchmark_ingest(folder: Path, *, n_repeats: int) -> IngestSpeed:
    """Import a folder into a new collection each time, and do the same work in plain Pillow, in turns.

    The first import and the first plain run are for warming up and not counted. Raises ServiceError when the folder holds
    no picture that both can read.
    """
    names = [str(folder / item.location) for item in read_folder(folder) if isinstance(item, Candidate)]
    n_threads = min(8, os.cpu_count() or 1)  # as import_images
    plain = partial(_run_plain, names, n_threads)
    n_images = _import(folder, 0)
    if not n_images or plain() != n_images:
        raise ServiceError(f"Expected a folder of pictures, each of which is read, in {folder}; {n_images} were taken.")
    seconds: list[tuple[float, float]] = []
    for number in range(1, n_repeats + 1):
        imported = _time(partial(_import, folder, number))
        seconds.append((imported, _time(plain)))
    ratios = [bare / whole for whole, bare in seconds]
    return IngestSpeed(
        n_images=n_images,
        n_threads=n_threads,
        import_per_second=n_images / median(whole for whole, _bare in seconds),
        pillow_per_second=n_images / median(bare for _whole, bare in seconds),
        ratio=median(ratios),
        ratios=ratios,
    )


def _time(action: Callable[[], int]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _import(folder: Path, number: int) -> int:
    return import_source(ensure_collection(f"benchmark-{number}"), open_folder(str(folder))).n_added


def _run_plain(names: list[str], n_threads: int) -> int:
    with ThreadPoolExecutor(n_threads) as pool:
        return sum(pool.map(_run_plain_one, names))


def _run_plain_one(name: str) -> bool:
    """What anybody would write: decode, turn upright, convert to sRGB, two sizes, JPEG of the same quality; and the hash."""
    data = Path(name).read_bytes()
    hashlib.sha256(data).hexdigest()
    try:
        with Image.open(io.BytesIO(data)) as image:
            profile = image.info.get("icc_profile")
            view = ImageOps.exif_transpose(image)
            if profile and view.mode == "RGB":
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                view = ImageCms.profileToProfile(view, source, ImageCms.createProfile("sRGB")) or view
            view = view.convert("RGB")
    except (OSError, ImageCms.PyCMSError):
        return False
    if max(view.size) > 2048:
        view.thumbnail((2048, 2048), Image.Resampling.BICUBIC)
    factor = min(1.0, 320 / min(view.size))
    small = view.resize((round(view.width * factor), round(view.height * factor)), Image.Resampling.BICUBIC)
    for made in (view, small):
        made.save(io.BytesIO(), "JPEG", quality=85)
    return True
