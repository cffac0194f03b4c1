"""What the library holds, one noun a module. The words are those of docs/words.md."""

from catalog.models.annotation import Annotation, AnnotationPayload, LostAnswer, find_verdict
from catalog.models.annotation_run import AnnotationRun, AnnotatorAccount, MonthlyUnits, UnitUsage
from catalog.models.api_key import ApiKey, Scope
from catalog.models.batch import Batch, BatchItem
from catalog.models.collection import Collection, CollectionClock, Membership, Role, Visibility
from catalog.models.duplicate import NearDuplicate
from catalog.models.embedding import Embedding, EmbeddingBlock, EmbeddingRow
from catalog.models.galaxy import Build, Cluster, Galaxy, Group, Pin, Position, PublishedFeature
from catalog.models.idempotency import IdempotencyKey
from catalog.models.image import AnnotationStatus, Image, Occurrence, Refusal, Rendition, Revision, Tombstone
from catalog.models.job import Job, JobNote, JobStatus
from catalog.models.label import Change, ChangedImage, Decision, EffectiveLabel, Label, MachineLabel
from catalog.models.publication import ArtifactPart, Publication, PublicationObject, PublishingLease
from catalog.models.search import SearchPosting, SearchWord
from catalog.models.storage import PendingDeletion
from catalog.models.taught import JudgedSample, TaughtLabel, TaughtVersion
from catalog.models.upload import Upload, UploadedFile

__all__ = [
    "Annotation",
    "AnnotationPayload",
    "AnnotationRun",
    "AnnotationStatus",
    "AnnotatorAccount",
    "ApiKey",
    "ArtifactPart",
    "Batch",
    "BatchItem",
    "Build",
    "Change",
    "ChangedImage",
    "Cluster",
    "Collection",
    "CollectionClock",
    "Decision",
    "EffectiveLabel",
    "Embedding",
    "EmbeddingBlock",
    "EmbeddingRow",
    "Galaxy",
    "Group",
    "IdempotencyKey",
    "Image",
    "Job",
    "JobNote",
    "JobStatus",
    "JudgedSample",
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
    "Scope",
    "SearchPosting",
    "SearchWord",
    "TaughtLabel",
    "TaughtVersion",
    "Tombstone",
    "UnitUsage",
    "Upload",
    "UploadedFile",
    "Visibility",
    "find_verdict",
]
