"""Damaged files of every kind: a value, a warning or one clear error; never a crash, a hang, or somebody else's traceback.

GENONB_FUZZ sets the mutations a format (a release takes 20000). Every failure prints the seed that makes it again.
"""

import gzip
import os
import random
import resource
import signal
import struct
import time
from pathlib import Path

import pytest
from genonb.io.check import check
from genonb.io.read import FORMATS
from genonb.io.text import packing
from mutate import mutated
from test_corpus import CORPUS, MANIFEST, entries

ROUNDS = int(os.environ.get("GENONB_FUZZ", 60))
SECONDS, LARGEST = 5, 60_000
FOLDERS = {"vcf": "VCF", "bed": "BED", "bedgraph": "bedGraph", "narrowpeak": "narrowPeak", "gff3": "GFF", "gtf": "GFF", "gmt": "GMT", "fasta": "FASTA",
           "fastq": "FASTQ", "table": "table", "bigwig": "bigWig", "h5ad": "h5ad", "pdb": "structure", "wrongtype": "GenBank"}
SPICE = [b"\t", b"\n", b"\r", b" ", b"0", b"-1", b"9" * 30, b"nan", b"1e999", b"\0", b"\xff", b"\xc3\xa9", b"#", b">", b"@", b"+", b";", b"=", b",", b"|", b'"', b"<", b"[",
         b".", b"*", b"%", b"chr", b"A" * 400, b"\xef\xbb\xbf", b"\x1f\x8b", b"\xe2\x80\xa8", b"(" * 50]

needs_corpus = pytest.mark.skipif(not MANIFEST.is_file(), reason=f"no corpus in {CORPUS}: set GENONB_FORMATS")


def seeds(folder):
    "The small files of a folder of the corpus."
    return [data for kind, name, _ in entries() if kind == folder and len(data := (CORPUS / kind / name).read_bytes()) < LARGEST]


class Late(BaseException): "No reader catches it, as it might an OSError, of which TimeoutError is one."


def late(*_): raise Late(f"more than {SECONDS} s")


@pytest.fixture
def watched():
    "A hang ends in an alarm, a bomb in a MemoryError."
    before = signal.signal(signal.SIGALRM, late)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc/self/statm").exists() else 0
    if used: resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def verdict(path, kind, strict):
    "(what is wrong with the answer of `check`, '' if nothing; CPU seconds of this process)."
    begin, wrong = time.process_time(), ""
    signal.alarm(SECONDS)
    try:
        told = check(path, kind=kind, strict=strict).messages
        wrong = next((m.found for m in told if m.found.startswith("the reader of")), "")
    except BaseException as e: wrong = f"{type(e).__name__}: {e}"
    finally: signal.alarm(0)
    return wrong, time.process_time() - begin


@needs_corpus
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_mutated_file_gives_a_verdict(folder, tmp_path, watched):
    sources, kind, failed, slowest = seeds(folder), FOLDERS[folder], [], (0, None)
    assert sources and kind in FORMATS
    path = tmp_path / f"f.{folder}"
    for k in range(ROUNDS):
        path.write_bytes(mutated(random.Random(f"{folder} {k}"), sources, SPICE))
        wrong, seconds = verdict(path, kind if k % 4 else None, bool(k % 2))    # every fourth tells its kind itself
        slowest = max(slowest, (seconds, k))
        if wrong: failed.append((k, wrong))
    peak = [resource.getrusage(who).ru_maxrss >> 10 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"\n{folder}: {ROUNDS} mutations of {len(sources)} files, {len(failed)} failed; slowest {slowest[0]:.3f} s CPU (seed {slowest[1]}); peak {peak[0]} MB, children {peak[1]} MB")
    assert not failed, f"seeds of {folder}: {failed[:10]}"


def packed_or_binary():
    "The valid files of the corpus that can be cut without anybody seeing it in their text."
    for kind, name, expected in entries():
        path = CORPUS / kind / name
        if expected.startswith("reads") and (packing(path) != "plain" or kind in ("bigwig", "h5ad")): yield path


def borders(data):
    "Where a bgzip block ends."
    at, found = 0, []
    while at < len(data) and data[at:at + 4] == b"\x1f\x8b\x08\x04":
        at += struct.unpack("<H", data[at + 16:at + 18])[0] + 1
        found.append(at)
    return [b for b in found if b < len(data)]


@needs_corpus
def test_a_cut_file_is_never_accepted(tmp_path):
    accepted, tried = [], 0
    for path in packed_or_binary():
        data, draw = path.read_bytes(), random.Random(path.name)
        cuts = {len(data) - 1, *(len(data) * p // 100 for p in (10, 50, 90)), *(draw.randrange(1, len(data)) for _ in range(40)), *borders(data)[:50]}
        for cut in cuts:
            (tmp_path / path.name).write_bytes(data[:cut])
            tried += 1
            if check(tmp_path / path.name).status != "refused": accepted.append((path.name, cut, len(data)))
    print(f"\n{tried} cuts, {len(accepted)} accepted")
    assert tried >= 500 and not accepted, accepted[:20]


def test_a_cut_bgzip_of_our_own_is_never_accepted(tmp_path):
    block = lambda text: (lambda body: b"\x1f\x8b\x08\x04" + bytes(6) + b"\x06\x00BC\x02\x00" + struct.pack("<H", len(body) + 25) + body)(
        gzip.compress(text, mtime=0)[10:])
    whole = b"".join(block(b"chr1\t%d\t%d\n" % (i, i + 1)) for i in range(30)) + bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
    (tmp_path / "a.bed.gz").write_bytes(whole)
    assert check(tmp_path / "a.bed.gz").records == 30
    for cut in borders(whole):
        (tmp_path / "a.bed.gz").write_bytes(whole[:cut])
        assert check(tmp_path / "a.bed.gz").status == "refused", cut
