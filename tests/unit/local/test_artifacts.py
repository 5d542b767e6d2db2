"""The committed list of what is fetched."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from tidings.local import artifacts
from tidings.local.artifacts import Artifact, Bundle


def test_committed_list_is_complete() -> None:
    """Kafka's jar, its logging and the registry's archive are there, each with a plausible size and digest."""
    bundles = artifacts.locked()
    names = {one.name for bundle in bundles.values() for one in bundle.files}
    assert {"kafka_2.13-4.3.1.jar", "slf4j-simple-1.7.36.jar", "apicurio-registry-app-3.3.3-all.tar.gz"} <= names
    for bundle in bundles.values():
        for one in bundle.files:
            assert one.size > 0
            assert re.fullmatch("[0-9a-f]{64}", one.sha256)
            assert not one.path.startswith("/")
            assert ".." not in one.path


ARTIFACTS = st.builds(Artifact, st.text(min_size=1), st.integers(min_value=1), st.text(min_size=1))
BUNDLES = st.builds(Bundle, st.text(), st.lists(ARTIFACTS).map(tuple))


@given(st.dictionaries(st.text(), BUNDLES))
def test_list_survives_its_text(bundles: dict[str, Bundle]) -> None:
    """What `render` writes, `parse` reads."""
    assert artifacts.parse(json.loads(artifacts.render(bundles))) == bundles
