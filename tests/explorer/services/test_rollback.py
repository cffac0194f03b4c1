"""Going back to an earlier publication, and what forbids it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from catalog.models import EffectiveLabel, Galaxy, Job
from catalog.services.decide import decide_labels, undo_change
from catalog.services.jobs import run_job
from explorer.services import RollBackError, publish_galaxy, roll_back
from explorer.services.changes_since import count_changes_since
from tests.explorer.services.published import publish_titled, titles_shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_visitors_see_the_old_one_and_publishing_shows_the_new_one_again(galaxy: Galaxy):
    first = publish_titled(galaxy, "One")
    second = publish_titled(galaxy, "Two")
    somebody = UserFactory.create()

    assert roll_back(galaxy, first, by=somebody).created
    assert titles_shown(galaxy) == {"One"}
    galaxy.refresh_from_db()
    assert galaxy.current_publication == first
    assert LogEntry.objects.get(user=somebody).change_message == f"Went back to publication {first.pk}."

    assert publish_galaxy(galaxy, despite_safe_search=True).publication == second
    assert titles_shown(galaxy) == {"Two"}


def test_who_goes_back_is_told_how_much_was_changed_since(galaxy: Galaxy):
    somebody = UserFactory.create(admin=True)
    images = list(galaxy.collection.images.order_by("pk")[:3])
    label = EffectiveLabel.objects.filter(image=images[0])[0].label
    before = decide_labels(galaxy.collection, by=somebody, verdicts=[(images[0].pk, label.pk, "accept")])
    first = publish_titled(galaxy, "One")
    assert count_changes_since(first).describe() == ""

    verdicts = [(image.pk, label.pk, "reject") for image in images]
    decide_labels(galaxy.collection, by=somebody, verdicts=verdicts)
    undo_change(decide_labels(galaxy.collection, by=somebody, verdicts=verdicts), by=somebody)
    undo_change(before, by=somebody)
    images[0].title = "Corrected"
    images[0].save()
    galaxy.clusters.filter(pk=galaxy.clusters.all()[0].pk).update(name="Renamed")
    galaxy.title = "Another title"
    galaxy.save()

    told = "4 decisions about labels, 1 edited picture, 1 changed cluster, 1 changed title or description"
    publish_titled(galaxy, "Two")
    assert told in roll_back(galaxy, first).not_shown
    client = Client()
    client.force_login(somebody)
    chosen = {"action": "roll_back", "_selected_action": [first.pk]}
    assert told in client.post("/admin/catalog/publication/", chosen).text


def test_one_whose_files_are_gone_is_not_shown(galaxy: Galaxy):
    first = publish_titled(galaxy, "One")
    publish_titled(galaxy, "Two")
    storages["galaxies"].delete(f"{galaxy.uuid}/{first.manifest_name}")
    with pytest.raises(RollBackError, match="1 of the files"):
        roll_back(galaxy, first)
    assert titles_shown(galaxy) == {"Two"}


def test_one_of_an_older_format_is_not_shown(galaxy: Galaxy):
    first = publish_titled(galaxy, "One")
    publish_titled(galaxy, "Two")
    galaxy.publications.filter(pk=first.pk).update(format_version=1)
    with pytest.raises(RollBackError, match="Publish the galaxy again"):
        roll_back(galaxy, first)


def test_a_wrong_number_tells_the_right_ones(galaxy: Galaxy, capsys):
    arguments = ["publish_galaxy", "--collection", galaxy.collection.slug]
    with pytest.raises(CommandError, match="never published"):
        call_command(*arguments, "--roll-back", "7")
    first = publish_titled(galaxy, "One")
    publish_titled(galaxy, "Two")
    with pytest.raises(CommandError, match=f"{first.pk}: build 1, 12 images, published"):
        call_command(*arguments, "--roll-back", "0")
    call_command(*arguments, "--roll-back", str(first.pk))
    assert titles_shown(galaxy) == {"One"}


def test_in_the_admin_a_page_says_what_will_be_seen_before_it_is_done(galaxy: Galaxy, client: Client):
    first = publish_titled(galaxy, "One")
    publish_titled(galaxy, "Two")
    client.force_login(UserFactory.create(admin=True))
    address = f"/admin/catalog/publication/{first.pk}/start/roll_back/"

    asked = client.post(address)
    assert "with 12 images" in asked.content.decode()
    assert "costs money" not in asked.content.decode()
    assert not Job.objects.filter(kind="roll_back").exists()

    client.post(address, {"agreed": "0"})
    job = Job.objects.get(kind="roll_back")
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert (job.status, job.error) == ("succeeded", "")
    assert titles_shown(galaxy) == {"One"}
