"""Every file of the public sample corpus gives the verdict that its own source gave, through the one door that users have."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest
from genonb.io.check import check

CORPUS = Path(os.environ.get("GENONB_FORMATS") or Path(__file__).parents[2] / "shared" / "formats")
MANIFEST = CORPUS / "MANIFEST.tsv"
STRICT = "refusal or warning under strict checking"
ELSEWHERE = {"biopython_cor6_6.gb.bgz": "a sound GenBank file, refused by the manifest because its reader knew no GenBank"}
PASS = {"refusal": 1.0, "warning or refusal": 1.0, STRICT: 0.95, "reads": 0.99, "reads, may warn": 0.99}


def entries():
    "(kind, file, expected) of the manifest, files that go with others left out."
    if not MANIFEST.is_file(): return []
    with open(MANIFEST, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(r["kind"], r["file"], r["expected"]) for r in rows if r["expected"] in PASS and r["file"] not in ELSEWHERE]


def passes(c, expected):
    "Whether the check `c` says what the source says of the file."
    placed = any(m.line or m.record for m in c.messages) or any(Path(c.file).name in m.found for m in c.messages)
    if expected == "refusal": return c.status == "refused" and placed
    if expected in ("warning or refusal", STRICT): return c.status != "ok" and placed
    return c.status != "refused"


@pytest.mark.skipif(not MANIFEST.is_file(), reason=f"no corpus in {CORPUS}: set GENONB_FORMATS")
@pytest.mark.parametrize("expected", PASS)
def test_the_corpus_gets_the_verdict_of_its_sources(expected):
    files = [(kind, name) for kind, name, e in entries() if e == expected]
    missed = [(kind, name) for kind, name in files if not passes(check(CORPUS / kind / name, strict=expected == STRICT), expected)]
    print(f"\n{expected}: {len(files) - len(missed)} of {len(files)}; missed {dict(Counter(k for k, _ in missed))}")
    assert files and len(missed) <= (1 - PASS[expected]) * len(files), missed


@pytest.mark.skipif(not MANIFEST.is_file(), reason=f"no corpus in {CORPUS}: set GENONB_FORMATS")
def test_good_files_are_read_without_a_word():
    files = [(kind, name) for kind, name, e in entries() if e == "reads"]
    told = [(kind, name) for kind, name in files if check(CORPUS / kind / name).status != "ok"]
    print(f"\n{len(told)} of {len(files)} good files are warned of")
    assert len(told) <= 0.1 * len(files), told
