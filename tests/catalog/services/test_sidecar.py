"""What a library and its files already know becomes titles, credits, dates, places and labels; a person's words stay."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from PIL import Image as Pillow

from catalog.importers import Candidate, read_folder
from catalog.models import Collection, EffectiveLabel, Image, MachineLabel
from catalog.services.curate import hide_images
from catalog.services.ingest import ImportResult, import_images
from tests.catalog.media.test_xmp import PACKET
from tests.factories import CollectionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture that says much of itself, in IPTC's words as XMP."""
    gps = Pillow.Exif()
    gps.get_ifd(0x8825).update({1: "N", 2: (50.0, 4.0, 0.0), 3: "E", 4: (14.0, 25.0, 0.0)})
    Pillow.new("RGB", (60, 40), "teal").save(tmp_path / "palace.jpg", xmp=PACKET.encode(), exif=gps)
    return tmp_path


def take(collection: Collection, folder: Path) -> ImportResult:
    return import_images(collection, read_folder(folder), source="folder")


def labels() -> list[tuple[str, str, float]]:
    return sorted(MachineLabel.objects.values_list("label__term", "source", "score"))


def test_what_a_file_says_of_itself_becomes_the_images(collection: Collection, folder: Path):
    take(collection, folder)

    image = Image.objects.get()
    assert (image.title, image.creator, image.credit) == ("The palace", "A. Novák, B. Malá", "City Archive")
    assert (image.taken_at, image.place) == ("1923", "Žofín, Prague, Czechia")
    assert image.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert labels() == [("palace", "sidecar", 1.0), ("river", "sidecar", 1.0)]
    assert EffectiveLabel.objects.filter(source="sidecar").count() == 2
    image.full_clean()


def test_the_table_wins_field_by_field_over_the_file(collection: Collection, folder: Path):
    (folder / "metadata.csv").write_text("file,title,labels,date\npalace.jpg,Žofín,island=0.9,1922-05\n", "utf-8")
    take(collection, folder)

    image = Image.objects.get()
    assert (image.title, image.taken_at, image.credit) == ("Žofín", "1922-05", "City Archive")
    assert labels() == [("island", "sidecar", 0.9)]

    (folder / "metadata.csv").unlink()
    take(collection, folder)
    image.refresh_from_db()
    assert (image.title, image.taken_at) == ("The palace", "1923")
    assert [term for term, _source, _score in labels()] == ["palace", "river"]


def test_a_copy_without_a_row_does_not_take_the_tables_labels_away(collection: Collection, folder: Path):
    (folder / "metadata.csv").write_text("file,labels\npalace.jpg,island\n")
    take(collection, folder)
    (folder / "copy.jpg").write_bytes((folder / "palace.jpg").read_bytes())

    assert take(collection, folder).n_duplicates == 1
    assert labels() == [("island", "sidecar", 1.0)]

    (folder / "metadata.csv").write_text("file,labels\npalace.jpg,island\ncopy.jpg,bridge\n")
    take(collection, folder)
    assert [term for term, _source, _score in labels()] == ["bridge", "island"]


def test_a_persons_words_survive_another_import(collection: Collection, folder: Path):
    take(collection, folder)
    Image.objects.update(taken_at="1921", place="")
    hide_images(Image.objects.all(), hidden=True)
    (folder / "metadata.json").write_text('{"palace.jpg": {"title": "New", "taken_at": "1900", "place": "Vienna"}}')
    take(collection, folder)

    image = Image.objects.get()
    assert (image.title, image.taken_at, image.place, image.hidden) == ("New", "1921", "", True)


def test_where_the_camera_stood_stays_with_the_bytes(collection: Collection, folder: Path):
    take(collection, folder)

    image = Image.objects.get()
    assert image.current_revision.metadata["latitude"] == 50.066667
    described = {field.name: getattr(image, field.name) for field in Image._meta.concrete_fields}
    assert not any("50.06" in str(value) or "14.4" in str(value) for value in described.values())


@pytest.mark.parametrize("text", ["soon", "1923-13", "05/1923"])
def test_a_date_that_is_none_cannot_be_typed(collection: Collection, folder: Path, text: str):
    take(collection, folder)
    image = Image.objects.get()
    image.taken_at = text
    with pytest.raises(ValidationError, match="is no date"):
        image.full_clean()


def test_the_same_bytes_written_anew_are_remembered_by_their_new_generation(collection: Collection, folder: Path):
    data = (folder / "palace.jpg").read_bytes()
    for generation in ("1", "2"):
        candidate = Candidate(
            "palace.jpg", generation, lambda: data, uri="gs://bucket/palace.jpg", generation=generation
        )
        import_images(collection, [candidate], source="gs://bucket")

    revision = Image.objects.get().revisions.get()
    assert (revision.source_uri, revision.source_generation) == ("gs://bucket/palace.jpg", "2")


def test_a_keyword_and_a_table_s_label_may_carry_their_concept(collection: Collection, tmp_path: Path):
    packet = PACKET.replace(">river<", ">river &lt;wikidata:Q4022&gt;<")
    Pillow.new("RGB", (60, 40), "teal").save(tmp_path / "palace.jpg", xmp=packet.encode())
    Pillow.new("RGB", (60, 40), "red").save(tmp_path / "cat.jpg")
    (tmp_path / "metadata.csv").write_text("file,labels\ncat.jpg,cat <wordnet:n02121808>=0.9\n")
    take(collection, tmp_path)

    concepts = {label.term: (label.vocabulary, label.concept_id) for label in collection.labels.exclude(concept_id="")}
    assert concepts == {"river": ("wikidata", "Q4022"), "cat": ("wordnet", "/wn30/n02121808")}
