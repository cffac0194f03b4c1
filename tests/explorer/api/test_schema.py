"""The schema is valid, complete and the one that is committed; its page works under our content policy."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from tests.explorer.world import make_world

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    return file.read_text()


def test_it_is_the_committed_one(schema: str) -> None:
    assert schema == SNAPSHOT.read_text(), (
        "The API changed. If it should have, renew the snapshot, so that the change is seen in review: "
        "python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["collections", "images", "labels", "clusters", "galaxies"])
def test_it_names_exactly_the_fields_that_come(client: Client, schema: str, name: str) -> None:
    make_world()
    components: dict[str, Any] = yaml.safe_load(schema)["components"]["schemas"]
    page = components[f"Paginated{ {'galaxies': 'Galaxy'}.get(name, name[:-1].capitalize()) }List"]
    row = components[page["properties"]["results"]["items"]["$ref"].rsplit("/", 1)[1]]
    for told in client.get(f"/api/v1/{name}/").json()["results"]:
        assert set(told) == set(row["properties"]) == set(row["required"])


def test_every_operation_may_answer_with_a_problem(schema: str) -> None:
    for path in yaml.safe_load(schema)["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_its_page_keeps_scripts_to_our_own_files(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs/")
    policy = page.headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["style-src"] == "'self' 'unsafe-inline'"
    assert "script-src" not in directives
    assert directives["default-src"] == "'self'"
    assert "<script>" not in page.text
    assert "jsdelivr" not in page.text
    script = client.get("/api/v1/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.text.replace("\\u002D", "-")


@pytest.mark.parametrize("name", ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"])
def test_what_the_page_needs_is_ours(name: str) -> None:
    assert finders.find(f"drf_spectacular_sidecar/swagger-ui-dist/{name}")


def test_other_pages_allow_no_inline_style(client: Client, db: None) -> None:
    assert "unsafe-inline" not in client.get("/").headers["Content-Security-Policy"]
