"""Which image has which tile and which point: afresh, or added to what was published before."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.chunks import NEWCOMER
from explorer.artifact.inputs import Images
from explorer.artifact.manifest import ROOT, Bounds, FlatBounds
from explorer.artifact.octree import NODE_POINTS, NodeRange, build_octree
from explorer.artifact.points import (
    POSITION_STEPS,
    fits,
    measure_bounds,
    measure_flat,
    measure_radius,
    quantise_positions,
)
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.tables import Part
from explorer.artifact.tiling import neighbourhood_order

NOBODY = -1


@dataclass(frozen=True)
class Numbering:
    """Images are counted as in the input; -1 (`NOBODY`) stands for a tombstone."""

    bounds: Bounds
    flat: FlatBounds | None
    nodes: list[NodeRange]
    """Balls in the galaxy's units."""
    image_of_tile: NDArray[np.int64]
    tile_of_image: NDArray[np.int64]
    image_of_point: NDArray[np.int64]
    tile_of_point: NDArray[np.int64]
    is_newcomer: NDArray[np.bool_]
    """(n_images,)"""
    n_kept_tiles: int
    """Tiles below this were given by the publication that is added to; 0 if all is numbered afresh."""

    @property
    def n_tiles(self) -> int:
        return len(self.image_of_tile)

    def point_of_tile(self) -> NDArray[np.int64]:
        """Return the point of each tile, `NOBODY` for tombstones."""
        points = np.full(self.n_tiles, NOBODY)
        alive = np.flatnonzero(self.image_of_point != NOBODY)
        points[self.tile_of_point[alive]] = alive
        return points

    def cut(self, size: int, kept: tuple[Part, ...]) -> list[tuple[int, int]]:
        """Return the parts of a kind as (first tile, number of tiles): those that there were, then the other tiles in parts of `size`."""
        parts = [(part.first, part.n) for part in kept]
        new = range(self.n_kept_tiles if parts else 0, self.n_tiles, size)
        return parts + [(first, min(size, self.n_tiles - first)) for first in new]


def number_images(images: Images, previous: ArtifactReader | None) -> Numbering:
    """Give each image a tile and a point.

    Afresh: tiles by neighbourhood, points in an octree. Added to a publication whose images have stayed where they were:
    images keep their tiles and points, those that are gone leave tombstones, newcomers get the next tiles and nodes of their
    own. Where newcomers lie outside the publication's cube, tiles are kept and points are numbered afresh in a larger one. After a new
    layout all is numbered afresh, as tiles would no longer be near those of their neighbours.
    """
    if previous is None:
        return _number_afresh(images, np.zeros(len(images), dtype=np.bool_))
    known = {uuid: tile for tile, uuid in enumerate(map(bytes, previous.ids)) if any(uuid)}
    tiles = np.array([known.get(uuid.bytes, NOBODY) for uuid in images.uuids], dtype=np.int64)
    old = tiles != NOBODY
    points = previous.points
    point_of_tile = np.zeros(previous.tables.n_tiles, dtype=np.int64)
    point_of_tile[points.tile] = np.arange(len(points))
    is_newcomer = ~old
    if old.all():  # texts or labels have changed: the newcomers of the last update are still the latest
        is_newcomer = points.flags[point_of_tile[tiles]] & NEWCOMER != 0
    quantised = quantise_positions(images.positions, previous.manifest.bounds)
    if not np.array_equal(quantised[old], points.position[point_of_tile[tiles[old]]]) or not old.any():
        return _number_afresh(images, is_newcomer)

    new = np.flatnonzero(~old)
    new = new[neighbourhood_order(quantised[new])]
    n_kept = previous.tables.n_tiles
    tiles[new] = n_kept + np.arange(len(new))
    image_of_tile = np.full(n_kept + len(new), NOBODY)
    image_of_tile[tiles] = np.arange(len(images))
    if not fits(images.positions[new], previous.manifest.bounds):
        afresh = _number_afresh(images, is_newcomer)
        return replace(
            afresh,
            image_of_tile=image_of_tile,
            tile_of_image=tiles,
            tile_of_point=tiles[afresh.image_of_point],
            n_kept_tiles=n_kept,
        )

    bounds = replace(previous.manifest.bounds, radius=_radius_of(images, previous.manifest.bounds.extent))
    nodes = [
        NodeRange(node.first, node.n, node.parent, node.level, node.centre, node.radius)
        for node in previous.manifest.nodes
    ]
    order = np.empty(0, dtype=np.int64)
    if len(new):
        order, added = build_octree(quantised[new], NODE_POINTS)
        shift = len(nodes)
        nodes += [
            replace(
                _scale_ball(node, bounds),
                first=len(points) + node.first,
                parent=ROOT if node.parent == ROOT else shift + node.parent,
            )
            for node in added
        ]
    tile_of_point = np.concatenate((points.tile.astype(np.int64), tiles[new[order]]))
    flat = previous.manifest.flat
    if images.flat is None or flat is None or not fits(images.flat, flat):
        flat = None if images.flat is None else measure_flat(images.flat)
    return Numbering(
        bounds=bounds,
        flat=flat,
        nodes=nodes,
        image_of_tile=image_of_tile,
        tile_of_image=tiles,
        image_of_point=image_of_tile[tile_of_point],
        tile_of_point=tile_of_point,
        is_newcomer=is_newcomer,
        n_kept_tiles=n_kept,
    )


def _number_afresh(images: Images, is_newcomer: NDArray[np.bool_]) -> Numbering:
    bounds = measure_bounds(images.positions)
    quantised = quantise_positions(images.positions, bounds)
    image_of_tile = neighbourhood_order(quantised)
    tile_of_image = np.empty(len(images), dtype=np.int64)
    tile_of_image[image_of_tile] = np.arange(len(images))
    order, nodes = build_octree(quantised)
    return Numbering(
        bounds=bounds,
        flat=None if images.flat is None else measure_flat(images.flat),
        nodes=[_scale_ball(node, bounds) for node in nodes],
        image_of_tile=image_of_tile,
        tile_of_image=tile_of_image,
        image_of_point=order,
        tile_of_point=tile_of_image[order],
        is_newcomer=is_newcomer,
        n_kept_tiles=0,
    )


def _radius_of(images: Images, extent: float) -> float:
    return measure_radius(images.positions.astype(np.float64), extent)


def _scale_ball(node: NodeRange, bounds: Bounds) -> NodeRange:
    """Return the node with its ball in the galaxy's units."""
    step = bounds.extent / POSITION_STEPS
    x, y, z = (start + step * value for start, value in zip(bounds.origin, node.centre, strict=True))
    return replace(node, centre=(x, y, z), radius=step * node.radius)
