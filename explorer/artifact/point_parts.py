"""Write what belongs to points and ids: the nodes' chunks, places, and the lookup."""

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.chunks import NEWCOMER, Points, bury_extra, bury_points, encode_chunk, encode_extra
from explorer.artifact.inputs import Images
from explorer.artifact.manifest import Node
from explorer.artifact.numbering import NOBODY, Numbering
from explorer.artifact.places import (
    NO_POINT,
    ROWS_PER_LOOKUP,
    Ids,
    choose_lookup_bits,
    encode_lookup,
    encode_places,
    ids_of,
    split_lookup,
)
from explorer.artifact.points import quantise_aspect, quantise_positions
from explorer.artifact.store import Store
from explorer.artifact.tables import Lookup, Part, Tables

PLACES_PER_PART = 4_096


def write_nodes(images: Images, numbering: Numbering, store: Store) -> tuple[Node, ...]:
    """Write the chunks and further columns of all nodes; `images.clusters` are indices of the manifest."""
    extras: dict[str, NDArray[np.uint16] | NDArray[np.int32]] = {}
    if images.flat is not None and numbering.flat is not None:
        extras["flat"] = quantise_positions(images.flat, numbering.flat)
    if images.times is not None:
        extras["time"] = images.times
    columns = Points(
        position=quantise_positions(images.positions, numbering.bounds),
        cluster=images.clusters.astype(np.uint8),
        colour=images.colours,
        aspect=quantise_aspect(images.aspects),
        flags=numbering.is_newcomer * np.uint8(NEWCOMER),
        tile=numbering.tile_of_image.astype(np.uint32),
    )
    nodes = []
    for node in numbering.nodes:
        rows = slice(node.first, node.first + node.n)
        of_node = numbering.image_of_point[rows]
        is_tombstone = of_node == NOBODY
        points = columns[of_node]
        further = {name: values[of_node] for name, values in extras.items()}
        if is_tombstone.any():
            points.tile[:] = numbering.tile_of_point[rows]
            points = bury_points(points, is_tombstone)
            further = {name: bury_extra(name, values, is_tombstone) for name, values in further.items()}
        url = store.add(encode_chunk(points), ".bin")
        extra = {name: store.add(encode_extra(name, values), ".bin") for name, values in further.items()}
        nodes.append(Node(node.first, node.n, node.parent, node.level, node.centre, node.radius, url, extra))
    return tuple(nodes)


def write_places(images: Images, numbering: Numbering, store: Store, before: Tables | None) -> tuple[Part, ...]:
    """Write which image and point each tile has."""
    ids = ids_by_tile(images, numbering)
    point_of_tile = numbering.point_of_tile()
    points = np.where(point_of_tile == NOBODY, NO_POINT, point_of_tile).astype(np.uint32)
    parts = []
    for first, n in numbering.cut(PLACES_PER_PART, before.places if before else ()):
        rows = slice(first, first + n)
        parts.append(Part(store.add(encode_places(ids[rows], points[rows]), ".bin"), first, n))
    return tuple(parts)


def write_lookup(images: Images, numbering: Numbering, store: Store, before: Tables | None) -> Lookup:
    """Write which tile each image has.

    Newcomers' ids are spread over all files as those of any image are, so they go to one file of their own, which is folded into
    the others when it has become as large as one of them.
    """
    ids = ids_by_tile(images, numbering)
    tiles = np.arange(numbering.n_tiles, dtype=np.uint32)
    n_kept, bits = numbering.n_kept_tiles, choose_lookup_bits(numbering.n_tiles)
    first = numbering.n_tiles
    if before is not None and n_kept:
        begun = before.lookup.delta.first if before.lookup.delta else n_kept
        if numbering.n_tiles - begun <= ROWS_PER_LOOKUP:
            first, bits = begun, before.lookup.bits
    urls = tuple(store.add(data, ".bin") for data in split_lookup(ids[:first], tiles[:first], bits))
    if first == numbering.n_tiles:
        return Lookup(bits, urls, None)
    url = store.add(encode_lookup(ids[first:], tiles[first:]), ".bin")
    return Lookup(bits, urls, Part(url, first, numbering.n_tiles - first))


def ids_by_tile(images: Images, numbering: Numbering) -> Ids:
    """Return the image of each tile, zeros for tombstones."""
    ids = np.zeros((numbering.n_tiles, 16), dtype=np.uint8)
    ids[numbering.tile_of_image] = ids_of(images.uuids)
    return ids
