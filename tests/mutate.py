"""Seeded mutations of small files, and what a reader makes of them: a value, or one `DataError`."""
import os
import random
import re
import struct
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


def mutated(draw, sources, spice=PIECES):
    "One of `sources` with a few bytes changed, cut, doubled, spliced with another, or with two lines swapped."
    data = bytearray(draw.choice(sources))
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(8):
            case 0: data[at:at] = draw.choice(spice)
            case 1: del data[at:at + draw.randrange(1, 30)]
            case 2: data[at:at] = data[at:at + draw.randrange(1, 200)]
            case 3: data[at:] = draw.choice(sources)[at:]
            case 4: del data[at:]
            case 5: data[at:at + 8] = struct.pack("<q", draw.choice([0, -1, 2**31, 2**63 - 1, 2**40]))
            case 6:
                if data: data[at % len(data)] ^= 1 << draw.randrange(8)
            case 7:
                lines = data.split(b"\n")
                a, b = draw.randrange(len(lines)), draw.randrange(len(lines))
                lines[a], lines[b] = lines[b], lines[a]
                data = bytearray(b"\n".join(lines))
    return bytes(data)


def put(folder, data, name="file.txt"):
    "The path of a file that holds `data`."
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name


def heard(reader, *args, **options):
    "(result, the `DataWarning`s) of a reader."
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = reader(*args, **options)
    assert all(w.category is DataWarning for w in told)
    return result, [w.message for w in told]


def quietly(reader, *args, **options):
    "(result, texts of the warnings) of a reader."
    result, told = heard(reader, *args, **options)
    return result, [str(w) for w in told]


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
