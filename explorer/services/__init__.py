"""What the explorer does with publications: making them, going back to them, copying them to a folder or a bucket, sweeping up."""

from explorer.services.export import ExportError, ExportResult, export_galaxy, require_exportable
from explorer.services.publish import PublishError, PublishResult, publish_galaxy, republish_galaxy
from explorer.services.rollback import RollBackError, find_publication, roll_back
from explorer.services.sweep import SweepResult, sweep_objects

__all__ = [
    "ExportError",
    "ExportResult",
    "PublishError",
    "PublishResult",
    "RollBackError",
    "SweepResult",
    "export_galaxy",
    "find_publication",
    "publish_galaxy",
    "republish_galaxy",
    "require_exportable",
    "roll_back",
    "sweep_objects",
]
