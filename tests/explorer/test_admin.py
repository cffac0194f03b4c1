"""The explorer adds publishing to the admin of galaxies, and serves the addresses to which the admin points."""

import uuid

import pytest
from django.test import Client
from django.urls import resolve, reverse

from catalog.admin.addresses import galaxy_address, portrait_address, rendition_address
from catalog.models import Job
from explorer.portrait import PORTRAIT_NAME
from tests.factories import GalaxyFactory, MembershipFactory, UserFactory


@pytest.mark.django_db
def test_a_curator_publishes_from_the_list_and_watches():
    galaxy = GalaxyFactory()
    user = UserFactory(is_staff=True)
    MembershipFactory(user=user, collection=galaxy.collection, role="curator")
    client = Client()
    client.force_login(user)
    chosen = {"action": "publish_galaxy", "_selected_action": [galaxy.pk]}
    response = client.post(reverse("admin:catalog_galaxy_changelist"), chosen)
    job = Job.objects.get()
    assert (job.kind, job.galaxy, job.created_by) == ("publish_galaxy", galaxy, user)
    assert response.headers["Location"] == reverse("admin:catalog_job_progress", args=[job.pk])


def test_the_addresses_that_the_admin_points_to_are_served():
    assert resolve(galaxy_address("my-town")).view_name == "explorer:galaxy"
    assert resolve(rendition_address(uuid.uuid4(), "view")).view_name == "explorer:rendition"
    portrait = resolve(portrait_address(uuid.uuid4()))
    assert (portrait.view_name, portrait.kwargs["name"]) == ("explorer:artifact", PORTRAIT_NAME)
