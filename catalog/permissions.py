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

What the verbs come to:

==================  ====================  ==============================  ======================================  ================
object              view                  contribute                      curate                                  manage
==================  ====================  ==============================  ======================================  ================
collection          see                   import, export, see jobs,       settings, annotate, budget              slug, visibility,
                                          refusals, changes, builds                                               members, delete
image, label        see                   document, occurrences           edit, hide, decide, rename, merge,      delete
                                                                          teach
galaxy, cluster     see                   builds, compare                 settings, build, publish, roll back,    visibility, slug,
                                                                          withdraw, clusters, pins                delete
job, build, change  --                    see                             cancel, undo, accept                    --
batch, taught label
membership          --                    --                              --                                      all
==================  ====================  ==============================  ======================================  ================

Who comes by a key (`Grant`) may do what its owner may, within the key's scopes and, if it has one, its collection: what is public
elsewhere is not seen by it either. `view` needs the scope read, every other verb write, unless the caller says what the deed needs
instead (`scope=`: annotate, publish, or read for looking at what takes a role). A superuser's key is as good as an owner's role in every
collection, and opens nothing that is for superusers only.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact, IsNull

from catalog.models import (
    Batch,
    Build,
    Change,
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Image,
    Job,
    JobNote,
    Label,
    Membership,
    Pin,
    Position,
    Publication,
    Refusal,
    Role,
    Scope,
    TaughtLabel,
    TaughtVersion,
    Tombstone,
    Upload,
    UploadedFile,
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
    JobNote: "job__collection",
    Batch: "collection",
    Upload: "collection",
    UploadedFile: "upload__collection",
    Tombstone: "collection",
    Pin: "galaxy__collection",
    TaughtLabel: "collection",
    TaughtVersion: "taught__collection",
}

# These tell of the house's inside (paths, errors, who works here), so looking at them takes more than looking.
LEAST_VERB: dict[type[Model], Verb] = {
    Job: Verb.CONTRIBUTE,
    Refusal: Verb.CONTRIBUTE,
    Build: Verb.CONTRIBUTE,
    Change: Verb.CONTRIBUTE,
    JobNote: Verb.CONTRIBUTE,
    Batch: Verb.CONTRIBUTE,
    Upload: Verb.CONTRIBUTE,
    UploadedFile: Verb.CONTRIBUTE,
    Tombstone: Verb.CONTRIBUTE,
    Pin: Verb.CONTRIBUTE,
    TaughtLabel: Verb.CONTRIBUTE,
    TaughtVersion: Verb.CONTRIBUTE,
    Membership: Verb.MANAGE,
}


@dataclass(frozen=True)
class Grant:
    """What a key lets its owner do: within these scopes, and in this collection alone if there is one."""

    scopes: frozenset[str]
    collection_id: int | None = None


def grant_to(user: Person, grant: Grant) -> None:
    """Let this person, as long as the object lives, do no more than the grant: they came by a key."""
    user.galaxy_grant = grant  # type: ignore[attr-defined]  # Django's user has no place of its own for it


def grant_of(user: User) -> Grant | None:
    """By what grant the person came; None: by their password, and so with all that they may."""
    return getattr(user, "galaxy_grant", None)


def is_trusted(user: User) -> bool:
    """Whether the person is an active superuser, who may do everything; nobody is who came by a key."""
    return user.is_active and user.is_superuser and grant_of(user) is None


def may_use_vision(user: User) -> bool:
    """Whether the person may have pictures annotated at /v1/images:annotate: superusers, and who was given the permission.

    A key needs the scope annotate for it, and to be for no single collection: that door is no collection's.
    """
    grant = grant_of(user)
    if grant is not None and (Scope.ANNOTATE not in grant.scopes or grant.collection_id is not None):
        return False
    return user.has_perm("catalog.use_vision")


def scope_for(verb: Verb) -> Scope:
    """What a key needs for a verb, where the deed asks for nothing else."""
    return Scope.READ if verb is Verb.VIEW else Scope.WRITE


def permitted(
    user: User, verb: Verb, queryset: QuerySet[ModelT], *, by_link: bool = False, scope: Scope | None = None
) -> QuerySet[ModelT]:
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
    scope
        What a key needs for the deed, if not what the verb as it was asked for needs (`scope_for`): looking at jobs is reading.
    """
    path = PATH_TO_COLLECTION[queryset.model]
    queryset = _granted(user, queryset, path, scope or scope_for(verb))
    if user.is_active and user.is_superuser:
        return queryset
    verb = max(verb, LEAST_VERB.get(queryset.model, Verb.VIEW), key=list(Verb).index)
    condition = _by_role(user, verb, path)
    if verb is Verb.VIEW:
        condition |= _open_to_all(queryset.model, path, by_link=by_link)
    return queryset.filter(condition)


def permitted_by_role(
    user: User, verb: Verb, queryset: QuerySet[ModelT], *, scope: Scope | None = None
) -> QuerySet[ModelT]:
    """Those rows with which the person may do the verb because of a role, whatever is open to all besides.

    For what even public things show to their own people only, such as how far the annotation of an image came.
    """
    path = PATH_TO_COLLECTION[queryset.model]
    queryset = _granted(user, queryset, path, scope or scope_for(verb))
    if user.is_active and user.is_superuser:
        return queryset
    verb = max(verb, LEAST_VERB.get(queryset.model, Verb.VIEW), key=list(Verb).index)
    return queryset.filter(_by_role(user, verb, path))


def can(user: User, verb: Verb, obj: Model, *, by_link: bool = False, scope: Scope | None = None) -> bool:
    """Whether the person may do the verb with this object."""
    queryset = type(obj)._default_manager.filter(pk=obj.pk)
    return permitted(user, verb, queryset, by_link=by_link, scope=scope).exists()


def require(user: User, verb: Verb, obj: Model, *, by_link: bool = False, scope: Scope | None = None) -> None:
    """Raise PermissionDenied, saying what was missing, unless the person may do the verb with this object."""
    if not can(user, verb, obj, by_link=by_link, scope=scope):
        raise PermissionDenied(f"You may not {verb} this {obj._meta.verbose_name}.")


def _granted(user: User, queryset: QuerySet[ModelT], path: str, scope: Scope) -> QuerySet[ModelT]:
    """What is left of a queryset for somebody who came by a key: nothing without the scope, else what lies in its collection."""
    grant = grant_of(user)
    if grant is None:
        return queryset
    if scope not in grant.scopes:
        return queryset.none()
    return queryset if grant.collection_id is None else queryset.filter(**{path or "pk": grant.collection_id})


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
