"""How well the perceptual hash knows copies again, and tells different pictures apart."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from catalog.media.perceptual_hash import perceptual_hash
from catalog.media.pixels import small_size

DISTANCES = (4, 6, 8, 10, 12, 14)

Change = Callable[[Image.Image], Image.Image]


def _recompress(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=30)
    return Image.open(stream).convert("RGB")


def _crop(left: float, top: float, right: float, bottom: float) -> Change:
    """Cut off these shares of each side."""
    return lambda picture: picture.crop(
        (
            round(picture.width * left),
            round(picture.height * top),
            round(picture.width * (1 - right)),
            round(picture.height * (1 - bottom)),
        )
    )


CHANGES: dict[str, Change] = {
    "half the size": lambda picture: picture.resize((max(1, picture.width // 2), max(1, picture.height // 2))),
    "JPEG of quality 30": _recompress,
    "without colour": lambda picture: picture.convert("L").convert("RGB"),
    "20 % brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "cropped by 5 %": _crop(0.025, 0.025, 0.025, 0.025),
    "cropped by 10 %": _crop(0.05, 0.05, 0.05, 0.05),
    "5 % off two sides": _crop(0, 0, 0.05, 0.05),
    "turned by 2 degrees": lambda picture: picture.rotate(2, Image.Resampling.BICUBIC),
}


@dataclass(frozen=True)
class DuplicatesBenchmark:
    """Shares of copies found, and numbers of different pictures taken for one, each by distance."""

    n_pictures: int
    n_plain: int
    distances: tuple[int, ...]
    recall: dict[str, list[float]]
    n_pairs: int
    n_false_pairs: list[int]

    @property
    def precision(self) -> list[float]:
        """Of all pairs called near, those that are copies: one copy of each kind of each picture, against all different pairs."""
        n_hashed = self.n_pictures - self.n_plain
        found = [sum(shares[i] for shares in self.recall.values()) * n_hashed for i in range(len(self.distances))]
        return [
            true / (true + false) if true + false else 1.0
            for true, false in zip(found, self.n_false_pairs, strict=True)
        ]

    def describe(self) -> str:
        """A table for people."""
        lines = [f"{self.n_pictures} pictures, {self.n_plain} too plain to hash; in how many bits a copy may differ:"]
        lines.append(f"{'':22}" + "".join(f"{d:>8}" for d in self.distances))
        lines += [f"{name:22}" + "".join(f"{share:>8.1%}" for share in shares) for name, shares in self.recall.items()]
        lines.append(f"{'false pairs':22}" + "".join(f"{n:>8}" for n in self.n_false_pairs) + f"   of {self.n_pairs:,}")
        lines.append(f"{'precision':22}" + "".join(f"{share:>8.1%}" for share in self.precision))
        return "\n".join(lines)


def benchmark_duplicates(pictures: Sequence[Image.Image]) -> DuplicatesBenchmark:
    """Hash pictures and changed copies of each. The pictures must all be different; RGB."""
    hashes = [_hash(picture) for picture in pictures]
    recall = {}
    for name, change in CHANGES.items():
        far = np.array([_distance(h, _hash(change(p))) for h, p in zip(hashes, pictures, strict=True) if h is not None])
        recall[name] = [float((far <= d).mean()) for d in DISTANCES]
    known = np.array([h for h in hashes if h is not None], dtype=np.int64).view(np.uint64)
    apart = np.concatenate([_bits(known[i] ^ known[:i]) for i in range(len(known))]) if len(known) else np.zeros(0)
    return DuplicatesBenchmark(
        n_pictures=len(pictures),
        n_plain=len(pictures) - len(known),
        distances=DISTANCES,
        recall=recall,
        n_pairs=len(apart),
        n_false_pairs=[int((apart <= d).sum()) for d in DISTANCES],
    )


def _hash(picture: Image.Image) -> int | None:
    """As an import does: of the small rendition."""
    return perceptual_hash(picture.resize(small_size(*picture.size), Image.Resampling.BICUBIC))


def _distance(one: int, other: int | None) -> int:
    return 64 if other is None else ((one ^ other) & (2**64 - 1)).bit_count()


def _bits(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    return np.array([int(value).bit_count() for value in values], dtype=np.int64)
