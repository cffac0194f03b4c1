"""What a picture says about itself arrives clean and small; broken metadata never costs the picture."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from PIL import Image

from catalog.media import verify_picture
from tests.catalog.media.pictures import encode, plain


def metadata_of(exif: Image.Exif | bytes) -> dict[str, Any]:
    found = verify_picture(encode(plain(), "JPEG", exif=exif)).metadata
    assert json.loads(json.dumps(found)) == found
    return found


def test_a_camera_and_a_moment():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS R5"
    exif.get_ifd(0x8769)[0x9003] = "2019:07:04 10:11:12"
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    found = metadata_of(exif)
    assert found["camera"] == "Canon EOS R5"
    assert found["captured_at"] == "2019-07-04T10:11:12+02:00"


def test_maker_and_model_are_joined_and_a_time_without_zone_stays_without():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "NIKON CORPORATION", "D70", "2005:03:02 19:20:25"
    found = metadata_of(exif)
    assert found["camera"] == "NIKON CORPORATION D70"
    assert found["captured_at"] == "2005-03-02T19:20:25"


def test_texts_are_clean_bounded_and_utf8_where_it_was_meant():
    exif = Image.Exif()
    exif[0x013B] = "José\x00 hidden".encode()
    exif[0x8298] = b"x" * 5000
    exif[0x010E] = b"  A\x07 boat\r\nat sea\x00"
    found = metadata_of(exif)
    assert found["artist"] == "José"
    assert len(str(found["copyright"])) == 300
    assert found["description"] == "A boat\nat sea"


@pytest.mark.parametrize("filler", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "", "\0\0\0"])
def test_what_cameras_write_by_themselves_is_no_description(filler):
    exif = Image.Exif()
    exif[0x010E] = filler
    assert "description" not in metadata_of(exif)


def at(latitude: object, north: str, longitude: object, east: str) -> Image.Exif:
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = north, latitude, east, longitude
    return exif


def test_where_the_camera_stood_is_kept_beside_the_bytes_in_degrees():
    found = metadata_of(at((33.0, 51.0, 24.48), "S", (151.0, 12.0, 36.0), "E"))
    assert (found["latitude"], found["longitude"]) == (-33.8568, 151.21)


@pytest.mark.parametrize(
    "exif",
    [
        at((0.0, 0.0, 0.0), "N", (0.0, 0.0, 0.0), "E"),  # no fix
        at((91.0, 0.0, 0.0), "N", (0.0, 0.0, 0.0), "E"),
        at((52.0, 30.0, 0.0), "", (13.0, 0.0, 0.0), "E"),
        at((52.0,), "N", (13.0, 0.0, 0.0), "E"),
    ],
)
def test_a_place_that_makes_no_sense_is_no_place(exif):
    assert set(metadata_of(exif)) == {"mode", "orientation"}


@pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "2019:13:45 10:00:00", "yesterday", b"\xff\xfe"])
def test_an_impossible_date_is_no_date(date):
    exif = Image.Exif()
    exif[0x0132] = date
    assert "captured_at" not in metadata_of(exif)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\xff\xff\xff\x7f\x08\0\0\0",  # a text of two thousand million bytes
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0",  # a directory that contains itself
    ],
)
def test_malformed_exif_never_costs_the_picture(exif):
    assert metadata_of(exif)["mode"] == "RGB"


def with_iptc(fields: list[tuple[int, bytes]]) -> bytes:
    """A JPEG with an IPTC block as Photoshop writes it, in an APP13 segment."""
    records = b"".join(b"\x1c\x02" + struct.pack(">BH", number, len(text)) + text for number, text in fields)
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records + b"\0" * (len(records) % 2)
    body = b"Photoshop 3.0\0" + resource
    jpeg = encode(plain(), "JPEG")
    return jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_what_people_at_desks_wrote():
    data = with_iptc(
        [
            (5, "Žofín Palace".encode()),
            (120, b"Seen from the river."),
            (80, b"A. Nov\xe1k"),
            (25, b"palace"),
            (25, b"river"),
            (25, b"palace"),
            (116, b"Public domain"),
            (110, b"City Archive"),
        ]
    )
    assert verify_picture(data).metadata == {
        "mode": "RGB",
        "orientation": 1,
        "title": "Žofín Palace",
        "description": "Seen from the river.",
        "artist": "A. Novák",
        "copyright": "Public domain",
        "credit": "City Archive",
        "keywords": ["palace", "river"],
    }


def test_a_broken_iptc_block_costs_only_itself():
    data = with_iptc([(5, b"Title")])
    assert verify_picture(data.replace(b"\x1c\x02\x05\0\x05", b"\x1c\x02\x05\xff\xff")).width == 40


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (b"19230501", b"", "1923-05-01"),
        (b"19230500", b"", "1923-05"),
        (b"19230000", b"", "1923"),
        (b"20190704", b"101112+0200", "2019-07-04T10:11:12+02:00"),
        (b"20191345", b"", None),
        (b"00000000", b"", None),
        (b"soon", b"", None),
    ],
)
def test_a_date_from_a_desk_may_be_a_year_only(day, time, expected):
    assert verify_picture(with_iptc([(55, day), (60, time)])).metadata.get("captured_at") == expected


def test_a_place_from_a_desk_goes_from_the_nearest_to_the_widest():
    data = with_iptc([(101, b"Czechia"), (90, b"Prague"), (92, b"Old Town"), (95, b"Prague")])
    assert verify_picture(data).metadata["place"] == "Old Town, Prague, Czechia"
