"""Cloud Vision's answer about a picture in which everything was found, built through its client's own message classes."""

from typing import Any

from google.cloud import vision_v1 as vision

from catalog.annotators.google_answers import response_to_json

# Left, top, right, bottom in shares of the picture: multiples of an eighth, so that they are whole pixels in any size used here.
OBJECT = (0.125, 0.25, 0.5, 0.875)
FACE = (0.625, 0.125, 0.875, 0.5)
LOGO = (0.5, 0.625, 0.625, 0.75)
LANDMARK = (0.0, 0.0, 0.5, 0.25)
LINES = {"Grüße aus": (0.625, 0.625, 0.875, 0.75), "<b>Lyon</b>": (0.625, 0.75, 1.0, 0.875)}
EYES = ((0.6875, 0.25), (0.8125, 0.25))


def full_document(width: int, height: int) -> dict[str, Any]:
    """The document, in pixels of a picture of this size; both sides multiples of 16."""
    Likelihood, Break = vision.Likelihood, vision.TextAnnotation.DetectedBreak.BreakType  # noqa: N806

    def corners(box: tuple[float, ...]) -> list[dict[str, float]]:
        left, top, right, bottom = box
        return [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]

    def poly(box: tuple[float, ...]) -> vision.BoundingPoly:
        return vision.BoundingPoly(
            vertices=[{"x": round(c["x"] * width), "y": round(c["y"] * height)} for c in corners(box)]
        )

    def word(text: str, box: tuple[float, ...], kind: int) -> vision.Word:
        symbols: list[dict[str, Any]] = [{"text": character} for character in text]
        symbols[-1]["property"] = {"detected_break": {"type_": kind}}
        return vision.Word(symbols=symbols, bounding_box=poly(box))

    first, second = LINES.values()
    middle = (first[0] + first[2]) / 2
    words = [
        word("Grüße", (first[0], first[1], middle, first[3]), Break.SPACE),
        word("aus", (middle, *first[1:]), Break.EOL_SURE_SPACE),
        word("<b>Lyon</b>", second, Break.LINE_BREAK),
    ]
    eye = vision.FaceAnnotation.Landmark.Type
    return response_to_json(
        vision.AnnotateImageResponse(
            label_annotations=[{"description": "street", "score": 0.91, "mid": "/m/01c8br"}],
            localized_object_annotations=[
                {"name": "Bicycle", "score": 0.875, "bounding_poly": {"normalized_vertices": corners(OBJECT)}}
            ],
            face_annotations=[
                {
                    "bounding_poly": poly(FACE),
                    "fd_bounding_poly": poly(FACE),
                    "landmarks": [
                        {"type_": kind, "position": {"x": x * width, "y": y * height, "z": 1}}
                        for kind, (x, y) in zip((eye.LEFT_EYE, eye.RIGHT_EYE), EYES, strict=True)
                    ],
                    "roll_angle": -7.5,
                    "pan_angle": 25,
                    "detection_confidence": 0.98,
                    "joy_likelihood": Likelihood.VERY_LIKELY,
                    "anger_likelihood": Likelihood.VERY_UNLIKELY,
                    "headwear_likelihood": Likelihood.POSSIBLE,
                }
            ],
            landmark_annotations=[
                {
                    "description": "Fourvière",
                    "score": 0.625,
                    "bounding_poly": poly(LANDMARK),
                    "locations": [{"lat_lng": {"latitude": 45.762293, "longitude": 4.822529}}],
                }
            ],
            logo_annotations=[{"description": "Acme", "score": 0.5, "bounding_poly": poly(LOGO)}],
            text_annotations=[
                {"description": "Grüße aus\n<b>Lyon</b>\n", "bounding_poly": poly((0.625, 0.625, 1, 0.875))}
            ],
            full_text_annotation={
                "text": "Grüße aus\n<b>Lyon</b>\n",
                "pages": [{"width": width, "height": height, "blocks": [{"paragraphs": [{"words": words}]}]}],
            },
            safe_search_annotation={"adult": Likelihood.VERY_UNLIKELY, "racy": Likelihood.POSSIBLE},
            image_properties_annotation={
                "dominant_colors": {
                    "colors": [
                        {"color": {"red": 40, "green": 90, "blue": 160}, "score": 0.6, "pixel_fraction": 0.5},
                        {"color": {"red": 210, "green": 180, "blue": 120}, "score": 0.3, "pixel_fraction": 0.25},
                    ]
                }
            },
            crop_hints_annotation={"crop_hints": [{"bounding_poly": poly(OBJECT), "confidence": 0.5}]},
            web_detection={
                "best_guess_labels": [{"label": "street in lyon"}],
                "web_entities": [{"description": "Old Lyon", "score": 0.75}, {"score": 0.25}],
                "pages_with_matching_images": [{"url": "https://example.org/private"}],
            },
        )
    )
