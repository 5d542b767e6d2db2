"""YAML with places: the data of a text, and where each piece of it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a YAML node stands; `start` and `end` are indexes of the whole text."""

    line: int
    column: int
    start: int
    end: int
    is_block: bool


class BadYaml(ValueError):
    """The text is no YAML, or a mapping has a key twice. Line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class Document:
    """A YAML text: its data, and the place of each value (or key) by path, such as `("rules", 0, "when")`.

    Raises:
        BadYaml: on construction.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        node, self.data = _read(text)
        self._places = {} if node is None else dict(_walk(node, (), set()))

    def place(self, path: Path) -> Place:
        """The place of the value at `path`, or of the nearest thing around it that is there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._places:
                return self._places[path[:length]]
        return Place(1, 1, 0, len(self.text), False)

    def place_of_key(self, path: Path) -> Place:
        """The place of the key that leads to `path`."""
        return self._places.get((*path, _KEY)) or self.place(path)

    def within(self, path: Path, offset: int) -> tuple[int, int]:
        """(line, column) of a character of the scalar at `path`, as near as its way of quoting lets it be said."""
        place = self.place(path)
        raw = self.text[place.start : place.end]
        value = self._value(path)
        if not place.is_block and "\n" not in raw:
            opening = 1 if raw[:1] in ("'", '"') else 0
            return place.line, place.column + opening + offset
        rest = value[offset:].lstrip()
        found = raw.find(rest.split("\n")[0]) if rest else -1
        return self._line_column(place.start + max(found, 0))

    def token(self, path: Path, token: str) -> tuple[int, int]:
        """(line, column) of a word inside the scalar at `path`; of the scalar if it is not found."""
        place = self.place(path)
        found = re.search(rf"\b{re.escape(token)}\b", self.text[place.start : place.end]) if token else None
        return self._line_column(place.start + found.start()) if found else (place.line, place.column)

    def line_of(self, path: Path, line: int) -> tuple[int, int]:
        """(line, column) of a line, counted from 1, of the scalar at `path`."""
        place = self.place(path)
        if line <= 1 and not place.is_block:
            return place.line, place.column
        return place.line + line - (0 if place.is_block else 1), 1

    def _value(self, path: Path) -> str:
        value = self.data
        for step in path:
            value = value[step]
        return str(value)

    def _line_column(self, index: int) -> tuple[int, int]:
        before = self.text[:index]
        return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


_KEY = "\0key"


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BadYaml(f"no sound YAML: {error.problem or error.context}", line, column) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # characters, dates, depths that cannot be
        raise BadYaml(f"no sound YAML: {error}", 1, 1) from None


def _walk(node: yaml.Node, path: Path, seen: set[int]) -> Iterator[tuple[Path, Place]]:
    place = _place(node)
    if id(node) in seen:  # an alias could make a small text a huge or an endless one
        raise BadYaml("anchors and aliases are not allowed here", place.line, place.column)
    seen.add(id(node))
    yield path, place
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*path, index), seen)
    elif isinstance(node, yaml.MappingNode):
        keys = set()
        for key, value in node.value:
            place = _place(key)
            if key.value in keys:
                raise BadYaml(f"{key.value!r} is here twice", place.line, place.column)
            keys.add(key.value)
            yield (*path, key.value, _KEY), place
            yield from _walk(value, (*path, key.value), seen)


def _place(node: yaml.Node) -> Place:
    start, end = node.start_mark, node.end_mark
    is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return Place(start.line + 1, start.column + 1, start.index, end.index, is_block)
