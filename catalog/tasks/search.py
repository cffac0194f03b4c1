"""Jobs that write the search index."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
