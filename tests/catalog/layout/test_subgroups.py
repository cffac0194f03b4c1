import numpy as np
import pytest

from catalog.layout import find_subgroups, telling_labels
from catalog.layout.flat import flatten_labels


def flat(labels):
    found = flatten_labels(labels, [[1.0] * len(terms) for terms in labels])
    return found.weights, found.terms


def balls(*sizes):
    """One ball of positions after the other, 20 apart."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal((20 * i, 0, 0), 1, (n, 3)) for i, n in enumerate(sizes)])


def test_a_neighbourhood_is_called_what_the_rest_of_its_cluster_lacks():
    labels = [["animal", "dog"]] * 150 + [["animal", "cat"]] * 100 + [["boat"]] * 40
    weights, terms = flat(labels)
    found = find_subgroups(balls(150, 100, 40), [0] * 250 + [1] * 40, weights, terms, ["animal", "boat"])
    assert [(s.cluster, s.name, s.n_images) for s in found] == [(0, "dog", 150), (0, "cat", 100)]
    assert found[1].centroid == pytest.approx((20, 0, 0), abs=0.5)
    assert 1 < found[0].radius < 4


def test_a_neighbourhood_never_bears_its_clusters_name_nor_one_that_says_nothing():
    labels = [["Dog"]] * 150 + [["Dog", "puppy"]] * 5 + [["cat"]] * 100
    weights, terms = flat(labels)
    found = find_subgroups(balls(155, 100), [0] * 255, weights, terms, ["dog"])
    assert [(s.name, s.n_images) for s in found] == [("cat", 100)], "puppy is too rare, and the rest is just dogs"


def test_the_same_input_gives_the_same_neighbourhoods():
    rng = np.random.default_rng(1)
    positions = rng.normal(0, 1, (900, 3))
    labels = [[f"side {x > 0} {y > 0}", "all"] for x, y, _z in positions]
    weights, terms = flat(labels)
    once = find_subgroups(positions, [0] * 900, weights, terms, ["all"], random_state=3)
    assert once
    assert find_subgroups(positions, [0] * 900, weights, terms, ["all"], random_state=3) == once
    assert len({s.name for s in once}) == len(once)


def test_small_clusters_and_clusters_without_labels_have_none():
    weights, terms = flat([["a"]] * 50 + [[]] * 400)
    assert find_subgroups(balls(50, 400), [0] * 50 + [1] * 400, weights, terms, ["x", "y"]) == []


def test_telling_labels_are_common_here_and_rare_elsewhere():
    labels = [["snow", "sky"]] * 8 + [["sky"]] * 2 + [["sky", "sea"]] * 10
    weights, terms = flat(labels)
    here, there, empty = telling_labels([0] * 10 + [1] * 10, weights, terms, n_clusters=3)
    assert [(label.term, label.share, label.share_elsewhere) for label in here] == [("snow", 0.8, 0.0)]
    assert [label.term for label in there] == ["sea"], "sky is everywhere"
    assert empty == []


def test_what_a_single_picture_says_does_not_tell_of_its_cluster():
    labels = [["snow", "my sister"], ["snow"], ["snow"], ["sea"], ["sea"]]
    weights, terms = flat(labels)
    assert [label.term for label in telling_labels([0, 0, 0, 1, 1], weights, terms, n_clusters=2)[0]] == ["snow"]


def test_at_most_as_many_labels_are_told_as_were_asked_for():
    labels = [[f"w{i:02}" for i in range(20)]] * 10 + [["x"]] * 10
    weights, terms = flat(labels)
    first = telling_labels([0] * 10 + [1] * 10, weights, terms, n_clusters=2, limit=3)[0]
    assert [label.term for label in first] == ["w00", "w01", "w02"]
