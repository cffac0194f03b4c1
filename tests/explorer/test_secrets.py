"""A library full of secrets is published, every published file is taken apart and searched, and nothing is there that is not public."""

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from PIL import Image as Pillow
from PIL import ImageCms

from catalog.models import (
    Annotation,
    EffectiveLabel,
    Galaxy,
    Image,
    Label,
    MachineLabel,
    Occurrence,
    PublishedFeature,
    Refusal,
    Rendition,
)
from catalog.services.build import build_galaxy
from catalog.services.decide import decide_labels
from catalog.services.sources import import_source, open_source
from explorer.services import publish_galaxy
from tests.explorer.published_files import find_in_files, list_files
from tests.factories import GalaxyFactory, MembershipFactory, UserFactory, keep_answers
from tests.pictures import picture_bytes
from tests.vision_documents import full_document

pytestmark = pytest.mark.django_db
N_PICTURES = 24


class Secrets:
    """Makes words that occur nowhere else, and remembers them."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, where: str) -> str:
        self.words.append(f"zq{where}{len(self.words)}qz")
        return self.words[-1]

    def kinds(self, words: Iterable[str]) -> set[str]:
        """Where these were planted."""
        return {word[2:].rstrip("qz").rstrip("0123456789") for word in words}


def riddled_jpeg(seed: int, secret: Secrets) -> bytes:
    """A JPEG with a secret in every kind of metadata that a file may carry and nobody publishes."""
    exif = Pillow.Exif()
    for tag in (0x0131, 0x013C):  # Software, HostComputer
        exif[tag] = secret("exif")
    exif[0x010F], exif[0x0110] = secret("make"), secret("model")
    exif[0x9C9C] = secret("xpcomment").encode("utf-16-le")
    inner = exif.get_ifd(0x8769)
    inner[0x9286] = b"UNICODE\0" + secret("usercomment").encode("utf-16-le")
    inner[0x927C] = secret("makernote").encode()
    inner[0xA430], inner[0xA431] = secret("owner"), secret("serial")
    inner[0x9003] = "1987:06:05 04:03:02"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 5.0, 13.2), 3: "E", 4: (14.0, 25.0, 15.6), 29: secret("gps")})
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:house="http://example.org/house/" '
        f'photoshop:Instructions="{secret("xmp")}" photoshop:City="{secret("city")}" house:note="{secret("xmpown")}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    # The profile's own text, in UTF-16: as long as it was, so that the profile still holds.
    words = secret("icc")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = "No copyright, use freely".encode("utf-16-be")
    assert told in profile
    icc = profile.replace(told, words.ljust(len(told) // 2).encode("utf-16-be"))
    out = io.BytesIO()
    with Pillow.open(io.BytesIO(picture_bytes(seed))) as picture:
        picture.save(out, "JPEG", exif=exif, xmp=xmp.encode(), icc_profile=icc, comment=secret("comment").encode())
    return _with_iptc(
        out.getvalue(),
        {40: secret("instructions"), 118: secret("contact"), 122: secret("writer"), 90: secret("iptccity")},
    )


def _with_iptc(jpeg: bytes, fields: dict[int, str]) -> bytes:
    """The JPEG with an APP13 segment of IPTC records."""
    records = b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text.encode() for number, text in fields.items()
    )
    block = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records
    return jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


@pytest.fixture
def secret() -> Secrets:
    return Secrets()


@pytest.fixture
def galaxy(tmp_path: Path, secret: Secrets) -> Galaxy:
    """A public galaxy of a library that was imported from files, with secrets wherever its people write words."""
    folder = tmp_path / secret("folder")
    subfolder = folder / secret("subfolder")
    subfolder.mkdir(parents=True)
    for i in range(N_PICTURES):
        (subfolder / f"{secret('file')}.jpg").write_bytes(riddled_jpeg(i, secret))
    galaxy: Galaxy = GalaxyFactory.create(public=True, n_clusters=3, title="Everybody's galaxy")
    collection = galaxy.collection
    collection.title, collection.description = secret("collection"), secret("notes")
    collection.save()
    result = import_source(collection, open_source(str(folder)), keep_originals=True)
    assert (result.n_added, result.n_refused) == (N_PICTURES, 0)

    person = UserFactory.create(
        username=secret("username"), email=f"{secret('mail')}@example.org", first_name=secret("name")
    )
    MembershipFactory.create(collection=collection, user=person)
    Refusal.objects.create(
        collection=collection, source=secret("source"), location=secret("refused"), code="x", message=secret("why")
    )
    for occurrence in Occurrence.objects.all():
        occurrence.external_id = secret("external")
        occurrence.metadata |= {"notes": secret("sourcenotes"), "accession": secret("accession")}
        occurrence.save()
    images = list(collection.images.select_related("current_revision", "collection").order_by("pk"))
    for i, image in enumerate(images):
        _describe(image, ["cat", "snow", "castle"][i % 3], secret)
    _hide_something(galaxy, images, secret)
    rejected = Label.objects.create(collection=collection, term=secret("rejected"), key=secret.words[-1])
    for image in images:
        MachineLabel.objects.create(image=image, label=rejected, score=0.95, source="local")
        MachineLabel.objects.create(image=image, label=_label(image, secret("belowscore")), score=0.01, source="local")
    verdicts = [(image.pk, rejected.pk, "reject") for image in images]
    decide_labels(collection, by=person, verdicts=verdicts, reason=secret("reason"))
    build_galaxy(galaxy)
    Image.objects.filter(pk=images[1].pk).update(hidden=True)  # the build has it, and publishing must not
    concealed = galaxy.clusters.filter(name="castle").get()
    concealed.hidden, concealed.description = True, secret("concealed")
    concealed.save()
    for image in Image.objects.filter(positions__group__cluster=concealed):
        Image.objects.filter(pk=image.pk).update(title=secret("inhiddencluster"), creator=secret("hiddencreator"))
    return galaxy


def _label(image: Image, term: str) -> Label:
    label: Label = Label.objects.get_or_create(collection=image.collection, key=term, defaults={"term": term})[0]
    return label


def _say(image: Image, term: str) -> None:
    MachineLabel.objects.create(image=image, label=_label(image, term), score=0.9, source="local")
    EffectiveLabel.objects.create(image=image, label=_label(image, term), score=0.9, source="local")


def _describe(image: Image, term: str, secret: Secrets) -> None:
    """What is public of a picture is a word that everybody may read; what its annotator read in it is a secret."""
    Image.objects.filter(pk=image.pk).update(
        title="A public title", creator="Public Person", taken_at="1987-06-05", place=secret("place")
    )
    _say(image, term)
    assert image.current_revision is not None
    document: dict[str, Any] = full_document(image.current_revision.width, image.current_revision.height)
    document["textAnnotations"][0]["description"] = document["fullTextAnnotation"]["text"] = secret("ocr")
    document["landmarkAnnotations"][0]["description"] = secret("landmark")
    document["logoAnnotations"][0]["description"] = secret("logo")
    document["localizedObjectAnnotations"][0]["name"] = secret("object")
    document["webDetection"]["bestGuessLabels"][0]["label"] = secret("web")
    document["labelAnnotations"][0]["description"] = secret("rawlabel")
    keep_answers(image, document, failed=["CROP_HINTS"])
    Annotation.objects.filter(sha256=image.current_revision.sha256, status="failed").update(error=secret("error"))


def _hide_something(galaxy: Galaxy, images: list[Image], secret: Secrets) -> None:
    """One picture is hidden, a second one will be, a third is not safe for everybody; each has words that no other has."""
    Image.objects.filter(pk=images[0].pk).update(hidden=True)
    unsafe = images[3]
    assert unsafe.current_revision is not None
    Annotation.objects.filter(sha256=unsafe.current_revision.sha256, feature="SAFE_SEARCH_DETECTION").delete()
    keep_answers(
        unsafe,
        {"safeSearchAnnotation": {"adult": "VERY_LIKELY"}},
        without=[row.feature for row in Annotation.objects.filter(sha256=unsafe.current_revision.sha256)],
    )
    for image, kind in zip([*images[:2], unsafe], ("hidden", "hidden", "unsafe"), strict=True):
        words = {name: secret(kind) for name in ("title", "description", "creator", "credit")}
        Image.objects.filter(pk=image.pk).update(**words)
        _say(image, secret(kind))


def hidden_uuids() -> list[str | bytes]:
    """The uuids of pictures that are not shown, as text and as bytes."""
    rows = Image.objects.filter(title__startswith="zq")
    uuids = [image.uuid for image in rows]
    assert len(uuids) >= 3
    return [form for uuid in uuids for form in (str(uuid), uuid.hex, uuid.bytes)]


def test_of_a_library_full_of_secrets_only_what_is_public_leaves(galaxy: Galaxy, secret: Secrets) -> None:
    person = galaxy.collection.memberships.get().user
    publish_galaxy(galaxy, by=person)

    assert len(secret.words) > 500
    assert len(list(list_files(galaxy))) > 4
    told = ["A public title", "Public Person", "Everybody's galaxy", "cat", "snow"]
    assert {word for word, _name in find_in_files(galaxy, told)} == set(told), "the search itself finds what is there"
    assert find_in_files(galaxy, secret.words) == set()
    assert (
        find_in_files(galaxy, [*hidden_uuids(), "1987", "50.087", "14.421", "local_", "/tmp/", "@example.org"]) == set()
    )


@pytest.mark.parametrize(
    ("switch", "kinds"),
    [
        ("publish_exif", {"place", "make", "model"}),
        ("publish_external_ids", {"external"}),
        ("publish_documents", {"ocr", "landmark", "logo", "object", "web", "rawlabel"}),
    ],
)
def test_each_switch_lets_out_its_own_and_nothing_of_the_others(
    galaxy: Galaxy, secret: Secrets, switch: str, kinds: set[str]
) -> None:
    setattr(galaxy, switch, True)
    galaxy.save()
    publish_galaxy(galaxy)
    assert secret.kinds(word for word, _name in find_in_files(galaxy, secret.words)) == kinds


def test_all_features_let_out_what_they_say_and_no_document(galaxy: Galaxy, secret: Secrets) -> None:
    galaxy.published_features = PublishedFeature.values
    galaxy.save()
    publish_galaxy(galaxy)
    told = {word for word, _name in find_in_files(galaxy, [*secret.words, "example.org/private"])}
    assert secret.kinds(told) == {"ocr", "landmark", "logo", "object", "web"}


def test_what_can_be_downloaded_carries_no_metadata(galaxy: Galaxy, secret: Secrets) -> None:
    image = Image.objects.filter(title="A public title")[0]
    assert image.current_revision is not None
    with storages["media"].open(image.current_revision.storage_name) as file:
        original = bytes(file.read())
    planted = {word for word in secret.words if word.encode() in original or word.encode("utf-16-le") in original}
    assert len(planted) > 10, "the original does carry them"
    for kind in Rendition.Kind.values:
        data = Client().get(f"/media/{image.uuid}/{kind}").getvalue()
        with Pillow.open(io.BytesIO(data)) as picture:
            picture.load()
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
            assert not picture.getexif()
            assert [marker for marker, _data in picture.applist] == ["APP0"]  # type: ignore[attr-defined]
        for encoding in ("latin-1", "utf-16-le", "utf-16-be"):
            assert not [word for word in secret.words if word.encode(encoding) in data]


def test_the_api_tells_strangers_nothing_of_it_either(galaxy: Galaxy, secret: Secrets) -> None:
    publish_galaxy(galaxy)
    lists = ("images", "labels", "clusters", "galaxies")
    told = "".join(Client().get(f"/api/v1/{name}/?page_size=500").text for name in lists)
    # Over the API everybody sees a public collection's pictures, but for those that are hidden or unsafe, whatever clusters are hidden.
    seen = {"inhiddencluster", "hiddencreator"}
    assert secret.kinds(word for word in secret.words if word in told) == seen
