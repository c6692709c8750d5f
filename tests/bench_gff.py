"""Rates of the GFF and FASTA readers beside what else is installed: python tests/bench_gff.py [lines]. Not collected by pytest."""
import gc
import random
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from genonb.io.fasta import read_fasta, scan_fasta
from genonb.io.genes import transcripts
from genonb.io.gff import read_gff, scan_gff

COLUMNS = ["chrom", "source", "type", "start", "end", "score", "strand", "phase", "attributes"]


def gencode(path, lines, seed=1):
    "Write a GTF in the manner of GENCODE: genes of four transcripts of ten exons."
    source, written, gene, place = random.Random(seed), 0, 0, 1000
    with open(path, "w") as f:    # a scratch file of the bench
        while written < lines:
            gene, strand, place = gene + 1, source.choice("+-"), place + 3000
            chrom, named = f"chr{1 + gene % 22}", f'gene_id "ENSG{gene:011d}.1";'
            told = f'gene_type "protein_coding"; gene_name "GENE{gene}"; level 2; hgnc_id "HGNC:{gene}"; havana_gene "OTTHUMG{gene:011d}.1";'
            f.write(f"{chrom}\tHAVANA\tgene\t{place}\t{place + 20_000}\t.\t{strand}\t.\t{named} {told}\n")
            for t in range(4):
                ninth = f'{named} transcript_id "ENST{gene * 10 + t:011d}.1"; {told} transcript_name "GENE{gene}-20{t}"; transcript_support_level "1"; tag "basic"; tag "Ensembl_canonical";'
                f.write(f"{chrom}\tHAVANA\ttranscript\t{place}\t{place + 20_000}\t.\t{strand}\t.\t{ninth}\n")
                phase, exons = 0, [(place + 2000 * e, place + 2000 * e + source.randrange(90, 300)) for e in range(10)]
                for j, (start, end) in enumerate(exons if strand == "+" else exons[::-1]):
                    for kind, frame in (("exon", "."), ("CDS", phase)):
                        f.write(f'{chrom}\tHAVANA\t{kind}\t{start}\t{end}\t.\t{strand}\t{frame}\t{ninth} exon_number {j + 1}; exon_id "ENSE{gene * 100 + j:011d}.1";\n')
                    phase = (phase - (end - start + 1)) % 3
            written += 85
    return path


def genome(path, letters, seed=1):
    "Write a FASTA of three chromosomes."
    rows = np.frombuffer(b"ACGTacgt", np.uint8)[np.random.default_rng(seed).integers(0, 8, letters // 180 * 60)].reshape(-1, 60)
    body = np.hstack([rows, np.full((len(rows), 1), 10, np.uint8)]).tobytes()
    with open(path, "wb") as f:    # a scratch file of the bench
        for k in range(3): f.write(f">chr{k}\n".encode() + body)
    return path


def peers(path):
    "What else reads a GTF here: none of them checks what the library checks."
    yield "pandas.read_csv, nine text columns", lambda: pd.read_csv(path, sep="\t", comment="#", header=None, names=COLUMNS)
    if find_spec("gtfparse"):
        from gtfparse import read_gtf
        yield "gtfparse.read_gtf", lambda: read_gtf(str(path))
    if find_spec("gffutils"):
        import gffutils
        yield "gffutils.create_db in memory", lambda: gffutils.create_db(str(path), ":memory:", disable_infer_genes=True, disable_infer_transcripts=True)


def timed(name, verb, size, unit):
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    verb()
    print(f"{name:42} {time.perf_counter() - began:8.2f} s  {time.process_time() - cpu:8.2f} s CPU  {size / (time.process_time() - cpu):12,.0f} {unit}/s CPU", flush=True)


def main(lines):
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        gtf, fasta = gencode(Path(folder) / "g.gtf", lines), genome(Path(folder) / "g.fa", lines * 300)
        frame = read_gff(gtf)
        for name, verb in (("genonb scan_gff", lambda: scan_gff(gtf)), ("genonb read_gff", lambda: read_gff(gtf)),
                           ("genonb read_gff, two attributes", lambda: read_gff(gtf, attributes=["gene_name", "transcript_name"])), ("genonb transcripts", lambda: transcripts(frame)), *peers(gtf)):
            timed(name, verb, len(frame), "lines")
        for name, verb in (("genonb scan_fasta", lambda: scan_fasta(fasta)), ("genonb read_fasta", lambda: read_fasta(fasta))): timed(name, verb, lines * 300 / 1e6, "Mb")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 300_000)
