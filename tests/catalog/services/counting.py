"""An annotator for tests of the services: answers at once, and remembers what it was asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.annotators import (
    AnnotateOptions,
    Answer,
    AnswerError,
    Failure,
    Feature,
    PictureToAnnotate,
    PriceTable,
    Ticket,
    Tier,
)


@dataclass
class CountingAnnotator:
    """Answers at once, and remembers what it was asked."""

    name: str = "counting"
    stages: tuple[frozenset[Feature], ...] = (frozenset({Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES}),)
    max_batch_size: int = 4
    prices: PriceTable | None = None
    images_per_minute: None = None
    keeps_tickets: bool = False
    model: str = "counting/1"
    labels: list[dict] = field(default_factory=lambda: [{"mid": "/wn30/n1", "description": "cat", "score": 0.9}])
    refuses: frozenset[str] = frozenset()
    dies_at: int = 1000
    asked: list[tuple[str, Feature]] = field(default_factory=list)
    batches: list[Sequence[PictureToAnnotate]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """What came in which order: "submit 0", "collect 0"."""
    before_submit: Callable[[int], None] = lambda number: None
    """Called with the number of the batch that is about to be handed over."""

    def model_of(self, feature: Feature) -> str:
        return self.model

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        return ""

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        if len(self.batches) == self.dies_at:
            raise KeyboardInterrupt
        self.before_submit(len(self.batches))
        self.events.append(f"submit {len(self.batches)}")
        self.batches.append(batch)
        return Ticket(self.name, str(len(self.batches) - 1))

    def collect(self, ticket: Ticket) -> list[Answer]:
        self.events.append(f"collect {ticket.key}")
        return [self.answer(picture) for picture in self.batches[int(ticket.key)]]

    def answer(self, picture: PictureToAnnotate) -> Answer:
        assert picture.small.read().startswith(b"\xff\xd8"), "the small rendition is a JPEG"
        self.asked += [(picture.sha256, feature) for feature in picture.features]
        if picture.sha256 in self.refuses:
            error = AnswerError(Failure.REFUSED, "The picture makes no sense.")
            return Answer(picture.sha256, errors=dict.fromkeys(picture.features, error))
        documents: dict[Feature, dict] = {
            Feature.LABEL_DETECTION: {"labelAnnotations": self.labels},
            Feature.IMAGE_PROPERTIES: {"imagePropertiesAnnotation": {"dominantColors": {"colors": []}}},
        }
        return Answer(picture.sha256, documents={f: documents.get(f, {}) for f in picture.features})


def cost_a_unit_each() -> PriceTable:
    """Every feature costs a dollar a thousand, from the first unit on."""
    return PriceTable("USD", "2026-11-24", {f: (Tier(0, Decimal(1)),) for f in Feature}, free_with={})
