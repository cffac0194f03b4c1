"""The schema's page, and what the schema says of every operation."""

from typing import Any

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.views import SpectacularSwaggerSplitView

from explorer.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "An error, after RFC 9457.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was expected, what came, how to mend it."},
        "code": {
            "type": "string",
            "description": "Stable, for programs: invalid, not_found, permission_denied and so on.",
        },
        "errors": {
            "type": "array",
            "description": "With the code invalid: which parameters, and why.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class FileExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself by an untyped hook
    """Files are only ever sent to us: bytes, where drf-spectacular would tell the address of a stored one."""

    target_class = "rest_framework.serializers.FileField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Bytes of a form."""
        return {"type": "string", "format": "binary"}


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: every operation may answer with a problem, and may be asked by anybody."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    answer = {
        "description": "What went wrong.",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["4XX"] = answer
            # What is public needs no session.
            operation["security"] = [{}, *operation.get("security", [])]
    return result


# Swagger UI writes style elements into the page; this page alone lets it.
@method_decorator(csp_update({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class SchemaPage(SpectacularSwaggerSplitView):
    """The browsable API: Swagger UI from our own server, its script apart from the page as our policy wants it."""

    url_name = "explorer:schema"
