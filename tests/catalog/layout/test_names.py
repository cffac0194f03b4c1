import numpy as np
import pytest

from catalog.layout import name_groups


def name(groups, labels):
    return name_groups(groups, labels, [[1.0] * len(terms) for terms in labels])


def test_a_group_is_named_by_the_label_that_the_rest_lacks():
    # "animal" is the commonest in both, and says nothing.
    labels = [["animal", "dog"]] * 9 + [["animal"]] + [["animal", "bird"]] * 9 + [["animal"]]
    names = name([0] * 10 + [1] * 10, labels)
    assert [n.name for n in names] == ["dog", "bird"]
    assert names[0].runner_ups == ("animal",)


def test_a_rare_label_never_names_a_large_group():
    labels = [["dog"]] * 90 + [["dog", "frisbee"]] * 2 + [["cat"]] * 90 + [["dog"]] * 5
    assert name([0] * 92 + [1] * 95, labels)[0].name == "dog"


def test_two_groups_of_one_kind_get_two_names():
    labels = [["cat"]] * 10 + [["cat", "tabby"]] * 6 + [["cat"]] * 4
    assert [n.name for n in name([0] * 10 + [1] * 10, labels)] == ["cat", "tabby"]


def test_when_labels_run_out_names_are_numbered():
    names = name([0, 0, 1, 1, 2], [["cat"]] * 5)
    assert [n.name for n in names] == ["cat", "cat 2", "cat 3"]
    assert names[1].runner_ups == ("cat",)


def test_a_numbered_name_steps_over_a_real_label():
    labels = [["cat"], ["cat"], ["cat 2"]]
    assert [n.name for n in name([0, 1, 2], labels)] == ["cat", "cat 3", "cat 2"]


def test_a_label_of_a_few_pictures_is_no_second_choice():
    # A tenth of the second group are hats: "cat 2" tells more.
    labels = [["cat"]] * 20 + [["cat"]] * 18 + [["cat", "hat"]] * 2
    assert [n.name for n in name([0] * 20 + [1] * 20, labels)] == ["cat", "cat 2"]


def test_groups_without_labels_are_unlabelled_each_in_its_own_name():
    names = name([0, 1, 2, 3], [[], ["Unlabelled"], [], ["cat"]])
    assert [n.name for n in names] == ["Unlabelled 2", "Unlabelled", "Unlabelled 3", "cat"]
    assert names[0].runner_ups == ()


def test_names_differ_even_when_case_is_ignored_and_are_spelled_as_most_often():
    labels = [["Cat"], ["Cat"], ["cat"], ["CAT"]]
    assert [n.name for n in name([0, 0, 0, 1], labels)] == ["Cat", "Cat 2"]


def test_ties_go_to_the_alphabet_and_order_of_images_does_not_matter():
    labels = [["zebra", "apple"], ["apple", "zebra"], ["mug"], ["mug"]]
    assert name([0, 0, 1, 1], labels)[0].name == "apple"
    assert name([1, 0, 1, 0], [labels[2], labels[1], labels[3], labels[0]])[0].name == "apple"


def test_scores_count():
    names = name_groups([0, 0], [["sky", "boat"], ["sky", "boat"]], [[0.3, 0.9], [0.3, 0.9]])
    assert names[0].name == "boat"


def test_there_are_three_runner_ups():
    terms = ["a", "b", "c", "d", "e"]
    names = name_groups([0], [terms], [[0.9, 0.8, 0.7, 0.6, 0.5]])
    assert names[0].runner_ups == ("b", "c", "d")


def test_no_images_have_no_groups():
    assert name_groups([], [], []) == []


@pytest.mark.parametrize(
    ("groups", "message"), [([0], r"got \(1,\) groups for 2 images"), ([0, -1], "numbered from 0, got -1")]
)
def test_groups_that_do_not_fit_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        name(groups, [["a"], ["b"]])


def test_one_cup_among_unknowns_does_not_make_them_cups() -> None:
    labels = [["cup"], [], [], [], ["cat"], ["cat"], []]
    scores = [[0.9] * len(row) for row in labels]

    names = name_groups([0, 0, 0, 0, 1, 1, 1], labels, scores)

    assert [group.name for group in names] == ["Unlabelled", "cat"]
    assert names[0].runner_ups == ()


def test_it_is_not_photography_while_it_is_all_snow():
    # Nearly everything is a photograph; only one group is snow, and not even all of it was seen to be.
    labels = [["photograph", "snow"]] * 70 + [["photograph"]] * 30 + [["photograph", "street"]] * 95 + [["street"]] * 5
    names = name([0] * 100 + [1] * 100, labels)
    assert [n.name for n in names] == ["snow", "street"]
    assert names[0].runner_ups == ("photograph",)


def test_the_common_word_is_said_where_the_rare_one_tells_little_more():
    # 36 of 100 churches are called so, 27 Gothic; elsewhere 3 % and 1 % are.
    labels = [["church", "Gothic"]] * 27 + [["church"]] * 9 + [["tower"]] * 10 + [[f"thing {i}"] for i in range(54)]
    labels += [["church", "Gothic"]] * 5 + [["church"]] * 10 + [["river"]] * 485
    assert [n.name for n in name([0] * 100 + [1] * 500, labels)] == ["church", "river"]


def test_a_given_name_is_kept_for_its_group():
    labels = [["cat", "fur"]] * 10 + [["cat", "fur"]] * 9 + [["fur"]]
    names = name_groups([0] * 10 + [1] * 10, labels, [[1.0] * len(terms) for terms in labels], given={1: "Cat"})
    assert [n.name for n in names] == ["fur", "Cat"]
    assert names[0].runner_ups == ()  # not to be chosen by a curator either: another cluster has it
    assert names[1].runner_ups == ("fur",)


def test_a_small_change_of_members_changes_no_name():
    rng = np.random.default_rng(0)
    kinds = ["cat", "dog", "bird", "fish", "horse", "snake"]
    groups = rng.integers(0, 6, 600)
    labels = [[kinds[g], "animal", str(rng.choice(kinds))] if rng.random() < 0.8 else ["animal"] for g in groups]
    before = [n.name for n in name(groups, labels)]
    assert before == kinds
    moved = groups.copy()
    moved[rng.permutation(600)[:30]] = rng.integers(0, 6, 30)
    assert [n.name for n in name(moved, labels)] == before
