"""Windows of a genome, beside the peers that are installed, in one run: python tests/bench_genome.py [megabases] [windows]

`bench(folder)` gives a list of dicts, for whoever collects benchmarks. A peer that is not installed is left out.
"""
import json
import statistics
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from genonb.io.genome import genome
from genonb.region.intervals import count_overlaps, merge, overlaps
from genonb.region.negatives import matched_negatives

WIDTH = 60


def made(path, bases, seed=0):
    "A FASTA file of four equal chromosomes, written in pieces."
    random, size = np.random.default_rng(seed), bases // 4 // WIDTH
    with open(path, "wb") as f:
        for k in range(4):
            f.write(f">chr{k + 1}\n".encode())
            for i in range(0, size, 100_000):
                rows = np.full((min(100_000, size - i), WIDTH + 1), 10, np.uint8)
                rows[:, :WIDTH] = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, (len(rows), WIDTH), dtype=np.uint8)]
                f.write(rows.tobytes())
    return path


def placed(g, n, length, seed=1):
    random = np.random.default_rng(seed)
    names = random.choice(list(g.sizes), n)
    start = (random.random(n) * (np.array([g.sizes[c] for c in names]) - length)).astype(np.int64)
    return pd.DataFrame({"chrom": names, "start": start, "end": start + length, "strand": "+"})


def seconds(work, times=5):
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def anonymous():
    "Anonymous memory of this process in MB, where the system tells."
    status = Path("/proc/self/status")
    if not status.exists(): return float("nan")
    return int(next(x for x in status.read_text().splitlines() if x.startswith("RssAnon")).split()[1]) / 1024


def peers(path, frame, length):
    "{name: callable} of the peers that are here."
    found = {}
    if find_spec("pyfaidx"):
        import pyfaidx
        fasta = pyfaidx.Fasta(str(path), as_raw=True, sequence_always_upper=True)
        rows = list(zip(frame["chrom"], frame["start"], frame["end"]))
        found["pyfaidx, strings"] = lambda: [fasta[c][s:e] for c, s, e in rows]
    if find_spec("pysam"):
        import pysam
        file = pysam.FastaFile(str(path))
        found["pysam, strings"] = lambda: [file.fetch(c, s, e) for c, s, e in zip(frame["chrom"], frame["start"], frame["end"])]
    if find_spec("tangermeme"):
        from tangermeme.io import extract_loci
        found["tangermeme, one-hot int8"] = lambda: extract_loci(frame[["chrom", "start", "end"]], str(path), in_window=length, n_jobs=1)
    return found


def windows(path, n, length=1000):
    "Rates of windows a second: ours, and the peers'."
    before = anonymous()
    begin = time.perf_counter()
    g = genome(path)
    opened = time.perf_counter() - begin
    begin = time.perf_counter()
    genome(path)
    again = time.perf_counter() - begin
    frame = placed(g, n, length)
    mixed = frame.assign(strand=np.where(np.arange(n) % 2, "-", "+"))
    rates = {"genonb, codes": n / seconds(lambda: g.windows(frame)), "genonb, codes, half minus": n / seconds(lambda: g.windows(mixed)), "genonb, GC": n / seconds(lambda: g.gc(frame))}
    grown = anonymous() - before
    for name, work in peers(path, frame, length).items():
        try: rates[name] = n / seconds(work)
        except Exception as e: rates[name] = f"failed: {type(e).__name__}"
    megabases = sum(g.sizes.values()) / 1e6
    return {"work": f"{n:,} windows of {length:,} from {megabases:,.0f} Mb", "first opening s": round(opened, 3), "next opening s": round(again, 4), "anonymous MB": round(grown, 1),
            "windows/s": {k: round(v) if isinstance(v, float) else v for k, v in rates.items()}}


def intervals(n):
    "Seconds for the verbs of region.intervals on `n` rows."
    random = np.random.default_rng(0)
    some = lambda n, w: pd.DataFrame({"chrom": random.choice([f"chr{i}" for i in range(1, 23)], n), "start": random.integers(0, 10**8, n)}).assign(end=lambda f: f["start"] + w)
    a, b = some(n, 1000), some(n // 5, 500)
    works = {"merge": lambda: merge(a), "count_overlaps": lambda: count_overlaps(a, b), "overlaps": lambda: overlaps(a, b)}
    return {"work": f"intervals, {n:,} x {n // 5:,}", "seconds": {k: round(seconds(w, 3), 3) for k, w in works.items()}}


def negatives(path, n, length=500):
    "Seconds for GC-matched negatives."
    g = genome(path)
    frame = placed(g, n, length, seed=2)
    return {"work": f"{n:,} GC-matched negatives of {length}", "seconds": round(seconds(lambda: matched_negatives(frame, g, seed=0), 1), 2)}


def bench(folder, megabases=100, n=10_000):
    "All of it, on a genome made in `folder`."
    path = made(Path(folder) / "bench.fa", megabases * 1_000_000)
    return [windows(path, n), negatives(path, n // 2), intervals(n * 100)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for result in bench(folder, *map(int, sys.argv[1:3])): print(json.dumps(result, indent=1))
