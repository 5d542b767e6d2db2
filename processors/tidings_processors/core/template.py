"""Templates: Jinja2 over an event's fields, sandboxed; the plain ones as Python expressions.

Sandboxed: a rule's author cannot reach Python's internals or load files, and what a template makes is bounded
(`bounds`); a field that is null renders as nothing, one that does not exist is an error.

Most texts are words with fields and formats between them, and Jinja takes 3 µs to set up what it needs for more than
that. So a template of nothing but words, fields and this project's formats is also made a Python expression, which says
the same (`tests/unit/processors/test_template.py` holds them against Jinja); all others are rendered by Jinja.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes, pass_context
from jinja2.runtime import Context, new_context

from .bounds import MAX_MADE, BoundedEnvironment, unbounded
from .cel.kinds import Kind
from .formats import FORMATS, Format, Reader

#: Longest template, in characters.
MAX_LENGTH = 8000
_READER = "_reader"  # the context's name for it

Variables = Mapping[str, Any]
Plain = Callable[[Variables, Reader], str]


class BadTemplate(ValueError):
    """A template that does not compile. `line` is 1-based; `token` is the offending word, if it is known."""

    def __init__(self, message: str, line: int = 1, token: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.token = token


def _finalize(value: Any) -> Any:
    return "" if value is None else value


def _filter(function: Format) -> Any:
    @pass_context
    def with_reader(context: Context, value: Any) -> str:
        return _said(function, value, context[_READER])

    return with_reader


def _said(function: Format, value: Any, reader: Reader) -> str:
    return "" if value is None else function(value, reader)


def _environment() -> BoundedEnvironment:
    environment = BoundedEnvironment(undefined=StrictUndefined, finalize=_finalize)
    environment.filters |= {name: _filter(function) for name, function in FORMATS.items()}
    return environment


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class Words:
    """A compiled template.

    Attributes:
        template: Jinja's.
        uses: the variables that it mentions.
        plain: says the same, if it is plain.
        loops: whether it says something as often as an event wants it.
    """

    template: Template
    uses: frozenset[str]
    plain: Plain | None
    loops: bool = False

    def render(self, variables: Variables, reader: Reader) -> str:
        """The text for one event and reader. Raises whatever the template raises for it."""
        if self.plain is None:
            return self.render_by_jinja(variables, reader)
        return self.plain(variables, reader)

    def render_by_jinja(self, variables: Variables, reader: Reader) -> str:
        """`render`, always by Jinja."""
        template = self.template
        everything = {**variables, _READER: reader}
        # Not `template.new_context`, which copies the names of globals each time; this environment has none.
        context = new_context(template.environment, template.name, template.blocks, everything, True, None)
        pieces = template.root_render_func(context)
        return "".join(_enough(pieces) if self.loops else pieces)


def _enough(pieces: Iterable[str]) -> Iterator[str]:
    """What a reader may see of them, and more: texts are cut far before."""
    room = MAX_MADE
    for piece in pieces:
        yield piece
        room -= len(piece)
        if room < 0:
            return


def compile_words(source: str, kinds: Mapping[str, Kind]) -> Words:
    """Compiles a template whose variables are `kinds`.

    Raises:
        BadTemplate: no sound template, an unknown field or filter, a statement that reaches outside, or one that could
        grow without bound.
    """
    if len(source) > MAX_LENGTH:
        raise BadTemplate(f"the template has {len(source)} characters, at most {MAX_LENGTH} are allowed")
    try:
        return _compiled(source, kinds)
    except TemplateSyntaxError as error:
        raise BadTemplate(f"no sound template: {error.message}", error.lineno) from None
    except BadTemplate:
        raise
    except (RecursionError, MemoryError, SyntaxError, ValueError) as error:  # Python's, of depths and long numbers
        raise BadTemplate(f"no sound template: {getattr(error, 'msg', error)}") from None


def _compiled(source: str, kinds: Mapping[str, Kind]) -> Words:
    tree = _ENVIRONMENT.parse(source)
    for banned in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        raise BadTemplate(f"{type(banned).__name__.lower()} is not allowed: a text stands alone", banned.lineno)
    if (refused := unbounded(tree, kinds)) is not None:
        raise BadTemplate(*refused)
    _check_names(tree, kinds)
    template = _ENVIRONMENT.from_string(source)
    return Words(
        template, frozenset(meta.find_undeclared_variables(tree)), _plain(tree), tree.find(nodes.For) is not None
    )


def _check_names(tree: nodes.Template, kinds: Mapping[str, Kind]) -> None:
    for name in sorted(meta.find_undeclared_variables(tree)):
        if name not in kinds:
            line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), 1)
            raise BadTemplate(f"the event has no field {name!r}; known: {', '.join(sorted(kinds))}", line, name)
    for node in tree.find_all(nodes.Getattr):
        owner = kinds.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if owner is not None and owner.name == "record" and node.attr not in owner.fields:
            known = ", ".join(sorted(owner.fields))
            raise BadTemplate(f"there is no {node.attr!r} in it; known: {known}", node.lineno, node.attr)


def _plain(tree: nodes.Template) -> Plain | None:
    """The template as one expression, which is faster than a closure for each piece: half of what a wording takes.

    A template's own words enter the code as literals only.
    """
    formats: dict[str, Any] = {}
    pieces: list[str] = []
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else (output,):
            piece = _piece(node, formats)
            if piece is None:
                return None
            pieces.append(piece)
    plain: Plain = eval(f"lambda variables, reader: ''.join(({''.join(f'{piece}, ' for piece in pieces)}))", formats)
    return plain


def _piece(node: nodes.Node, formats: dict[str, Any]) -> str | None:
    """The expression that says it; what it calls is added to `formats`. None if it is not plain."""
    match node:
        case nodes.TemplateData(data=words):
            return repr(words)
        case nodes.Name(name=name, ctx="load"):
            return f"'' if (value := variables[{name!r}]) is None else str(value)"
        case nodes.Filter(
            node=nodes.Name(name=name), name=format_name, args=[], kwargs=[], dyn_args=None, dyn_kwargs=None
        ) if format_name in FORMATS:
            called = f"format_{format_name}"
            formats[called] = FORMATS[format_name]
            return f"'' if (value := variables[{name!r}]) is None else {called}(value, reader)"
    return None
