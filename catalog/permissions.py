"""Who may do what with what. Every door (admin, API, page, media) asks here and nowhere else.

A person has at most one role in a collection; each role may do what the lesser ones may:

============  ======  ===========  =======  =====
verb          viewer  contributor  curator  owner
============  ======  ===========  =======  =====
view          yes     yes          yes      yes
contribute    no      yes          yes      yes
curate        no      no           yes      yes
manage        no      no           no       yes
============  ======  ===========  =======  =====

Superusers may do everything, inactive people nothing. Without a role one may at most `view`: what is public, and what is
"by link" if the link was followed (`by_link`: the caller was given the object's uuid, which cannot be guessed, rather than
its slug). A galaxy is never more visible than its collection. Hidden images and clusters, and labels that no visible image
carries, are seen by roles only; so are images that no publication for those who ask would show (`_fit_for`). Jobs, builds, refusals
and changes are never public.
"""

from enum import StrEnum
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact, IsNull

from catalog.models import (
    Build,
    Change,
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Image,
    Job,
    Label,
    Membership,
    Position,
    Publication,
    Refusal,
    Role,
    Visibility,
    find_verdict,
)

User = Person | AnonymousUser
ModelT = TypeVar("ModelT", bound=Model)


class Verb(StrEnum):
    """What a person may want to do."""

    VIEW = "view"
    CONTRIBUTE = "contribute"
    CURATE = "curate"
    MANAGE = "manage"


ROLES_THAT_MAY: dict[Verb, frozenset[str]] = {
    Verb.VIEW: frozenset({Role.OWNER, Role.CURATOR, Role.CONTRIBUTOR, Role.VIEWER}),
    Verb.CONTRIBUTE: frozenset({Role.OWNER, Role.CURATOR, Role.CONTRIBUTOR}),
    Verb.CURATE: frozenset({Role.OWNER, Role.CURATOR}),
    Verb.MANAGE: frozenset({Role.OWNER}),
}

# How to come from each kind of object to the collection whose roles decide.
PATH_TO_COLLECTION: dict[type[Model], str] = {
    Collection: "",
    Membership: "collection",
    Image: "collection",
    Label: "collection",
    Galaxy: "collection",
    Cluster: "galaxy__collection",
    Build: "galaxy__collection",
    Publication: "galaxy__collection",
    Change: "collection",
    Refusal: "collection",
    Job: "collection",
}

# These tell of the house's inside (paths, errors, who works here), so looking at them takes more than looking.
LEAST_VERB: dict[type[Model], Verb] = {
    Job: Verb.CONTRIBUTE,
    Refusal: Verb.CONTRIBUTE,
    Build: Verb.CONTRIBUTE,
    Change: Verb.CONTRIBUTE,
    Membership: Verb.MANAGE,
}


def is_trusted(user: User) -> bool:
    """Whether the person is an active superuser, who may do everything."""
    return user.is_active and user.is_superuser


def may_use_vision(user: User) -> bool:
    """Whether the person may have pictures annotated at /v1/images:annotate: superusers, and who was given the permission."""
    return user.has_perm("catalog.use_vision")


def permitted(user: User, verb: Verb, queryset: QuerySet[ModelT], *, by_link: bool = False) -> QuerySet[ModelT]:
    """Those rows of a queryset with which the person may do the verb.

    Parameters
    ----------
    user
        Who asks; an AnonymousUser has no roles.
    verb
        What for. Raised to LEAST_VERB of the model where that is more.
    queryset
        Of a model in PATH_TO_COLLECTION; any other is a KeyError, so that a new model must be thought about here.
    by_link
        Whether the caller named the object by its uuid.
    """
    path = PATH_TO_COLLECTION[queryset.model]
    if is_trusted(user):
        return queryset
    verb = max(verb, LEAST_VERB.get(queryset.model, Verb.VIEW), key=list(Verb).index)
    condition = _by_role(user, verb, path)
    if verb is Verb.VIEW:
        condition |= _open_to_all(queryset.model, path, by_link=by_link)
    return queryset.filter(condition)


def permitted_by_role(user: User, verb: Verb, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Those rows with which the person may do the verb because of a role, whatever is open to all besides.

    For what even public things show to their own people only, such as how far the annotation of an image came.
    """
    path = PATH_TO_COLLECTION[queryset.model]
    if is_trusted(user):
        return queryset
    verb = max(verb, LEAST_VERB.get(queryset.model, Verb.VIEW), key=list(Verb).index)
    return queryset.filter(_by_role(user, verb, path))


def can(user: User, verb: Verb, obj: Model, *, by_link: bool = False) -> bool:
    """Whether the person may do the verb with this object."""
    queryset = type(obj)._default_manager.filter(pk=obj.pk)
    return permitted(user, verb, queryset, by_link=by_link).exists()


def require(user: User, verb: Verb, obj: Model, *, by_link: bool = False) -> None:
    """Raise PermissionDenied, saying what was missing, unless the person may do the verb with this object."""
    if not can(user, verb, obj, by_link=by_link):
        raise PermissionDenied(f"You may not {verb} this {obj._meta.verbose_name}.")


def _by_role(user: User, verb: Verb, path: str) -> Q:
    """The condition under which a person's role lets them do the verb with a row."""
    if not (user.is_authenticated and user.is_active):
        return Q(pk__in=[])
    memberships = Membership.objects.filter(user=user, role__in=ROLES_THAT_MAY[verb])
    return Q(**{f"{path or 'pk'}__in": memberships.values("collection")})


def _open_to_all(model: type[Model], path: str, *, by_link: bool) -> Q:
    """The condition under which a row may be viewed without a role."""
    if model not in {Collection, Image, Label, Galaxy, Cluster}:
        return Q(pk__in=[])
    visibilities = [Visibility.PUBLIC, Visibility.LINK] if by_link else [Visibility.PUBLIC]
    prefix = f"{path}__" if path else ""
    condition = Q(**{f"{prefix}visibility__in": visibilities})
    if model is Image:
        condition &= Q(hidden=False) & _fit_for(visibilities)
    elif model is Galaxy:
        condition &= Q(visibility__in=visibilities)
    elif model is Cluster:
        condition &= Q(hidden=False, galaxy__visibility__in=visibilities)
    elif model is Label:
        carried = EffectiveLabel.objects.filter(_fit_for(visibilities, "image__"), image__hidden=False)
        condition &= Q(Exists(carried.filter(label=OuterRef("pk"))))
    return condition


def _fit_for(visibilities: list[Visibility], image: str = "") -> Q:
    """The condition under which an image may be shown to people without a role: what publishing shows them, and nothing else.

    That is what safe search calls safe; what it has not looked at where nobody need look (a library that is open by link only), or
    where somebody said so of what is published; and what is unsafe where a galaxy that they may see leaves nothing out.
    """
    shown = Position.objects.filter(
        image=OuterRef(f"{image}pk"),
        build__galaxy__visibility__in=visibilities,
        build__publications__current_of__isnull=False,
    )
    unlooked = Q(build__publications__despite_safe_search=True) | Q(build__galaxy__visibility=Visibility.LINK)
    verdict = find_verdict(image)
    return (
        Q(Exact(verdict, Value(False)))
        | Q(IsNull(verdict, True))
        & (Q(**{f"{image}collection__visibility": Visibility.LINK}) | Q(Exists(shown.filter(unlooked))))
        | Q(Exact(verdict, Value(True))) & Q(Exists(shown.filter(build__galaxy__hide_unsafe=False)))
    )
