"""Importers turn a source into a stream of candidates, and of refusals where a file of it cannot be one.

They know no models and write nothing. What a candidate's bytes are, `catalog.media` decides.
"""

from catalog.importers.archive import ZipLimits, is_zip, read_zip
from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.bucket import BUCKET_SCHEME, read_bucket
from catalog.importers.folder import read_folder
from catalog.importers.sidecar import SIDECAR_NAME, SidecarRow, write_sidecar
from catalog.importers.upload import SentFile, is_table, read_upload

__all__ = [
    "BUCKET_SCHEME",
    "SIDECAR_NAME",
    "Candidate",
    "CandidateError",
    "Refused",
    "SentFile",
    "SidecarRow",
    "SourceError",
    "ZipLimits",
    "is_table",
    "is_zip",
    "read_bucket",
    "read_folder",
    "read_upload",
    "read_zip",
    "write_sidecar",
]
