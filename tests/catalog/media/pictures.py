"""Small pictures made in memory, for the tests of this package."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from catalog.media import VerifiedPicture

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)


def encode(image: Image.Image, picture_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, picture_format, **options)
    return out.getvalue()


def plain(size: tuple[int, int] = (40, 30), colour: Any = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def photo_like(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Smooth colour with some noise: compresses like a photograph and fills more than one block."""
    width, height = size
    noise = np.random.default_rng(seed).integers(-20, 20, (height, width, 3))
    ramp = np.linspace(30, 220, width)[None, :, None] + np.zeros((height, 1, 3))
    return Image.fromarray((ramp + noise).clip(0, 255).astype(np.uint8))


def left_and_right(size: tuple[int, int], left: Any, right: Any, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return image


def rendition(picture: VerifiedPicture, kind: str = "small") -> Image.Image:
    """One rendition, decoded, after checking that it is what it says."""
    made = next(one for one in picture.renditions if one.kind == kind)
    image = Image.open(io.BytesIO(made.data))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (made.width, made.height))
    return image


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """Colour at a place given as shares of width and height."""
    red, green, blue = np.asarray(image)[int(y * (image.height - 1)), int(x * (image.width - 1))]
    return int(red), int(green), int(blue)


def near(colour: tuple[int, int, int], wanted: tuple[int, int, int], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted, strict=True))


# Pillow and pi-heif write no HEIC, so here is one: 64 x 32 upright, red at the left and blue at the right, stored turned
# by 90 degrees, with an EXIF block that names the camera "Phone 9".
HEIC = base64.b85decode(
    b"0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005VZDn*}000000000XXk=`10000000000aA{+700000000000000000000G-+&aV*mgE07O6l"
    b"0ssL300001>;M4(00000001Qb0ssI200I#J0RR9100000H~;_uIB98aW&i*H00062000$fZf0cy000000RRAKc4ILB0000LX>Mj^0ssI300IC2"
    b"MR;ju000004sdC7Z2$lO00031009SSaB^?}008D`aAR)(004Gqc4I>U18@KU0FVFx0000U@BsY%`1k+-4+CHT0RR|40Sp2E{{wIU00RJ!00093"
    b"00RIXx&lC90096hLID8-Z~y=U0FVFx0{{R603M(qfd!W8<fgf}2xu@M00096AOHXZ03l)k0RRR>0l{;?i2wiq6Ju{|a&BX6cmM$a4FCp!0000K"
    b"X>)L8000000000$0000$0000eV{Bn?0000W000010000$00001|NsBs0000200000000020000GaA|mH000000|*ER00009X>xCL0{{R38EJ5B"
    b"VE_OC000000RRC8fdT^sgoXeB02*m>Wo7^X0000001jhhb7KGk009620001GZDe6|0000XC;_in=Je{n|MBb2N9WN$`r~J%l|#(^ulc}we`FQE"
    b"e*gdg21R&jW&i+9O#mtY000O80s#;J0ssI22mk;8CIJ!v0{{R30RRR70000008nUeZe<`j00"
)
