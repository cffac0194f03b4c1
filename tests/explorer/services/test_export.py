"""A galaxy copied to a folder: whole, public, under any prefix, and again only what is missing."""

import json
import os
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command

from catalog.models import Galaxy, Image, Rendition, Visibility
from explorer.artifact import ArtifactReader
from explorer.services import ExportError, export_galaxy, publish_galaxy
from explorer.services.export_targets import FolderTarget
from tests.explorer.services.published import publish_titled
from tests.factories import GalaxyFactory

pytestmark = pytest.mark.django_db

A_LONG_TIME_AGO = 1_000_000_000


class FolderSource:
    """What a file server hands out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture
def public(galaxy: Galaxy) -> Galaxy:
    """The galaxy, published."""
    publish_galaxy(galaxy, despite_safe_search=True)
    return galaxy


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def config_in(folder: Path) -> dict:
    found = re.search(r'id="galaxy-config" type="application/json">(.*?)</script>', (folder / "index.html").read_text())
    assert found
    return json.loads(found[1])


def test_the_copy_is_whole_and_every_address_in_it_relative(public: Galaxy, tmp_path: Path):
    result = export_galaxy(public, str(tmp_path))

    reader = ArtifactReader(FolderSource(tmp_path))
    there = files_in(tmp_path)
    assert set(reader.object_names()) <= there
    for image in public.collection.images.all():
        for kind in ("small", "view"):
            assert f"pictures/{image.uuid}/{kind}.jpg" in there
    assert {"current.json", "index.html", "portrait.jpg", "galaxy-export.json"} <= there
    assert result.n_files == result.n_written == len(there)
    assert (result.n_deleted, result.n_missing) == (0, 0)

    page = (tmp_path / "index.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses and all((tmp_path / address).is_file() for address in addresses)
    assert "Cats &amp; snow" in page and "noindex" not in page
    config = config_in(tmp_path)
    assert config["pointer_url"] == "current.json"
    picture = config["rendition_url"].replace("{uuid}", str(reader.uuids[0])).replace("{rendition}", "view")
    assert (tmp_path / picture).is_file()


def test_again_it_writes_what_changes_each_time_and_nothing_else(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in files_in(tmp_path)}
    assert export_galaxy(public, str(tmp_path)).n_written == 3
    after = {name: (tmp_path / name).stat().st_mtime_ns for name in files_in(tmp_path)}
    assert {name for name in before if before[name] != after[name]} == {"index.html", "portrait.jpg", "current.json"}
    assert after.keys() == before.keys()


@pytest.mark.parametrize("stopped_at", ["objects/", "pictures/", "page/", "portrait.jpg", "index.html", "current.json"])
def test_interrupted_anywhere_visitors_see_the_old_one_and_running_it_again_ends_it(
    public: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: str
):
    export_galaxy(public, str(tmp_path))
    old = (tmp_path / "current.json").read_bytes()
    for name in files_in(tmp_path):
        if name.startswith(("pictures/", "page/")):
            (tmp_path / name).unlink()  # so that there is something of each kind to write
    publish_titled(public, "New title")
    put = FolderTarget.put

    def fail(self: FolderTarget, name: str, file: object) -> None:
        if name.startswith(stopped_at):
            raise OSError("the disk is full")
        put(self, name, file)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(FolderTarget, "put", fail)
        with pytest.raises(OSError, match="full"):
            export_galaxy(public, str(tmp_path))
    assert (tmp_path / "current.json").read_bytes() == old
    assert set(ArtifactReader(FolderSource(tmp_path)).object_names()) <= files_in(tmp_path)

    export_galaxy(public, str(tmp_path))
    reader = ArtifactReader(FolderSource(tmp_path))
    assert (reader.details(0) or {})["title"] == "New title"
    assert f"pictures/{reader.uuids[0]}/view.jpg" in files_in(tmp_path)


def test_a_retouched_picture_is_copied_again_though_it_is_as_long(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    rendition = Rendition.objects.filter(kind="small").select_related("revision__image")[0]
    copy = tmp_path / f"pictures/{rendition.revision.image.uuid}/small.jpg"
    copy.write_bytes(bytes(rendition.size_bytes))
    os.utime(copy, (A_LONG_TIME_AGO, A_LONG_TIME_AGO))

    export_galaxy(public, str(tmp_path))
    with storages["media"].open(rendition.storage_name) as file:
        assert copy.read_bytes() == file.read()


def test_a_hidden_picture_and_objects_that_nothing_names_are_deleted_from_the_copy(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    gone = public.collection.images.all()[3]
    before = set(ArtifactReader(FolderSource(tmp_path)).object_names())
    Image.objects.filter(pk=gone.pk).update(hidden=True)
    publish_galaxy(public, despite_safe_search=True)

    result = export_galaxy(public, str(tmp_path))

    there = files_in(tmp_path)
    assert not [name for name in there if str(gone.uuid) in name]
    reader = ArtifactReader(FolderSource(tmp_path))
    assert {name for name in there if name.startswith("objects/")} == set(reader.object_names())
    assert before - there and gone.uuid not in reader.uuids
    assert result.n_deleted >= 2
    assert not [folder for folder in tmp_path.rglob("*") if folder.is_dir() and not any(folder.iterdir())]


def test_what_an_open_page_may_want_stays_until_the_copy_after(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    before = set(ArtifactReader(FolderSource(tmp_path)).object_names())
    publish_titled(public, "New title")
    assert export_galaxy(public, str(tmp_path)).n_deleted == 0
    now = set(ArtifactReader(FolderSource(tmp_path)).object_names())
    assert before - now and before <= files_in(tmp_path)
    export_galaxy(public, str(tmp_path))
    assert {name for name in files_in(tmp_path) if name.startswith("objects/")} == now


def test_what_told_more_than_the_galaxy_does_today_goes_at_once(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    public.published_features = []
    public.save()
    publish_galaxy(public, despite_safe_search=True)
    export_galaxy(public, str(tmp_path))
    now = set(ArtifactReader(FolderSource(tmp_path)).object_names())
    assert {name for name in files_in(tmp_path) if name.startswith("objects/")} == now


def test_of_two_galaxies_that_are_copied_to_one_place_at_once_one_is_refused(
    public: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    create = FolderTarget.create

    def come_second(self: FolderTarget, name: str, data: bytes) -> bool:
        assert create(self, name, json.dumps({"galaxy": str(uuid4())}).encode())
        return create(self, name, data)

    monkeypatch.setattr(FolderTarget, "create", come_second)
    with pytest.raises(ExportError, match="a copy of another galaxy"):
        export_galaxy(public, str(tmp_path))
    assert files_in(tmp_path) == {"galaxy-export.json"}


def test_what_people_laid_beside_the_copy_stays(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path))
    theirs = {"CNAME", ".htaccess", ".git/HEAD", "robots.txt", "about/index.html"}
    for name in theirs:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("theirs")
    (tmp_path / "objects" / ".killed.part").write_bytes(b"half a file")
    assert export_galaxy(public, str(tmp_path)).n_deleted == 1
    assert {name for name in files_in(tmp_path) if (tmp_path / name).read_bytes() == b"theirs"} == theirs


def test_a_picture_that_the_library_lacks_is_counted_and_the_rest_goes_on(public: Galaxy, tmp_path: Path):
    storages["media"].delete(Rendition.objects.filter(kind="view")[0].storage_name)
    result = export_galaxy(public, str(tmp_path))
    assert result.n_missing == 1
    assert result.n_files - result.n_missing == len(files_in(tmp_path)) == result.n_written


def test_without_views_the_page_asks_for_the_small_ones(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path), with_views=False)
    assert not [name for name in files_in(tmp_path) if "view" in name]
    assert config_in(tmp_path)["rendition_url"] == "pictures/{uuid}/small.jpg"


def test_links_to_it_show_its_portrait(public: Galaxy, tmp_path: Path):
    export_galaxy(public, str(tmp_path), url="https://museum.example/sky")
    page = (tmp_path / "index.html").read_text()
    assert '<meta property="og:image" content="https://museum.example/sky/portrait.jpg">' in page
    assert '<meta property="og:url" content="https://museum.example/sky/">' in page


class TestWhatIsRefused:
    def test_a_galaxy_that_not_everybody_may_see_unless_somebody_says_so(self, public: Galaxy, tmp_path: Path):
        public.visibility = Visibility.LINK
        public.save()
        with pytest.raises(ExportError, match="--even-private"):
            export_galaxy(public, str(tmp_path))
        assert not files_in(tmp_path)
        export_galaxy(public, str(tmp_path), even_private=True)
        page = (tmp_path / "index.html").read_text()
        assert "noindex" in page and "og:image" not in page

    def test_one_of_a_private_collection(self, public: Galaxy, tmp_path: Path):
        public.collection.visibility = Visibility.PRIVATE
        public.collection.save()
        with pytest.raises(ExportError, match="public collection"):
            export_galaxy(public, str(tmp_path))

    def test_one_that_is_not_published(self, galaxy: Galaxy, tmp_path: Path):
        with pytest.raises(ExportError, match="not published"):
            export_galaxy(galaxy, str(tmp_path))

    def test_a_folder_with_something_else_in_it(self, public: Galaxy, tmp_path: Path):
        (tmp_path / "thesis.txt").write_text("years of work")
        with pytest.raises(ExportError, match=r"thesis\.txt"):
            export_galaxy(public, str(tmp_path))
        assert files_in(tmp_path) == {"thesis.txt"}

    def test_one_whose_mark_cannot_be_read(self, public: Galaxy, tmp_path: Path):
        for mark in ("", "[]", '{"galaxy": 7}'):
            (tmp_path / "galaxy-export.json").write_text(mark)
            with pytest.raises(ExportError, match="something else"):
                export_galaxy(public, str(tmp_path))

    def test_the_copy_of_another_galaxy(self, public: Galaxy, tmp_path: Path):
        export_galaxy(public, str(tmp_path))
        other = GalaxyFactory.create(public=True)
        with pytest.raises(ExportError, match="another galaxy"):
            export_galaxy(other, str(tmp_path))

    @pytest.mark.parametrize("inside", ["", "copy"])
    def test_where_galaxy_keeps_its_own_files(self, public: Galaxy, inside: str):
        own = [Path(storages[alias].path("")) for alias in ("media", "galaxies")]
        for folder in [*own, Path(settings.STATIC_ROOT), settings.BASE_DIR / "static"]:
            with pytest.raises(ExportError, match="keeps its own files"):
                export_galaxy(public, str(folder / inside))

    def test_a_link_behind_which_a_withdrawn_picture_would_stay(self, public: Galaxy, tmp_path: Path):
        (tmp_path / "disk").mkdir()
        export_galaxy(public, str(tmp_path / "copy"))
        (tmp_path / "copy" / "pictures").rename(tmp_path / "disk" / "pictures")
        (tmp_path / "copy" / "pictures").symlink_to(tmp_path / "disk" / "pictures")
        with pytest.raises(ExportError, match="got a link"):
            export_galaxy(public, str(tmp_path / "copy"))

    def test_a_file(self, public: Galaxy, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(ExportError, match="Expected a folder"):
            export_galaxy(public, str(tmp_path / "file"))

    @pytest.mark.parametrize("address", ["gs://", "gs://b", "gs://bucket/a b", "gs://bucket/*"])
    def test_what_is_no_bucket(self, public: Galaxy, address: str):
        with pytest.raises(ExportError, match="gs://bucket/prefix"):
            export_galaxy(public, address)


def test_the_command_publishes_and_copies_in_one_go(galaxy: Galaxy, tmp_path: Path, capsys):
    arguments = ["publish_galaxy", "--collection", galaxy.collection.slug, "--despite-safe-search", "--json"]
    call_command(*arguments, "--to", str(tmp_path))
    told = json.loads(capsys.readouterr().out)
    assert (told["galaxy"], told["n_images"], told["to"]) == ("sky", 12, str(tmp_path))
    assert ArtifactReader(FolderSource(tmp_path)).manifest.n_images == 12
