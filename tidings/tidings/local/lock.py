"""Write `artifacts.json` anew: `python -m tidings.local.lock`. For maintainers, when a version below changes.

jgo resolves Kafka's dependencies as Maven would, and each file is hashed.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tidings.local.artifacts import Artifact, Bundle, render

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
#: Kafka logs through slf4j-api 1.7, so the binding must be of that line.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
REGISTRY = ("io.apicurio", "apicurio-registry-app", "3.3.3")


def main() -> None:
    from jgo.maven import MavenContext

    with TemporaryDirectory() as folder:
        cache = Path(folder)
        context = MavenContext(repo_cache=cache)
        bundles = {"kafka": kafka(context, cache), "registry": registry(context, cache)}
    Path(__file__).with_name("artifacts.json").write_text(render(bundles), "utf-8")


def kafka(context: Any, cache: Path) -> Bundle:
    wanted = [context.create_dependency(KAFKA), context.create_dependency(LOGGING)]
    roots, others = context.resolver.resolve(wanted)
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda one: one.artifact.resolve(), [*roots, *others]))
    return Bundle(KAFKA.rsplit(":", 1)[-1], tuple(sorted(map(_of(cache), paths), key=lambda one: one.path)))


def registry(context: Any, cache: Path) -> Bundle:
    group, name, version = REGISTRY
    archive = context.project(group, name).at_version(version).artifact("all", "tar.gz").resolve()
    return Bundle(version, (_of(cache)(archive),))


def _of(cache: Path) -> Any:
    def artifact(path: Path) -> Artifact:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Artifact(path.relative_to(cache).as_posix(), path.stat().st_size, digest)

    return artifact


if __name__ == "__main__":
    main()
