"""Where a build shows its images, as a table that other programs read: Arrow's stream format, or Parquet."""

from collections.abc import Iterable, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Literal
from uuid import UUID

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_ipc_stream, write_parquet

from catalog.models import Build, Galaxy, Position
from catalog.services.chunks import in_chunks
from explorer.shown import find_shown

__all__ = ["CONTENT_TYPES", "PositionFormat", "write_positions"]

PositionFormat = Literal["arrow", "parquet"]
CONTENT_TYPES: dict[PositionFormat, str] = {
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}

ROWS_A_BATCH = 65_536
BYTES_IN_MEMORY = 8 * 1024**2  # beyond that the file waits on the disk; 80,984 images take 3 MB, a million 38
FETCH = 5000

AXES = ("x", "y", "z", "flat_x", "flat_y")
_NAME = DataType.dictionary(DataType.uint16(), DataType.string())
_UUID = DataType.binary(16)  # no dictionary: Arrow's own reader of Parquet cannot read one of these
_FIELDS = [
    Field("uuid", _UUID, nullable=False),
    *(Field(axis, DataType.float32(), nullable=axis.startswith("flat")) for axis in AXES),
    Field("cluster", _NAME, nullable=False),
    Field("cluster_uuid", _UUID, nullable=False),
]


def write_positions(galaxy: Galaxy, build: Build, fmt: PositionFormat) -> IO[bytes]:
    """A file, to be closed by the caller, of the images of a build that visitors may see, in order of their making, and where they are.

    Columns: `uuid`, 16 bytes; `x`, `y`, `z`, float32, centred; `flat_x`, `flat_y`, float32, the place on the flat map, null in a build
    without one; `cluster`, a dictionary with uint16 codes, and `cluster_uuid`: what the cluster is called today, pins applied. The
    schema's metadata names galaxy and build. In memory are 65,536 rows, and at most 8 MB of the file.
    """
    schema = Schema(_FIELDS, metadata={"galaxy": galaxy.slug, "build": str(build.number)})
    reader = RecordBatchReader.from_batches(schema, _read_batches(galaxy, build, schema))
    file = SpooledTemporaryFile(max_size=BYTES_IN_MEMORY)  # noqa: SIM115  # the caller closes it
    if fmt == "parquet":
        write_parquet(reader, file)
    else:
        write_ipc_stream(reader, file, compression=None)
    file.seek(0)
    return file


def _read_batches(galaxy: Galaxy, build: Build, schema: Schema) -> Iterable[RecordBatch]:
    shown = find_shown(galaxy, build)
    clusters = {cluster.pk: (cluster.name, cluster.uuid.bytes) for cluster in shown.clusters}
    rows = Position.objects.filter(build=build).order_by("image_id").values_list("image_id", "image__uuid", *AXES)
    told = (row for row in rows.iterator(FETCH) if row[0] in shown.cluster_of)
    for chunk in in_chunks(told, ROWS_A_BATCH):
        yield _make_batch(chunk, shown.cluster_of, clusters, schema)


def _make_batch(
    rows: list[tuple[int, UUID, float, float, float, float | None, float | None]],
    cluster_of: Mapping[int, int],
    clusters: Mapping[int, tuple[str, bytes]],
    schema: Schema,
) -> RecordBatch:
    places = np.array([row[2:] for row in rows], dtype=np.float32)
    of_rows = [clusters[cluster_of[row[0]]] for row in rows]
    has_flat = bool(np.isfinite(places[:, 3:]).all())
    columns = [Array([row[1].bytes for row in rows], type=_UUID)]
    for number, axis in enumerate(AXES):
        if axis.startswith("flat") and not has_flat:
            columns.append(Array([None] * len(rows), type=DataType.float32()))
        else:
            columns.append(Array.from_numpy(np.ascontiguousarray(places[:, number])))
    columns.append(Array([name for name, _uuid in of_rows], type=DataType.string()).cast(_NAME))
    columns.append(Array([uuid for _name, uuid in of_rows], type=_UUID))
    return RecordBatch.from_arrays(columns, schema=schema)
