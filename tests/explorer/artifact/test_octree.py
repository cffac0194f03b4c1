import numpy as np
import pytest

from explorer.artifact.octree import LEAST_POINTS, NODE_POINTS, ROOT_POINTS, build_octree
from explorer.artifact.points import morton_codes


def clustered(n, seed=0):
    """n points in a dozen balls of different size, as uint16."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(8_000, 57_000, (12, 3))
    places = centres[rng.integers(0, 12, n)] + rng.normal(0, 1, (n, 3)) * rng.choice([300, 1500, 4000], (n, 1))
    return np.clip(places, 0, 65_535).astype(np.uint16)


def test_every_point_is_in_one_node_and_no_node_is_too_large():
    points = clustered(120_000)
    order, nodes = build_octree(points)
    assert sorted(order.tolist()) == list(range(len(points)))
    assert [node.first for node in nodes] == np.cumsum([0, *(node.n for node in nodes[:-1])]).tolist()
    assert nodes[0].n <= ROOT_POINTS
    assert max(node.n for node in nodes[1:]) <= NODE_POINTS
    assert min(node.n for node in nodes) >= LEAST_POINTS // 2
    assert all(node.parent < place for place, node in enumerate(nodes))
    assert [node.parent for node in nodes].count(-1) == 1
    assert all(node.level == nodes[node.parent].level + 1 for node in nodes[1:])


def test_the_first_node_is_the_whole_galaxy_thinned_out():
    points = clustered(120_000)
    order, nodes = build_octree(points)
    sample = points[order[: nodes[0].n]]

    def shares(places):
        cells = (places >> 13).astype(int) @ [1, 8, 64]
        return np.bincount(cells, minlength=512) / len(places)

    assert np.abs(shares(sample) - shares(points)).sum() < 0.03


def test_points_of_a_node_follow_the_curve():
    points = clustered(50_000)
    order, nodes = build_octree(points)
    codes = morton_codes(points[order]).astype(np.int64)
    for node in nodes:
        assert (np.diff(codes[node.first : node.first + node.n]) >= 0).all()


def test_a_ball_holds_a_nodes_points_and_those_of_all_below_it():
    points = clustered(60_000)
    order, nodes = build_octree(points)
    places = points[order].astype(float)
    for place, node in enumerate(nodes):
        mine = places[node.first : node.first + node.n]
        above = place
        while above != -1:
            distances = np.linalg.norm(mine - np.array(nodes[above].centre), axis=1)
            assert distances.max() <= nodes[above].radius * 1.0001
            above = nodes[above].parent


@pytest.mark.parametrize("n", [1, 2, ROOT_POINTS])
def test_a_small_galaxy_is_one_node(n):
    order, nodes = build_octree(clustered(n))
    assert [node.n for node in nodes] == [n] == [len(order)]


def test_any_number_of_points_in_one_place_are_divided_too():
    order, nodes = build_octree(np.full((60_000, 3), 7, dtype=np.uint16))
    assert sorted(order.tolist()) == list(range(60_000))
    assert max(node.n for node in nodes[1:]) <= NODE_POINTS
    assert nodes[-1].radius == 0
