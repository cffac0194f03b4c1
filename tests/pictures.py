"""Pictures and folders for tests, made in memory."""

import io
from pathlib import Path

import numpy as np
from PIL import Image


def picture_bytes(
    seed: int = 0,
    *,
    size: tuple[int, int] = (80, 60),
    file_format: str = "JPEG",
    base: tuple[int, int, int] | None = None,
) -> bytes:
    """A small picture, different for each seed: soft colour blobs around a base colour."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    if base is not None:
        coarse = (coarse // 4 + np.array(base) * 3 // 4).astype(np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, file_format)
    return buffer.getvalue()


def write_pictures(folder: Path, n: int, *, labels: list[str] | None = None) -> Path:
    """A folder of n pictures, `0000.jpg` and so on; with labels also a metadata.csv that gives picture i label i % len(labels)."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,title,labels,creator,licence"]
    for i in range(n):
        (folder / f"{i:04}.jpg").write_bytes(picture_bytes(i))
        if labels:
            rows.append(f"{i:04}.jpg,Picture {i},{labels[i % len(labels)]},Test library,CC0 1.0")
    if labels:
        (folder / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
