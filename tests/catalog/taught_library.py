"""A library in which something can be taught."""

import numpy as np
from django.contrib.auth.models import User

from catalog.models import Change, Collection, EffectiveLabel, Label, TaughtVersion
from catalog.services.apply_taught import apply_taught_labels
from catalog.services.decide import decide_labels
from catalog.services.embeddings import visual_vectors
from catalog.services.teach import accept_version, train_label
from tests.factories import CollectionFactory, ImageFactory, LabelFactory, MembershipFactory


class TaughtLibrary:
    """Thirty red pictures and thirty of other colours; what is red can be learnt."""

    def __init__(self, curator: User) -> None:
        self.collection: Collection = CollectionFactory.create()
        MembershipFactory.create(collection=self.collection, user=curator)
        self.label: Label = LabelFactory.create(collection=self.collection, term="Our town hall")
        self.curator = curator
        shades = np.random.default_rng(0)
        self.reds = [self.picture(0xB00000 + int(shades.integers(0, 0x50)) * 0x10000) for _ in range(30)]
        self.others = [self.picture(int(shades.integers(0, 0x60)) * 0x10000 + 0x00A0A0) for _ in range(30)]
        visual_vectors(self.collection, self.reds + self.others)

    def picture(self, colour: int) -> int:
        return int(ImageFactory.create(collection=self.collection, revision__mean_colour=colour).pk)

    def decide(self, verdict: str, ids: list[int]) -> Change:
        verdicts = [(image_id, self.label.pk, verdict) for image_id in ids]
        return decide_labels(self.collection, by=self.curator, verdicts=verdicts)

    def train(self) -> TaughtVersion:
        return train_label(self.collection, term="our town hall", by=self.curator)

    def carry(self) -> set[int]:
        return set(EffectiveLabel.objects.filter(label=self.label).values_list("image_id", flat=True))

    def accepted(self) -> TaughtVersion:
        version = self.train()
        accept_version(version, by=self.curator)
        apply_taught_labels(self.collection)
        return version
