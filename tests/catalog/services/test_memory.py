"""How much memory is left, read from a machine's own files; and what is not begun when it is too little."""

import pytest

from catalog.layout import Requirements
from catalog.services import build
from catalog.services.build import BuildError, build_galaxy, describe_needs, estimate_build
from catalog.services.memory import available_memory, used_memory
from catalog.services.skeleton import build_by_skeleton
from tests.factories import GalaxyFactory, ImageFactory

GB = 10**9


@pytest.fixture
def machine(tmp_path):
    """Writes the files of a machine; a path ending in / makes a folder's limit."""

    def make(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def group(limit, current, cache=0):
    return {
        "memory.max": f"{limit}\n",
        "memory.current": f"{current}\n",
        "memory.stat": f"anon 1\ninactive_file {cache}\n",
    }


def within(folder, files):
    return {f"{folder}/{name}": text for name, text in files.items()}


MEMINFO = {"proc/meminfo": "MemTotal:       16000000 kB\nMemAvailable:   8000000 kB\n"}


def test_a_machine_of_its_own_has_what_it_says(machine):
    assert available_memory(machine(MEMINFO)) == 8_000_000 * 1024


def test_a_container_has_what_its_limit_leaves_with_the_cache_that_can_go(machine):
    root = machine(
        MEMINFO | {"proc/self/cgroup": "0::/\n"} | within("sys/fs/cgroup", group(4 * GB, 3 * GB, cache=GB // 2))
    )
    assert available_memory(root) == GB * 3 // 2


def test_the_tightest_group_around_the_process_counts(machine):
    root = machine(
        MEMINFO
        | {"proc/self/cgroup": "0::/user/shell\n"}
        | within("sys/fs/cgroup/user/shell", group("max", GB))
        | within("sys/fs/cgroup/user", group(2 * GB, GB))
    )
    assert available_memory(root) == GB


def test_an_old_control_group_counts_too_and_its_way_to_say_unlimited(machine):
    old = {
        "memory.limit_in_bytes": str(GB),
        "memory.usage_in_bytes": "1000",
        "memory.stat": "total_inactive_file 500\n",
    }
    root = machine(MEMINFO | within("sys/fs/cgroup/memory", old))
    assert available_memory(root) == GB - 500
    machine(within("sys/fs/cgroup/memory", {"memory.limit_in_bytes": str(2**63 - 4096)}))
    assert available_memory(root) == 8_000_000 * 1024


def test_a_system_that_does_not_say_is_not_guessed_at(tmp_path):
    assert available_memory(tmp_path) is None
    assert used_memory(tmp_path) == 0


def test_this_process_uses_some():
    assert 10_000_000 < used_memory() < 10 * GB


@pytest.fixture
def galaxy(db):
    made = GalaxyFactory()
    ImageFactory.create_batch(12, collection=made.collection, labels={"cat": 0.9}, renditions=False)
    return made


def test_what_does_not_fit_is_refused_with_what_to_do_and_can_be_tried_anyway(galaxy, monkeypatch):
    monkeypatch.setattr(build, "available_memory", lambda: 50_000)
    monkeypatch.setattr(build, "used_memory", lambda: 0)
    refused = r"needs about 0\.\d GB of memory, and this machine has 0\.0 GB left.*--skeleton.*--exceed-memory"
    with pytest.raises(BuildError, match=refused):
        build_galaxy(galaxy)
    with pytest.raises(BuildError, match=refused):
        build_by_skeleton(galaxy, 10)
    assert not galaxy.builds.exists()

    assert build_galaxy(galaxy, exceed_memory=True).created
    assert not build_galaxy(galaxy).created, "to find that nothing has changed takes no memory"


def test_where_nothing_is_known_nothing_is_refused(galaxy, monkeypatch):
    monkeypatch.setattr(build, "available_memory", lambda: None)
    told = []
    build_galaxy(galaxy, progress=lambda stage, done, total: told.append(stage))
    assert "Needs about 0.5 GB of memory and less than a minute." in told


def test_more_images_need_more_and_a_skeleton_needs_less():
    galaxy = GalaxyFactory.build()
    small, large = (estimate_build(galaxy, n) for n in (100_000, 1_000_000))
    skeleton = estimate_build(galaxy, 1_000_000, n_skeleton=100_000)
    assert small.memory_bytes < skeleton.memory_bytes < large.memory_bytes
    assert skeleton.seconds == small.seconds < large.seconds


def test_needs_are_said_for_people(monkeypatch):
    monkeypatch.setattr(build, "available_memory", lambda: 21 * GB)
    needed = Requirements(memory_bytes=2_140_000_000, seconds=61)
    assert describe_needs(needed) == "Needs about 2.1 GB of memory (21.0 GB are free) and a minute."
