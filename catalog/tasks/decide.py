"""Jobs that make, and undo, changes to many images."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
