"""Bodies of requests, within bounds."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from explorer.api.codes import TooLarge

MAX_BODY_BYTES = 4 * 1024**2  # a thousand references with their metadata are a tenth of it


class BoundedJSONParser(BaseParser):
    """JSON of at most 4 MB, as it is written down: NaN is none, and neither is a value too deep to read."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read at most so much, whatever Content-Length said. Raises TooLarge, ParseError."""
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"Expected at most {MAX_BODY_BYTES} bytes of JSON, got more. Send it in parts.")
        try:
            return json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"Expected JSON in UTF-8: {str(error) or 'nested too deep'}.") from error


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
