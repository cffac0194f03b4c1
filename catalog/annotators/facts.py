"""What a document says of a picture, in plain facts: names, scores, and boxes that lie on any rendition.

Two readers share it: the galaxy's panel, through what is published, and the image's page in the admin. Boxes are
`[left, top, width, height]` in shares of the upright picture, 0 to 1, so that nobody needs to know its size in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from catalog.annotators.features import Feature
from catalog.annotators.text_lines import read_lines

Document = Mapping[str, Any]
Box = list[float]

# Each kind of fact, in the order in which it is shown: what has to be looked for, and where the answer lies.
FEATURES_OF: Final[dict[str, tuple[Feature, ...]]] = {
    "labels": (Feature.LABEL_DETECTION,),
    "objects": (Feature.OBJECT_LOCALIZATION,),
    "faces": (Feature.FACE_DETECTION,),
    "text": (Feature.TEXT_DETECTION, Feature.DOCUMENT_TEXT_DETECTION),
    "landmarks": (Feature.LANDMARK_DETECTION,),
    "logos": (Feature.LOGO_DETECTION,),
    "colours": (Feature.IMAGE_PROPERTIES,),
    "safe_search": (Feature.SAFE_SEARCH_DETECTION,),
    "web": (Feature.WEB_DETECTION,),
}
KEYS_OF: Final[dict[str, tuple[str, ...]]] = {
    "labels": ("labelAnnotations",),
    "objects": ("localizedObjectAnnotations",),
    "faces": ("faceAnnotations",),
    "text": ("fullTextAnnotation", "textAnnotations"),
    "landmarks": ("landmarkAnnotations",),
    "logos": ("logoAnnotations",),
    "colours": ("imagePropertiesAnnotation",),
    "safe_search": ("safeSearchAnnotation",),
    "web": ("webDetection",),
}
LIKELIHOODS: Final = ("VERY_UNLIKELY", "UNLIKELY", "POSSIBLE", "LIKELY", "VERY_LIKELY")
FACE_LIKELIHOODS: Final = {
    "joy": "joyLikelihood",
    "sorrow": "sorrowLikelihood",
    "anger": "angerLikelihood",
    "surprise": "surpriseLikelihood",
    "under_exposed": "underExposedLikelihood",
    "blurred": "blurredLikelihood",
    "headwear": "headwearLikelihood",
}
SAFE_SEARCH: Final = ("adult", "spoof", "medical", "violence", "racy")
UNSAFE: Final = ("adult", "violence", "racy")
LIKELY: Final = 4  # of the steps 1 (very unlikely) to 5 (very likely)
SHARE_DIGITS: Final = 5  # a fiftieth of a pixel of the `view` rendition


def read_facts(document: Document, width: int, height: int) -> dict[str, Any]:
    """Read what was found; a kind that was looked for and not found is there, empty, one that was not looked for is absent.

    Parameters
    ----------
    document: an AnnotateImageResponse in camelCase JSON; zero and empty values may be left out, as Google's REST does.
    width, height: of the upright picture, in whose pixels the document's vertices are.

    Returns
    -------
    dict
        - `objects`, `logos`: `[{"name", "score", "box"}]`
        - `faces`: `[{"score", "box", "landmarks": [[x, y]], "roll", "pan", "tilt", "likelihoods": {"joy": 1 to 5}}]`; angles in
          degrees: roll clockwise, pan to the right of the picture, tilt upwards. Angles and likelihoods that nobody looked for
          are absent.
        - `text`: `{"text", "lines": [{"text", "box"}]}`
        - `landmarks`: `[{"name", "score", "box", "places": [{"latitude", "longitude"}]}]`
        - `safe_search`: `{"adult": 1 (very unlikely) to 5 (very likely)}`; what nobody looked for is absent.
        - `web`: `{"best_guess_labels": [str], "entities": [{"name", "score"}]}`

        A box is absent where the annotator gave none. Labels and colours are read elsewhere: people decide about labels.
    """

    def box_of(poly: Mapping[str, Any] | None) -> Box | None:
        return read_box(poly or {}, width, height)

    def point_of(position: Mapping[str, float]) -> list[float]:
        return [_share(position.get("x", 0) / width), _share(position.get("y", 0) / height)]

    readers: dict[str, Callable[[], Any]] = {
        "objects": lambda: [_named(item, box_of, "name") for item in document["localizedObjectAnnotations"]],
        "faces": lambda: [_face(item, box_of, point_of) for item in document["faceAnnotations"]],
        "text": lambda: _text(document, box_of),
        "landmarks": lambda: [_landmark(item, box_of) for item in document["landmarkAnnotations"]],
        "logos": lambda: [_named(item, box_of, "description") for item in document["logoAnnotations"]],
        "safe_search": lambda: _likelihoods(document["safeSearchAnnotation"], {name: name for name in SAFE_SEARCH}),
        "web": lambda: _web(document["webDetection"]),
    }
    return {kind: read() for kind, read in readers.items() if was_looked_for(document, kind)}


def is_unsafe(document: Document) -> bool:
    """Whether safe search calls the picture adult, violent or racy, likely or very likely."""
    found = _likelihoods(document.get("safeSearchAnnotation", {}), {name: name for name in UNSAFE})
    return any(step >= LIKELY for step in found.values())


def was_looked_for(document: Document, kind: str) -> bool:
    """Whether the document answers about a kind of fact, be it that there is none."""
    return any(key in document for key in KEYS_OF[kind])


def kinds_of(features: Iterable[str]) -> list[str]:
    """The kinds of facts that these features are about, in the order in which they are shown."""
    wanted = set(features)
    return [kind for kind, needed in FEATURES_OF.items() if wanted.intersection(needed)]


def read_box(poly: Mapping[str, Any], width: int, height: int) -> Box | None:
    """The upright box around a BoundingPoly as `[left, top, width, height]`, shares of the picture; None for an empty one.

    Whatever reaches beyond the picture, as boxes of cut-off faces do, is cut off at its edge.
    """
    if vertices := poly.get("normalizedVertices"):
        width = height = 1
    else:
        vertices = poly.get("vertices") or []
    if not vertices:
        return None
    across = [_share(vertex.get("x", 0) / width) for vertex in vertices]
    down = [_share(vertex.get("y", 0) / height) for vertex in vertices]
    left, top = min(across), min(down)
    return [left, top, round(max(across) - left, SHARE_DIGITS), round(max(down) - top, SHARE_DIGITS)]


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), SHARE_DIGITS)


def _with_box(fact: dict[str, Any], box: Box | None) -> dict[str, Any]:
    return fact if box is None else fact | {"box": box}


def _named(item: Document, box_of: Callable[[Any], Box | None], key: str) -> dict[str, Any]:
    fact = {"name": item.get(key, ""), "score": round(item.get("score", 0.0), 4)}
    return _with_box(fact, box_of(item.get("boundingPoly")))


def _landmark(item: Document, box_of: Callable[[Any], Box | None]) -> dict[str, Any]:
    points = [location.get("latLng", {}) for location in item.get("locations", [])]
    places = [{name: round(point.get(name, 0.0), 6) for name in ("latitude", "longitude")} for point in points]
    return _named(item, box_of, "description") | {"places": places}


def _face(
    item: Document, box_of: Callable[[Any], Box | None], point_of: Callable[[Any], list[float]]
) -> dict[str, Any]:
    fact: dict[str, Any] = {
        "score": round(item.get("detectionConfidence", 0.0), 4),
        "landmarks": [point_of(landmark.get("position", {})) for landmark in item.get("landmarks", [])],
        "likelihoods": _likelihoods(item, FACE_LIKELIHOODS),
    }
    angles = {name: item[f"{name}Angle"] for name in ("roll", "pan", "tilt") if f"{name}Angle" in item}
    # JSON leaves out what is zero: who gives pan or tilt has looked for all three.
    if {"pan", "tilt"} & set(angles):
        angles = {"roll": 0.0, "pan": 0.0, "tilt": 0.0} | angles
    fact |= {name: round(angle, 1) for name, angle in angles.items()}
    return _with_box(fact, box_of(item.get("boundingPoly") or item.get("fdBoundingPoly")))


def _likelihoods(item: Document, keys: Mapping[str, str]) -> dict[str, int]:
    """Steps from 1 to 5 of what is known; UNKNOWN, or nothing at all, is not."""
    return {name: LIKELIHOODS.index(item[key]) + 1 for name, key in keys.items() if item.get(key) in LIKELIHOODS}


def _text(document: Document, box_of: Callable[[Any], Box | None]) -> dict[str, Any]:
    whole, pieces = document.get("fullTextAnnotation") or {}, document.get("textAnnotations") or []
    lines: Sequence[tuple[str, Any]] = read_lines(whole)
    if not lines:
        # Without a structure the first annotation is the whole text, and each of the rest a word.
        lines = [(piece.get("description", ""), piece.get("boundingPoly")) for piece in pieces[1:]]
    text = whole.get("text") or (pieces[0].get("description", "") if pieces else "")
    return {
        "text": text.rstrip("\n"),
        "lines": [_with_box({"text": words}, box_of(poly)) for words, poly in lines],
    }


def _web(web: Document) -> dict[str, Any]:
    entities = [_named(entity, lambda _poly: None, "description") for entity in web.get("webEntities", [])]
    guesses = [guess.get("label", "") for guess in web.get("bestGuessLabels", [])]
    return {"best_guess_labels": [guess for guess in guesses if guess], "entities": [e for e in entities if e["name"]]}
