"""A published galaxy as versioned, immutable files; arrays and bytes in, bytes out, and no Django."""

from explorer.artifact.format import (
    FORMAT_VERSION,
    OBJECTS,
    POINTER_NAME,
    ArtifactError,
    Credit,
    GalaxyInfo,
    Manifest,
    OnProgress,
    Pointer,
)
from explorer.artifact.reader import ArtifactReader, Source
from explorer.artifact.writer import ClusterInfo, GalaxyPoints, Sink, WrittenArtifact, write_artifact

__all__ = [
    "FORMAT_VERSION",
    "OBJECTS",
    "POINTER_NAME",
    "ArtifactError",
    "ArtifactReader",
    "ClusterInfo",
    "Credit",
    "GalaxyInfo",
    "GalaxyPoints",
    "Manifest",
    "OnProgress",
    "Pointer",
    "Sink",
    "Source",
    "WrittenArtifact",
    "write_artifact",
]
