"""What the explorer does with publications: making, going back to, copying and sweeping them, and withdrawing images from them."""

from explorer.services.export import ExportError, ExportResult, export_galaxy, require_exportable
from explorer.services.publish import PublishError, PublishResult, publish_galaxy, republish_galaxy
from explorer.services.rollback import RollBackError, find_publication, roll_back
from explorer.services.sweep import SweepResult, sweep_objects
from explorer.services.withdraw import WithdrawResult, list_withdrawn, rewrite_publications, withdraw_images

__all__ = [
    "ExportError",
    "ExportResult",
    "PublishError",
    "PublishResult",
    "RollBackError",
    "SweepResult",
    "WithdrawResult",
    "export_galaxy",
    "find_publication",
    "list_withdrawn",
    "publish_galaxy",
    "republish_galaxy",
    "require_exportable",
    "rewrite_publications",
    "roll_back",
    "sweep_objects",
    "withdraw_images",
]
