"""The JupyterLab extension that is committed is the one its sources make."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIB, LAB, BUILT = (ROOT / "genonb" / x for x in ("", "lab", "labextension"))
SUMS = BUILT / "SHA256SUMS"
REBUILD = "run `npm ci && npm run build` in genonb/lab"
OUTSIDE = {"node_modules", "lib", "__init__.py", "tsconfig.tsbuildinfo"}      # in genonb/lab, but no source


def sealed():
    "{path below genonb/: sha256} as the build wrote it."
    return {path: digest for digest, path in (line.split("  ", 1) for line in SUMS.read_text("utf-8").splitlines())}


def sha256(path):
    "Of the text with the line ends of the build, whatever git made of them."
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def files(folder):
    return [p for p in folder.rglob("*") if p.is_file() and p != SUMS and not OUTSIDE & set(p.relative_to(folder).parts)]


def test_every_source_and_built_file_is_sealed():
    assert sorted(p.relative_to(LIB).as_posix() for p in files(LAB) + files(BUILT)) == sorted(sealed()), REBUILD


def test_no_source_has_changed_since_the_build():
    changed = [path for path, digest in sealed().items() if sha256(LIB / path) != digest]
    assert not changed, REBUILD


def test_the_extension_bears_the_version_of_the_package():
    version = re.search(r'__version__ = "(.+)"', (LIB / "__init__.py").read_text("utf-8"))[1]
    source, built = (json.loads((x / "package.json").read_text("utf-8")) for x in (LAB, BUILT))
    assert source["version"] == built["version"] == version, REBUILD
    assert (BUILT / built["jupyterlab"]["_build"]["load"]).is_file()


def test_the_build_is_small_and_bare():
    assert sum(p.stat().st_size for p in files(BUILT)) < 60_000
    assert not [p.name for p in files(BUILT) if p.suffix == ".map" or b"sourceMappingURL" in p.read_bytes()]


def test_the_lock_names_no_server():
    lock = json.loads((LAB / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, told in lock.items() if "resolved" in told]
    assert not [name for name, told in lock.items() if name and "integrity" not in told], "an unpinned package"


@pytest.mark.slow
def test_a_new_build_has_the_same_bytes(tmp_path):
    if not shutil.which("node") or not (LAB / "node_modules").is_dir(): pytest.skip("needs Node and `npm ci` in genonb/lab")
    copy = tmp_path / "elsewhere" / "lab"
    shutil.copytree(LAB, copy, ignore=shutil.ignore_patterns(*OUTSIDE))
    (copy / "node_modules").symlink_to(LAB / "node_modules")
    subprocess.run(["npm", "run", "build"], cwd=copy, check=True, capture_output=True, timeout=300)
    new = copy.parent / "labextension"
    built = lambda folder: {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert built(new) == built(BUILT)
