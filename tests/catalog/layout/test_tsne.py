"""The parts of t-SNE, each against the plain formula: neighbours, P, the forces and the divergence."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from catalog.layout import neighbours as neighbours_module
from catalog.layout.affinities import conditional_probabilities, joint_probabilities
from catalog.layout.descent import Phase, descend
from catalog.layout.divergence import kl_divergence
from catalog.layout.forces import Forces, push_points
from catalog.layout.neighbours import Neighbours, find_neighbours
from catalog.layout.octree import LEAF, Octree
from catalog.layout.threads import Workers
from tests.catalog.layout.factories import blob_purity, make_blobs


@pytest.fixture(scope="module")
def workers():
    with Workers(2) as workers:
        yield workers


def random_points(n, n_features, seed=0, scale=1.0):
    return np.random.default_rng(seed).normal(0, scale, (n, n_features)).astype(np.float32)


def test_exact_neighbours_are_those_of_all_distances(workers):
    points = random_points(700, 20)
    found = find_neighbours(points, 15, workers=workers)
    distances = cdist(points, points, "sqeuclidean")
    np.fill_diagonal(distances, np.inf)
    assert found.exact
    np.testing.assert_array_equal(found.indices, np.argsort(distances, axis=1)[:, :15])
    np.testing.assert_allclose(found.squared_distances, np.sort(distances, axis=1)[:, :15], rtol=1e-4)


def test_equal_points_are_at_distance_nought_and_nobody_is_his_own_neighbour(workers):
    points = np.repeat(random_points(10, 6), 30, axis=0)
    found = find_neighbours(points, 29, workers=workers)
    assert (found.squared_distances == 0).all()
    assert (found.indices != np.arange(300)[:, None]).all()
    np.testing.assert_array_equal(found.indices // 30, np.repeat(np.arange(300)[:, None] // 30, 29, axis=1))


def test_queries_from_outside_find_equal_points_too(workers):
    points = random_points(500, 8)
    found = find_neighbours(points, 3, queries=points[:50], workers=workers)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(50))


def test_cells_find_nearly_all_neighbours_and_the_seed_alone_decides(workers):
    points, _ = make_blobs(6000, n_blobs=40, n_features=30)
    exact = find_neighbours(points, 30, exact=True, workers=workers)
    found = find_neighbours(points, 30, exact=False, workers=workers)
    assert not found.exact
    assert (found.squared_distances <= exact.squared_distances[:, -1:] * 1.0001).mean() > 0.98
    with Workers(1) as alone:
        again = find_neighbours(points, 30, exact=False, workers=alone)
    np.testing.assert_array_equal(again.indices, found.indices)


def test_a_pile_larger_than_all_probed_cells_still_has_enough_neighbours(workers, monkeypatch):
    monkeypatch.setattr(neighbours_module, "PROBED_CELLS", 1)
    points = random_points(3000, 5)
    points[:1500] = points[0]
    found = find_neighbours(points, 60, exact=False, workers=workers)
    assert np.isfinite(found.squared_distances).all()
    assert (found.squared_distances[:1500] == 0).all()


def test_stopping_the_search_leaves_no_thread_behind(workers):
    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_neighbours(random_points(3000, 5), 5, workers=workers, on_progress=stop)


@pytest.mark.parametrize("perplexity", [2.0, 10.0, 30.0])
def test_each_row_of_p_has_the_perplexity_asked_for(workers, perplexity):
    found = find_neighbours(random_points(400, 10), 90, workers=workers)
    p = conditional_probabilities(found, perplexity, workers=workers).astype(np.float64)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.exp(entropy), perplexity, rtol=1e-3)
    assert (np.diff(p, axis=1) <= 1e-7).all()  # nearer is likelier


def test_where_more_are_equal_than_the_perplexity_all_equals_count_alike(workers):
    squared = np.concatenate([np.zeros((1, 20)), np.full((1, 10), 4.0)], axis=1).astype(np.float32)
    given = Neighbours(np.arange(30, dtype=np.uint32)[None], squared, exact=True)
    p = conditional_probabilities(given, 5.0, workers=workers)
    np.testing.assert_allclose(p[0, :20], 1 / 20, rtol=1e-4)
    np.testing.assert_allclose(p[0, 20:], 0, atol=1e-4)


def test_joint_probabilities_are_symmetric_and_those_of_opentsne(workers):
    from openTSNE.affinity import PerplexityBasedNN

    points = random_points(500, 10)
    p = dense(joint_probabilities(find_neighbours(points, 60, workers=workers), 20.0, workers=workers))
    theirs = PerplexityBasedNN(points, perplexity=20, method="exact").P.toarray()
    np.testing.assert_array_equal(p, p.T)
    assert p.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(p, theirs, atol=1e-7)


def dense(affinities):
    p = np.zeros((affinities.n_samples,) * 2)
    for i in range(affinities.n_samples):
        row = slice(affinities.indptr[i], affinities.indptr[i + 1])
        p[i, affinities.indices[row]] = affinities.values[row]
    return p


def test_another_order_is_the_same_p(workers):
    p = joint_probabilities(find_neighbours(random_points(200, 5), 30, workers=workers), 10.0, workers=workers)
    order = np.random.default_rng(0).permutation(200)
    np.testing.assert_array_equal(dense(p.reordered(order, workers)), dense(p)[np.ix_(order, order)])


def test_the_tree_holds_every_point_once_and_its_cubes_are_where_their_points_are():
    places = random_points(3000, 3, scale=20)
    tree = Octree(3000)
    tree.build(places, least_side=0.01)
    np.testing.assert_array_equal(np.sort(tree.order), np.arange(3000))
    assert tree.count[0] == 3000
    leaves = [n for n in range(tree.n_nodes) if tree.skip[n] == n + 1]
    assert sum(tree.count[n] for n in leaves) == 3000
    assert max(tree.count[n] for n in leaves) <= LEAF
    for node in range(0, tree.n_nodes, 7):
        members = tree.order[tree.first[node] : tree.first[node] + tree.count[node]]
        np.testing.assert_allclose(tree.centroids[:, node], places[members].mean(axis=0), atol=1e-3)
        assert np.ptp(places[members], axis=0).max() <= np.sqrt(tree.squared_sides[node]) * 1.001
        assert tree.skip[node] > node


@pytest.mark.parametrize(
    "places",
    [
        np.zeros((500, 3)),
        np.concatenate([np.zeros((499, 3)), [[1e6, 0, 0]]]),
        np.repeat(random_points(5, 3), 100, axis=0),
    ],
    ids=["one pile", "a pile and one far away", "five piles"],
)
def test_piles_do_not_break_the_tree(places, workers):
    tree, push = Octree(500), np.zeros((500, 4), np.float32)
    tree.build(places.astype(np.float32), 0.4)
    push_points(tree, tree, push, theta=0.4, run=96, workers=workers)
    assert np.isfinite(push).all()
    assert tree.cut(96)[-1] == 500


@pytest.mark.parametrize(("theta", "error"), [(0.05, 0.001), (0.4, 0.02)])
def test_the_forces_are_those_of_the_formula(workers, theta, error):
    points = random_points(1500, 10)
    p = joint_probabilities(find_neighbours(points, 60, workers=workers), 20.0, workers=workers)
    places = np.zeros((1500, 4), np.float32)
    places[:, :3] = random_points(1500, 3, seed=1, scale=8)
    forces = Forces(1500, theta=theta, workers=workers)
    z = forces.compute(p, places)

    y = places[:, :3].astype(np.float64)
    difference = y[:, None] - y[None]
    q = 1 / (1 + (difference**2).sum(axis=2))
    np.fill_diagonal(q, 0)
    pull = ((dense(p) * q)[:, :, None] * difference).sum(axis=1)
    push = ((q**2)[:, :, None] * difference).sum(axis=1)
    assert z == pytest.approx(q.sum(), rel=error)
    np.testing.assert_allclose(forces.pull[:, :3], pull, atol=1e-3 * np.abs(pull).max())
    assert np.linalg.norm(forces.push[:, :3] - push) < error * np.linalg.norm(push)


def test_the_divergence_is_that_of_the_formula_and_a_sample_says_how_far_off_it_is(workers):
    points = random_points(800, 10)
    p = joint_probabilities(find_neighbours(points, 60, workers=workers), 20.0, workers=workers)
    y = random_points(800, 3, seed=1, scale=5)
    q = 1 / (1 + cdist(y, y, "sqeuclidean"))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    known = dense(p)
    there = known > 0
    expected = (known[there] * np.log(known[there] / q[there])).sum()
    exact = kl_divergence(p, y, workers=workers)
    assert exact.value == pytest.approx(expected, abs=1e-4)
    assert exact.standard_error == 0


def test_a_sampled_normaliser_is_within_its_error(workers, monkeypatch):
    from catalog.layout import divergence as divergence_module

    monkeypatch.setattr(divergence_module, "SAMPLE", 500)
    points = random_points(4000, 10)
    p = joint_probabilities(find_neighbours(points, 30, workers=workers), 10.0, workers=workers)
    y = random_points(4000, 3, seed=1, scale=5)
    exact = kl_divergence(p, y, exact=True, workers=workers).value
    off = [kl_divergence(p, y, exact=False, random_state=seed, workers=workers) for seed in range(8)]
    assert all(d.standard_error > 0 for d in off)
    assert np.mean([abs(d.value - exact) < 2 * d.standard_error for d in off]) >= 0.75


def test_the_descent_brings_neighbours_together_and_does_not_depend_on_threads(workers):
    vectors, blobs = make_blobs(600)
    p = joint_probabilities(find_neighbours(vectors, 60, workers=workers), 20.0, workers=workers)
    start = random_points(600, 3, scale=1e-4)
    phases = [Phase(150, 12.0), Phase(200)]
    places = descend(p, start, phases, workers=workers)
    assert blob_purity(start, blobs) < 0.3
    assert blob_purity(places, blobs) > 0.98
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-3)
    with Workers(1) as alone:
        np.testing.assert_array_equal(descend(p, start, phases, workers=alone), places)


def test_our_map_is_as_good_as_opentsnes(workers):
    """The same P, start and iterations, in openTSNE's own three-dimensional Barnes-Hut and in ours."""
    import scipy.sparse as sp
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PrecomputedAffinities

    vectors, _ = make_blobs(500, n_blobs=20)
    p = joint_probabilities(find_neighbours(vectors, 60, workers=workers), 20.0, workers=workers)
    start = random_points(500, 3, scale=1e-4)
    theirs = TSNEEmbedding(
        start.astype(float), PrecomputedAffinities(sp.csr_matrix(dense(p))), negative_gradient_method="bh"
    )
    theirs.optimize(250, exaggeration=12, momentum=0.8, inplace=True)
    theirs.optimize(500, momentum=0.8, inplace=True)
    ours = descend(p, start, [Phase(250, 12.0), Phase(500)], workers=workers)
    ours_kl, theirs_kl = (kl_divergence(p, y, workers=workers).value for y in (ours, np.asarray(theirs)))
    assert ours_kl < 1.03 * theirs_kl
