"""What keeps a template small: an author's mistake must not take a worker's memory, for one worker serves all rules.

What has no bound that can be seen is refused when the rule is read: filters and methods that pad to a width, operators
that repeat a text, buffers that a loop fills, lists kept in lists. What is made of an event's own texts, lists and
numbers is measured before it is made, and ends at `MAX_MADE`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, do_round, make_attrgetter
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_environment

from .cel.kinds import Kind

#: Longest text and list that operators and filters make, in characters and items; an event has at most half of it.
MAX_MADE = 1 << 20
_MAX_BITS = 4096  # of a product of whole numbers
_MAX_DIGITS = 15  # of `round`, either way: a float has no more
#: Jinja's filters that make more of a value than its length tells.
_UNBOUNDED = frozenset(
    ("batch", "center", "forceescape", "format", "indent", "pprint", "slice", "tojson", "urlize", "wordwrap", "xmlattr")
)
_NAMES_A_FILTER = frozenset(("map", "select", "reject"))
#: Methods of texts, times, lists, maps and `loop` whose results are no longer than what they are called on.
_METHODS = frozenset(
    (
        *("capitalize", "casefold", "count", "endswith", "find", "index", "lower", "lstrip", "partition", "rfind"),
        *("removeprefix", "removesuffix", "rindex", "rpartition", "rsplit", "rstrip", "split", "splitlines", "strip"),
        *("startswith", "swapcase", "title", "upper", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit"),
        *("isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper"),
        *("date", "time", "timestamp", "isoformat", "isoweekday", "strftime", "total_seconds", "weekday"),
        *("get", "items", "keys", "values", "changed", "cycle"),
    )
)
_COLLECTIONS = (nodes.List, nodes.Tuple, nodes.Dict)
_BUFFERS = (nodes.AssignBlock, nodes.FilterBlock)
_TEXTS = frozenset(("string", "bytes"))


class Unbounded(NamedTuple):
    """What is refused: why, in which line of the template, and the offending word, if it is one."""

    why: str
    line: int
    token: str = ""


def unbounded(tree: nodes.Template, kinds: Mapping[str, Kind]) -> Unbounded | None:
    """The first thing in a template over `kinds` that could grow without bound; None if there is none."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    texts = {name for name, kind in kinds.items() if kind.name in _TEXTS} - own
    found = (
        *_filters(tree),
        *_calls(tree, own | kinds.keys()),
        *_operators(tree, texts),
        *_statements(tree),
        *_kept(tree),
    )
    return min(found, key=lambda one: one.line, default=None)


def _filters(tree: nodes.Template) -> Iterator[Unbounded]:
    for node in tree.find_all(nodes.Filter):
        named = [arg.value for arg in node.args[:1] if isinstance(arg, nodes.Const)]
        for name in (node.name, *(named if node.name in _NAMES_A_FILTER else ())):
            if name in _UNBOUNDED:
                yield Unbounded(f"the filter {name!r} is not allowed: what it makes has no bound", node.lineno, name)


def _calls(tree: nodes.Template, known: set[str]) -> Iterator[Unbounded]:
    for node in tree.find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name not in known:
            continue  # there is no such name, which is told elsewhere
        called = node.node.attr if isinstance(node.node, nodes.Getattr) else ""
        if called not in _METHODS:
            what = f"{called}() is not allowed" if called else "only methods may be called, by their names"
            yield Unbounded(f"{what}; there are {', '.join(sorted(_METHODS))}", node.lineno, called)


def _operators(tree: nodes.Template, texts: set[str]) -> Iterator[Unbounded]:
    for power in tree.find_all(nodes.Pow):
        yield Unbounded("** is not there", power.lineno)
    for node in tree.find_all((nodes.Mul, nodes.Mod)):
        if any(_is_no_number(side, texts) for side in (node.left, node.right)):
            yield Unbounded(f"{node.operator} is for numbers only", node.lineno)


def _is_no_number(node: nodes.Expr, texts: set[str]) -> bool:
    if isinstance(node, nodes.Const):
        return not isinstance(node.value, int | float)
    return isinstance(node, (nodes.Concat, *_COLLECTIONS)) or (isinstance(node, nodes.Name) and node.name in texts)


def _statements(tree: nodes.Template) -> Iterator[Unbounded]:
    for node in tree.find_all((nodes.Macro, nodes.CallBlock)):
        yield Unbounded("a macro is not allowed: a text stands alone", node.lineno)
    for node in tree.find_all(nodes.EvalContextModifier):
        yield Unbounded("autoescape is not allowed: a text is no HTML", node.lineno, "autoescape")
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            yield Unbounded("a recursive loop is not allowed", loop.lineno, "recursive")
    for buffer in tree.find_all(_BUFFERS):
        if buffer.find(nodes.For) is not None:
            yield Unbounded("a loop within {% set %} or {% filter %} is not allowed", buffer.lineno)


def _kept(tree: nodes.Template) -> Iterator[Unbounded]:
    """Lists of lists of lists: each is small, but what they say doubles with every step."""
    values: list[tuple[nodes.Node, bool]] = [(loop.iter, True) for loop in tree.find_all(nodes.For)]
    values += [(one.node, isinstance(one.target, nodes.Tuple)) for one in tree.find_all(nodes.Assign)]
    values += [(value, False) for one in tree.find_all(nodes.With) for value in one.values]
    for value, is_taken_apart in values:
        held = list(value.find_all(_COLLECTIONS))
        if isinstance(value, _COLLECTIONS) and not is_taken_apart:
            held.append(value)
        if any(one.find(nodes.Name) is not None for one in held):
            yield Unbounded("a list of fields may be looped over, but not kept", value.lineno)


class _Code(CodeGenerator):
    """`~` measures, as all that makes texts does."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("concat(map(str, (")
        for arg in node.nodes:
            self.visit(arg, frame)
            self.write(", ")
        self.write(")))")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with bounds for all that operators and filters make. They raise `SecurityError`."""

    intercepted_binops = frozenset(("+", "*", "%", "**"))
    code_generator_class = _Code

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        filters = {name: function for name, function in FILTERS.items() if name not in _UNBOUNDED}
        self.filters = filters | {"join": _join, "replace": _replace, "round": _round}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """What an operator makes."""
        if isinstance(left, int | float) and isinstance(right, int | float):
            if operator == "*" and _bits(left) + _bits(right) > _MAX_BITS:
                raise SecurityError("a whole number becomes too large")
            if operator != "**":
                return super().call_binop(context, operator, left, right)
        if operator != "+":
            raise SecurityError(f"{operator} is for numbers only, and ** is not there")
        _fits(_size(left) + _size(right))
        return left + right

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """The pieces as one text; no more of them are made than fit."""
        made, size = [], 0
        for piece in pieces:
            size += len(piece)
            _fits(size)
            made.append(piece)
        return "".join(made)


def _bits(value: float) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple) else 0


def _fits(size: int) -> None:
    if size > MAX_MADE:
        raise SecurityError(f"a text or list becomes too long: at most {MAX_MADE:,}")


@pass_environment
def _join(environment: BoundedEnvironment, value: Any, d: str = "", attribute: str | int | None = None) -> str:
    items = value if attribute is None else map(make_attrgetter(environment, attribute), value)
    return environment.concat(
        piece for at, item in enumerate(items) for piece in ((d, str(item)) if at else (str(item),))
    )


def _replace(s: str, old: str, new: str, count: int | None = None) -> str:
    text, old, new = str(s), str(old), str(new)
    times = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    _fits(len(text) + times * (len(new) - len(old)))
    return text.replace(old, new, times)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > _MAX_DIGITS:
        raise SecurityError(f"round: at most {_MAX_DIGITS} digits")
    return do_round(value, precision, method)
