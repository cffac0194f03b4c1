"""How much of the bare network's speed is left when it labels pictures: `benchmark annotate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.annotators.base import AnnotateOptions, PictureFile, PictureToAnnotate
from catalog.annotators.features import Feature
from catalog.annotators.label_model import LabelModel
from catalog.annotators.local import CHUNK_SIZE, MAX_BATCH_SIZE, LocalAnnotator
from catalog.annotators.pictures import decode_picture, to_model_input


@dataclass(frozen=True)
class AnnotateSpeed:
    """Images a second, and how they compare: medians over the repeats."""

    n_images: int
    n_threads: int
    labels_per_second: float
    """Renditions as JPEG in memory, through the annotator: decoded, scaled, run, turned into words."""
    session_per_second: float
    """The network alone, on tensors made before."""
    ratio: float
    """The first by the second: the median of the repeats' own ratios, as both disturb each other least within one."""
    ratios: list[float]

    def as_json(self) -> dict[str, Any]:
        """For a command's last line."""
        return asdict(self)

    def describe(self) -> str:
        """A line for people."""
        return (
            f"{self.n_images} images, {self.n_threads} threads: labels {self.labels_per_second:.1f} a second, the bare session "
            f"{self.session_per_second:.1f}: {self.ratio:.1%} (repeats: {', '.join(f'{r:.1%}' for r in self.ratios)})."
        )


def benchmark_annotate(
    renditions: Sequence[bytes], *, n_threads: int, n_repeats: int, on_progress: Callable[[str, int, int], None]
) -> AnnotateSpeed:
    """Label renditions, and run the bare network on the same pictures, in turns.

    Both use the same number of threads, each with eight pictures a run of the network, which is the bare network's fastest
    way here. Whatever is done for the first time (loading, the first runs) is done before and not counted.

    Parameters
    ----------
    renditions
        JPEG, short side 320 px; at least one.
    """
    annotator = LocalAnnotator(n_threads)
    model = LabelModel()
    pictures = [_picture(number, data) for number, data in enumerate(renditions)]
    inputs = np.stack([to_model_input(decode_picture(data)) for data in renditions])
    label, run = partial(_label, annotator, pictures), partial(_run, model, inputs, n_threads)
    label()
    run()
    seconds: list[tuple[float, float]] = []
    for number in range(n_repeats):
        on_progress("Measuring", number, n_repeats)
        # Turns begin with one and the other, so that a machine that slows down slows both.
        first, second = (label, run) if number % 2 == 0 else (run, label)
        times = _time(first), _time(second)
        seconds.append(times if number % 2 == 0 else (times[1], times[0]))
    ratios = [bare / whole for whole, bare in seconds]
    return AnnotateSpeed(
        n_images=len(pictures),
        n_threads=n_threads,
        labels_per_second=len(pictures) / median(whole for whole, _bare in seconds),
        session_per_second=len(pictures) / median(bare for _whole, bare in seconds),
        ratio=median(ratios),
        ratios=ratios,
    )


def _picture(number: int, data: bytes) -> PictureToAnnotate:
    file = PictureFile(lambda: data, 320, 320, len(data))
    return PictureToAnnotate(f"{number:064x}", (Feature.LABEL_DETECTION,), 320, 320, small=file, view=file)


def _time(action: Callable[[], None]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _label(annotator: LocalAnnotator, pictures: Sequence[PictureToAnnotate]) -> None:
    """One batch ahead, as the annotate service could do at best."""
    waiting = None
    for start in range(0, len(pictures), MAX_BATCH_SIZE):
        ticket = annotator.submit(pictures[start : start + MAX_BATCH_SIZE], AnnotateOptions())
        if waiting is not None:
            annotator.collect(waiting)
        waiting = ticket
    if waiting is not None:
        annotator.collect(waiting)


def _run(model: LabelModel, inputs: npt.NDArray[np.uint8], n_threads: int) -> None:
    chunks = [inputs[start : start + CHUNK_SIZE] for start in range(0, len(inputs), CHUNK_SIZE)]
    with ThreadPoolExecutor(n_threads) as pool:
        for _sight in pool.map(model.run, chunks):
            pass
