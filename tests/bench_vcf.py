"""VCF: records a second of read_vcf and scan_vcf beside pysam and cyvcf2 on the same file; `python tests/bench_vcf.py 500000`

Peers read every record and its seven columns (pysam, cyvcf2) or only walk over the records ("walk"). Times are CPU seconds, medians of
`repeat` runs in one process each; memory is the growth of anonymous memory (RssAnon) of a fresh process.
"""
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KEYS = {"INFO": (("DP", "1", "Integer"), ("AF", "A", "Float"), ("AC", "A", "Integer")),
        "FORMAT": (("GT", "1", "String"), ("AD", "R", "Integer"), ("DP", "1", "Integer"), ("GQ", "1", "Integer"), ("PL", "G", "Integer"))}


def record(r, place, sample, ids):
    "One line: 90 of 100 an SNV, 5 deletions and insertions each, 3 with two ALTs."
    ref, alt = r.sample("ACGT", 2)
    u, more = r.random(), "".join(r.choices("ACGT", k=r.randrange(1, 6)))
    if u < 0.05: ref, alt = ref + more, ref
    elif u < 0.1: alt = ref + more
    elif u < 0.13: alt += "," + next(b for b in "ACGT" if b not in (ref, alt))
    n = alt.count(",") + 1
    info = f"DP={r.randrange(200)};AF={','.join(f'{r.random():.4f}' for _ in range(n))};AC={','.join(str(r.randrange(99)) for _ in range(n))}"
    line = f"{place}\t{f'rs{r.randrange(10 ** 9)}' if ids else '.'}\t{ref}\t{alt}\t{r.random() * 1000:.2f}\t{'PASS' if r.random() < 0.9 else 'q10'}\t{info}"
    if not sample: return line
    lists = (",".join(str(r.randrange(99)) for _ in range(k)) for k in (n + 1, (n + 1) * (n + 2) // 2))
    return f"{line}\tGT:AD:DP:GQ:PL\t{r.choice(['0/1', '1/1', '0|1'])}:{next(lists)}:{r.randrange(99)}:{r.randrange(99)}:{next(lists)}"


def make(path, n, sample=False, ids=False, seed=1):
    "Write a VCF of `n` records on five chromosomes to `path`."
    r, pos = random.Random(seed), 0
    head = ["##fileformat=VCFv4.2", '##FILTER=<ID=q10,Description="low">', *(f"##contig=<ID=chr{c},length=2000000000>" for c in range(1, 7))]
    head += [f'##{kind}=<ID={key},Number={number},Type={type_},Description="{key}">' for kind, keys in KEYS.items() for key, number, type_ in keys]
    with open(path, "x") as f:
        f.write("\n".join(head) + "\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" + "\tFORMAT\tS1" * sample + "\n")
        for i in range(n):
            pos = (pos if i % max(n // 5, 1) else 10_000) + r.randrange(1, 900)
            f.write(record(r, f"chr{i // max(n // 5, 1) + 1}\t{pos}", sample, ids) + "\n")
    return path


RUN = """
import json, re, sys, time
def anonymous(): return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
path, who = sys.argv[1:]
if who in ("read", "scan", "strict"):
    from genonb.io.vcf import read_vcf, scan_vcf
    call = {"read": lambda: read_vcf(path), "scan": lambda: scan_vcf(path), "strict": lambda: scan_vcf(path, strict=True)}[who]
elif who.startswith("pysam"):
    import pysam
    def call():
        return sum(1 for v in pysam.VariantFile(path) if who == "pysam walk" or (v.chrom, v.pos, v.id, v.ref, v.alts, v.qual, tuple(v.filter)))
else:
    import cyvcf2
    def call():
        return sum(1 for v in cyvcf2.VCF(path) if who == "cyvcf2 walk" or (v.CHROM, v.POS, v.ID, v.REF, v.ALT, v.QUAL, v.FILTER))
import threading
base, peak, go = anonymous(), [0], [True]
def watch():
    while go[0]:
        peak[0] = max(peak[0], anonymous())
        time.sleep(0.02)
t = threading.Thread(target=watch); t.start()
start = time.process_time(); value = call(); took = time.process_time() - start
go[0] = False; t.join()
print(json.dumps([took, peak[0] - base]))
"""


def bench_vcf(n=500_000, repeat=3, sample=False, ids=False, peers=sys.executable):
    "{reader: (records a second, MB of anonymous memory)}; `peers` is a Python that has pysam and cyvcf2."
    with tempfile.TemporaryDirectory() as folder:
        path, out = make(Path(folder, "a.vcf"), n, sample, ids), {}
        for who in ("read", "scan", "strict", "pysam", "pysam walk", "cyvcf2", "cyvcf2 walk"):
            python = sys.executable if who in ("read", "scan", "strict") else peers
            runs = [subprocess.run([python, "-c", RUN, str(path), who], capture_output=True, text=True) for _ in range(repeat)]
            if any(x.returncode for x in runs): continue     # a peer that is not installed
            took, memory = zip(*(json.loads(x.stdout) for x in runs))
            out[who] = round(n / statistics.median(took)), round(max(memory))
    return out


if __name__ == "__main__":
    n, peers = int(sys.argv[1]) if sys.argv[1:] else 500_000, sys.argv[2] if sys.argv[2:] else sys.executable
    for options in ({}, {"ids": True}, {"sample": True}):
        start = time.time()
        for who, (rate, memory) in bench_vcf(n, peers=peers, **options).items(): print(f"{options or 'sites'!s:16} {who:12} {rate / 1e3:8,.0f} k records/s {memory:6,} MB", flush=True)
