"""A text of rules → rules, or all that is wrong with it, each with line and column."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from tidings_schemas.catalogue import Catalogue

from tidings_processors.core.audience import Audience, BadAudience, Users, compile_topic, followers, users
from tidings_processors.core.cel.kinds import Kind, kind_of
from tidings_processors.core.condition import BadCondition, Condition, compile_condition, variables_of
from tidings_processors.core.template import BadTemplate, Words, compile_words
from tidings_processors.core.text import Text, Texts, canonical

from .places import BadYaml, Document, Path
from .problem import BadRules, Problem
from .rule import Rule
from .rule_set import RuleSet
from .spec import AudienceSpec, DigestSpec, RuleSpec, TextSpec


def read_rules(text: str, catalogue: Catalogue, source: str = "rules.yaml") -> RuleSet:
    """The rules of a text `rules: [ … ]`.

    Args:
        catalogue: the Avro schemas that rules are checked against.
        source: the text's name, for messages.

    Raises:
        BadRules: with every mistake, not only the first.
    """
    document = _document(text, source)
    data = document.data
    if not isinstance(data, dict) or list(data) != ["rules"] or not isinstance(data["rules"], list):
        raise BadRules(source, [Problem(1, 1, "a text of rules is a mapping with one key, rules, that holds a list")])
    compilers = [_Compiler(document, ("rules", index), catalogue) for index in range(len(data["rules"]))]
    rules = [rule for compiler in compilers if (rule := compiler.rule())]
    problems = [problem for compiler in compilers for problem in compiler.problems]
    problems += _duplicates(document, data["rules"])
    if problems:
        raise BadRules(source, problems)
    return RuleSet(rules)


def read_rule(text: str, catalogue: Catalogue, source: str = "rule") -> Rule:
    """The one rule of a text, as the topic `rules` holds it.

    Raises:
        BadRules: as `read_rules`.
    """
    compiler = _Compiler(_document(text, source), (), catalogue)
    rule = compiler.rule()
    if rule is None or compiler.problems:
        raise BadRules(source, compiler.problems)
    return rule


def _document(text: str, source: str) -> Document:
    try:
        return Document(text)
    except BadYaml as error:
        raise BadRules(source, [Problem(error.line, error.column, str(error))]) from None


def _duplicates(document: Document, specs: list[Any]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for index, spec in enumerate(specs):
        name = spec.get("name") if isinstance(spec, dict) else None
        if isinstance(name, str) and name in seen:
            place = document.place(("rules", index, "name"))
            problems.append(Problem(place.line, place.column, "another rule has this name", name))
        elif isinstance(name, str):
            seen.add(name)
    return problems


class _Compiler:
    """Compiles one rule and gathers what is wrong with it."""

    def __init__(self, document: Document, path: Path, catalogue: Catalogue) -> None:
        self._document = document
        self._path = path
        self._catalogue = catalogue
        self._name: str | None = None
        self.problems: list[Problem] = []

    def rule(self) -> Rule | None:
        """The rule; None when its shape is wrong or it has problems."""
        data: Any = self._document.data
        for step in self._path:
            data = data[step]
        self._name = data.get("name") if isinstance(data, dict) and isinstance(data.get("name"), str) else None
        try:
            spec = RuleSpec.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._misshapen(detail)
            return None
        rule = self._compile(spec, data)
        return None if self.problems else rule

    def _compile(self, spec: RuleSpec, data: dict[str, Any]) -> Rule | None:
        if spec.match not in self._catalogue:
            known = ", ".join(sorted(schema.name for schema in self._catalogue))
            self._report(("match",), f"there is no event type {spec.match!r}; known: {known}")
            return None
        schema = self._catalogue[spec.match].json
        variables, fields = variables_of(schema), kind_of(schema).fields
        condition = self._condition(spec.when, variables)
        audience = self._audience(spec, fields)
        texts = {
            canonical(tag): self._text(("text", tag), canonical(tag), text.title, text.body, variables)
            for tag, text in spec.text.items()
        }
        collapse_key = self._template(("collapse_key",), spec.collapse_key, variables)
        url = self._template(("url",), spec.url, variables)
        if audience is None or self.problems:
            return None
        return Rule(
            name=spec.name,
            version=version_of(data),
            event_type=spec.match,
            source_topic=spec.topic,
            condition=condition,
            audience=audience,
            kind=spec.kind,
            priority=spec.priority,
            texts=Texts(texts),
            collapse_key=collapse_key,
            url=url,
            ttl=spec.ttl,
            digest=spec.digest,
            words_use=_used(Texts(texts), collapse_key, url),
            enabled=spec.enabled,
            spec=data,
        )

    def _condition(self, when: str | None, variables: Mapping[str, Kind]) -> Condition | None:
        if when is None:
            return None
        try:
            return compile_condition(when, variables)
        except BadCondition as error:
            self._report_at(self._document.within((*self._path, "when"), error.at), str(error))
            return None

    def _audience(self, spec: RuleSpec, fields: Mapping[str, Kind]) -> Audience | None:
        if spec.audience.users is not None:
            return self._users(spec.audience.users, fields)
        templates = spec.audience.followers or []
        for index, template in enumerate(templates):
            try:
                compile_topic(template, fields)
            except BadAudience as error:
                path = (*self._path, "audience", "followers", index)
                self._report_at(self._document.within(path, error.at), str(error))
        return None if self.problems else followers(templates, fields)

    def _users(self, field: str, fields: Mapping[str, Kind]) -> Users | None:
        try:
            return users(field, fields)
        except BadAudience as error:
            self._report(("audience", "users"), str(error))
            return None

    def _text(self, path: Path, tag: str, title: str, body: str, variables: Mapping[str, Kind]) -> Text:
        return Text(
            tag,
            self._template((*path, "title"), title, variables) or _EMPTY,
            self._template((*path, "body"), body, variables) or _EMPTY,
        )

    def _template(self, path: Path, source: str | None, variables: Mapping[str, Kind]) -> Words | None:
        if source is None:
            return None
        try:
            return compile_words(source, variables)
        except BadTemplate as error:
            whole = (*self._path, *path)
            where = (
                self._document.token(whole, error.token) if error.token else self._document.line_of(whole, error.line)
            )
            self._report_at(where, str(error))
            return None

    def _misshapen(self, detail: ErrorDetails) -> None:
        path = (*self._path, *(step for step in detail["loc"] if step != "[key]"))
        of_key = detail["type"] == "extra_forbidden" or "[key]" in detail["loc"]
        place = self._document.place_of_key(path) if of_key else self._document.place(path)
        message = _MESSAGES.get(detail["type"], detail["msg"].removeprefix("Value error, "))
        if detail["type"] in ("extra_forbidden", "missing"):
            whose, shape = _PARTS.get(detail["loc"][0], _RULE) if len(detail["loc"]) > 1 else _RULE
            message = message.format(name=path[-1], whose=whose, known=", ".join(shape.model_fields))
        self.problems.append(Problem(place.line, place.column, message, self._name))

    def _report(self, path: Path, message: str) -> None:
        place = self._document.place((*self._path, *path))
        self._report_at((place.line, place.column), message)

    def _report_at(self, where: tuple[int, int], message: str) -> None:
        self.problems.append(Problem(*where, message, self._name))


def _used(texts: Texts, collapse_key: Words | None, url: Words | None) -> frozenset[str]:
    words = [collapse_key, url, *(each for text in texts.by_locale.values() for each in (text.title, text.body))]
    return frozenset(name for each in words if each for name in each.uses)


_RULE: tuple[str, type[BaseModel]] = "a rule's", RuleSpec
_PARTS: dict[int | str, tuple[str, type[BaseModel]]] = {
    "audience": ("an audience's", AudienceSpec),
    "digest": ("a digest's", DigestSpec),
    "text": ("a text's", TextSpec),
}
_EMPTY = compile_words("", {})
_MESSAGES = {
    "extra_forbidden": "there is no field {name!r} here; {whose} fields: {known}",
    "missing": "{name!r} is missing",
    "string_too_short": "this must not be empty",
    "too_short": "this must not be empty",
    "model_type": "this must be a mapping",
    "dict_type": "this must be a mapping",
}


def version_of(spec: dict[str, Any]) -> str:
    """Hash of what a rule says: the same for the same data, however it is laid out."""
    text = json.dumps(spec, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
