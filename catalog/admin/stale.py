"""Forms that were open while somebody else saved: what visitors may see is never undone by accident."""

from typing import Any, ClassVar, TypeVar

from django import forms
from django.db.models import Model

__all__ = ["WatchedForm"]

ModelT = TypeVar("ModelT", bound=Model)


class WatchedForm(forms.ModelForm[ModelT]):
    """A form that remembers from what some of its fields started.

    What somebody else changed meanwhile stays, unless this form changes it too and otherwise; then it is refused. A form that is posted
    without what it started from, as a program does, counts as filled in just now.
    """

    watched: ClassVar[tuple[str, ...]] = ()
    """Fields that say who sees what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[str] = []
        """What these fields are called that somebody else changed, and that stay so."""
        self._watched = [name for name in self.watched if name in self.fields]
        if not self.is_bound or any(self[name].html_initial_name in self.data for name in self._watched):
            for name in self._watched:
                self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Compare what each field started from with what it is now."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self._watched if self.instance.pk else []:
            bound, now = self[name], self.initial.get(name)
            if not bound.field.show_hidden_initial or name not in cleaned:
                continue
            started = bound.field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
            if not bound.field.has_changed(now, started):
                continue
            if name not in self.changed_data:
                cleaned[name] = now
                self.kept.append(str(bound.label))
            elif bound.field.has_changed(now, bound.data):
                self.add_error(
                    name,
                    f"Somebody else has changed this to {_in_words(bound.field, now)} since you opened the page. Nothing was saved: open "
                    "the page anew, and change it there if you still want to.",
                )
        return cleaned


def _in_words(field: forms.Field, value: Any) -> str:
    """A value as the form shows it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    names = {str(key): str(name) for key, name in getattr(field, "choices", [])}
    values = value if isinstance(value, list) else [value]
    return "“" + ", ".join(names.get(str(item), str(item)) for item in values) + "”"
