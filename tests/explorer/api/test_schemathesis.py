"""Whatever the schema lets somebody send, the API answers as its schema says, and never with a mistake of its own.

Schemathesis makes up requests for every operation, valid ones and wrong ones, as an owner's key would send them to a small library.
Of the names in addresses, half are those of things that are there.
"""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from catalog.models import ApiKey, Scope
from catalog.services.api_keys import create_api_key
from tests.explorer.world import World, make_person, make_world
from tests.factories import ImageFactory, JobFactory, OccurrenceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SCHEMA = "/api/v1/schema/?format=json"
EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


def names_in(world: World) -> dict[str, list[str]]:
    """What an address may name, by the resource that comes first in its path."""
    job = JobFactory.create(collection=world.collection)
    return {
        "collections": [world.collection.slug, str(world.collection.uuid)],
        "images": [str(world.shown.uuid), str(world.hidden.uuid)],
        "clusters": [str(world.cluster.uuid)],
        "galaxies": [world.galaxy.slug, str(world.galaxy.uuid)],
        "jobs": [str(job.uuid)],
    }


def test_no_answer_is_unexpected(subtests: Any) -> None:
    world = make_world()
    OccurrenceFactory.create(image=ImageFactory.create(collection=world.collection), external_id="A-1")
    owner = make_person("owner", world.collection)
    assert owner is not None
    _key, text = create_api_key(owner, name="schemathesis", scopes=Scope.values)
    ApiKey.objects.update(requests_per_minute=10**9)
    names = names_in(world)
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi(SCHEMA, application)

    for result in schema.get_all_operations():
        operation = result.ok()
        assert operation is not None, result.err()
        resource = operation.path.removeprefix("/api/v1/").split("/")[0]

        @given(case=operation.as_strategy(), there=st.sampled_from([*names.get(resource, [""]), None]))
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any, there: str | None) -> None:
            if there is not None:
                if "name" in case.path_parameters:
                    case.path_parameters["name"] = there
                for container in (case.query, case.body):
                    if isinstance(container, dict) and "collection" in container:
                        container["collection"] = world.collection.slug
            case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {text}"})

        with subtests.test(operation.label):
            ask()
