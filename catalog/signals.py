"""What the catalog announces to whoever lives above it; it never asks who listens."""

from django.dispatch import Signal

__all__ = ["annotations_changed"]

# Sent after a stage of an annotation run brought new answers. Arguments: `collection` (Collection), `features` (list of Feature).
annotations_changed = Signal()
