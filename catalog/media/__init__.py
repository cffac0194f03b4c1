"""Bytes in, a verified picture out: format, hash, upright size, mean colour, metadata and renditions, from one decode.

Pure: no Django, no clock, no files, no network. `verify_picture` is the whole door; what it refuses, it refuses with a
`PictureError` whose `code` is stable and whose `message` a person can act on.
"""

from catalog.media.formats import SUPPORTED_EXTENSIONS
from catalog.media.iptc import JpegError, write_into_jpeg
from catalog.media.metadata import is_partial_date
from catalog.media.perceptual_hash import VERSION as PERCEPTUAL_HASH_VERSION
from catalog.media.perceptual_hash import perceptual_hash
from catalog.media.picture import ErrorCode, PictureError, RenditionData, VerifiedPicture
from catalog.media.verify import verify_picture
from catalog.media.xmp_writer import PictureFacts, write_xmp

__all__ = [
    "PERCEPTUAL_HASH_VERSION",
    "SUPPORTED_EXTENSIONS",
    "ErrorCode",
    "JpegError",
    "PictureError",
    "PictureFacts",
    "RenditionData",
    "VerifiedPicture",
    "is_partial_date",
    "perceptual_hash",
    "verify_picture",
    "write_into_jpeg",
    "write_xmp",
]
