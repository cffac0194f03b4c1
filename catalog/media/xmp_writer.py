"""What a library knows of a picture, written as XMP: a sidecar of its own, or a packet to go into a copy.

The properties are those of Dublin Core, Photoshop, the IPTC Photo Metadata Standard and Lightroom, which every program for photographs
reads. What an earlier packet says of anything else is kept.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from catalog.media.xmp import XmpError, parse_xmp

__all__ = ["PictureFacts", "write_xmp"]

_NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# XML 1.0 can say these in no way at all.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A packet's frame, by which programs find it in any file.
_BEGIN = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = b'\n<?xpacket end="w"?>'

for _prefix, _uri in _NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)


@dataclass(frozen=True)
class PictureFacts:
    """What is told of a picture; an empty text is not told, and leaves alone what an earlier packet says."""

    title: str = ""
    description: str = ""
    creator: str = ""
    credit: str = ""
    rights: str = ""
    source_url: str = ""
    taken_at: str = ""
    """ISO 8601 as far as it is known."""
    place: str = ""
    keywords: tuple[str, ...] = ()
    """Labels, strongest first."""


def write_xmp(facts: PictureFacts, existing: bytes = b"") -> bytes:
    """An XMP packet in UTF-8 that tells these facts, and of everything else what the existing packet told.

    Parameters
    ----------
    existing
        The packet that a file has already; one that cannot be read is replaced.
    """
    root, rdf = _root_of(existing)
    description = ET.Element(_name("rdf:Description"), {_name("rdf:about"): ""})
    _add_translated(description, "dc:title", facts.title)
    _add_translated(description, "dc:description", facts.description)
    _add_list(description, "dc:creator", "rdf:Seq", (facts.creator,))
    _add_translated(description, "dc:rights", facts.rights)
    _add_list(description, "dc:subject", "rdf:Bag", facts.keywords)
    # Lightroom's own list of keywords: a bar would make a hierarchy, which our terms are not.
    _add_list(description, "lr:hierarchicalSubject", "rdf:Bag", tuple(k.replace("|", "/") for k in facts.keywords))
    _add_text(description, "photoshop:Credit", facts.credit)
    _add_text(description, "photoshop:DateCreated", facts.taken_at)
    _add_text(description, "xmpRights:WebStatement", facts.source_url)
    _add_text(description, "Iptc4xmpCore:Location", facts.place)
    _forget(rdf, {element.tag for element in description})
    rdf.append(description)
    packet: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return _BEGIN + packet + _END


def _root_of(existing: bytes) -> tuple[ET.Element, ET.Element]:
    """The packet's root and its rdf:RDF, new where there is none to go on from."""
    if existing:
        try:
            root = parse_xmp(existing)
        except XmpError:
            pass
        else:
            rdf = root if root.tag == _name("rdf:RDF") else root.find(_name("rdf:RDF"))
            if rdf is not None:
                return root, rdf
    root = ET.Element(_name("x:xmpmeta"))
    return root, ET.SubElement(root, _name("rdf:RDF"))


def _forget(rdf: ET.Element, names: set[str]) -> None:
    """Take these properties out of what was told before, as elements and as attributes."""
    for description in rdf.findall(_name("rdf:Description")):
        for name in names & description.attrib.keys():
            del description.attrib[name]
        for element in [element for element in description if element.tag in names]:
            description.remove(element)


def _add_text(description: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(description, _name(name)).text = _sayable(text)


def _add_translated(description: ET.Element, name: str, text: str) -> None:
    if text:
        item = ET.SubElement(_container(description, name, "rdf:Alt"), _name("rdf:li"), {_LANGUAGE: "x-default"})
        item.text = _sayable(text)


def _add_list(description: ET.Element, name: str, kind: str, texts: tuple[str, ...]) -> None:
    if told := [text for text in texts if text]:
        container = _container(description, name, kind)
        for text in told:
            ET.SubElement(container, _name("rdf:li")).text = _sayable(text)


def _container(description: ET.Element, name: str, kind: str) -> ET.Element:
    return ET.SubElement(ET.SubElement(description, _name(name)), _name(kind))


def _name(name: str) -> str:
    """`dc:title` as ElementTree writes it."""
    prefix, local = name.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _sayable(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
