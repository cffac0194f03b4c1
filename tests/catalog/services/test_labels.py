"""What holds of an image: decisions over sidecars over machines."""

import pytest

from catalog.models import Collection, Image, Label, MachineLabel
from catalog.services.decide import decide_labels, undo_change
from catalog.services.labels import LabelScore, fold_term, recompute_effective_labels, write_machine_labels
from tests.factories import CollectionFactory, ImageFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    return ImageFactory.create(collection=CollectionFactory.create(min_score=0.3))


def say(image: Image, source: str, **scores: float) -> None:
    labels = [LabelScore(term.replace("_", " "), score) for term, score in scores.items()]
    write_machine_labels(image.collection, source=source, labels_by_image={image.pk: labels})


def holds(image: Image) -> dict[str, tuple[float, str]]:
    return {e.label.term: (e.score, e.source) for e in image.effective_labels.select_related("label")}


@pytest.mark.parametrize(
    ("term", "key"),
    [
        ("Tabby  Cat", "tabby cat"),
        ("ＳＮＯＷ", "snow"),
        ("Straße", "strasse"),
        ("Glasses", "glasses"),
        ("glass", "glass"),
        ("   ", ""),
    ],
)
def test_terms_fold_by_unicode_and_case_but_keep_their_plural(term: str, key: str):
    assert fold_term(term) == key


def test_machines_speak_from_the_collections_score_on(image: Image):
    say(image, "local", cat=0.9, dog=0.2)

    assert holds(image) == {"cat": (0.9, "local")}
    assert MachineLabel.objects.count() == 2


def test_a_sidecar_outweighs_a_machine(image: Image):
    say(image, "local", cat=0.9)
    say(image, "sidecar", cat=0.25)

    assert holds(image) == {"cat": (0.25, "sidecar")}


def test_what_a_source_no_longer_says_is_gone(image: Image):
    say(image, "local", cat=0.9)
    say(image, "local", dog=0.8)

    assert holds(image) == {"dog": (0.8, "local")}


def test_a_rejected_label_stays_removed_after_a_new_run(image: Image):
    say(image, "local", cat=0.9, animal=0.95)
    curator = UserFactory.create()
    cat = Label.objects.get(key="cat")

    decide_labels(image.collection, by=curator, verdicts=[(image.pk, cat.pk, "reject")], reason="It is a fox.")
    say(image, "local", cat=0.99, animal=0.95)

    assert holds(image) == {"animal": (0.95, "local")}


def test_a_persons_word_has_score_one_and_undoing_takes_it_back(image: Image):
    say(image, "local", cat=0.4)
    curator = UserFactory.create()
    cat = Label.objects.get(key="cat")

    change = decide_labels(image.collection, by=curator, verdicts=[(image.pk, cat.pk, "accept")])
    assert holds(image) == {"cat": (1.0, "decision")}

    undo_change(change, by=curator)
    assert holds(image) == {"cat": (0.4, "local")}


def test_the_latest_decision_holds(image: Image):
    say(image, "local", cat=0.4)
    curator = UserFactory.create()
    cat = Label.objects.get(key="cat")

    decide_labels(image.collection, by=curator, verdicts=[(image.pk, cat.pk, "reject")])
    decide_labels(image.collection, by=curator, verdicts=[(image.pk, cat.pk, "accept")])

    assert holds(image) == {"cat": (1.0, "decision")}


def test_a_renamed_label_is_obeyed_by_later_annotations(image: Image):
    say(image, "local", kitty=0.9)
    Label.objects.filter(key="kitty").update(
        alias_of=Label.objects.create(collection=image.collection, term="Cat", key="cat")
    )

    say(image, "local", kitty=0.8)

    assert holds(image) == {"Cat": (0.8, "local")}


def test_aliases_in_a_circle_do_not_hang(image: Image):
    say(image, "local", a=0.9, b=0.8)
    a, b = Label.objects.get(key="a"), Label.objects.get(key="b")
    Label.objects.filter(pk=a.pk).update(alias_of=b)
    Label.objects.filter(pk=b.pk).update(alias_of=a)

    recompute_effective_labels(image.collection, [image.pk])

    assert holds(image)


def test_spellings_of_one_term_are_one_label(image: Image):
    labels = [LabelScore("Snow", 0.5), LabelScore("SNOW", 0.9)]
    write_machine_labels(image.collection, source="local", labels_by_image={image.pk: labels})

    assert holds(image) == {"Snow": (0.9, "local")}


def test_collections_do_not_share_labels(image: Image):
    other: Collection = CollectionFactory.create()
    say(image, "local", cat=0.9)
    say(ImageFactory.create(collection=other), "local", cat=0.9)

    assert Label.objects.filter(key="cat").count() == 2


def test_glass_and_glasses_stay_two_terms_and_the_first_concept_of_a_term_is_its_own():
    collection = CollectionFactory.create()
    image = ImageFactory.create(collection=collection, renditions=False)
    said = [
        LabelScore("Glass", 0.9),
        LabelScore("glasses", 0.8, "wordnet", "/wn30/n04272054"),
        LabelScore("mouse", 0.7, "kg", "/m/04rmv"),
    ]
    write_machine_labels(collection, source="google", labels_by_image={image.pk: said})
    later = [LabelScore("glass", 1.0, "aat", "300010797"), LabelScore("Mouse", 1.0, "wikidata", "Q7987")]
    write_machine_labels(collection, source="sidecar", labels_by_image={image.pk: later})

    concepts = dict(Label.objects.filter(collection=collection).values_list("term", "concept_id"))
    assert concepts == {"Glass": "300010797", "glasses": "/wn30/n04272054", "mouse": "/m/04rmv"}
