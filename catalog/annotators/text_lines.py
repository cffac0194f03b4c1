"""Lines of a TextAnnotation, which knows words and where lines break, but no lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

# google.cloud.vision.v1.TextAnnotation.DetectedBreak.BreakType. A hyphen is not among the symbols; it is put back.
ENDS_OF_LINE: Final = {"EOL_SURE_SPACE": "", "HYPHEN": "-", "LINE_BREAK": ""}
SPACES: Final = ("SPACE", "SURE_SPACE")


def read_lines(annotation: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each line's text and the polygon of all its words' corners, in reading order.

    Parameters
    ----------
    annotation: a `fullTextAnnotation` in camelCase JSON; zero and empty values may be left out.
    """
    return [
        (text, poly) for paragraph in _paragraphs(annotation) for text, poly in _lines_of(paragraph) if text.strip()
    ]


def _paragraphs(annotation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for page in annotation.get("pages", []):
        for block in page.get("blocks", []):
            yield from block.get("paragraphs", [])


def _lines_of(paragraph: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A paragraph's last line ends with it, whether or not its last symbol says so."""
    text, corners = "", _no_corners()
    for word in paragraph.get("words", []):
        for key in corners:
            corners[key] += word.get("boundingBox", {}).get(key, [])
        for symbol in word.get("symbols", []):
            text += symbol.get("text", "")
            kind = symbol.get("property", {}).get("detectedBreak", {}).get("type", "")
            if kind in SPACES:
                text += " "
            elif kind in ENDS_OF_LINE:
                yield text + ENDS_OF_LINE[kind], corners
                text, corners = "", _no_corners()
    yield text.rstrip(), corners


def _no_corners() -> dict[str, Any]:
    return {"vertices": [], "normalizedVertices": []}
