"""Jobs that take the library out."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
