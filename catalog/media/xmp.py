"""What a picture's XMP says: the few properties that a library knows a picture by, from XML that strangers wrote.

The properties and their namespaces are those of the XMP specification (part 2) and of the IPTC Photo Metadata Standard.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

MAX_BYTES = 1024**2
"""Of one packet; the largest that a program writes in one piece has 64 KiB."""
MAX_VALUES = 1000
"""Of one property."""

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMES = {
    "{http://purl.org/dc/elements/1.1/}title": "title",
    "{http://purl.org/dc/elements/1.1/}description": "description",
    "{http://purl.org/dc/elements/1.1/}creator": "creator",
    "{http://purl.org/dc/elements/1.1/}rights": "rights",
    "{http://purl.org/dc/elements/1.1/}subject": "subject",
    "{http://ns.adobe.com/xap/1.0/rights/}UsageTerms": "usage_terms",
    "{http://ns.adobe.com/xap/1.0/rights/}WebStatement": "web_statement",
    "{http://creativecommons.org/ns#}license": "license",
    "{http://ns.adobe.com/photoshop/1.0/}Credit": "credit",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated": "date_created",
    "{http://ns.adobe.com/photoshop/1.0/}City": "city",
    "{http://ns.adobe.com/photoshop/1.0/}State": "state",
    "{http://ns.adobe.com/photoshop/1.0/}Country": "country",
    "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}Location": "location",
}


class XmpError(ValueError):
    """These bytes are not read as XMP; the text says why."""


class _Builder(ET.TreeBuilder):
    def doctype(self, name: str, public_id: str | None, system: str | None) -> None:
        """Called before any entity is declared or expanded. XMP has no document type; a bomb needs one."""
        raise XmpError("XMP holds no document type, but this does.")


def parse_xmp(data: bytes) -> ET.Element:
    """The root of a packet. No entity is expanded and nothing is fetched.

    Raises XmpError where the packet is too large, not UTF-8, not XML, or has a document type.
    """
    if len(data) > MAX_BYTES:
        raise XmpError(f"The packet has {len(data):,} bytes; at most {MAX_BYTES:,} are read.")
    try:
        # As text, so that no declared encoding is believed.
        text = data.decode("utf-8-sig").strip("\0 \r\n\t")
        # expat fetches nothing by itself, and `_Builder` stops before the first entity of the document's own.
        parser = ET.XMLParser(target=_Builder())  # noqa: S314  # see above
        parser.feed(text)
        root: ET.Element = parser.close()
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise XmpError(f"The packet is not XML in UTF-8: {error}.") from error
    return root


def read_xmp(data: bytes) -> dict[str, list[str]]:
    """The properties of `_NAMES` that a packet gives, each with its values in order; of translations the default comes first.

    Raises XmpError as `parse_xmp` does.
    """
    root = parse_xmp(data)
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            if name in _NAMES:
                found.setdefault(_NAMES[name], [value])
        for element in description:
            name = _NAMES.get(element.tag, "")
            if name and name not in found:
                found[name] = list(_values_of(element))[:MAX_VALUES]
    return found


def _values_of(element: ET.Element) -> Iterator[str]:
    """The values of a property: its items if it is a list, else its text or what it refers to."""
    items = list(element.iter(f"{_RDF}li"))
    if items:
        items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
        yield from (item.text or "" for item in items)
    else:
        yield element.get(f"{_RDF}resource") or element.text or ""
