"""The four commands of the pipeline: what they print, where they fail, and with which exit status."""

import io
import json
import re
import sys
import zipfile

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from catalog.management.progress import ProgressBar
from catalog.models import Collection, Galaxy, Image, Job, Occurrence
from catalog.services.annotate import AnnotateResult
from catalog.services.errors import ServiceError
from tests.cloud_storage import cloud_storage
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pictures(tmp_path):
    """A folder with two pictures, one in a folder of its own with a difficult name, and one file that is none."""
    inner = tmp_path / "pictures" / 'it\'s "étrange" 写真'
    inner.mkdir(parents=True)
    Pillow.new("RGB", (400, 300), "red").save(tmp_path / "pictures" / "red.png")
    Pillow.new("RGB", (300, 400), "blue").save(inner / "blue one.jpg")
    (tmp_path / "pictures" / "notes.jpg").write_text("not a picture at all")
    return tmp_path / "pictures"


def run(*arguments):
    """Standard output of a command."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments):
    lines = run(*arguments, "--json").splitlines()
    assert len(lines) == 1, "a program reads one line"
    return json.loads(lines[0])


class TestImportImages:
    def test_a_folder_becomes_a_private_collection_and_refused_files_are_named(self, pictures):
        out = run("import_images", str(pictures), "--collection", "mine")
        collection = Collection.objects.get()
        assert (collection.slug, collection.title, collection.visibility) == ("mine", "Mine", "private")
        assert Image.objects.filter(collection=collection).count() == 2
        named, counted = out.splitlines()
        assert named.startswith("notes.jpg: ")
        assert counted == "3 seen: 2 added, 0 revised, 0 duplicates, 0 unchanged, 1 refused."

    def test_a_second_run_reads_nothing_again(self, pictures):
        run("import_images", str(pictures), "--collection", "mine")
        result = run_json("import_images", str(pictures / ".." / "pictures"), "--collection", "mine")
        assert (result["n_seen"], result["n_added"], result["n_unchanged"], result["n_refused"]) == (3, 0, 2, 1)

    def test_a_new_collection_takes_title_and_visibility(self, pictures):
        options = ("--title", "My pictures", "--visibility", "public")
        run("import_images", str(pictures), "--collection", "mine", *options)
        collection = Collection.objects.get()
        assert (collection.title, collection.visibility) == ("My pictures", "public")

    def test_strict_reports_and_then_fails(self, pictures):
        out = io.StringIO()
        with pytest.raises(CommandError, match="1 failed, and --strict was given"):
            call_command("import_images", str(pictures), "--collection", "mine", "--strict", "--json", stdout=out)
        assert json.loads(out.getvalue())["refused"][0]["location"] == "notes.jpg"

    def test_a_folder_that_does_not_exist_makes_no_collection(self, tmp_path):
        with pytest.raises(CommandError, match=r"nowhere does not exist\. Check the path\."):
            run("import_images", str(tmp_path / "nowhere"), "--collection", "mine")
        assert not Collection.objects.exists()

    def test_an_archive_with_a_table_of_its_own_given_by_path(self, pictures, tmp_path):
        with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
            archive.write(pictures / "red.png", "red.png")
            archive.writestr("../evil.png", b"")
        (tmp_path / "known.json").write_text('{"red.png": {"title": "Red"}}')
        options = ("--metadata", str(tmp_path / "known.json"), "--keep-originals")
        result = run_json("import_images", str(tmp_path / "photos.zip"), "--collection", "mine", *options)
        assert (result["n_added"], result["n_refused"]) == (1, 1)
        assert result["refused"][0]["code"] == "unsafe_name"
        image = Image.objects.get()
        assert image.title == "Red"
        assert image.current_revision.storage_name

    def test_a_bucket(self, pictures):
        with cloud_storage("library") as client:
            client.bucket("library").blob("scans/red.png").upload_from_filename(str(pictures / "red.png"))
            result = run_json("import_images", "gs://library/scans", "--collection", "mine")
        assert result["n_added"] == 1
        assert Image.objects.get().current_revision.source_uri == "gs://library/scans/red.png"

    def test_a_table_that_does_not_exist_makes_no_collection(self, pictures, tmp_path):
        with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read"):
            run("import_images", str(pictures), "--collection", "mine", "--metadata", str(tmp_path / "nowhere.csv"))
        assert not Collection.objects.exists()

    def test_an_empty_folder_is_no_failure(self, tmp_path):
        assert "0 seen" in run("import_images", str(tmp_path), "--collection", "mine")


class TestAnnotateImages:
    def test_the_counts_are_told(self, monkeypatch):
        collection = CollectionFactory()
        asked = []

        def annotate(of, **options):
            asked.append(of)
            return AnnotateResult(n_images=4, n_answered=3, n_reused=4, n_failed=1)

        monkeypatch.setattr("catalog.management.commands.annotate_images.annotate_images", annotate)
        out = run("annotate_images", "--collection", collection.slug)
        assert out == "4 images: 3 questions answered, 4 had an answer, 1 failed.\n"
        assert asked == [collection]
        with pytest.raises(CommandError, match="--strict"):
            run("annotate_images", "--collection", collection.slug, "--strict")

    def test_what_costs_is_told_and_needs_a_yes(self, monkeypatch):
        collection = CollectionFactory(annotator="google", features=["LABEL_DETECTION"])
        ImageFactory.create_batch(3, collection=collection, renditions=False)
        asked = []

        def annotate(of, **options):
            asked.append(options["max_units"])
            return AnnotateResult(n_images=3)

        monkeypatch.setattr("catalog.management.commands.annotate_images.annotate_images", annotate)
        monkeypatch.setattr(sys, "stdin", io.StringIO("yes"))
        with pytest.raises(CommandError, match="nobody is here to agree: add --yes"):
            run("annotate_images", "--collection", collection.slug)
        told = json.loads(run("annotate_images", "--collection", collection.slug, "--estimate", "--json"))
        assert (told["n_units"], told["cost"], told["currency"]) == (3, "0.0000", "USD")
        assert asked == []

        run("annotate_images", "--collection", collection.slug, "--yes", "--max-units", "2")
        assert asked == [2]

    def test_an_unknown_collection_names_those_there_are(self):
        CollectionFactory(slug="birds")
        with pytest.raises(CommandError, match=r"There is no collection brids\. There are: birds\."):
            run("annotate_images", "--collection", "brids")


class TestBuildAndPublish:
    def test_the_only_galaxy_is_made_built_and_published(self):
        collection = CollectionFactory(slug="animals")
        for n in range(6):
            ImageFactory(collection=collection, labels={"cat" if n % 2 else "bird": 0.9})
        built = run_json("build_galaxy", "--collection", "animals")
        assert (built["galaxy"], built["build"], built["created"], built["n_images"]) == ("animals", 1, True, 6)
        assert run("build_galaxy", "--collection", "animals").startswith("Nothing has changed; kept build 1 of animals")
        assert run("build_galaxy", "--collection", "animals", "--force").startswith("Made build 2 of animals: 6 images")
        published = run("publish_galaxy", "--collection", "animals")
        assert re.match(r"Published build 2 of animals as publication \d+: 6 images", published)
        assert run_json("publish_galaxy", "--collection", "animals")["created"] is False
        assert Galaxy.objects.get().current_publication.n_images == 6

    def test_an_update_says_how_many_are_new_and_a_program_reads_one_line(self):
        collection = CollectionFactory(slug="animals")
        ImageFactory.create_batch(30, collection=collection, labels={"cat": 0.9}, renditions=False)
        with pytest.raises(CommandError, match=r"none yet\. Build it first: manage\.py build_galaxy"):
            run("build_galaxy", "--collection", "animals", "--update")
        run("build_galaxy", "--collection", "animals")
        assert run("build_galaxy", "--collection", "animals", "--update").startswith("Nothing has changed")
        ImageFactory.create_batch(2, collection=collection, labels={"cat": 0.9}, renditions=False)
        out = run("build_galaxy", "--collection", "animals", "--update")
        assert out == (
            "Made build 2 of animals: 32 images in 4 groups.\n2 of them are new; the others are where they were.\n"
        )
        updated = run_json("build_galaxy", "--collection", "animals", "--update", "--force")
        assert (updated["method"], updated["based_on"], updated["n_new"]) == ("update", 2, 0)

    def test_a_skeleton_is_worked_off_by_the_command_itself(self):
        collection = CollectionFactory(slug="animals")
        ImageFactory.create_batch(30, collection=collection, labels={"cat": 0.9}, renditions=False)
        built = run_json("build_galaxy", "--collection", "animals", "--skeleton", "20")
        assert (built["method"], built["n_images"], built["created"]) == ("skeleton", 30, True)
        assert Job.objects.get(kind="place_images").result["n_placed"] == 10

    def test_it_says_what_it_needs_unless_a_program_reads(self):
        ImageFactory.create_batch(3, collection=CollectionFactory(slug="animals"), renditions=False)
        for options in ((), ("--update",), ("--skeleton", "10")):
            told = io.StringIO()
            call_command("build_galaxy", "--collection", "animals", *options, stdout=io.StringIO(), stderr=told)
            assert re.match(r"Needs about \d\.\d GB of memory", told.getvalue())
        told = io.StringIO()
        call_command("build_galaxy", "--collection", "animals", "--json", stdout=io.StringIO(), stderr=told)
        assert told.getvalue() == ""

    def test_own_positions_are_taken_and_who_is_left_out_is_named(self, tmp_path):
        collection = CollectionFactory(slug="animals")
        for n in range(4):
            image = ImageFactory(collection=collection, labels={"cat": 0.9}, renditions=False)
            Occurrence.objects.create(
                collection=collection, image=image, source="s", location=f"{n}.jpg", external_id=f"m-{n}"
            )
        file = tmp_path / "positions.csv"
        file.write_text("id,x,y,z\nm-0,0,0,1\nm-1,0,1,0\nm-2,1,0,0\nm-9,1,1,1\n")
        out = run("build_galaxy", "--collection", "animals", "--positions", str(file))
        assert out.splitlines()[1:] == [
            "1 images are not in the file and were left out: m-3",
            "1 ids in the file belong to no image: m-9",
        ]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--update", "--fresh"), "give one of them"),
            (("--skeleton", "100", "--vectors", "v.csv"), "without --vectors"),
            (("--skeleton", "100", "--update"), "not allowed with argument"),
            (("--vectors", "nowhere.csv"), r"nowhere\.csv"),
        ],
    )
    def test_what_does_not_go_together_is_said(self, options, message):
        ImageFactory(collection=CollectionFactory(slug="animals"), renditions=False)
        with pytest.raises(CommandError, match=message):
            run("build_galaxy", "--collection", "animals", *options)

    def test_help_says_what_every_option_does(self, capsys):
        with pytest.raises(SystemExit):
            call_command("build_galaxy", "--help")
        text = capsys.readouterr().out
        for option in ("--update", "--skeleton N", "--positions FILE", "--vectors FILE", "--fresh", "--exceed-memory"):
            assert option in text

    def test_one_of_several_galaxies_has_to_be_named(self):
        galaxy = GalaxyFactory(slug="one")
        GalaxyFactory(slug="two", collection=galaxy.collection)
        with pytest.raises(CommandError, match="has 2 galaxies; say which"):
            run("build_galaxy", "--collection", galaxy.collection.slug)
        with pytest.raises(CommandError, match="has no galaxy three"):
            run("publish_galaxy", "--collection", galaxy.collection.slug, "--galaxy", "three")

    def test_nothing_to_build_from_and_nothing_to_publish_say_what_to_do(self):
        galaxy = GalaxyFactory()
        with pytest.raises(CommandError, match=r"manage\.py import_images FOLDER"):
            run("build_galaxy", "--collection", galaxy.collection.slug)
        with pytest.raises(CommandError, match=r"Run manage\.py build_galaxy first"):
            run("publish_galaxy", "--collection", galaxy.collection.slug)


def test_an_interrupted_command_ends_without_a_traceback(monkeypatch):
    def interrupted(collection, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("catalog.management.commands.annotate_images.annotate_images", interrupted)
    with pytest.raises(CommandError, match="What was done is kept; run it again to go on") as caught:
        run("annotate_images", "--collection", CollectionFactory().slug)
    assert caught.value.returncode == 130


def test_a_failure_that_is_nobodys_fault_keeps_its_traceback(monkeypatch):
    def broken(collection, **options):
        raise ZeroDivisionError

    monkeypatch.setattr("catalog.management.commands.annotate_images.annotate_images", broken)
    with pytest.raises(ZeroDivisionError):
        run("annotate_images", "--collection", CollectionFactory().slug)


class TestProgressBar:
    def test_a_log_gets_no_bar(self, monkeypatch):
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        with ProgressBar("Sample") as progress:
            progress("Importing", 1, 2)
        assert sys.stderr.getvalue() == ""

    def test_a_terminal_sees_each_stage(self, monkeypatch):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.setattr(sys, "stderr", Terminal())
        with pytest.raises(ServiceError), ProgressBar("Sample") as progress:
            progress("Looking", 1000, 0)
            progress("Importing", 1, 2)
            raise ServiceError("Stopped.")
        shown = sys.stderr.getvalue()
        assert "Sample: Looking: 1000it" in shown
        assert "Sample: Importing:  50%" in shown
