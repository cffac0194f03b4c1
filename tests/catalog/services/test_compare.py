"""Two builds beside each other, and what a new one would do, told before it is made."""

import pytest
from django.contrib.auth.models import User

from catalog.models import Image, Job
from catalog.services.build_input import read_input
from catalog.services.clock import mark_images, next_change_number
from catalog.services.cluster_edit import pin_images
from catalog.services.compare import compare_builds, dry_run
from catalog.services.errors import BuildError, ServiceError
from catalog.services.jobs import run_job, start_job
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def built():
    """A galaxy of six images in two clusters, three each, built of what there is."""
    galaxy = GalaxyFactory()
    images = [ImageFactory(collection=galaxy.collection, renditions=False, labels={"cat": 0.9}) for _ in range(6)]
    parameters = {
        name: getattr(galaxy, name) for name in ("n_clusters", "extra_cluster_labels", "visual_weight", "perplexity")
    }
    build = BuildFactory(
        galaxy=galaxy,
        images=images,
        input_fingerprint=read_input(galaxy).fingerprint,
        parameters={"method": "full", **parameters},
    )
    return galaxy, images, build


class TestComparing:
    def test_it_counts_who_came_who_went_and_who_is_elsewhere(self, built):
        galaxy, images, before = built
        new = ImageFactory(collection=galaxy.collection, renditions=False)
        after = BuildFactory(galaxy=galaxy, images=[*images[1:], new])
        first, second = (group.cluster for group in before.groups.order_by("number"))
        # The second build has other clusters; two of its groups go on in the old ones.
        for group, cluster in zip(after.groups.order_by("number"), (first, second), strict=True):
            group.cluster = cluster
            group.save()
        told = compare_builds(before, after)
        assert (told.n_new, told.n_gone, told.n_shared) == (1, 1, 5)
        # Dealt in turn, and one short: everybody who stays is in the other group now.
        assert told.n_moved_cluster == 5
        rows = {row.cluster: (row.n_before, row.n_after, row.n_came, row.n_left) for row in told.clusters}
        assert rows == {first: (3, 3, 3, 2), second: (3, 3, 2, 3)}
        assert told.median_move is not None and told.median_move > 0
        assert told.as_json()["clusters"][0]["uuid"] == str(first.uuid)

    def test_pins_count_in_both(self, built):
        galaxy, images, before = built
        second = before.groups.get(number=1).cluster
        pin_images(second, Image.objects.filter(pk=images[0].pk), by=None)
        after = BuildFactory(galaxy=galaxy, images=images)
        rows = {row.cluster: row for row in compare_builds(before, after).clusters}
        assert (rows[second].n_before, rows[second].n_after) == (4, 1)

    def test_only_builds_of_one_galaxy_are_compared(self, built):
        _, _, build = built
        for other in (build, BuildFactory()):
            with pytest.raises(ServiceError, match="Expected two builds of one galaxy"):
                compare_builds(build, other)


class TestDryRun:
    def test_nothing_changed(self, built):
        galaxy, _, _ = built
        told = dry_run(galaxy)
        assert told.is_current and (told.n_new, told.n_gone, told.n_stale) == (0, 0, 0)
        assert told.what == ["Nothing changed since build 1: building would keep it as it is."]

    def test_it_says_who_comes_who_leaves_who_moves_and_which_settings_are_others(self, built):
        galaxy, images, _ = built
        ImageFactory(collection=galaxy.collection, renditions=False)
        Image.objects.filter(pk=images[0].pk).update(hidden=True)
        mark_images(galaxy.collection_id, [images[1].pk], next_change_number(galaxy.collection_id), labels=True)
        galaxy.perplexity, galaxy.n_clusters = 30.0, None
        told = dry_run(galaxy)
        assert not told.is_current
        assert (told.n_images, told.n_new, told.n_gone, told.n_stale) == (6, 1, 1, 1)
        text = " ".join(told.what)
        assert "1 image would find a place: new since build 1." in text
        assert "1 image would leave: hidden or deleted since build 1." in text
        assert "1 image of build 1 got other labels since" in text
        assert "number of clusters: 25 becomes automatic; the perplexity: 50 becomes 30." in text
        assert "of memory" in text

    def test_a_first_build_is_announced_and_an_empty_galaxy_refused(self):
        image = ImageFactory(renditions=False)
        told = dry_run(GalaxyFactory(collection=image.collection))
        assert told.what[0] == "It would be the first build, of 1 images."
        with pytest.raises(BuildError, match="no visible image"):
            dry_run(GalaxyFactory())

    def test_it_runs_as_a_job_of_a_curator_and_writes_no_build(self, built):
        galaxy, _, _ = built
        curator: User = MembershipFactory(collection=galaxy.collection, role="curator").user
        job = start_job("dry_run_galaxy", {}, by=curator, collection=galaxy.collection, galaxy=galaxy)
        run_job(job.uuid, worker="w")
        job = Job.objects.get()
        assert (job.status, job.result["is_current"]) == ("succeeded", True)
        assert galaxy.builds.count() == 1
