"""The admin's door: what a person sees and may do here is what catalog.permissions says, nothing else.

Django's own model permissions play no part, with one exception: who may add a collection, which belongs to nobody yet
(`catalog.add_collection`). Anybody with `is_staff` and a role in some collection finds that collection here.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest

from catalog.models import Membership
from catalog.permissions import LEAST_VERB, PATH_TO_COLLECTION, ROLES_THAT_MAY, Verb, can, is_trusted, permitted

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline
else:
    # Django's classes take no type arguments at run time.

    class _ModelAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, model: Any) -> Any:
            return cls

    class _TabularInline(admin.TabularInline):
        def __class_getitem__(cls, models: Any) -> Any:
            return cls


# A page that asks "are you sure?" names so many; eighty thousand names help nobody to be.
MAX_NAMES_LISTED = 100

ModelT = TypeVar("ModelT", bound=Model)
ParentT = TypeVar("ParentT", bound=Model)


def may(request: HttpRequest, verb: Verb, obj: Model | type[Model]) -> bool:
    """Whether the person may do the verb with this object or, given a model, with anything of that kind by a role.

    Django asks the same question many times a page, so the answer is kept with the request.
    """
    user = request.user
    if is_trusted(user):
        return True
    answers: dict[tuple[object, ...], bool] = request.META.setdefault("galaxy.policy", {})
    if isinstance(obj, Model):
        key: tuple[object, ...] = (verb, type(obj), obj.pk)
        if key not in answers:
            answers[key] = can(user, verb, obj)
        return answers[key]
    verb = max(verb, LEAST_VERB.get(obj, Verb.VIEW), key=list(Verb).index)
    if (verb,) not in answers:
        roles = Membership.objects.filter(user=user.pk, role__in=ROLES_THAT_MAY[verb])
        answers[verb,] = user.is_active and roles.exists()
    return answers[verb,]


def person_of(request: HttpRequest) -> User | None:
    """Who asks; None for nobody who is logged in."""
    return request.user if isinstance(request.user, User) else None


def signed_in(request: HttpRequest) -> User:
    """Who asks, where a deed has to be somebody's. Raises PermissionDenied for nobody."""
    if (person := person_of(request)) is None:
        raise PermissionDenied("Log in first.")
    return person


class PolicyAdmin(_ModelAdmin[ModelT]):
    """A ModelAdmin that asks catalog.permissions.

    `change_verb` and `delete_verb` say what changing and deleting take; None means that nobody does it here, because a
    service owns the rows. Adding is off unless a subclass says otherwise.
    """

    change_verb: ClassVar[Verb | None] = None
    delete_verb: ClassVar[Verb | None] = None
    form_labels: ClassVar[dict[str, str]] = {}
    """What fields are called on forms, where the model's own word says too little."""

    index_order: ClassVar[int] = 100
    """Where the index lists it: small numbers first (galaxy_site.admin_site)."""

    class Media:
        css = {"all": ["catalog_admin/catalog.css"]}

    list_per_page = 50
    # "Show all" and the count of all rows cost a scan of a table that may hold a million.
    list_max_show_all = 0
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelT]:
        """What the person may view."""
        return permitted(request.user, Verb.VIEW, super().get_queryset(request))

    def page_context(self, request: HttpRequest, obj: ModelT) -> dict[str, Any]:
        """What else the page of an object shows, for subclasses to say."""
        return {}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Django's, with `page_context` where there is an object already."""
        if (obj := context["original"]) is not None:
            context |= self.page_context(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether it is on the index at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ModelT | None = None) -> bool:
        """Verb `view`."""
        return self._allows(request, Verb.VIEW, obj)

    def has_change_permission(self, request: HttpRequest, obj: ModelT | None = None) -> bool:
        """The class's `change_verb`."""
        return self._allows(request, self.change_verb, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ModelT | None = None) -> bool:
        """The class's `delete_verb`."""
        return self._allows(request, self.delete_verb, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody, unless a subclass says otherwise."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With `form_labels`."""
        return super().get_form(request, obj, change=change, **{"labels": self.form_labels, **kwargs})

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Only what the person may curate can be chosen."""
        model = db_field.related_model
        if model in PATH_TO_COLLECTION:
            kwargs["queryset"] = permitted(request.user, Verb.CURATE, model._default_manager.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The things themselves and how much goes with them.

        Django would load and list every row that hangs on them, which for a collection is millions, and would ask each kind's
        own delete permission, though all of it belongs to the same collection.
        """
        things = list(objs)
        keys = {thing.pk for thing in things}
        allowed: QuerySet[Any] = self.model._default_manager.filter(pk__in=keys)
        allowed = permitted(request.user, self.delete_verb, allowed) if self.delete_verb else allowed.none()
        missing = set() if allowed.count() == len(keys) else {str(self.opts.verbose_name)}
        names = [str(thing) for thing in things[:MAX_NAMES_LISTED]]
        if len(things) > MAX_NAMES_LISTED:
            names.append(f"and {len(things) - MAX_NAMES_LISTED:,} more")
        return names, {str(self.opts.verbose_name_plural): len(things), **self.count_dependents(things)}, missing, []

    def save_model(self, request: HttpRequest, obj: ModelT, form: ModelForm[Any], change: bool) -> None:
        """Writes only what the form changed: a worker may have written the rest since the page was opened, or somebody else."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        if kept := getattr(form, "kept", None):
            text = f"Somebody else has changed {', '.join(kept)} since you opened the page; that stays."
            self.message_user(request, text, messages.WARNING)
        ours = [field for field in self.opts.concrete_fields if field.name in form.changed_data]
        if ours:
            times = [field.name for field in self.opts.concrete_fields if getattr(field, "auto_now", False)]
            obj.save(update_fields=[*(field.name for field in ours), *times])

    def count_dependents(self, things: Iterable[ModelT]) -> dict[str, int]:
        """What is worth telling of all that goes with these things when they are deleted: plural name -> how many."""
        return {}

    def _allows(self, request: HttpRequest, verb: Verb | None, obj: ModelT | None) -> bool:
        return verb is not None and may(request, verb, self.model if obj is None else obj)


class PolicyInline(_TabularInline[ModelT, ParentT]):
    """Rows of a parent, seen with it; changed by whoever may do `edit_verb` with the parent, or by nobody."""

    edit_verb: ClassVar[Verb | None] = None
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may look at rows of this kind; the parent's own admin has already asked about the parent."""
        return may(request, LEAST_VERB.get(self.model, Verb.VIEW), self.parent_model if obj is None else obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The class's `edit_verb`, for the parent."""
        return self._may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The class's `edit_verb`, for the parent."""
        return self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The class's `edit_verb`, for the parent."""
        return self._may_edit(request, obj)

    def _may_edit(self, request: HttpRequest, parent: Any) -> bool:
        return self.edit_verb is not None and may(
            request, self.edit_verb, self.parent_model if parent is None else parent
        )


class _TrustedOnly:
    """Nobody's but the superusers', and by default theirs to read alone."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return is_trusted(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return is_trusted(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class TrustedAdmin(_TrustedOnly, _ModelAdmin[ModelT]):
    """What no role opens, such as money and keys."""

    index_order: ClassVar[int] = 100


class TrustedInline(_TrustedOnly, _TabularInline[ModelT, ParentT]):
    """The same, inside the page of such a thing."""
