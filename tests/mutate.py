"""Seeded mutations of small files, and what a reader makes of them: a value, or one `DataError`."""
import os
import random
import re
import warnings
from pathlib import Path

import pytest

from genonb.core.errors import DataError
from genonb.io.notes import DataWarning

CORPUS = Path(os.environ.get("GENONB_FORMATS", "no GENONB_FORMATS"))
PIECES = [b"\t", b"\n", b" ", b"-", b"+", b".", b",", b"#", b"@", b">", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"1e400", b"nan", b"9" * 25, b"0", b"track ", b"chr1",
          b"\n\n", b"=", b"MOTIF x\n", b"-1", b"\x0b", b"\xef\xbb\xbf", b"//\n", b"\x7f", b"99999999999"]
PLACE = re.compile(r"line \d+|empty|is (an? )?\w+, not text|end-of-file block|in the middle of|damaged")


def corpus(kind):
    "Parameters (name, verdict, expected) of the sample corpus, or one that skips."
    if not (CORPUS / "MANIFEST.tsv").is_file(): return [pytest.param("", "", "", marks=pytest.mark.skip(reason=f"no corpus in {CORPUS}: set GENONB_FORMATS"))]
    rows = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text("utf-8").splitlines() if line.startswith(f"{kind}\t")]
    return [pytest.param(*row[1:4], id=row[1]) for row in rows if row[2] != "support"]


def quietly(reader, *args, **options):
    "(result, texts of the warnings) of a reader."
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = reader(*args, **options)
    assert all(w.category is DataWarning for w in told)
    return result, [str(w.message) for w in told]


def held(reader, kind, name, expected):
    "Hold `reader` to what MANIFEST expects of a file; return its result, None where it was refused."
    try:
        result, told = quietly(reader, CORPUS / kind / name)
    except DataError as e:
        assert "refusal" in expected and name in str(e) and PLACE.search(str(e)), e
        return None
    assert expected != "refusal" and (told or expected != "warning or refusal"), "read in silence"
    assert expected != "reads" or not told, told
    return result


def mutated(rng, seeds):
    "One of `seeds`, with one to six changes."
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        i = rng.randrange(len(data) + 1)
        j = min(len(data), i + rng.choice((1, 1, 2, 8, 40)))
        way = rng.randrange(7)
        if way == 0 and i < len(data): data[i] ^= 1 << rng.randrange(8)
        elif way == 1: del data[i:j]
        elif way == 2: data[i:i] = rng.choice(PIECES)
        elif way == 3: data[i:j] = rng.choice(PIECES)
        elif way == 4: del data[i:]
        elif way == 5: data[i:i] = data[i:j]
        else:
            lines = data.split(b"\n")
            a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def outcome(reader, path):
    "('read', records) or ('refused', reason without the name of the verb)."
    try:
        result = reader(path)
        return "read", result if isinstance(result, int) else len(result)
    except DataError as e:
        return "refused", e.found


def survive(path, seeds, cases, *readers, seed=0):
    "Let `readers` agree on mutations of `seeds`; any other exception than `DataError` fails."
    rng, seen = random.Random(seed), {"read": 0, "refused": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in range(cases):
            path.write_bytes(mutated(rng, seeds))
            first, *others = [outcome(r, path) for r in readers]
            assert all(o == first for o in others), (f"seed {seed}, case {k}", first, others)
            assert first[0] == "read" or PLACE.search(first[1]), (f"seed {seed}, case {k}", first)
            seen[first[0]] += 1
    return seen
