"""Jobs that import what other software sends."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
