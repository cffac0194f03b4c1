"""Facts about the rows of one page of a list, fetched for all of them at once: the number of queries never grows with the rows."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from catalog.admin.policy import ModelT, PolicyAdmin

__all__ = ["PageAdmin"]


class PageChangeList(ChangeList):
    """A change list that gives each row of its page the facts that `decorate_page` found."""

    def get_results(self, request: HttpRequest) -> None:
        """As Django's, then decorated."""
        super().get_results(request)
        rows = list(self.result_list)
        facts = self.model_admin.decorate_page(request, rows) if rows else {}  # type: ignore[attr-defined]  # of a PageAdmin
        for row in rows:
            row.galaxy_page = {name: values[row.pk] for name, values in facts.items() if row.pk in values}
        self.result_list = rows


class PageAdmin(PolicyAdmin[ModelT]):
    """A PolicyAdmin with `decorate_page`."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Ours."""
        return PageChangeList

    def decorate_page(self, request: HttpRequest, rows: list[ModelT]) -> dict[str, dict[int, Any]]:
        """Facts by name, each by primary key; rows without a fact may be left out."""
        raise NotImplementedError(f"{type(self).__name__} needs decorate_page: facts by name and primary key.")

    def page_value(self, obj: ModelT, name: str, default: Any) -> Any:
        """The fact of that name for a row of the page."""
        return getattr(obj, "galaxy_page", {}).get(name, default)
