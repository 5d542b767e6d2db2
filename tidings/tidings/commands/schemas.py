"""`tidings schemas`: list, show, describe, check, compare, record and register Avro schemas."""

from __future__ import annotations

import json as jsonlib
import os
from contextlib import closing
from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidings.local import extras
from tidings.local.errors import ExtraMissing

if TYPE_CHECKING:
    from tidings_schemas.catalogue import Schema
    from tidings_schemas.compatibility import Fault
    from tidings_schemas.registry import Registry

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check, register and show Avro schemas.", add_completion=False
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Names = Annotated[list[str] | None, typer.Argument(help="Full names of records.", show_default="all")]
_REGISTRY = "SCHEMA_REGISTRY_URL"


@app.command("list")
def list_(json: Json = False) -> None:
    """List the schemas: those that ship with Tidings, and those of the folder TIDINGS_SCHEMAS.

    Example:

        TIDINGS_SCHEMAS=./avro tidings schemas list
    """
    rows = [_row(schema) for schema in _chosen(None)]
    if json:
        print(jsonlib.dumps(rows))
        return
    names, topics = (max(len(row[column] or "") for row in rows) for column in ("name", "topic"))
    for row in rows:
        first, _, _ = row["doc"].partition(". ")
        print(f"{row['name']:<{names}}  {row['topic'] or '':<{topics}}  {first.rstrip('.')}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="A record's full name.")]) -> None:
    """Print a schema.

    Example:

        tidings schemas show tidings.flights.FlightDelayed
    """
    (schema,) = _chosen([name])
    print(_pretty(schema), end="")


@app.command()
def check(names: Names = None, json: Json = False) -> None:
    """Check that schemas are valid, and that they read all that their earlier versions wrote (BACKWARD_TRANSITIVE).

    Earlier versions are those recorded beside the schemas, and those of the registry if SCHEMA_REGISTRY_URL is set or
    `tidings up` runs. Exit code 1 if something is wrong, or not recorded yet.

    Example:

        TIDINGS_SCHEMAS=./avro tidings schemas check
    """
    from tidings_schemas import history

    schemas = _chosen(names)
    recorded = {schema.name: history.versions(history.folder_of(schema)) for schema in schemas}
    faults = [("recorded", fault) for schema in schemas for fault in _faults(schema, recorded[schema.name])]
    if registry := _registry_if_any():
        with closing(registry):
            faults += [("registered", fault) for s in schemas for fault in _faults(s, registry.versions(s.name))]
    unrecorded = [s.name for s in schemas if not recorded[s.name] or recorded[s.name][-1].json != s.json]
    _tell_check(json, len(schemas), faults, unrecorded, bool(registry))
    if faults or unrecorded:
        raise typer.Exit(1)


@app.command()
def diff(names: Names = None) -> None:
    """Show what changed in schemas since their last recorded version. Exit code 1 if something did.

    Example:

        tidings schemas diff tidings.flights.FlightDelayed
    """
    from tidings_schemas import history

    lines: list[str] = []
    for schema in _chosen(names):
        before = history.versions(history.folder_of(schema))
        old = _pretty(before[-1]) if before else ""
        labels = f"{schema.name} {len(before)}", f"{schema.name} now"
        lines += unified_diff(old.splitlines(), _pretty(schema).splitlines(), *labels, lineterm="")
    for line in lines:
        print(line)
    if lines:
        raise typer.Exit(1)


@app.command()
def record(names: Names = None) -> None:
    """Record the present version of schemas beside them, for `check`. Commit what it writes. Again changes nothing.

    A version that cannot follow the recorded ones is refused.

    Example:

        tidings schemas check; tidings schemas record && git add schemas
    """
    from tidings_schemas import history

    schemas = _chosen(names)
    faults = [fault for s in schemas for fault in _faults(s, history.versions(history.folder_of(s)))]
    for fault in faults:
        print(_told("recorded", fault))
    if faults:
        raise typer.Exit(1)
    written = [schema.name for schema in schemas if history.record(schema, history.folder_of(schema))]
    print("\n".join([*written, f"{len(written)} of {len(schemas)} schemas recorded"]))


@app.command()
def register(names: Names = None, json: Json = False) -> None:
    """Register schemas, each held to BACKWARD_TRANSITIVE. Again changes nothing.

    Example:

        SCHEMA_REGISTRY_URL=http://registry:8080/apis/ccompat/v7 tidings schemas register
    """
    from tidings_schemas.registry import register_all

    with closing(_registry()) as registry:
        ids = register_all(registry, _chosen(names))
    if json:
        print(jsonlib.dumps(ids))
    else:
        print("\n".join(f"{schema_id:>5}  {name}" for name, schema_id in ids.items()))


@app.command()
def asyncapi() -> None:
    """Print what lies on Kafka as an AsyncAPI 3.0 document: topics, keys, retention, every record's schema.

    Example:

        tidings schemas asyncapi > tidings.asyncapi.json
    """
    from importlib.metadata import version

    from tidings_schemas.asyncapi import document
    from tidings_schemas.settings import Settings

    print(jsonlib.dumps(document(_chosen(None), version("tidings"), Settings().partitions), indent=2))


def _chosen(names: list[str] | None) -> list[Schema]:
    from tidings_schemas import catalogue

    try:
        known = catalogue.load()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return [known[name] for name in names] if names else list(known)


def _faults(schema: Schema, earlier: list[Schema]) -> list[Fault]:
    try:
        from tidings_schemas import compatibility
    except ModuleNotFoundError as error:
        raise ExtraMissing(f"This command needs avro, which is not installed: {extras.remedy('local')}.") from error
    return compatibility.check(schema, earlier)


def _registry() -> Registry:
    from tidings_schemas.registry import Registry
    from tidings_schemas.settings import Settings

    settings = Settings()
    return Registry(settings.registry_url, settings.registry_auth.get_secret_value())


def _registry_if_any() -> Registry | None:
    return _registry() if os.environ.get(_REGISTRY) else None


def _row(schema: Schema) -> dict[str, Any]:
    from tidings_schemas.topics import domain_of, events_topic, is_event

    topic = events_topic(domain_of(schema.name)).name if is_event(schema.name) else None
    return {"name": schema.name, "topic": topic, "fields": sorted(schema.fields), "doc": schema.json.get("doc", "")}


def _pretty(schema: Schema) -> str:
    return jsonlib.dumps(schema.json, indent=2, ensure_ascii=False) + "\n"


def _tell_check(json: bool, checked: int, faults: list[tuple[str, Fault]], unrecorded: list[str], asked: bool) -> None:
    if json:
        told = [{"against": against, **fault._asdict()} for against, fault in faults]
        print(jsonlib.dumps({"checked": checked, "faults": told, "unrecorded": unrecorded, "registry": asked}))
        return
    for against, fault in faults:
        print(_told(against, fault))
    for name in unrecorded:
        print(f"{name}: not recorded yet: run `tidings schemas record` and commit what it writes")
    registry = (
        "the recorded and the registered versions" if asked else f"the recorded versions ({_REGISTRY} is not set)"
    )
    print(f"{checked} schemas checked against {registry}: {len(faults)} faults, {len(unrecorded)} not recorded")


def _told(against: str, fault: Fault) -> str:
    where = f", field {fault.field!r}" if fault.field else ""
    version = f" against {against} version {fault.version}" if fault.version else ""
    return f"{fault.schema}{where}{version}: {fault.problem}"
