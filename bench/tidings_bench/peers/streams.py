"""Kafka Streams: `StreamsApp.java`, compiled here against the jars of the embedded Kafka and two more."""

import os
import shutil
import subprocess
from pathlib import Path

from tidings.local import artifacts, download
from tidings.local.artifacts import Artifact
from tidings.local.errors import LocalError
from tidings.local.paths import folders

from .peer import Missing, Peer

_SOURCE = Path(__file__).with_name("StreamsApp.java")
#: Beyond the jars of the broker. Kafka Streams' own dependency RocksDB (73 MB) is loaded by stores only; here are none.
_MORE = (
    Artifact(
        "org/apache/kafka/kafka-streams/4.3.1/kafka-streams-4.3.1.jar",
        2277950,
        "bd73f3805e116f711e8456ee89a8a5b43ff5dcf5a5bb865afae29deae89e7c4b",
    ),
    Artifact(
        "org/apache/avro/avro/1.12.1/avro-1.12.1.jar",
        718936,
        "72600f057bfbe2efe35fa55433e7756d45667dc938934be38a6e2be368aca237",
    ),
)


def streams() -> Peer:
    """Kafka Streams with one thread.

    Raises:
        Missing: no JDK, no jars, or it does not compile.
    """
    javac, java = shutil.which("javac"), shutil.which("java")
    if javac is None or java is None:
        raise Missing("no JDK here: install one of Java 17 or later, so that `javac` and `java` are on the PATH")
    bundle = artifacts.locked()["kafka"]
    try:
        jars = download.fetch([*bundle.files, *_MORE], folders().cache / "maven")
    except LocalError as error:
        raise Missing(str(error)) from error
    class_path = os.pathsep.join(map(str, jars))
    target = folders().cache / "bench" / f"streams-{bundle.version}"
    done = subprocess.run(
        [javac, "-nowarn", "-cp", class_path, "-d", str(target), str(_SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Missing(f"it does not compile with {javac} (Java 17 or later is needed):\n{done.stderr[-2000:]}")
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    start = [java, "-Xmx512m", quiet, "-cp", f"{target}{os.pathsep}{class_path}", "StreamsApp"]
    return Peer("streams", "Kafka Streams, 1 thread", bundle.version, lambda job: [*start, *job.words])
