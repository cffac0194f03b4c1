"""XMP is XML from strangers: what it says of the picture is read, what it tries is not."""

from __future__ import annotations

import pytest
from PIL import Image, PngImagePlugin

from catalog.media import verify_picture
from catalog.media.xmp import XmpError, read_xmp
from tests.catalog.media.pictures import encode, plain

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xr="http://ns.adobe.com/xap/1.0/rights/"
  xmlns:cc="http://creativecommons.org/ns#" xmlns:ps="http://ns.adobe.com/photoshop/1.0/"
  xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" ps:City="Prague" ps:DateCreated="1923" ps:Credit="City Archive">
  <dc:title><rdf:Alt><rdf:li xml:lang="cs">Palác</rdf:li><rdf:li xml:lang="x-default">The palace</rdf:li></rdf:Alt></dc:title>
  <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Seen from\tthe river.</rdf:li></rdf:Alt></dc:description>
  <dc:creator><rdf:Seq><rdf:li>A. Novák</rdf:li><rdf:li>B. Malá</rdf:li></rdf:Seq></dc:creator>
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© City Archive</rdf:li></rdf:Alt></dc:rights>
  <dc:subject><rdf:Bag><rdf:li>palace</rdf:li><rdf:li>river</rdf:li><rdf:li>palace</rdf:li></rdf:Bag></dc:subject>
  <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
  <ps:Country>Czechia</ps:Country><core:Location>Žofín</core:Location><ps:Instructions>not for us</ps:Instructions>
 </rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""

SAID = {
    "mode": "RGB",
    "title": "The palace",
    "description": "Seen from\tthe river.",
    "artist": "A. Novák, B. Malá",
    "copyright": "© City Archive",
    "credit": "City Archive",
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "captured_at": "1923",
    "place": "Žofín, Prague, Czechia",
    "keywords": ["palace", "river"],
}


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
def test_what_a_picture_is_known_by_is_read_from_its_packet(file_format):
    assert verify_picture(encode(plain(), file_format, xmp=PACKET.encode())).metadata == SAID


def test_a_png_carries_it_as_text():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", PACKET)
    assert verify_picture(encode(plain(), "PNG", pnginfo=info)).metadata == SAID


def test_the_desk_wins_over_the_camera_but_a_day_does_not_replace_the_moment_in_it():
    exif = Image.Exif()
    exif[0x013B], exif[0x0110] = "Camera owner", "D70"
    exif.get_ifd(0x8769)[0x9003] = "1923:07:04 10:11:12"
    found = verify_picture(encode(plain(), "JPEG", xmp=PACKET.encode(), exif=exif)).metadata
    assert (found["artist"], found["camera"], found["captured_at"]) == (
        "A. Novák, B. Malá",
        "D70",
        "1923-07-04T10:11:12",
    )


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prologue", [BOMB, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_entities_are_neither_expanded_nor_fetched_and_cost_the_packet_only(prologue):
    packet = prologue + PACKET.split("?>", 1)[1].replace("The palace", "&b;")
    with pytest.raises(XmpError, match="no document type"):
        read_xmp(packet.encode())
    assert verify_picture(encode(plain(), "JPEG", xmp=packet.encode())).metadata == {"orientation": 1, "mode": "RGB"}


@pytest.mark.parametrize(
    "packet", [b"", b"\xff\xfe<\0x\0", b"<x", b"<a>" * 30_000, b"<a/>" + b" " * 1024**2, b"<a>&b;</a>"]
)
def test_what_is_no_packet_is_refused_as_such(packet):
    with pytest.raises(XmpError):
        read_xmp(packet)
