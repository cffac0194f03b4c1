"""A label is taught by example, judged on a sample, accepted; people's decisions win over it, always."""

import numpy as np
import pytest
from django.contrib.auth.models import User

from catalog.annotators.visual import VISUAL_VERSION
from catalog.models import (
    Collection,
    Decision,
    EffectiveLabel,
    Image,
    Job,
    JudgedSample,
    Label,
    MachineLabel,
    TaughtLabel,
    TaughtVersion,
)
from catalog.services import apply_taught
from catalog.services.apply_taught import apply_taught_labels, start_if_taught
from catalog.services.decide import decide_labels, undo_change
from catalog.services.errors import ServiceError
from catalog.services.teach import (
    accept_version,
    choose_cut_off,
    draw_sample,
    find_examples,
    judge,
    retire,
    score_images,
    train_label,
)
from tests.catalog.taught_library import TaughtLibrary
from tests.factories import (
    LabelFactory,
    RenditionFactory,
    RevisionFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("colour_model")]


@pytest.fixture
def curator() -> User:
    return UserFactory.create()


@pytest.fixture
def library(curator) -> TaughtLibrary:
    library = TaughtLibrary(curator)
    library.decide("add", library.reds[:12])
    library.decide("reject", library.others[:5])
    return library


def test_a_dozen_decisions_make_a_version_that_finds_the_others(library, colour_model):
    n_seen = colour_model.n_seen
    version = library.train()

    assert (version.number, version.n_accepts, version.n_rejects) == (1, 12, 5)
    assert version.visual_version == VISUAL_VERSION and len(version.weights) == 257 * 4
    scored = score_images(version)
    assert set(scored.image_ids[:30].tolist()) == set(library.reds), "all red ones come first"
    assert (np.diff(scored.scores) <= 0).all()
    assert version.n_above == scored.count_above(version.cut_off) >= 25
    assert colour_model.n_seen == n_seen, "nothing is looked at twice"
    assert TaughtLabel.objects.get().current_version is None and not MachineLabel.objects.exists(), "it waits"


def test_training_again_is_another_version_and_the_same_decisions_give_the_same(library):
    first, again = library.train(), library.train()
    assert (again.number, bytes(again.weights)) == (2, bytes(first.weights))
    library.decide("add", library.reds[12:16])
    assert (library.train().n_accepts, TaughtLabel.objects.count()) == (16, 1)


def test_only_decisions_that_hold_are_examples(library):
    undone = library.decide("reject", library.reds[:3])
    assert len(find_examples(library.label).accepts) == 9
    with pytest.raises(ServiceError, match="at least 10 images accepted as “our town hall”, got 9"):
        library.train()
    undo_change(undone, by=library.curator)
    assert sorted(find_examples(library.label).accepts) == library.reds[:12]


def test_a_label_that_nobody_knows_cannot_be_taught(library):
    with pytest.raises(ServiceError, match="got 0"):
        train_label(library.collection, term="snow")


def test_accepts_of_a_merged_term_teach_the_label_that_it_stands_for(library):
    other = LabelFactory.create(collection=library.collection, term="Rathaus", alias_of=library.label)
    decide_labels(library.collection, by=library.curator, verdicts=[(library.reds[20], other.pk, "accept")])
    version = train_label(library.collection, term="Rathaus", by=library.curator)
    assert (version.n_accepts, version.taught.label) == (13, library.label)


def test_a_sample_is_drawn_above_the_cut_off_from_what_nobody_decided(library):
    version = library.train()
    choose_cut_off(version, 0.5)
    sample = draw_sample(version, 8)

    assert len(sample) == 8 and {row.image_id for row in sample} <= set(library.reds[12:])
    assert all(row.score >= 0.5 and row.is_right is None for row in sample)
    assert draw_sample(version, 8) == sample, "until it is judged it stays"


def test_judging_gives_a_precision_with_its_interval_and_decides(library):
    version = library.train()
    choose_cut_off(version, 0.5)
    ids = [row.image_id for row in draw_sample(version, 10)]
    judge(version, {image_id: place != 0 for place, image_id in enumerate(ids)}, by=library.curator)

    version.refresh_from_db()
    assert (version.precision, version.n_judged) == (0.9, 10)
    assert version.precision_low == pytest.approx(0.596, abs=1e-3)  # Wilson's, by any table
    assert version.precision_high == pytest.approx(0.982, abs=1e-3)
    decisions = dict(Decision.objects.filter(image__in=ids).values_list("image_id", "verdict"))
    assert decisions == {image_id: "reject" if place == 0 else "accept" for place, image_id in enumerate(ids)}
    assert set(ids[1:]) <= library.carry() and ids[0] not in library.carry()

    more = draw_sample(version, 10)
    assert len(more) == 8 and not {row.image_id for row in more} & set(ids), "a second sample adds to the first"


def test_a_word_taken_back_counts_anew_and_a_strange_image_counts_for_nothing(library):
    version = library.train()
    choose_cut_off(version, 0.5)
    first, second = [row.image_id for row in draw_sample(version, 2)]
    judge(version, {first: False, second: True}, by=library.curator)
    judge(version, {first: True}, by=library.curator)
    assert (version.precision, version.n_judged) == (1.0, 2) and first in library.carry()
    n_decisions = Decision.objects.count()
    with pytest.raises(ServiceError, match="got 1 others"):
        judge(version, {library.others[9]: True, second: False}, by=library.curator)
    judge(version, {second: True}, by=library.curator)
    assert Decision.objects.count() == n_decisions, "and saying the same again is no news"


def test_a_higher_cut_off_keeps_what_was_judged_above_it_and_a_lower_one_asks_anew(library):
    version = library.train()
    choose_cut_off(version, 0.5)
    sample = sorted(draw_sample(version, 10), key=lambda row: row.score)
    judge(version, {row.image_id: place >= 5 for place, row in enumerate(sample)}, by=library.curator)
    assert version.precision == 0.5
    n_above = version.n_above

    choose_cut_off(version, sample[5].score)
    assert (version.precision, version.n_judged) == (1.0, 5) and version.n_above < n_above
    choose_cut_off(version, 0.4)
    assert version.precision is None and version.n_judged == 0 and not JudgedSample.objects.exists()
    with pytest.raises(ServiceError, match=r"from 0 to 1, got 1\.5"):
        choose_cut_off(version, 1.5)


def test_with_nothing_left_to_judge_it_says_so(library):
    version = library.train()
    choose_cut_off(version, 1.0)
    with pytest.raises(ServiceError, match="no image above the cut-off of 1"):
        draw_sample(version)


def test_accepted_it_labels_what_scores_above_the_cut_off(library):
    version = library.train()
    choose_cut_off(version, 0.5)
    job = accept_version(version, by=library.curator)
    assert (job.kind, job.created_by) == ("apply_taught_labels", library.curator)

    result = apply_taught_labels(library.collection)

    rows = MachineLabel.objects.filter(source="taught:our town hall")
    assert result.labelled == {"Our town hall": rows.count()} and rows.count() == version.n_above
    assert {row.label for row in rows} == {library.label} and all(row.score >= 0.5 for row in rows)
    assert library.carry() == set(library.reds), "and so counts for all that reads effective labels"
    sources = set(EffectiveLabel.objects.filter(label=library.label).values_list("source", flat=True))
    assert sources == {"decision", "taught:our town hall"}
    assert apply_taught_labels(library.collection).n_changed == 0, "said again it changes nothing"


def test_its_cut_off_has_spoken_whatever_the_least_score_of_machines(library):
    Collection.objects.filter(pk=library.collection.pk).update(min_score=0.999)
    library.collection.refresh_from_db()
    version = library.train()
    choose_cut_off(version, 0.5)
    accept_version(version, by=library.curator)
    apply_taught_labels(library.collection)
    assert library.carry() == set(library.reds)


def test_people_always_win(library):
    library.accepted()
    wrong = next(iter(library.carry() - set(library.reds[:12])))
    library.decide("reject", [wrong])
    apply_taught_labels(library.collection)
    assert wrong not in library.carry() and MachineLabel.objects.filter(image=wrong).exists()


def test_later_imports_are_labelled_too(library):
    library.accepted()
    new, other = library.picture(0xD00000), library.picture(0x00A0A0)
    job = start_if_taught(library.collection)
    assert job is not None and job.kind == "apply_taught_labels"
    assert apply_taught_labels(library.collection).n_changed == 1
    assert new in library.carry() and other not in library.carry()


def test_a_replaced_picture_is_looked_at_again(library):
    library.accepted()
    image = Image.objects.get(pk=library.reds[25])
    image.current_revision = RevisionFactory.create(image=image, number=2, mean_colour=0x00A0A0)
    image.save()
    RenditionFactory.create(revision=image.current_revision)
    apply_taught_labels(library.collection)
    assert image.pk not in library.carry()


def test_nothing_starts_where_nothing_was_taught(library):
    library.train()
    assert start_if_taught(library.collection) is None and not Job.objects.exists()
    assert apply_taught_labels(library.collection).as_json()["n_changed"] == 0


def test_a_new_cut_off_of_a_version_in_use_is_applied(library):
    version = library.accepted()
    Job.objects.all().delete()
    assert choose_cut_off(version, 0.999) is not None
    apply_taught_labels(library.collection)
    assert MachineLabel.objects.count() == version.n_above < 18


def test_retired_it_takes_back_what_it_said_and_no_more(library):
    version = library.accepted()
    retire(version.taught, by=library.curator)
    apply_taught_labels(library.collection)
    assert not MachineLabel.objects.exists() and library.carry() == set(library.reds[:12])
    assert TaughtVersion.objects.count() == 1 and start_if_taught(library.collection) is None


def test_a_renamed_label_speaks_under_its_new_name_alone(library):
    library.accepted()
    Label.objects.filter(pk=library.label.pk).update(term="Rathaus", key="rathaus")
    apply_taught_labels(library.collection)
    assert set(MachineLabel.objects.values_list("source", flat=True)) == {"taught:rathaus"}
    assert library.carry() == set(library.reds)


def test_with_other_features_it_is_trained_again_or_named(library):
    version = library.accepted()
    TaughtVersion.objects.update(visual_version="older")
    with pytest.raises(ServiceError, match="Train it again"):
        score_images(TaughtVersion.objects.get())

    result = apply_taught_labels(library.collection)
    taught = TaughtLabel.objects.get()
    assert taught.current_version is not None and taught.current_version.number == version.number + 1
    assert taught.current_version.accepted_by == library.curator and not result.left_out

    TaughtVersion.objects.update(visual_version="older")
    library.decide("reject", library.reds[:12])
    (why,) = apply_taught_labels(library.collection).left_out
    assert why.startswith("Our town hall: Expected at least 10 images")


def test_killed_in_the_middle_it_goes_on(library, monkeypatch):
    version = library.train()
    choose_cut_off(version, 0.5)
    accept_version(version, by=library.curator)
    monkeypatch.setattr(apply_taught, "CHUNK", 5)

    def die_at_ten(stage: str, done: int, total: int) -> None:
        if stage.startswith("Labelling") and done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_taught_labels(library.collection, progress=die_at_ten)
    assert MachineLabel.objects.count() == 10
    assert apply_taught_labels(library.collection).n_changed == version.n_above - 10
    assert library.carry() == set(library.reds)
