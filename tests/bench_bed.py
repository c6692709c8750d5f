"""Speed of reading BED beside what people use, in one run: `python tests/bench_bed.py [records]`."""
import importlib.util
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from genonb.io.bed import read_bed, scan_bed
from genonb.io.bedgraph import read_bedgraph, scan_bedgraph
from genonb.io.fastq import read_fastq, scan_fastq

NAMES = "chrom start end name score strand".split()
DTYPES = {"chrom": "category", "start": "int64", "end": "int64", "name": "str", "score": "int64", "strand": "category"}


def bed6(path, n, seed=0):
    "A sorted BED6 file of `n` peaks."
    rng = np.random.default_rng(seed)
    chrom, start = np.sort(rng.integers(1, 23, n)), rng.integers(0, 50_000_000, n)
    frame = pd.DataFrame({"chrom": chrom, "start": start, "end": start + 200, "name": np.arange(n), "score": rng.integers(0, 1001, n), "strand": rng.integers(0, 2, n)})
    frame["chrom"], frame["name"], frame["strand"] = "chr" + frame["chrom"].astype("str"), "peak_" + frame["name"].astype("str"), frame["strand"].map({0: "+", 1: "-"})
    frame.to_csv(path, sep="\t", header=False, index=False)


def bedgraph(path, n):
    start = np.arange(n) * 10
    pd.DataFrame({"c": "chr1", "s": start, "e": start + 10, "v": (start * 7919 % 10007) / 100}).to_csv(path, sep="\t", header=False, index=False)


def fastq(path, n):
    Path(path).write_text("".join(f"@r{k} 1:N:0\n{'ACGTN' * 20}\n+\n{'IIII5' * 20}\n" for k in range(n)))


def peers(path):
    "name -> callable, as far as they are installed. Bioframe looks for start > end; polars takes what it is given, on all cores."
    found = {"pandas C engine": lambda: pd.read_csv(path, sep="\t", header=None, names=NAMES),
             "pandas C engine, typed": lambda: pd.read_csv(path, sep="\t", header=None, names=NAMES, dtype=DTYPES)}
    if importlib.util.find_spec("bioframe"):
        import bioframe
        found["bioframe, schema checked"] = lambda: bioframe.is_bedframe(bioframe.read_table(path, schema="bed6"), raise_errors=True)
    if importlib.util.find_spec("pyranges"):
        import pyranges
        found["pyranges"] = lambda: pyranges.read_bed(path)
    if importlib.util.find_spec("polars"):
        import polars
        found["polars (no check)"] = lambda: polars.read_csv(path, separator="\t", has_header=False)
    return found


def rate(call, n, repeats=3):
    "Records a second, the best of `repeats`."
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
        times.append(time.perf_counter() - begin)
    return round(n / min(times))


def bench(n=1_000_000, repeats=3):
    "Lines of the bench: name, unit, genonb, peers, ratio to the best peer."
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.bed"
        bed6(path, n)
        others = {name: rate(call, n, repeats) for name, call in peers(path).items()}
        for name, call in (("read BED6", read_bed), ("scan BED6", scan_bed)):
            own = rate(lambda: call(path), n, repeats)
            checked = max(rate for peer, rate in others.items() if "no check" not in peer)
            yield {"name": name, "unit": "records/s", "genonb": own, "peers": others, "ratio": round(own / checked, 2), "ratio_unchecked": round(own / max(others.values()), 2)}
        for write, name, read, scan, size in ((bedgraph, "bedGraph", read_bedgraph, scan_bedgraph, n), (fastq, "FASTQ", read_fastq, scan_fastq, n // 5)):
            write(path, size)
            yield {"name": f"read {name}", "unit": "records/s", "genonb": rate(lambda: read(path), size, repeats), "scan": rate(lambda: scan(path), size, repeats)}


if __name__ == "__main__":
    for line in bench(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000): print(json.dumps(line))
