"""CEL's grammar → a tree, for the part of the language that conditions mostly use.

What it does not know (byte strings, escapes, unsigned numbers, maps, messages, comprehensions) raises `Unsupported`,
and the caller leaves the whole expression to the CEL library, which is also the judge of syntax errors.
Source: cel-spec, doc/langdef.md, "Syntax" and "Precedence".
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)(?![\w.])
      | (?P<int>0[xX][0-9a-fA-F]+|\d+)(?![\w.])
      | (?P<string>"[^"\\\n]*"|'[^'\\\n]*')(?!["'])
      | (?P<name>[A-Za-z_]\w*)(?!["'])
      | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE | re.ASCII,
)
_LEVELS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">", "in"), ("+", "-"), ("*", "/", "%"))  # loosest first
_CONSTANTS = {"true": True, "false": False, "null": None}


class Unsupported(Exception):
    """The expression is beyond this subset; it may still be good CEL."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: int, float, str, bool or None."""

    value: int | float | str | bool | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`."""

    operand: "Node"
    field: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """An operator (`_&&_`, `!_`, `_?_:_`, `[_]`), a function, or a method (its receiver is the first argument)."""

    function: str
    arguments: tuple["Node", ...]
    at: int = 0


Node = Literal | Name | Select | Call


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


_END = "end"


def parse(text: str) -> Node:
    """The tree of `text`.

    Raises:
        Unsupported: it is beyond this subset, or no CEL at all.
    """
    parser = _Parser(_tokens(text))
    tree = parser.ternary()
    parser.expect(_END)
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise Unsupported(f"{text[at]!r} at {at}")
        if found.lastgroup != "space":
            kind = found.group() if found.lastgroup == "operator" or found.group() == "in" else found.lastgroup
            tokens.append(_Token(kind, found.group(), at))
        at = found.end()
    return [*tokens, _Token(_END, "", len(text))]


class _Parser:
    """Recursive descent, one method a level of precedence."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def _kind(self) -> str:
        return self._tokens[self._next].kind

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def expect(self, kind: str) -> _Token:
        if self._kind != kind:
            raise Unsupported(f"{self._kind!r} where {kind!r} was expected")
        return self._take()

    def ternary(self) -> Node:
        condition = self._binary()
        if self._kind != "?":
            return condition
        at = self._take().at
        yes = self._binary()
        self.expect(":")
        return Call("_?_:_", (condition, yes, self.ternary()), at)

    def _binary(self, level: int = 0) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._kind in _LEVELS[level]:
            token = self._take()
            left = Call(f"_{token.kind}_", (left, self._binary(level + 1)), token.at)
        return left

    def _unary(self) -> Node:
        if self._kind not in ("!", "-"):
            return self._member()
        token = self._take()
        operand = self._unary()
        if token.kind == "-" and isinstance(operand, Literal) and type(operand.value) in (int, float):
            return Literal(-operand.value, token.at)  # type: ignore[operator]
        return Call(f"{token.kind}_", (operand,), token.at)

    def _member(self) -> Node:
        node = self._primary()
        while self._kind in (".", "["):
            if self._take().kind == "[":
                node = Call("_[_]", (node, self.ternary()), self.expect("]").at)
                continue
            field = self.expect("name")
            if self._kind == "(":
                node = Call(field.text, (node, *self._arguments("(", ")")), field.at)
            else:
                node = Select(node, field.text, field.at)
        return node

    def _primary(self) -> Node:
        if self._kind == "[":
            at = self._tokens[self._next].at
            return Call("[]", self._arguments("[", "]"), at)
        token = self._take()
        if token.kind == "(":
            node = self.ternary()
            self.expect(")")
            return node
        if token.kind == "name" and self._kind == "(":
            return Call(token.text, self._arguments("(", ")"), token.at)
        if token.kind == "name" and token.text not in _CONSTANTS:
            return Name(token.text, token.at)
        return Literal(_constant(token), token.at)

    def _arguments(self, opening: str, closing: str) -> tuple[Node, ...]:
        self.expect(opening)
        arguments: list[Node] = []
        while self._kind != closing:
            if arguments:
                self.expect(",")
            arguments.append(self.ternary())
        self._take()
        return tuple(arguments)


def _constant(token: _Token) -> int | float | str | bool | None:
    if token.kind == "int":
        return int(token.text, 16 if token.text[:2] in ("0x", "0X") else 10)
    if token.kind == "double":
        return float(token.text)
    if token.kind == "string":
        return token.text[1:-1]
    if token.kind == "name":
        return _CONSTANTS[token.text]
    raise Unsupported(f"{token.text!r} at {token.at}")
