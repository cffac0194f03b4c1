"""What the API lets through: looking at what catalog.permissions lets this person see, and nothing else."""

from typing import TYPE_CHECKING, Any, final

from django.db.models import Model, QuerySet
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from catalog.permissions import Verb, permitted
from explorer.names import is_uuid

if TYPE_CHECKING:
    # rest_framework.views imports this module, which its settings name.
    from rest_framework.views import APIView


class PolicyFiltered:
    """For views over rows: makes sure that they see those only which the policy lets the person see.

    A view says what it could show in `get_rows`; `get_queryset` cannot be overridden, so no view forgets to ask.
    """

    # Query parameters that name by uuid what is looked into; a uuid there counts as a followed link.
    link_parameters: tuple[str, ...] = ()

    # Given by the view class beside this one.
    request: Any
    kwargs: dict[str, Any]

    def get_rows(self) -> QuerySet[Any, Any]:
        """All rows that this view could show, were there no policy."""
        raise NotImplementedError(f"{type(self).__name__} must say in get_rows() which rows it is about.")

    @final
    def get_queryset(self) -> QuerySet[Any, Any]:
        """Those of the rows that the person may see."""
        rows = self.get_rows()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return permitted(self.request.user, Verb.VIEW, rows, by_link=self.is_by_link())

    def is_by_link(self) -> bool:
        """Whether the caller named what they ask for by its uuid, which cannot be guessed."""
        if (name := self.kwargs.get("name")) is not None:
            return is_uuid(str(name))
        return any(is_uuid(self.request.query_params.get(key, "")) for key in self.link_parameters)


class PolicyPermission(BasePermission):
    """The default of every view: a PolicyFiltered one may be read. Writing, and a view that never asks the policy, is refused.

    A view without rows says `permission_classes = [OpenToAll]`, in plain sight.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse what is not reading, and views that could show what the policy hides."""
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        return request.method in SAFE_METHODS and isinstance(view, PolicyFiltered)

    def has_object_permission(self, request: Request, view: "APIView", obj: Model) -> bool:
        """The row came out of the filtered queryset, so it was asked for already."""
        return isinstance(view, PolicyFiltered)


class OpenToAll(BasePermission):
    """For what is no secret: the list of addresses, the schema, its page."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Reading is free."""
        return request.method in SAFE_METHODS
