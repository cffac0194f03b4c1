"""Large numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def count(value: int) -> str:
    """4012 -> 4,012."""
    return f"{value:,}"
