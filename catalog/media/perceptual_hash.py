"""A 64-bit fingerprint of what a picture looks like: near copies differ in few bits.

The DCT hash ("pHash"; Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010): the picture as 32 x 32
greys, its discrete cosine transform, and of each of the 8 x 8 lowest frequencies whether it is above their median. docs/duplicates.md
measures it.
"""

import numpy as np
import scipy.fft
from PIL import Image

VERSION = 1  # of what the same picture hashes to

SIDE = 32
LOWEST = 8
# Standard deviation of the 1,024 greys, of 255: below it (blank pages, plain drawings) the bits are the noise of the JPEG.
MIN_CONTRAST = 4.0


def perceptual_hash(picture: Image.Image) -> int | None:
    """Hash an RGB or grey picture.

    Returns
    -------
    The 64 bits as a signed integer, which is what databases hold; None for a picture too plain to be told from others.
    """
    grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    values = np.asarray(grey, dtype=np.float64)
    if values.std() < MIN_CONTRAST:
        return None
    frequencies = scipy.fft.dctn(values, norm="ortho")[:LOWEST, :LOWEST].ravel()
    # The first one is the mean grey, which says nothing of the shape: it takes no part in the median, and its bit is 0.
    bits = frequencies > np.median(frequencies[1:])
    bits[0] = False
    return int(np.packbits(bits).view(">i8")[0])
