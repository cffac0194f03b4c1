"""What is written into XMP and IPTC is read by other programs as it was meant, and nothing else of a file changes."""

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image, IptcImagePlugin

from catalog.media.iptc import JpegError, write_into_jpeg
from catalog.media.metadata import read_metadata
from catalog.media.xmp import read_xmp
from catalog.media.xmp_writer import PictureFacts, write_xmp

FACTS = PictureFacts(
    title="Die Brücke & der Fluß",
    description="Zwei Zeilen,\neine Brücke <aus Stein>",
    creator="Ilse Bing",
    credit="Museum",
    rights="CC0 1.0",
    source_url="https://example.org/1",
    taken_at="1923-05",
    place="Prag, Böhmen",
    keywords=("Brücke", "river|water"),
)


def jpeg(**options) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 100, 50)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def rewritten(data: bytes, facts: PictureFacts = FACTS) -> bytes:
    return b"".join(write_into_jpeg(io.BytesIO(data), facts))


def iptc_of(data: bytes) -> dict[tuple[int, int], bytes | list[bytes]]:
    """As Pillow reads it."""
    return IptcImagePlugin.getiptcinfo(Image.open(io.BytesIO(data))) or {}


def test_a_packet_reads_back_as_it_was_told():
    told = read_xmp(write_xmp(FACTS))
    assert told == {
        "title": [FACTS.title],
        "description": [FACTS.description],
        "creator": ["Ilse Bing"],
        "rights": ["CC0 1.0"],
        "subject": ["Brücke", "river|water"],
        "web_statement": ["https://example.org/1"],
        "credit": ["Museum"],
        "date_created": ["1923-05"],
        "location": ["Prag, Böhmen"],
    }


def test_what_an_earlier_packet_says_of_other_things_stays_and_what_is_told_anew_goes():
    before = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35" '
        b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Somebody" photoshop:City="Praha"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    packet = write_xmp(FACTS, before)
    told = read_xmp(packet)
    assert told["credit"] == ["Museum"] and told["city"] == ["Praha"]
    assert b"+0.35" in packet


def test_a_hostile_packet_is_replaced():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>'
    assert read_xmp(write_xmp(FACTS, bomb))["title"] == [FACTS.title]


def test_characters_that_xml_cannot_say_do_not_break_a_packet():
    packet = write_xmp(PictureFacts(title="bell\x07 and \ud800"))
    ET.fromstring(packet.decode())  # noqa: S314 our own bytes
    assert read_xmp(packet)["title"] == ["bell\ufffd and \ufffd"]


def test_pillow_reads_the_iptc_and_the_xmp_of_a_copy():
    copy = rewritten(jpeg())
    iptc = iptc_of(copy)
    assert iptc[(1, 90)] == b"\x1b%G"
    assert iptc[(2, 5)] == "Die Brücke & der Fluß".encode()
    assert iptc[(2, 25)] == ["Brücke".encode(), b"river|water"]
    assert iptc[(2, 55)] == b"19230500"
    assert iptc[(2, 120)] == FACTS.description.encode()
    xmp = Image.open(io.BytesIO(copy)).info["xmp"]
    assert read_xmp(xmp)["title"] == [FACTS.title]


def test_we_read_our_own_copies_like_anybody_else_s():
    copy = rewritten(jpeg())
    image = Image.open(io.BytesIO(copy))
    image.load()
    read = read_metadata(image, copy)
    assert read["title"] == FACTS.title and read["keywords"] == ["Brücke", "river|water"]


def test_pixels_exif_and_profile_stay_as_they_are():
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    before = jpeg(exif=exif, icc_profile=b"a profile", dpi=(300, 300))
    after = rewritten(before)
    first, second = Image.open(io.BytesIO(before)), Image.open(io.BytesIO(after))
    assert second.getexif()[0x010F] == "A camera"
    assert second.info["icc_profile"] == b"a profile" and second.info["dpi"] == (300, 300)
    assert first.tobytes() == second.tobytes()
    assert after.endswith(before[before.rindex(b"\xff\xda") :])


def test_written_twice_the_second_holds_and_other_resources_stay():
    resource = b"8BIM" + b"\x03\xed" + b"\0\0" + b"\0\0\0\x04" + b"abcd"
    data = jpeg()
    segment = b"Photoshop 3.0\0" + resource
    data = data[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    once = rewritten(data)
    twice = rewritten(once, PictureFacts(title="Neu", keywords=("one",)))
    assert iptc_of(twice)[(2, 5)] == b"Neu" and iptc_of(twice)[(2, 25)] == b"one"
    assert twice.count(resource) == 1 and twice.count(b"Photoshop 3.0\0") == 1
    assert twice.count(b"http://ns.adobe.com/xap/1.0/\0") == 1


def test_long_texts_are_cut_between_characters():
    copy = rewritten(jpeg(), PictureFacts(title="ä" * 100, keywords=("ß" * 40,)))
    assert iptc_of(copy)[(2, 5)] == ("ä" * 32).encode()
    assert iptc_of(copy)[(2, 25)] == ("ß" * 32).encode()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xe0\xff\xff", b"\xff\xd8\xff\xe0\0\1"])
def test_what_is_no_jpeg_is_refused_before_the_first_block(data):
    with pytest.raises(JpegError, match="no JPEG"):
        write_into_jpeg(io.BytesIO(data), FACTS)


def test_more_keywords_than_a_segment_holds_are_refused_with_a_way_out():
    with pytest.raises(JpegError, match="sidecars"):
        write_into_jpeg(io.BytesIO(jpeg()), PictureFacts(keywords=tuple(f"keyword number {n}" for n in range(2000))))
