"""What the API lets through: what catalog.permissions lets this person do, and nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from django.db.models import Model, QuerySet
from rest_framework.exceptions import MethodNotAllowed, NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from catalog.models import Collection, Scope
from catalog.permissions import Verb, can, grant_of, permitted, permitted_by_role, scope_for
from explorer.api.codes import RoleRequired, ScopeMissing
from explorer.names import is_uuid

if TYPE_CHECKING:
    # rest_framework.views imports this module, which its settings name.
    from rest_framework.views import APIView


class PolicyFiltered:
    """For views over rows: makes sure that they see those only which the policy lets the person see.

    A view says what it could show in `get_rows`; `get_queryset` cannot be overridden, so no view forgets to ask.
    """

    # What each action of a viewset, or each method (in small letters) of another view, is to the policy. What is not here is refused.
    verbs: Mapping[str, Verb] = MappingProxyType(dict.fromkeys(("list", "retrieve", "get", "metadata"), Verb.VIEW))
    # What a key needs for an action, where that is not what the verb needs (`catalog.permissions.scope_for`).
    scopes: Mapping[str, Scope] = MappingProxyType({})

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
        # A key that may do the deed finds what to do it with, though it has not the scope read besides.
        action = self.asked_action()
        scope = self.scopes.get(action) or scope_for(self.verbs.get(action, Verb.VIEW))
        return permitted(self.request.user, Verb.VIEW, rows, by_link=self.is_by_link(), scope=scope)

    def asked_action(self) -> str:
        """What is asked of the view: the action of a viewset, the method of another view; HEAD is a GET, OPTIONS asks for `metadata`."""
        action = getattr(self, "action", None) or str(self.request.method).lower()
        return {"head": "get", "options": "metadata"}.get(action, action)

    def is_by_link(self) -> bool:
        """Whether the caller named what they ask for by its uuid, which cannot be guessed."""
        if (name := self.kwargs.get("name")) is not None:
            return is_uuid(str(name))
        return any(is_uuid(self.request.query_params.get(key, "")) for key in self.link_parameters)


class VerbPermission(BasePermission):
    """The default of every view: a PolicyFiltered one may do what its `verbs` name. Whatever is not named is refused.

    A view without rows says `permission_classes = [OpenToAll]`, in plain sight.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse what the view does not name, who is a stranger and wants to write, and keys without the scope."""
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        if not isinstance(view, PolicyFiltered):
            return False
        action = view.asked_action()
        verb = view.verbs.get(action)
        if verb is None or (request.method not in SAFE_METHODS and not request.user.is_authenticated):
            return False
        require_scope(request, view.scopes.get(action) or scope_for(verb))
        return True

    def has_object_permission(self, request: Request, view: "APIView", obj: Model) -> bool:
        """The row came out of the filtered queryset, so looking was asked for already; everything else is asked here."""
        if not isinstance(view, PolicyFiltered):
            return False
        verb, scope = view.verbs[view.asked_action()], view.scopes.get(view.asked_action())
        return verb is Verb.VIEW or can(request.user, verb, obj, by_link=view.is_by_link(), scope=scope)


def require_scope(request: Request, scope: Scope) -> None:
    """Raise ScopeMissing if the caller came by a key that lacks the scope."""
    grant = grant_of(request.user)
    if grant is not None and scope not in grant.scopes:
        raise ScopeMissing(f"This needs a key with the scope {scope}; this one has {', '.join(sorted(grant.scopes))}.")


def require_verb(request: Request, verb: Verb, obj: Model, *, scope: Scope | None = None) -> None:
    """Raise ScopeMissing or PermissionDenied unless the caller may do the verb with what they may already see."""
    require_scope(request, scope or scope_for(verb))
    if not can(request.user, verb, obj, scope=scope):
        raise PermissionDenied(f"You may not {verb} this {obj._meta.verbose_name}.")


def find_collection(request: Request, name: str, verb: Verb, *, scope: Scope | None = None) -> Collection:
    """The collection of that slug or uuid, for somebody with a role in which they may do the verb.

    For what a query parameter or a body names, and what even of a public collection is for its own people.

    Parameters
    ----------
    scope
        What a key needs, if not what the verb needs (`scope_for`).

    Raises
    ------
    ValidationError
        No name was given.
    ScopeMissing
        The key does not open this, whatever its owner may.
    NotFound
        There is none of that name, or none that the caller may see: in the same words.
    RoleRequired, PermissionDenied
        They may look at it and have no role, or a lesser one.
    """
    require_scope(request, scope or scope_for(verb))
    if not name:
        raise ValidationError({"collection": "Expected the name or the uuid of a collection, got none."})
    by_link = is_uuid(name)
    rows = Collection.objects.filter(**{"uuid" if by_link else "slug": name})
    if found := permitted_by_role(request.user, verb, rows, scope=scope).first():
        return found
    if not permitted(request.user, Verb.VIEW, rows, by_link=by_link, scope=scope).exists():
        raise NotFound(f"There is no collection {name}, or none that you may see.")
    if not permitted_by_role(request.user, Verb.VIEW, rows, scope=scope).exists():
        raise RoleRequired(f"This is for people with a role in the collection {name}.")
    raise PermissionDenied(f"You may not {verb} this collection.")


class OpenToAll(BasePermission):
    """For what is no secret: the list of addresses, the schema, its page."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Reading is free."""
        return request.method in SAFE_METHODS
