"""A published galaxy as versioned, immutable files; arrays and bytes in, bytes out, and no Django."""

from explorer.artifact.format import FORMAT_VERSION, OBJECTS, POINTER_NAME, ArtifactError, OnProgress
from explorer.artifact.inputs import UNKNOWN_TIME, ClusterInfo, GalaxyPoints, ReadDetails, ReadSmall
from explorer.artifact.manifest import Credit, GalaxyInfo, Manifest, Pointer
from explorer.artifact.reader import ArtifactReader, Source
from explorer.artifact.store import Sink
from explorer.artifact.tables import Tables
from explorer.artifact.writer import WrittenArtifact, write_artifact

__all__ = [
    "FORMAT_VERSION",
    "OBJECTS",
    "POINTER_NAME",
    "UNKNOWN_TIME",
    "ArtifactError",
    "ArtifactReader",
    "ClusterInfo",
    "Credit",
    "GalaxyInfo",
    "GalaxyPoints",
    "Manifest",
    "OnProgress",
    "Pointer",
    "ReadDetails",
    "ReadSmall",
    "Sink",
    "Source",
    "Tables",
    "WrittenArtifact",
    "write_artifact",
]
