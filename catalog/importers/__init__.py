"""Importers turn a source into a stream of candidates, and of refusals where a file of it cannot be one.

They know no models and write nothing. What a candidate's bytes are, `catalog.media` decides.
"""

from catalog.importers.archive import ZipLimits, is_zip, read_zip
from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.bucket import BUCKET_SCHEME, read_bucket, read_object
from catalog.importers.commons import SCHEME as COMMONS_SCHEME
from catalog.importers.commons import read_commons
from catalog.importers.fetch import Fetcher, FetchError, FetchLimits
from catalog.importers.folder import read_folder
from catalog.importers.iiif import read_iiif
from catalog.importers.manifest import is_manifest, read_manifest
from catalog.importers.sidecar import SIDECAR_NAME, RowError, SidecarRow, parse_row, write_sidecar
from catalog.importers.upload import SentFile, is_table, read_upload

__all__ = [
    "BUCKET_SCHEME",
    "COMMONS_SCHEME",
    "SIDECAR_NAME",
    "Candidate",
    "CandidateError",
    "FetchError",
    "FetchLimits",
    "Fetcher",
    "Refused",
    "RowError",
    "SentFile",
    "SidecarRow",
    "SourceError",
    "ZipLimits",
    "is_manifest",
    "is_table",
    "is_zip",
    "parse_row",
    "read_bucket",
    "read_commons",
    "read_folder",
    "read_iiif",
    "read_manifest",
    "read_object",
    "read_upload",
    "read_zip",
    "write_sidecar",
]
