"""What the library holds, one noun a module. The words are those of docs/words.md."""

from catalog.models.annotation import Annotation, AnnotationPayload, LostAnswer, find_verdict
from catalog.models.annotation_run import AnnotationRun, AnnotatorAccount, MonthlyUnits, UnitUsage
from catalog.models.api_key import ApiKey
from catalog.models.collection import Collection, Membership, Role, Visibility
from catalog.models.duplicate import NearDuplicate
from catalog.models.embedding import Embedding, EmbeddingBlock, EmbeddingRow
from catalog.models.galaxy import Build, Cluster, Galaxy, Group, Pin, Position, PublishedFeature
from catalog.models.image import AnnotationStatus, Image, Occurrence, Refusal, Rendition, Revision
from catalog.models.job import Job, JobStatus
from catalog.models.label import Change, Decision, EffectiveLabel, Label, MachineLabel
from catalog.models.publication import ArtifactPart, Publication, PublicationObject, PublishingLease
from catalog.models.storage import PendingDeletion
from catalog.models.upload import Upload, UploadedFile

__all__ = [
    "Annotation",
    "AnnotationPayload",
    "AnnotationRun",
    "AnnotationStatus",
    "AnnotatorAccount",
    "ApiKey",
    "ArtifactPart",
    "Build",
    "Change",
    "Cluster",
    "Collection",
    "Decision",
    "EffectiveLabel",
    "Embedding",
    "EmbeddingBlock",
    "EmbeddingRow",
    "Galaxy",
    "Group",
    "Image",
    "Job",
    "JobStatus",
    "Label",
    "LostAnswer",
    "MachineLabel",
    "Membership",
    "MonthlyUnits",
    "NearDuplicate",
    "Occurrence",
    "PendingDeletion",
    "Pin",
    "Position",
    "Publication",
    "PublicationObject",
    "PublishedFeature",
    "PublishingLease",
    "Refusal",
    "Rendition",
    "Revision",
    "Role",
    "UnitUsage",
    "Upload",
    "UploadedFile",
    "Visibility",
    "find_verdict",
]
