"""The list of weights: every file pinned, licences said, and the README's lines for a Space true to it."""

from __future__ import annotations

import itertools
import re

import pytest
import yaml

from tests.conftest import ROOT
from vnclone.engines import weights
from vnclone.engines.weights import Bundle, WeightFile


@pytest.mark.parametrize("listed", weights.BUNDLES, ids=lambda listed: listed.name)
def test_every_file_is_pinned(listed: Bundle) -> None:
    paths = [(repository.id, file.path) for repository in listed.repositories for file in repository.files]
    assert paths and len(set(paths)) == len(paths) and listed.licence
    for repository in listed.repositories:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", repository.id) and re.fullmatch("[0-9a-f]{40}", repository.revision)
        for file in repository.files:
            assert file.size > 0 and re.fullmatch("([0-9a-f]{64})?", file.sha256), file
            assert not file.path.startswith("/") and ".." not in file.path
            assert file.sha256 or not file.exact, "what nobody vouches for is not known to the byte"


def test_a_file_of_two_bundles_is_the_same_in_both() -> None:
    known: dict[tuple[str, str, str], WeightFile] = {}
    for listed in weights.BUNDLES:
        for repository in listed.repositories:
            for file in repository.files:
                assert known.setdefault((repository.id, repository.revision, file.path), file) == file


def test_code_that_will_be_run_is_pinned_to_the_byte() -> None:
    code = [f for listed in weights.BUNDLES for r in listed.repositories for f in r.files if f.path.endswith(".py")]
    assert code and all(file.sha256 and file.exact for file in code)


def test_a_non_commercial_licence_is_said_before_the_download() -> None:
    for listed in weights.BUNDLES:
        assert ("NC" in listed.licence) == (listed.notice is not None)


def test_amounts_read_well_in_both_languages() -> None:
    sizes = (1, 90_600_000, 100_000_000, 5_448_739_913)
    assert [weights.amount(size) for size in sizes] == ["0,1 kB", "91 MB", "100 MB", "5,4 GB"]
    assert weights.amount(5_448_739_913, "en") == "5.4 GB"


def preload_lines(*bundles: Bundle) -> list[str]:
    """The lines of a Space's `preload_from_hub`, as the hub wants them: repository, files, revision."""
    files: dict[tuple[str, str], list[str]] = {}
    for repository in (repository for listed in bundles for repository in listed.repositories):
        there = files.setdefault((repository.id, repository.revision), [])
        there += [file.path for file in repository.files if file.path not in there]
    return [f"{name} {','.join(paths)} {revision}" for (name, revision), paths in files.items()]


def test_the_readme_preloads_what_the_engine_needs_on_a_space() -> None:
    space = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---")[1])
    backends = (weights.VIENEU_TORCH, weights.VIENEU_FP32, weights.VIENEU_INT8)
    choices = [preload_lines(*some) for count in (1, 2, 3) for some in itertools.combinations(backends, count)]
    lines = [f"  - {line}" for line in choices[0]]
    assert space.get("preload_from_hub") in choices, "put these there:\npreload_from_hub:\n" + "\n".join(lines)
