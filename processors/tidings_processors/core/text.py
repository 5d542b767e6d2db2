"""What a notification says: Jinja2 templates over an event's fields, one text for each locale.

Sandboxed: a rule's author cannot reach Python's internals, load files or spin for long; a field that is null renders as
nothing, one that does not exist is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import new_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .cel.kinds import Kind
from .formats import FILTERS, LOCALE, ZONE, locale_of, zone_of

#: Longest title and body, in characters; longer ones are cut, with an ellipsis.
MAX_TITLE, MAX_BODY = 200, 4000
#: Longest template and longest product of a `*` in one, in characters.
MAX_TEMPLATE = 8000
DEFAULT_LOCALE = "en"


class BadText(ValueError):
    """A template that does not compile. `line` is 1-based; `token` is the offending word, if it is known."""

    def __init__(self, message: str, line: int = 1, token: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.token = token


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"{operator} is for numbers only, and ** is not there")
        return super().call_binop(context, operator, left, right)


def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, finalize=lambda value: "" if value is None else value)
    environment.globals.clear()
    environment.filters |= FILTERS
    return environment


_ENVIRONMENT = _environment()


class Reader(NamedTuple):
    """How the reader of a text wants times and numbers."""

    locale: Locale
    zone: tzinfo


def compile_template(source: str, kinds: Mapping[str, Kind]) -> Template:
    """Compiles a template whose variables are `kinds`.

    Raises:
        BadText: no sound template, an unknown field or filter, or a statement that reaches outside.
    """
    if len(source) > MAX_TEMPLATE:
        raise BadText(f"the template has {len(source)} characters, at most {MAX_TEMPLATE} are allowed")
    try:
        tree = _ENVIRONMENT.parse(source)
        template = _ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as error:
        raise BadText(f"no sound template: {error.message}", error.lineno) from None
    for banned in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        raise BadText(f"{type(banned).__name__.lower()} is not allowed: a text stands alone", banned.lineno)
    _check_names(tree, kinds)
    return template


def render(template: Template, variables: Mapping[str, Any], reader: Reader) -> str:
    """The template's text for one event and reader. Raises whatever the template raises for it."""
    everything = {**variables, LOCALE: reader.locale, ZONE: reader.zone}
    # Not `template.new_context`, which copies the names of globals each time; this environment has none.
    context = new_context(template.environment, template.name, template.blocks, everything, shared=True, globals=None)
    return "".join(template.root_render_func(context))


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body in one locale."""

    locale: str
    title: Template
    body: Template

    def render(self, variables: Mapping[str, Any], reader: Reader) -> tuple[str, str]:
        """(title, body); the title on one line. Raises whatever the templates raise for this event."""
        title = " ".join(render(self.title, variables, reader).split())
        if not title:
            raise ValueError("the title is empty")
        return _cut(title, MAX_TITLE), _cut(render(self.body, variables, reader), MAX_BODY)


@dataclass(frozen=True, slots=True)
class Texts:
    """A rule's texts by locale, in the order of the rule."""

    by_locale: Mapping[str, Text]

    def pick(self, tag: str) -> Text:
        """The text for a reader of this locale: de-AT → de → en → the rule's first."""
        for candidate in fallbacks(tag):
            if candidate in self.by_locale:
                return self.by_locale[candidate]
        return next(iter(self.by_locale.values()))


@lru_cache(4096)
def fallbacks(tag: str) -> tuple[str, ...]:
    """Locales to try for a BCP 47 tag, most special first, in `canonical` form."""
    parts = canonical(tag).split("-")
    return (*("-".join(parts[:length]) for length in range(len(parts), 0, -1)), DEFAULT_LOCALE)


def canonical(tag: str) -> str:
    """A tag as it is compared: lower case, `-` between its parts."""
    return tag.replace("_", "-").lower()


@lru_cache(4096)
def reader_of(text_locale: str, tag: str, time_zone: str) -> Reader:
    """How to write times and numbers for someone of this locale and zone: in the language of the text always."""
    same_language = canonical(tag).split("-")[0] == text_locale.split("-")[0]
    return Reader(locale_of(tag if same_language else text_locale), zone_of(time_zone))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _check_names(tree: nodes.Template, kinds: Mapping[str, Kind]) -> None:
    for name in sorted(meta.find_undeclared_variables(tree)):
        if name not in kinds:
            line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), 1)
            raise BadText(f"the event has no field {name!r}; known: {', '.join(sorted(kinds))}", line, name)
    for node in tree.find_all(nodes.Getattr):
        owner = kinds.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if owner is not None and owner.name == "record" and node.attr not in owner.fields:
            known = ", ".join(sorted(owner.fields))
            raise BadText(f"there is no {node.attr!r} in it; known: {known}", node.lineno, node.attr)
