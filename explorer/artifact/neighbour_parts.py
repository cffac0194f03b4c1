"""Write each image's neighbours, and the codes for more like it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.format import OnProgress
from explorer.artifact.numbering import Numbering
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.store import Store
from explorer.artifact.tables import Codes, Part

N_NEIGHBOURS = 12


@dataclass(frozen=True)
class Near:
    """What is known of who is near whom."""

    lists: NDArray[np.int32]
    """(n_tiles, 12), tiles, -1 for none"""
    parts: tuple[Part, ...]
    patches: tuple[str, ...]
    codes: Codes


def write_neighbours(
    vectors: NDArray[np.float16] | None,
    numbering: Numbering,
    store: Store,
    previous: ArtifactReader | None,
    on_progress: OnProgress,
) -> Near:
    """Write neighbours and codes."""
    lists = np.full((numbering.n_tiles, N_NEIGHBOURS), -1, dtype=np.int32)
    return Near(lists, (), (), Codes(0, None, None, ()))
