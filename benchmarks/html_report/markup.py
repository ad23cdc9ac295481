"""HTML and SVG elements from Python: what is not made here is escaped, so no name in a result can become markup."""

from __future__ import annotations

import html

Value = str | int | float | bool | None


class Markup(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def el(name: str, *children: str | int | float | None, **attributes: Value) -> Markup:
    """One element; children that are no Markup are escaped, None is left out.

    Args:
        name: of the element, as 'td'; one of the elements without an end tag has no children.
        children: text and elements.
        attributes: 'class_' and 'for_' lose their underscore, others become dashes (data_of → data-of); True is an
            attribute without value, None and False leave it out. Numbers are rounded to two decimals.
    """
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in ("input", "meta", "br", "col"):
        return Markup(start)
    return Markup(f"{start}{join(children)}</{name}>")


def join(children: object) -> Markup:
    """Children behind one another, each escaped unless it is Markup."""
    parts = children if isinstance(children, list | tuple) else [*children]  # type: ignore[misc]
    return Markup("".join(escaped(part) for part in parts if part is not None))


def escaped(part: object) -> Markup:
    """Text as HTML text, fit for attributes too; Markup as it is."""
    return part if isinstance(part, Markup) else Markup(html.escape(str(part), quote=True))


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    name = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}.get(name, name)
    if value is True:
        return f" {name}"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(text, quote=True)}"'
