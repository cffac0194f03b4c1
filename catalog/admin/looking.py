"""Form fields that say who looks at a collection's pictures, and what for: on the collection's page, and on its galaxies'."""

from django import forms

from catalog.annotators import Feature, annotator_names
from catalog.models.collection import default_features

__all__ = ["annotator_field", "features_field"]


def annotator_field() -> forms.ChoiceField:
    """One of the annotators there are."""
    return forms.ChoiceField(
        choices=lambda: [(name, name) for name in annotator_names()],
        initial="local",
        help_text="Who looks at the images: local needs no account.",
    )


def features_field() -> forms.MultipleChoiceField:
    """Features, ticked rather than typed."""
    return forms.MultipleChoiceField(
        choices=[(feature.value, feature.value.replace("_", " ").capitalize()) for feature in Feature],
        widget=forms.CheckboxSelectMultiple,
        initial=default_features,
        help_text="What the annotator is asked for. What it cannot look for is shown as “not looked for”.",
    )
