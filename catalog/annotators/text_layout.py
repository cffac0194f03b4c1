"""From lines of text to Cloud Vision's two forms of them: a list of words, and pages of blocks, paragraphs and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from catalog.annotators.polygons import Frame, Points, bounding_box, to_polygon

MAX_GAP: Final = 0.8
"""Lines of one block are less than so many line heights apart."""
MAX_HEIGHT_RATIO: Final = 1.6
MIN_SHARED_WIDTH: Final = 0.3


@dataclass(frozen=True)
class Word:
    """A piece of text and where it is."""

    text: str
    corners: Points
    """Shape (4, 2), clockwise from the text's own top left."""
    confidence: float


@dataclass(frozen=True)
class Line:
    """A line of text: as a whole, and word by word from left to right."""

    whole: Word
    words: Sequence[Word]


def annotate_text(lines: Sequence[Line], scale: Points, frame: Frame) -> dict[str, Any]:
    """Give lines of text as Cloud Vision does.

    Parameters
    ----------
    lines
        In any order; coordinates in pixels of what was read.
    scale
        Shape (2,): pixels of the frame for one of those.

    Returns
    -------
    dict
        `{"textAnnotations": [...], "fullTextAnnotation": {"pages": [{"width", "height", "blocks", "confidence"}], "text"}}`.
        The first textAnnotation is all text, those after it are words; both forms are in reading order. A block is what stands
        together by gaps and heights, and has one paragraph: nobody looked for what divides paragraphs. Symbols have no box of
        their own. `{"textAnnotations": []}` if there is no text.
    """
    if not lines:
        return {"textAnnotations": []}
    blocks = group_blocks(lines)
    text = "\n".join(line_text(line) for block in blocks for line in block)
    points = np.concatenate([line.whole.corners for line in lines])
    words = [word for block in blocks for line in block for word in line.words]
    whole = {"description": text, "boundingPoly": to_polygon(bounding_box(points), scale, frame)}
    each = [{"description": word.text, "boundingPoly": to_polygon(word.corners, scale, frame)} for word in words]
    page = {
        "width": frame.width,
        "height": frame.height,
        "blocks": [_block(block, scale, frame) for block in blocks],
        "confidence": _mean(words),
    }
    return {"textAnnotations": [whole, *each], "fullTextAnnotation": {"pages": [page], "text": text}}


def line_text(line: Line) -> str:
    """The words of a line, with a space between any two."""
    return " ".join(word.text for word in line.words)


def group_blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Put lines that stand close beneath each other together, and blocks and lines in reading order.

    Blocks that begin at about the same height are read from left to right: columns one after the other.
    """
    boxes = np.array([_extent(line) for line in lines])
    owner = list(range(len(lines)))
    for lower in np.argsort(boxes[:, 1], kind="stable"):
        above = [upper for upper in range(len(lines)) if upper != lower and _follows(boxes[upper], boxes[lower])]
        for upper in above:
            old, new = owner[lower], owner[upper]
            owner = [new if number == old else number for number in owner]
    members = {number: [i for i, mine in enumerate(owner) if mine == number] for number in dict.fromkeys(owner)}
    heights = boxes[:, 3] - boxes[:, 1]
    ordered = [_in_rows(boxes, heights, rows) for rows in members.values()]
    first = np.array([[*boxes[rows, :2].min(axis=0), *boxes[rows, 2:].max(axis=0)] for rows in ordered])
    line_heights = np.array([heights[rows].mean() for rows in ordered])
    return [[lines[i] for i in ordered[number]] for number in _in_rows(first, line_heights, list(range(len(ordered))))]


def _extent(line: Line) -> list[float]:
    return [*line.whole.corners.min(axis=0), *line.whole.corners.max(axis=0)]


def _follows(upper: Points, lower: Points) -> bool:
    """Whether the lower of two boxes (left, top, right, bottom) goes on where the upper one ends."""
    heights = upper[3] - upper[1], lower[3] - lower[1]
    shared = min(upper[2], lower[2]) - max(upper[0], lower[0])
    narrower = min(upper[2] - upper[0], lower[2] - lower[0])
    return bool(
        upper[1] + upper[3] < lower[1] + lower[3]
        and lower[1] - upper[3] < MAX_GAP * min(heights)
        and max(heights) < MAX_HEIGHT_RATIO * min(heights)
        and shared > MIN_SHARED_WIDTH * narrower
    )


def _in_rows(boxes: Points, heights: Points, numbers: list[int]) -> list[int]:
    """Order boxes by rows from the top, and in a row from the left; a row is what begins within half a line of its first."""
    rows: list[list[int]] = []
    for number in sorted(numbers, key=lambda i: boxes[i, 1]):
        if rows and boxes[number, 1] - boxes[rows[-1][0], 1] < heights[number] / 2:
            rows[-1].append(number)
        else:
            rows.append([number])
    return [number for row in rows for number in sorted(row, key=lambda i: boxes[i, 0])]


def _block(lines: Sequence[Line], scale: Points, frame: Frame) -> dict[str, Any]:
    box = to_polygon(bounding_box(np.concatenate([line.whole.corners for line in lines])), scale, frame)
    words = [_word(word, line, scale, frame) for line in lines for word in line.words]
    confidence = _mean([word for line in lines for word in line.words])
    paragraph = {"boundingBox": box, "words": words, "confidence": confidence}
    return {"boundingBox": box, "paragraphs": [paragraph], "blockType": "TEXT", "confidence": confidence}


def _word(word: Word, line: Line, scale: Points, frame: Frame) -> dict[str, Any]:
    symbols: list[dict[str, Any]] = [{"text": character} for character in word.text]
    kind = "LINE_BREAK" if word is line.words[-1] else "SPACE"
    symbols[-1]["property"] = {"detectedBreak": {"type": kind}}
    return {
        "boundingBox": to_polygon(word.corners, scale, frame),
        "symbols": symbols,
        "confidence": round(word.confidence, 4),
    }


def _mean(words: Sequence[Word]) -> float:
    return round(float(np.mean([word.confidence for word in words])), 4)
