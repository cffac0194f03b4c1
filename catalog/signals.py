"""What the catalog announces to whoever lives above it; it never asks who listens."""

from django.dispatch import Signal

__all__ = ["annotations_changed", "image_withdrawn"]

# Sent after a stage of an annotation run brought new answers. Arguments: `collection` (Collection), `features` (list of Feature).
annotations_changed = Signal()

# Sent on commit after images of a collection were hidden or deleted, so that nobody may see them any more. Arguments: `collection`
# (Collection), `uuids` (list of UUID), `by` (User or None), `reason` (str).
image_withdrawn = Signal()
