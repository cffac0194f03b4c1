"""What the catalog announces to whoever lives above it; it never asks who listens."""

from django.dispatch import Signal

__all__ = ["annotations_changed", "cluster_hidden", "image_withdrawn"]

# Sent after a stage of an annotation run brought new answers. Arguments: `collection` (Collection), `features` (list of Feature).
annotations_changed = Signal()

# Sent when images of a collection are hidden or deleted, so that nobody may see them any more; within the transaction that does it, so
# that what must follow is written with it or not at all. Arguments: `collection` (Collection), `uuids` (list of UUID), `by` (User or
# None), `reason` (str).
image_withdrawn = Signal()

# Sent when a cluster is hidden, or images are pinned to a hidden one, within the transaction that does it. Arguments: `galaxy` (Galaxy).
cluster_hidden = Signal()
