"""Jobs that teach labels by example."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
