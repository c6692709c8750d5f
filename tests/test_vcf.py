"""VCF: what the specification says of every column and key, the corpus, and thousands of damaged files"""
import bz2
import gzip
import os
import random
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, SpecError
from genonb.io.alleles import alleles, genotypes
from genonb.io.notes import DataWarning
from genonb.io.vcf import read_vcf, scan_vcf
from genonb.io.vcfheader import vcf_header

COLUMNS = "#CHROM POS ID REF ALT QUAL FILTER INFO"
SITE = "chr1 100 . A C 30 PASS DP=3"


def text(*records, meta=(), version="4.2", samples=()):
    "A VCF file; blanks in header line and records become tabs, '~' a blank."
    names = COLUMNS + (" FORMAT " + " ".join(samples) if samples else "")
    lines = [f"##fileformat=VCFv{version}", *meta, *(" ".join(x.split()).replace(" ", "\t").replace("~", " ") for x in (names, *records))]
    return "\n".join(lines) + "\n"


def put(folder, data, name="a.vcf"):
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name


def bgzip(data, size=4000):
    "BGZF blocks of `data`, `size` bytes each, and the end-of-file block."
    out = b""
    for part in [data[i:i + size] for i in range(0, len(data), size)] + [b""]:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        out += b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25) + body + struct.pack("<II", zlib.crc32(part), len(part))
    return out


def told(reader, *args, **options):
    "(result or None, DataError or None, warnings) of a reader."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try: result, error = reader(*args, **options), None
        except DataError as e: result, error = None, e
    assert all(w.category is DataWarning for w in caught)
    return result, error, [w.message for w in caught]


# -- tables of the specification: what is refused, told, told under strict, and read without a word -------------------

REFUSED = {
    "POS is missing": "chr1 . . A C . . .", "POS is text": "chr1 1e3 . A C . . .", "POS is negative": "chr1 -5 . A C . . .", "POS has a decimal point": "chr1 5.0 . A C . . .",
    "POS is beyond 64 bits": f"chr1 {10 ** 19} . A C . . .", "POS in other digits": "chr1 \u0663 . A C . . .",
    "CHROM has white space": "chr~1 5 . A C . . .", "CHROM is missing": ". 5 . A C . . .", "CHROM in brackets": "chr[1] 5 . A C . . .", "CHROM with a comma": "chr1,2 5 . A C . . .",
    "REF is missing": "chr1 5 . . C . . .", "two REFs": "chr1 5 . A,G C . . .", "REF is symbolic": "chr1 5 . <DEL> C . . .", "REF is no base": "chr1 5 . AXE C . . .",
    "ALT is an ambiguity code": "chr1 5 . C R . . .", "ALT has white space": "chr1 5 . C A~T . . .", "ALT has an empty allele": "chr1 5 . C A,,T . . .", "ALT ends in a comma": "chr1 5 . C A, . . .",
    "breakend without bases": "chr1 5 . C ]13:55] . . .", "breakend without a mate": "chr1 5 . C C[13[ . . .", "open breakend": "chr1 5 . C C[13:5 . . .", "mixed brackets": "chr1 5 . C C[13:5] . . .",
    "open symbol": "chr1 5 . C <DEL . . .", "empty symbol": "chr1 5 . C <> . . .", "star and base": "chr1 5 . C *A . . .", "QUAL is text": "chr1 5 . C A high . .",
    "a column less": "chr1 5 . C A . .", "a column more": "chr1 5 . C A . . . GT", "blanks for tabs": "chr1~5~.~C~A~.~.~.",
}


@pytest.mark.parametrize("version", ["4.1", "4.3", "4.5"])
@pytest.mark.parametrize("what", REFUSED)
def test_a_record_without_a_meaning_is_refused_with_its_line(tmp_path, what, version):
    path = put(tmp_path, text(SITE, REFUSED[what], SITE, version=version))
    for reader in (read_vcf, scan_vcf):
        with pytest.raises(DataError, match=r"a\.vcf, line 4") as e: reader(path)
        assert e.value.line == 4 and e.value.do and e.value.asked.startswith(reader.__name__)


TOLD = {
    "FILTER has white space": "chr1 5 . C A . my~filter .", "FILTER is 0": "chr1 5 . C A . q10;0 .", "FILTER repeats": "chr1 5 . C A . q10;q10 .", "PASS among others": "chr1 5 . C A . PASS;q10 .",
    "no INFO key": "chr1 5 . C A . . DP=1;=3", "empty INFO field": "chr1 5 . C A . . DP=1;;AN=2", "INFO ends in a semicolon": "chr1 5 . C A . . DP=1;", "INFO begins with one": "chr1 5 . C A . . ;DP=1", "QUAL is negative": "chr1 5 . C A -3 . .", "ID repeats": "chr1 5 rs1;rs1 C A . . .", "ID has white space": "chr1 5 rs~1 C A . . .",
    "ALT is REF": "chr1 5 . C C . . .", "ALT repeats": "chr1 5 . C A,A . . .", "a missing ALT among others": "chr1 5 . C A,. . . .", "REF has an ambiguity code": "chr1 5 . R RA . . .",
}


@pytest.mark.parametrize("version", ["4.1", "4.3", "4.5"])
@pytest.mark.parametrize("what", TOLD)
def test_a_record_that_is_wrong_but_readable_is_told_with_its_line(tmp_path, what, version):
    path = put(tmp_path, text("chr1 1 . A C . . .", TOLD[what], version=version))
    n, error, notes = told(scan_vcf, path)
    assert (n, error, [w.line for w in notes]) == (2, None, [4])
    assert len(told(read_vcf, path)[0]) == 2


META = '##INFO=<ID=X,Number=2,Type=Integer,Description="two">'
IN_INFO = {
    "negative count": "AC=-1", "decimal count": "AN=1.5", "cigar": "CIGAR=0.05", "text for a number": "DP=many", "flag with a value": "H3=yes", "flag with a number": "SOMATIC=2",
    "one value too many": "AC=1,2", "too few declared": "X=1", "not typed as declared": "X=1,b", "frequency": "AF=1.5", "key twice": "DP=1;DP=2", "no value": "DP", "empty value": "DP=",
    "ancestral number": "AA=0.5", "END before POS": "END=3", "too large an integer": "DP=3000000000", "negative end": "END=-3", "type": "SVTYPE=BANANA",
}


@pytest.mark.parametrize("version", ["4.1", "4.3", "4.4"])
@pytest.mark.parametrize("what", IN_INFO)
def test_faults_in_info_are_told_under_strict_and_since_44_always(tmp_path, what, version):
    path = put(tmp_path, text("chr1 1 . A C . . DP=3", f"chr1 5 . C A . . {IN_INFO[what]}", meta=[META], version=version))
    assert 5 in [w.line for w in told(scan_vcf, path, strict=True)[2]]
    assert bool(told(scan_vcf, path)[2]) == (version == "4.4")


FORMAT_META = ['##FORMAT=<ID=DS,Number=1,Type=Float,Description="dosage">', '##FORMAT=<ID=CH,Number=1,Type=Character,Description="c">', '##FORMAT=<ID=PA,Number=A,Type=Integer,Description="p">']
IN_SAMPLES = {
    "allele is a letter": ("GT", "1/C"), "an allele is lacking": ("GT", "0/|1"), "ends in a bar": ("GT", "0/"), "ALT has no such allele": ("GT", "0/3"), "negative": ("GT", "-1/0"),
    "text for a float": ("GT:DS", "0/1:my"), "two characters": ("GT:CH", "0/1:ab"), "text for an integer": ("GT:DP", "0/1:1.5"), "count": ("GT:PL", "0/1:1,2"), "haploid count": ("GT:PL", "0:1,2,3,4,5,6"),
    "per ALT": ("GT:PA", "0/1:3"), "GT is not first": ("DP:GT", "3:0/1"), "illegal FORMAT key": ("GT:G*S", "0/1:3"), "FORMAT key begins with a digit": ("GT:1GS", "0/1:3"), "twice": ("GT:DP:DP", "0/1:3:3"),
    "more than FORMAT": ("GT", "0/1:3"), "empty FORMAT key": ("GT:", "0/1:3"), "negative depth": ("GT:DP", "0/1:-3"), "HQ is a pair": ("GT:HQ", "0|1:30"),
}


@pytest.mark.parametrize("version", ["4.1", "4.3", "4.5"])
@pytest.mark.parametrize("what", IN_SAMPLES)
def test_faults_in_samples_are_told_with_their_line(tmp_path, what, version):
    form, sample = IN_SAMPLES[what]
    records = ("chr1 1 . A C . . . GT 0/1 0", f"chr1 5 . C A,G . . . {form} {'.' if form == 'GT' else sample} {sample}")
    path = put(tmp_path, text(*records, meta=FORMAT_META, version=version, samples=("A", "B")))
    n, error, notes = told(scan_vcf, path)
    assert (n, error) == (2, None) and {w.line for w in notes} == {7}
    assert told(read_vcf, path, samples="all")[1] is None


READ = {
    "haploid, triploid and missing": ("GT", "0", "0/1/2", "."), "half a call": ("GT", "./0", "1|.", "./."), "trailing fields dropped": ("GT:DP:PL", "0/1:3", "0/1", "./."),
    "likelihoods by ploidy": ("GT:PL", "0:1,2,3", "0/1/2:1,2,3,4,5,6,7,8,9,0", "0/1:1,2,3,4,5,6"), "missing lists": ("GT:PL:AD", "0/1:.:.", "0/1:.,.,.,.,.,.:1,.,3", "./.:.:."), "without GT": ("DP", "3", ".", "4"),
    "floats": ("GT:DS", "0/1:-1e-3", "0/1:.5", "0/1:NaN"), "phase": ("GT:PS:PQ", "0|1:100:3", "1|0:100:.", "0/0:.:."), "nothing": (".", ".", ".", "."),
}


@pytest.mark.parametrize("version", ["4.1", "4.3", "4.5"])
@pytest.mark.parametrize("what", READ)
def test_what_is_right_is_read_without_a_word(tmp_path, what, version):
    form, *samples = READ[what]
    path = put(tmp_path, text(f"chr1 5 . C A,G . . . {form} {' '.join(samples)}", meta=FORMAT_META, version=version, samples=("A", "B", "C")))
    assert told(scan_vcf, path, strict=True) == (1, None, [])
    frame = read_vcf(path, samples="all")
    assert frame[["GT:A", "GT:B", "GT:C"]].iloc[0].tolist() == [s.split(":")[0] if form.startswith("GT") else "." for s in samples]


ODD_BUT_RIGHT = ["chr1 0 . N A . . .", "HLA-A*01:01:01:02 5 . A C . . .", "<ctg1> 5 . A C . . .", "chr1 5 a;b acgtn ACG,T . . .", "chr1 5 . G G]17:198982],]<c>:7]A,[1:5[CT,.T,G. . . .", "chr1 5 . C <INS:ME:L1> . . SVLEN=3;SVCLAIM=J",
                 "chr1 461168601842738790 . A C 1e2 . .", "chr1 5 . A C,* inf q10;s50 1000G;H2", "1:1-1 5 . A <*> . PASS .", "chr1 5 . A C 0.5 . X_y.z=a b;FLAG".replace("a b", "a~b"), "chr1 5 . A . 3 . AC=0;AN=2"]


@pytest.mark.parametrize("record", ODD_BUT_RIGHT)
def test_rare_but_right_records_are_read_without_a_word(tmp_path, record):
    assert told(scan_vcf, put(tmp_path, text(record, version="4.4")), strict=True) == (1, None, [])


SV44 = {
    "no length": ("<DEL>", "SVCLAIM=D"), "no claim": ("<DUP>", "SVLEN=5"), "claim of another type": ("<CNV>", "SVLEN=5;SVCLAIM=J"), "claim that is none": ("<DEL>", "SVLEN=5;SVCLAIM=JD"),
    "pairs": ("T", "CIPOS=-1"), "interval without 0": ("<DEL>", "SVLEN=5;SVCLAIM=D;CIPOS=1,2"), "quadruples": ("T", "MEINFO=1"), "repeat units": ("<CNV:TR>", "SVLEN=9;RN=1;RUS=T,A"),
    "unit length": ("<CNV:TR>", "SVLEN=9;RUS=CAG;RUL=2"), "unit letters": ("<CNV:TR>", "SVLEN=9;RUS=C1"), "two alleles": ("<DEL>,T", "SVLEN=5;SVCLAIM=D,."), "whole units": ("<CNV:TR>", "SVLEN=9;RUB=3;RUC=1.5"),
}


@pytest.mark.parametrize("what", SV44)
def test_structural_variants_are_held_to_44(tmp_path, what):
    alt, info = SV44[what]
    path = put(tmp_path, text("chr1 1 . A C . . .", f"chr1 5 . C {alt} . . {info}", version="4.4"))
    assert [w.line for w in told(scan_vcf, path)[2]][:1] == [4]
    assert told(scan_vcf, put(tmp_path, text(f"chr1 5 . C {alt} . . {info}", version="4.2")))[2] == []


@pytest.mark.parametrize("version, info", [("4.1", "A=b~c"), ("4.3", "3P=1"), ("4.3", "DP=1;*=2")])
def test_grammar_of_info_by_version(tmp_path, version, info):
    assert [w.line for w in told(scan_vcf, put(tmp_path, text(SITE, f"chr1 500 . C A . . {info}", version=version)))[2]] == [4]
    assert told(scan_vcf, put(tmp_path, text(SITE, f"chr1 500 . C A . . {info}", version={"4.1": "4.3"}.get(version, "4.2"))))[2] == []


@pytest.mark.parametrize("gt, form, sample", [("no GT", "PSL", "a"), ("no PSL", "GT:PSO", "0|1:1,2"), ("CN:CICN", "CN:CICN", "1:1,2"), ("CICN", "CICN", "-1,1"), ("PS and PSL", "GT:PS:PSL", "0|1:3:.,a"), ("PSL count", "GT:PSL", "0|1:a")])
def test_formats_of_44(tmp_path, gt, form, sample):
    path = put(tmp_path, text(f"chr1 5 . C A . . . {form} {sample}", version="4.4", samples=("A",)))
    assert {w.line for w in told(scan_vcf, path)[2]} == {3}, gt


# -- the header -------------------------------------------------------------------------------------------------------

IN_HEADER = [   # (versions, line)
    ("4.1 4.2 4.3 4.4 4.5", '##INFO=<ID=Q,Number=N,Type=Integer,Description="x">'), ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Int,Description="x">'), ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Integer,Description=x>'),
    ("4.1 4.3", '##INFO=<Number=1,ID=Q,Type=Integer,Description="x">'), ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Integer>'), ("4.1 4.3", '##INFO=<Number=1,Type=Integer,Description="x">'), ("4.1", '##INFO=<ID=Q,Number=R,Type=Integer,Description="x">'),
    ("4.1 4.4", '##INFO=<ID=AF,Number=A,Type=Integer,Description="x">'), ("4.1 4.4", '##INFO=<ID=DB,Number=0,Type=String,Description="x">'), ("4.1 4.4", '##INFO=<ID=END,Number=2,Type=Integer,Description="x">'),
    ("4.3", '##INFO=<ID=1Q,Number=1,Type=Integer,Description="x">'), ("4.3", '##INFO=<ID=Q,Number=1,Type=Integer,Description="x",Source=dbsnp>'), ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Integer,Description="x>'),
    ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Integer,Description="x"'), ("4.1 4.3", '##INFO=ID=Q'), ("4.1 4.3", '##INFO=<ID=Q,ID=R,Number=1,Type=Integer,Description="x">'), ("4.1 4.3", '##INFO=<ID=Q,Number=1,Type=Integer,Description="x",>'),
    ("4.1 4.3", '##FORMAT=<ID=Q,Number=0,Type=Flag,Description="x">'), ("4.1 4.4", '##FORMAT=<ID=GQ,Number=A,Type=Integer,Description="x">'), ("4.1 4.4", '##FORMAT=<ID=GT,Number=1,Type=Integer,Description="x">'), ("4.3", '##FORMAT=<ID=Q,Number=P,Type=Integer,Description="x">'),
    ("4.1 4.3", '##FILTER=<ID=q10>'), ("4.1 4.3", '##FILTER=<ID=0,Description="x">'), ("4.1 4.3", '##FILTER=<ID=q 10,Description="x">'), ("4.1 4.3", '##FILTER=<Description="x",ID=q10>'),
    ("4.1 4.4", '##ALT=<ID=BIG,Description="x">'), ("4.1 4.4", '##ALT=<ID=DEL>'), ("4.1 4.4", '##ALT=<ID=DEL,Description=x>'), ("4.1 4.4", '##ALT=<ID=DEL,Type=String,Number=1,Description="x">'), ("4.1 4.4", '##ALT=<ID=DEL,Number=1,Type=Text,Description="x">'),
    ("4.1 4.3", '##contig=<length=5>'), ("4.1 4.3", '##contig=<ID=a,length=long>'), ("4.3 4.4", '##contig=<ID=1.*>'), ("4.3 4.4", '##contig=<ID=*1>'), ("4.3", '##contig=<ID=DEL>'), ("4.2", '##contig=<ID=1:2>'), ("4.1 4.3", '##contig=1'),
    ("4.3", '##META=<ID=A,Type=String,Number=.,Values=x>'), ("4.3", '##META=<ID=A,Type=String,Values=[x]>'), ("4.3", '##SAMPLE=<Assay=x>'), ("4.1", '##SAMPLE=<ID=A,Genomes=a;b,Mixture=.1,Description="x;y">'), ("4.1", '##SAMPLE=<ID=A>'),
    ("4.1", '##PEDIGREE=<Name_0=a>'), ("4.3", '##PEDIGREE=<Name_0=a,Name_1=b>'), ("4.1 4.3", '##pedigreeDB=<not a url>'), ("4.1 4.3", '##pedigreeDB=nowhere'), ("4.1 4.3", '##assembly=hg19'),
    ("4.1 4.3", '##fileformat=VCFv4.1'), ("4.1 4.3", '##key'), ("4.1 4.3", '##key='), ("4.1 4.3", '##=value'), ("4.3", '##other=<Name=x>'),
]


@pytest.mark.parametrize("version, line", [(v, line) for versions, line in IN_HEADER for v in versions.split()])
def test_faults_in_the_header_are_told_under_strict_with_their_line(tmp_path, version, line):
    path = put(tmp_path, text(SITE, meta=["##source=x", line], version=version))
    n, error, notes = told(scan_vcf, path, strict=True)
    assert (n, error) == (1, None) and 3 in [w.line for w in notes]
    assert told(read_vcf, path)[2] == []
    assert 3 in [w.line for w in told(vcf_header, path, strict=True)[2]]


RIGHT_HEADER = [
    ("4.1 4.4", '##INFO=<ID=Q,Number=2,Type=Float,Description="a \\"quoted\\", text, with \\\\ = and <>">'), ("4.2 4.5", '##INFO=<ID=Q,Number=R,Type=Integer,Description="">'), ("4.4", '##FORMAT=<ID=Q,Number=P,Type=Integer,Description="x">'),
    ("4.5", '##FORMAT=<ID=LAD,Number=LR,Type=Integer,Description="x">'), ("4.3", '##INFO=<ID=Q,Number=1,Type=String,Description="x",Source="dbsnp",Version="138">'), ("4.1 4.4", '##ALT=<ID=DEL:ME:ALU,Description="x">'), ("4.1 4.3", '##ALT=<ID=R,Description="A/G">'),
    ("4.2", '##ALT=<ID=NON_REF,Description="x">'), ("4.1 4.4", '##contig=<ID=1,length=5,assembly=B36,md5=f126cdf8,species="Homo sapiens",taxonomy=x>'), ("4.3", '##contig=<ID=HLA-A*01:01:01:01,length=3503>'),
    ("4.3", '##META=<ID=Tissue,Type=String,Number=.,Values=[Blood, Breast, ?]>'), ("4.3", '##SAMPLE=<ID=S,Assay=WholeGenome,Description="x",DOI=url>'), ("4.1", '##SAMPLE=<ID=S,Genomes=a;b,Mixture=.1;.9,Description=x;y>'),
    ("4.3", '##PEDIGREE=<ID=C,Father=F,Mother=M>'), ("4.2", '##PEDIGREE=<Name_0=G0,Name_1=G1>'), ("4.1 4.4", '##pedigreeDB=ftp://ebi.ac.uk:80/a.db'), ("4.4", '##pedigreeDB=<http://1.2.3.4/a.db>'), ("4.3", '##assembly=ftp://a.b/c.fa'),
    ("4.2", '##bcftools_viewCommand=view -o x <in>; Date=Mon'), ("4.2", '##phasing=partial'), ("4.2", '##GATKCommandLine=<ID=HC,CommandLine="a=[b] c=<d>">'),
]


@pytest.mark.parametrize("version, line", [(v, line) for versions, line in RIGHT_HEADER for v in versions.split()])
def test_right_headers_are_read_without_a_word(tmp_path, version, line):
    assert told(scan_vcf, put(tmp_path, text("1 5 . A C . . .", meta=[line, "##contig=<ID=1>"] if "contig" in line and "ID=1," not in line else [line], version=version)), strict=True) == (1, None, [])


@pytest.mark.parametrize("data, match", [
    ("", "the file is empty"), ("chr1\t5\t.\tA\tC\t.\t.\t.\n", "line 1.*a record before"), ("##fileformat=VCFv4.2\n30NFO=<ID=X>\n" + text().split("\n", 1)[1], "line 2.*no line of a VCF header"),
    (text().replace("\t", " ") + SITE, "line 2.*eight columns"), (text().replace("REF\tALT", "ALT\tREF"), "line 2"), (text().replace("INFO", "INFO\tsample"), "line 2.*ninth"), ("##gff-version 3\n", "line 1.*#CHROM"),
    (b"BCF\x02\x02" + bytes(40), "is BCF"), (gzip.compress(b"BCF\x02\x02" + bytes(40)), "is BCF"), ("@HD\tVN:1\n", "SAM"), (text(SITE).encode() + b"chr1\t9\xff\n", "line 4"), (text(SITE).encode() + b"\0", "line 4"),
])
def test_what_is_no_vcf_is_refused(tmp_path, data, match):
    path = put(tmp_path, data)
    for reader in (read_vcf, scan_vcf):
        with pytest.raises(DataError, match=match): reader(path)


@pytest.mark.parametrize("first, warned", [("##fileformat=VCFv4.0", False), ("##fileformat=VCFv4.6", True), ("##fileformat=VCF4.2", True), ("##fileformat=VCFv9.1", True), ("##source=x", True), ("##fileformat=VCFv3.3", False)])
def test_the_first_line_says_the_version(tmp_path, first, warned):
    n, error, notes = told(scan_vcf, put(tmp_path, text(SITE).replace("##fileformat=VCFv4.2", first)))
    assert (n, error, [w.line for w in notes]) == (1, None, [1] * warned)


def test_separators_of_info_among_the_samples_are_no_info(tmp_path):
    path = put(tmp_path, text("1 5 . A C . . . GT:FT 0/1:a;;b", "1 6 . A C . . . GT:FT 0/1:;", samples=("A",), version="4.2"))
    assert told(scan_vcf, path) == (2, None, [])


def test_samples_are_named_once(tmp_path):
    for names in (("A", "A"), ("A", "")):
        path = put(tmp_path, text("chr1 5 . A C . . . GT 0/1 0/1", samples=("A", "B")).replace("A\tB\n", "\t".join(names) + "\n"))
        assert [w.line for w in told(scan_vcf, path)[2]] == [2]


def test_a_header_alone_is_told(tmp_path):
    for data, line in ((text(), 2), ("##fileformat=VCFv4.1\n##source=x\n", 2)):
        frame, error, notes = told(read_vcf, put(tmp_path, data))
        assert (len(frame), error, [w.line for w in notes]) == (0, None, [line])
        assert frame.dtypes["pos"] == "int64"


# -- the file as a whole ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("records, what", [
    (["chr1 9", "chr1 5"], "sorted"), (["chr1 9", "chr2 5", "chr1 10"], "comes again"), (["chr1 9", "chr1 9"], "earlier record"), (["chr1 5000"], "beyond the end"),
])
def test_order_and_place(tmp_path, records, what):
    path = put(tmp_path, text(*(r + " . A C . . ." for r in records), meta=["##contig=<ID=chr1,length=1000>", "##contig=<ID=chr2,length=1000>"]))
    n, error, notes = told(scan_vcf, path)
    assert (n, error) == (len(records), None) and [(what in str(w), w.line) for w in notes] == [(True, 4 + len(records))]


def test_the_same_variant_in_other_words_is_told_once_with_a_count(tmp_path):
    path = put(tmp_path, text("1 123 . TAT TGT . . .", "1 124 . A G . . .", "1 124 . A T,G . . .", "1 130 . <C> A . . .".replace("<C>", "C"), "1 130 . C <INS> . . .", "1 130 . C <INS> . . ."))
    _, _, notes = told(scan_vcf, path)
    assert [(w.line, w.count) for w in notes] == [(4, 2)]


def test_order_is_seen_across_blocks(tmp_path):
    lines = [f"1 {k} . A C . . ." for k in range(1, 40_000)]
    path = put(tmp_path, text(*lines[:30_000], lines[29_999], *lines[30_000:]))
    n, _, notes = told(scan_vcf, path)
    assert n == 40_000 and [w.line for w in notes] == [30_003]


def test_blank_lines_and_late_header_lines(tmp_path):
    data = text("1 5 . A C . . .") + "\n" + "##late=1\n" + "1\t9\t.\tA\tC\t.\t.\t.\n\n\n"
    n, error, notes = told(scan_vcf, put(tmp_path, data))
    assert (n, error, [w.line for w in notes]) == (2, None, [4, 5])
    assert told(scan_vcf, put(tmp_path, data + "1\tx\t.\tA\tC\t.\t.\t.\n"))[1].line == 9


@pytest.mark.parametrize("pack", [gzip.compress, bgzip, bz2.compress, lambda b: b.replace(b"\n", b"\r\n"), lambda b: b"\xef\xbb\xbf" + b])
def test_packed_and_foreign_line_ends(tmp_path, pack):
    data = text(*(f"chr1 {k} . A C . . ." for k in range(1, 500)))
    assert told(scan_vcf, put(tmp_path, pack(data.encode()), "a.any")) == (499, None, [])


def test_a_last_line_without_an_end_is_told(tmp_path):
    n, error, notes = told(scan_vcf, put(tmp_path, text(SITE, SITE.replace("100", "200"))[:-1]))
    assert (n, error, [w.line for w in notes]) == (2, None, [4])


@pytest.mark.parametrize("version", ["4.1", "4.2", "4.3", "4.5"])
def test_a_wrong_sample_behind_thousands_of_right_ones_is_found_at_once(tmp_path, version):
    names = [f"S{i}" for i in range(2000)]
    record = "chr1 {} . A C . . . GT:DP" + " 0/1:3" * 1999
    path = put(tmp_path, text(record.format(5) + " 1|1:4", record.format(9) + " 0/x:4", version=version, samples=names))
    n, error, notes = told(scan_vcf, path)
    assert (n, error, [w.line for w in notes]) == (2, None, [4]) and "S1999" in notes[0].found


@pytest.mark.parametrize("record, line", [("chr1 500 . A a . . .", 4), ("chr1 500 . a A . . .", 4), ("chr1 500 . A C,c . . .", 4), ("chr1 500 . A C . . N=a\x01b", 4), ("chr1 500 . A C<ctg1> . . .", None), ("chr1 500 . a c . . .", None)])
def test_small_letters_control_characters_and_inserted_contigs(tmp_path, record, line):
    n, error, notes = told(scan_vcf, put(tmp_path, text(SITE, record)))
    assert (n, error, [w.line for w in notes]) == (2, None, [line] if line else [])


@pytest.mark.parametrize("meta, line", [(["##contig=<ID=chr1>", "##contig=<ID=chr1>"], 3), (['##INFO=<ID=X,Number=1,Type=Flag,Description="a">'], 2), (['##INFO=<ID=X,Number=0,Type=Integer,Description="a">'], 2),
                                        (['##GATKCommandLine=<ID=HaplotypeCaller,Version=3.4,Date="x">'], None)])
def test_more_faults_of_declarations(tmp_path, meta, line):
    assert [w.line for w in told(scan_vcf, put(tmp_path, text(SITE, meta=meta)), strict=True)[2]] == ([line] if line else [])


def test_the_fast_way_and_the_slow_way_agree(tmp_path):
    r = random.Random(7)
    rows = [(f"chr{1 + k // 500}", 10 + k, r.choice([".", "rs1", "a;b"]), r.choice(["A", "ACGT", "g"]), r.choice(["T", "TT,C", "TTTTTTTTTTTTTTTTTTTTTT", "<DEL>", "*", "."]),
             r.choice([".", "30", "1.25", "1e3", "0.1", "12345678901234567890"]), r.choice([".", "PASS", "q10;s50", "a_filter_with_a_long_name"])) for k in range(1500)]
    path = put(tmp_path, text(*(" ".join(map(str, row)) + " DP=3" for row in rows)))
    plain = told(read_vcf, path)[0]
    wide = told(read_vcf, put(tmp_path, text(*(" ".join(map(str, row)) + " N=\u00e9\u4e2d" for row in rows)), "b.vcf"))[0]
    expected = pd.DataFrame(rows, columns=["chrom", "pos", "id", "ref", "alt", "qual", "filter"])
    expected["qual"] = [np.nan if q == "." else float(q) for q in expected["qual"]]
    pd.testing.assert_frame_equal(plain, expected.astype({"pos": "int64"}))
    pd.testing.assert_frame_equal(wide, plain)


def test_names_stay_text_and_equal_texts_share_an_object(tmp_path):
    frame = read_vcf(put(tmp_path, text(*(f"0{1 + k // 5000} {k + 1} . A C . PASS ." for k in range(10_000)))))
    assert frame["chrom"].unique().tolist() == ["01", "02"]
    assert len({id(x) for x in frame["filter"].to_numpy(object)}) == 1 == len({id(x) for x in frame["ref"].to_numpy(object)})


def test_a_scan_is_bounded_by_its_blocks(tmp_path):
    paths = [put(tmp_path, text(*(f"1 {k} . A C . . DP={k}" for k in range(1, n))), f"{n}.vcf") for n in (100_000, 300_000)]
    peaks = []
    for path in paths:
        tracemalloc.start()
        scan_vcf(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] < 100 << 20


# -- columns ----------------------------------------------------------------------------------------------------------

INFO_META = ['##INFO=<ID=DP,Number=1,Type=Integer,Description="d">', '##INFO=<ID=F,Number=1,Type=Float,Description="f">', '##INFO=<ID=pos,Number=1,Type=String,Description="s">', '##INFO=<ID=ADP,Number=.,Type=Integer,Description="s">']


def test_info_columns_have_the_types_of_the_header(tmp_path):
    path = put(tmp_path, text("1 5 . A C . . DP=3;F=1e-2;H2;pos=x;ADP=1,2", "1 6 . A C . . ADP=7;F=.", "1 7 . A C . . DP=x", meta=INFO_META))
    frame, error, notes = told(read_vcf, path, info=["DP", "F", "H2", "pos", "ADP"])
    assert [str(frame[c].dtype) for c in ("DP", "F", "H2", "INFO:pos", "ADP")] == ["Int64", "float64", "bool", "str", "str"]
    assert frame["DP"].isna().tolist() == [False, True, True] and frame["H2"].tolist() == [True, False, False]
    assert frame["ADP"].tolist()[:2] == ["1,2", "7"] and [(w.line, "DP=x" in w.found) for w in notes] == [(9, True)]
    assert read_vcf(path, info="all")["info"].tolist()[1] == "ADP=7;F=."
    assert read_vcf(path, columns=["pos", "alt"]).columns.tolist() == ["pos", "alt"]


@pytest.mark.parametrize("options, match", [({"info": ["dp"]}, "'DP'"), ({"samples": ["B"]}, "no sample 'B'"), ({"columns": ["position"]}, "column 'position'")])
def test_wrong_names_name_the_nearest(tmp_path, options, match):
    with pytest.raises(SpecError, match=match): read_vcf(put(tmp_path, text(SITE, meta=INFO_META)), **options)


def test_genotypes_missing_is_not_reference(tmp_path):
    path = put(tmp_path, text("1 5 . A C,G . . . GT:DP 0|1:3 ./.:.", "1 6 . A C . . . DP 3 4", "1 7 . A C . . . DP:GT 3:0/1 4:1", samples=("A", "B")))
    frame = told(read_vcf, path, samples="all")[0]
    assert frame["GT:A"].tolist() == ["0|1", ".", "0/1"] and frame["GT:B"].tolist() == ["./.", ".", "1"]
    table = genotypes(["0|1", "./.", ".", "0/.", "1", "2|1", "/0/1", "0/0/1"])
    assert table["alternate"].astype("object").where(table["alternate"].notna(), None).tolist() == [1, None, None, 0, 1, 2, 1, 1]
    assert table["ploidy"].tolist() == [2, 2, 1, 2, 1, 2, 2, 3] and table["phased"].tolist() == [True, False, False, False, False, True, False, False]


# -- alleles ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("pos, ref, alt, kind, start, end, left", [
    (10, "A", "G", "snv", 9, 10, ("A", "G")), (10, "a", "g", "snv", 9, 10, ("A", "G")), (10, "TAT", "TGT", "snv", 10, 11, ("A", "G")), (10, "AC", "GT", "mnv", 9, 11, ("AC", "GT")), (10, "TCG", "T", "deletion", 10, 12, ("CG", "")),
    (10, "T", "TCG", "insertion", 10, 10, ("", "CG")), (10, "GTC", "A", "complex", 9, 12, ("GTC", "A")), (1, "CA", "A", "deletion", 0, 1, ("C", "")), (10, "CAA", "CA", "deletion", 10, 11, ("A", "")), (10, "A", "*", "star", 9, 10, ("A", "*")),
    (10, "A", "<NON_REF>", "unspecified", 9, 30, ("A", "<NON_REF>")), (10, "A", "<DEL>", "symbolic", 10, 30, ("A", "<DEL>")), (10, "A", "<INS>", "symbolic", 10, 10, ("A", "<INS>")), (10, "A", ".", "missing", 9, 30, ("A", ".")),
    (10, "A", "A]2:5]", "breakend", 9, 10, ("A", "A]2:5]")), (10, "A", "A", "reference", 9, 9, ("", "")),
])
def test_alleles(pos, ref, alt, kind, start, end, left):
    row = alleles(pd.DataFrame({"chrom": ["1"], "pos": [pos], "ref": [ref], "alt": [alt], "END": pd.array([30], dtype="Int64")})).iloc[0]
    assert (row["kind"], row["start"], row["end"], (row["ref"], row["alt"])) == (kind, start, end, left)


def test_alleles_applied_to_the_reference_are_the_haplotypes_of_the_record():
    r = random.Random(5)
    for _ in range(300):
        sequence = "".join(r.choices("ACG", k=40))
        pos, size = r.randrange(1, 30), r.randrange(1, 6)
        ref = sequence[pos - 1:pos - 1 + size]
        alt = ref[:1] + "".join(r.choices("ACG", k=r.randrange(0, 6))) if r.random() < 0.7 else "".join(r.choices("ACG", k=r.randrange(1, 6)))
        whole = sequence[:pos - 1] + alt + sequence[pos - 1 + size:]
        frame = pd.DataFrame({"chrom": ["1"], "pos": [pos], "ref": [ref], "alt": [alt]})
        plain, left = alleles(frame).iloc[0], alleles(frame, lambda c, a, z: sequence[a:z]).iloc[0]
        for row in (plain, left):
            assert sequence[row["start"]:row["end"]] == row["ref"]
            assert sequence[:row["start"]] + row["alt"] + sequence[row["end"]:] == whole
        if left["kind"] in ("insertion", "deletion"):
            moved = sequence[left["start"] - 1] if left["start"] else "-"
            assert moved != (left["ref"] or left["alt"])[-1] and left["start"] <= plain["start"]


def test_alleles_are_keyed_back_and_values_dealt_out(tmp_path):
    path = put(tmp_path, text("1 5 . A C,G . . AC=1,2;DP=7;AF=0.5,.", "1 9 . A T . . AC=3,4;DP=8"))
    frame = alleles(told(read_vcf, path, info=["AC", "DP", "AF"])[0])
    assert frame["record"].tolist() == [0, 0, 1] and frame["allele"].tolist() == [1, 2, 1]
    assert frame["AC"].tolist()[:2] == [1, 2] and frame["AC"].isna().tolist() == [False, False, True]
    assert frame["DP"].tolist() == [7, 7, 8] and frame["AF"].isna().tolist() == [False, True, True]


def test_a_symbol_without_an_end_is_told(tmp_path):
    frame = read_vcf(put(tmp_path, text("1 5 . A <DEL> . . .", "1 9 . A <DUP> . . .")))
    _, _, notes = told(alleles, frame)
    assert len(notes) == 1 and "2 symbolic alleles" in str(notes[0])
    assert len(alleles(frame.iloc[:0])) == 0


def test_the_same_base_in_vcf_is_the_base_of_other_formats():
    row = alleles(pd.DataFrame({"chrom": ["chr1"], "pos": [101], "ref": ["G"], "alt": ["T"]})).iloc[0]
    assert (row["start"], row["end"]) == (100, 101)     # BED chr1 100 101, GFF chr1 101 101


# -- the corpus -------------------------------------------------------------------------------------------------------

CORPUS = Path(os.environ.get("GENONB_FORMATS") or Path(__file__).parents[2] / "shared" / "formats")
MANIFEST = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text("utf-8").splitlines()] if (CORPUS / "MANIFEST.tsv").is_file() else []
FILES = [(row[0], row[1], row[3]) for row in MANIFEST if row[0] in ("vcf", "vcf_apply") and row[1].endswith(".vcf")]


@pytest.mark.skipif(not FILES, reason="needs the corpus of formats: GENONB_FORMATS")
@pytest.mark.parametrize("folder, name, expected", FILES or [("", "", "")])
def test_corpus(folder, name, expected):
    path = CORPUS / folder / name
    n, error, notes = told(scan_vcf, path)
    frame, same, again = told(read_vcf, path)
    assert [str(w) for w in notes] == [str(w) for w in again] and (error is None) == (same is None) and (error or len(frame) == n)
    if expected == "refusal": assert error is not None and error.line and str(path) in str(error)
    elif expected == "warning or refusal": assert error or notes
    elif "strict" in expected:
        _, error, notes = told(scan_vcf, path, strict=True)
        assert (error and error.line) or any(w.line for w in notes)
    else: assert error is None and n == sum(not line.startswith("#") and line.strip() != "" for line in path.read_text("utf-8").split("\n"))


# -- damage -----------------------------------------------------------------------------------------------------------

SEEDS = [text("chr1 5 rs1;rs2 A C,<DEL> 3.5 q10;s50 DP=3;AF=0.1,.;H2;END=9 GT:DP:PL 0|1:3:1,2,3,4,5,6 ./.", "chr1 9 . AC A,ACG . PASS . GT 0 1/2", "chr2 7 . G G]chr1:5] . . SVTYPE=BND GT:FT .:. 0/1:PASS",
              meta=FORMAT_META + INFO_META, version=v, samples=("A", "B")) for v in ("4.1", "4.2", "4.3", "4.4", "4.5")]
PIECES = ["\t", "\n", ":", ";", ",", "=", "<", ">", "[", "]", "|", "/", ".", "*", "-", "0", "9" * 30, "GT", "END=", "\u00e9", "\u0663", "\r", '"', "\\", "#", "##", "A" * 3000, "1e999", "nan", "\x0b", "\u2028", ",.," * 200]


def damaged(r, data):
    "`data` with one to four pieces changed, doubled, cut or put in; `r` is the source of chance."
    for _ in range(r.randrange(1, 5)):
        a, b = sorted((r.randrange(len(data) + 1), r.randrange(len(data) + 1)))
        b = min(b, a + 60)
        how = r.randrange(6)
        if how == 0: data = data[:a] + r.choice(PIECES) + data[a:]
        elif how == 1: data = data[:a] + r.choice(PIECES) + data[a + 1:]
        elif how == 2: data = data[:a] + data[b:]
        elif how == 3: data = data[:b] + data[a:b] * r.randrange(1, 4) + data[b:]
        elif how == 4 and data: data = data[:a] + chr(r.randrange(1, 256)) + data[a + 1:]
        else: data = data[:a] + data[b:b + 60] + data[b:]
    return data


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_give_a_table_or_a_data_error(tmp_path, seed):
    r, read = random.Random(seed), 0
    for k in range(int(os.environ.get("GENONB_FUZZ", 40))):
        path = put(tmp_path, damaged(r, r.choice(SEEDS)))
        strict = bool(k % 2)
        frame, error, notes = told(read_vcf, path, strict=strict, samples="all", info="all")
        n, same, again = told(scan_vcf, path, strict=strict)
        assert str(error).split(": ", 1)[-1] == str(same).split(": ", 1)[-1] and [str(w) for w in notes] == [str(w) for w in again], (seed, k)
        if frame is None: continue
        assert len(frame) == n, (seed, k)
        told(alleles, frame)
        for name in frame.columns[frame.columns.str.startswith("GT:")]: genotypes(frame[name])
        read += 1
    assert read


HOSTILE = {
    "quotes": "##INFO=<ID=A" + ',B="' * 20_000 + ">", "backslashes": '##INFO=<ID=A,Description="' + "\\" * 200_000 + ">", "equals": "##INFO=<" + "=" * 200_000 + ">", "key": "##" + "a" * 500_000, "brackets": "##META=<Values=" + "[" * 200_000 + ">",
    "url": "##assembly=" + "a:/" * 100_000, "pairs": "##INFO=<" + ",".join(f"K{i}=v" for i in range(3000)) + ">",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_header_made_to_be_slow_is_not(tmp_path, what):
    assert told(scan_vcf, put(tmp_path, text(SITE, meta=[HOSTILE[what]])), strict=True)[:2] == (1, None)


LONG = {
    "breakend": "chr1 5 . A A[" + "1:" * 100_000 + "x[ . . .", "symbols": "chr1 5 . A " + "<" * 200_000 + " . . .", "alleles": "chr1 5 . A " + ",".join(["C", "G", "T"] * 30_000) + " . . AC=1", "info": "chr1 5 . A C . . " + ";".join(f"K{i}=1" for i in range(40_000)),
    "same keys": "chr1 5 . A C . . " + "DP=1;" * 40_000, "cigar": "chr1 5 . A C . . CIGAR=" + "1" * 200_000, "float": "chr1 5 . A C " + "1" * 200_000 + "x . .", "filters": "chr1 5 . A C . " + ";".join(f"f{i}" for i in range(40_000)) + " .", "chrom": "1" * 200_000 + "[ 5 . A C . . .",
    "bases": "chr1 5 . " + "AC" * 100_000 + " " + "AC" * 99_000 + " . . .",
}


@pytest.mark.parametrize("what", LONG)
@pytest.mark.parametrize("strict", [False, True])
def test_a_record_made_to_be_slow_is_not(tmp_path, what, strict):
    path = put(tmp_path, text(SITE, LONG[what], version="4.4"))
    result, error, _ = told(scan_vcf, path, strict=strict)
    assert (result == 2) != (error is not None)


@pytest.mark.parametrize("form, sample", [("GT:" + ":".join(f"K{i}" for i in range(5000)), "0/1"), ("GT", "/".join(["0"] * 100_000)), ("GT:PL", "/".join(["0"] * 900) + ":1"), ("GT", "9" * 200_000), ("GT:PL", "0/1:" + ",".join(["1"] * 100_000))])
def test_samples_made_to_be_slow_are_not(tmp_path, form, sample):
    assert told(scan_vcf, put(tmp_path, text(f"chr1 5 . A C . . . {form} {sample}", samples=("A",))))[0] == 1
