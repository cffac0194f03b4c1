"""Pages of lists: a cursor that stays right while rows are added, at a cost that does not grow with depth."""

from typing import Any

from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

MAX_PAGE_SIZE = 500


class CursorPagination(pagination.CursorPagination):
    """A hundred rows a page, in the order in which they were made; `page_size` asks for up to 500."""

    page_size = 100
    max_page_size = MAX_PAGE_SIZE
    page_size_query_param = "page_size"
    page_size_query_description = f"Rows on a page: 1 to {MAX_PAGE_SIZE}, 100 unless said."
    cursor_query_description = "Where to go on. Follow `next` and `previous` rather than making one."
    ordering = "id"

    def get_page_size(self, request: Request) -> int:
        """The number of rows asked for. A ValidationError when it is none from 1 to 500."""
        value = request.query_params.get("page_size")
        if value is None:
            return type(self).page_size
        # isdecimal alone would let other scripts' digits through, which the schema does not promise.
        if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= MAX_PAGE_SIZE):
            raise ValidationError(
                {"page_size": f"Expected a whole number from 1 to {MAX_PAGE_SIZE}, got {value[:40]!r}."}
            )
        return int(value)

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the address. A ValidationError when it is not one of ours."""
        message = {
            "cursor": "Expected a cursor from a link `next` or `previous` of this list. Begin again without one."
        }
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError(message) from error
        position = None if cursor is None or cursor.position is None else str(cursor.position)
        if position is not None and not (position.isascii() and position.isdecimal() and len(position) < 19):
            raise ValidationError(message)
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The two parameters, with the bounds of `page_size`."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == "page_size":
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": 100}
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The shape of a page."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }
