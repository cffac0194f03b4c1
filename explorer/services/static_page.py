"""The page of a copied galaxy: index.html and the built front end, which need nothing but a web server for files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from catalog.models import Galaxy
from explorer.portrait import HEIGHT, PORTRAIT_NAME, WIDTH

__all__ = ["FrontEnd", "read_front_end", "render_page"]

PAGE = "page/"
WORKER = "explorer-worker.js"


@dataclass(frozen=True)
class FrontEnd:
    """The built front end as a copy holds it: in a folder named by its content, so that a new one never mixes with an old one."""

    folder: str
    """With a slash at the end."""
    files: dict[str, bytes]
    """By their names in the copy."""


def read_front_end() -> FrontEnd:
    """Read the built front end."""
    found = finders.find("explorer/explorer.js")
    if found is None:
        raise FileNotFoundError(
            "Expected the built front end in static/explorer, found none. Build it: npm --prefix explorer/frontend run build"
        )
    folder = Path(found).parent
    contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    favicon = finders.find("entrance/favicon.svg")
    if favicon is not None:
        contents["favicon.svg"] = Path(favicon).read_bytes()
    digest = hashlib.sha256()
    for name, data in sorted(contents.items()):
        digest.update(f"{name} {len(data)} ".encode() + data)
    target = f"{PAGE}{digest.hexdigest()[:16]}/"
    return FrontEnd(target, {target + name: data for name, data in contents.items()})


def render_page(galaxy: Galaxy, front_end: FrontEnd, *, is_public: bool, with_views: bool, url: str) -> bytes:
    """Return index.html. All addresses in it are relative, so that it works under any prefix; only link previews want whole ones.

    Parameters
    ----------
    url
        Where visitors will find the copy, with a slash at the end, or empty if nobody knows yet.
    """
    worker = front_end.folder + WORKER
    config: dict[str, Any] = {
        "galaxy": {"uuid": str(galaxy.uuid), "slug": galaxy.slug, "title": galaxy.title},
        "pointer_url": "current.json",
        # A rendition that was not copied is asked for as the small one.
        "rendition_url": f"pictures/{{uuid}}/{'{rendition}' if with_views else 'small'}.jpg",
        "worker_url": worker if worker in front_end.files else None,
        "home_url": None,
        "api_url": None,
        "image_admin_url": None,
    }
    preview = {"url": url, "image": url + PORTRAIT_NAME, "width": WIDTH, "height": HEIGHT} if is_public else None
    context = {"galaxy": galaxy, "config": config, "page": front_end.folder, "preview": preview}
    return render_to_string("explorer/static_page.html", context).encode()
