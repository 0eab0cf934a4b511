"""What can be seen of the other platforms' measures from here: that they are well formed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inspector.jobs import confinement, confinement_macos
from inspector.jobs.places import Place


def test_the_profile_of_macos_refuses_first_and_allows_what_is_named() -> None:
    text = confinement_macos.profile(('/models/a "b"',), ("/jobs/1",))
    lines = text.splitlines()
    refused = [line for line in lines if line.startswith("(deny")]
    assert {"(deny network*)", "(deny process-exec*)", "(deny file-write*)"} <= set(refused)
    last_refusal = max(lines.index(line) for line in refused)
    allowed = '(allow file-read-data (subpath "/models/a \\"b\\""))'
    assert lines.index(allowed) > last_refusal
    assert '(allow file-read-data file-write* (subpath "/jobs/1"))' in lines
    assert text.count("(") == text.count(")")


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there it would be confined")
@pytest.mark.parametrize("platform", ["darwin", "win32", "freebsd14"])
def test_a_platform_without_its_means_goes_on_and_says_so(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(confinement, "_limit", lambda place: ())
    monkeypatch.setattr(confinement, "_current", [])
    found = confinement.confine(Place((), str(tmp_path)))
    assert found.active == ()
    assert confinement.short_words(found) == "Separate process only"
    assert bool(found.missing) == (platform != "freebsd14")
