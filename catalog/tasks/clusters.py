"""Jobs about clusters and galaxies."""

from catalog.services.jobs import JobKind

KINDS: tuple[JobKind, ...] = ()
