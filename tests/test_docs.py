"""What is documented is what is there."""

import re
from pathlib import Path

from django.core.management import get_commands

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_described_and_every_described_setting_exists():
    code = (ROOT / "galaxy_site" / "settings.py").read_text(encoding="utf-8")
    read = set(
        re.findall(r'"((?:GALAXY|GS)_[A-Z_]+|[A-Z_]+_(?:ROOT|URL|KEY|HOSTS|ORIGINS|LEVEL)|DEBUG|TIME_ZONE)"', code)
    )
    table = README[README.index("## Settings") : README.index("## Licences")]
    described = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1] if "|" in row else "")
    }

    assert read - {"STATIC_URL", "GALAXY_ENVIRONMENT_PROBLEMS"} == described


def test_every_command_is_mentioned():
    ours = {name for name, app in get_commands().items() if app in {"catalog", "explorer"}}

    assert ours - {"start"} == {name for name in ours if f"manage.py {name}" in README}


def test_links_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
