"""io.gff, io.lineage, io.genes: GFF3, GTF and GFF2 are read right, and a wrong line is one error that names it"""
import bz2
import os
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.io.genes import cds, exons, genes, transcripts, unversioned, utrs
from genonb.io.gff import attribute, dialect_of, read_gff, scan_gff
from mutate import heard as quietly, mutated, put

CORPUS = Path(os.environ.get("GENONB_FORMATS") or Path(__file__).parents[2] / "shared" / "formats")
DATASETS = Path(os.environ.get("GENONB_MIRROR") or Path(__file__).parents[2] / "shared" / "datasets")


def line(kind="gene", start=1, end=90, strand="+", phase=".", ninth=".", chrom="c", source="x", score="."):
    return f"{chrom}\t{source}\t{kind}\t{start}\t{end}\t{score}\t{strand}\t{phase}\t{ninth}\n"


V3 = "##gff-version 3\n"
GENE, RNA = line(ninth="ID=g"), line("mRNA", ninth="ID=t;Parent=g")
IDS = 'gene_id "g"; transcript_id "t";'

# -- what is right ----------------------------------------------------------------------------------------------------

GOOD = {    # text -> number of features
    "one gene": (V3 + GENE + RNA, 2),
    "children first": (V3 + line("exon", ninth="Parent=t") + RNA + GENE, 3),
    "two parents": (V3 + GENE + RNA + line("mRNA", ninth="ID=u;Parent=g") + line("exon", ninth="Parent=t,u"), 4),
    "one feature in two lines": (V3 + GENE + RNA + line("CDS", 1, 30, phase=0, ninth="ID=c;Parent=t") + line("CDS", 40, 60, phase=0, ninth="ID=c;Parent=t"), 4),
    "phases of the minus strand": (V3 + line(strand="-", ninth="ID=g") + line("mRNA", strand="-", ninth="ID=t;Parent=g") + line("CDS", 1, 30, "-", 2, "Parent=t")
                                   + line("CDS", 40, 49, "-", 0, "Parent=t"), 4),
    "region": (V3 + "##sequence-region c 1 90\n" + GENE, 1),
    "beyond the end of a circle": (V3 + "##sequence-region c 1 90\n" + line("region", ninth="ID=c;Is_circular=true") + line(start=80, end=120, ninth="ID=g"), 2),
    "sequences": (V3 + GENE + "##FASTA\n>c\nACGT\n>d\nAC\n", 1),
    "sequences without a directive": (V3 + GENE + ">c\nACGT\n", 1),
    "resolved": (V3 + GENE + "###\n" + line(ninth="ID=h"), 2),
    "comments and blank lines": (V3 + "# x\n\n" + GENE + "#!genome-build 1\n \n", 1),
    "versions of the version": ("##gff-version   3.1.26\n" + GENE, 1),
    "crlf": ((V3 + GENE).replace("\n", "\r\n"), 1), "old mac": ((V3 + GENE).replace("\n", "\r"), 1), "mark": ("\ufeff" + V3 + GENE, 1),
    "no last line end": ((V3 + GENE)[:-1], 1), "trailing semicolon": (V3 + line(ninth="ID=g;"), 1), "no header": (GENE, 1), "no attributes": (V3 + line(), 1),
    "scores": (V3 + line(score="1e-30") + line(score="-.5") + line(score="7."), 3), "strands": (V3 + line(strand=".") + line(strand="?"), 2),
    "coded": (V3 + line(ninth="ID=a%2Cb;Note=x%3By", chrom="c%20d") + line("mRNA", ninth="Parent=a%2Cb", chrom="c%20d"), 2),
    "other alphabet": (V3 + line(ninth="ID=γ;Name=α−β"), 1),
    "beyond 32 bits": (V3 + line(start=5_000_000_000, end=6_000_000_000), 1),
    "alignment": (V3 + line("EST_match", 1, 23, ninth="ID=m;Target=EST23 1 21;Gap=M8 D3 M6 I1 M6"), 1),
    "protein alignment": (V3 + line("protein_match", 1, 31, ninth="ID=m;Target=p 1 10;Gap=M3 I1 D1 M6 F1"), 1),
    "gtf": (line("exon", ninth=IDS) + line("CDS", phase=0, ninth=IDS), 2), "gtf without a last semicolon": (line("exon", ninth=IDS[:-1]), 1),
    "gtf gene line": (line(ninth='gene_id "g";') + line("transcript", ninth=IDS), 2), "gtf without quotes": (line("exon", ninth="gene_id g; transcript_id t;"), 1),
    "gtf semicolon in quotes": (line("exon", ninth=IDS + ' note "a; b";'), 1), "gtf repeated tag": (line("exon", ninth=IDS + ' tag "a"; tag "b"; level 2;'), 1),
    "gtf no id in quotes": (line("exon", ninth='gene_id ""; transcript_id "";'), 1), "gtf escaped quote": (line("exon", ninth=IDS + r' note "a \"b\"";'), 1),
    "gtf comment behind": (line("exon", ninth=IDS + " # made by hand"), 1), "gtf gene without strand": (line(strand=".", ninth='gene_id "g";') + line("transcript", ninth=IDS), 2),
    "gtf stop codon": (line("exon", ninth=IDS) + line("CDS", 1, 60, phase=0, ninth=IDS) + line("stop_codon", 61, 63, phase=0, ninth=IDS), 3),
    "gtf stop codon in the CDS": (line("CDS", 1, 60, phase=0, ninth=IDS) + line("stop_codon", 58, 60, phase=0, ninth=IDS), 2),
    "gtf stop codon behind an intron": (line("exon", 1, 60, ninth=IDS) + line("CDS", 1, 60, phase=0, ninth=IDS) + line("exon", 80, 90, ninth=IDS)
                                        + line("stop_codon", 80, 82, phase=0, ninth=IDS), 4),
    "gtf minus": (line("exon", 1, 60, "-", ninth=IDS) + line("CDS", 4, 60, "-", 0, IDS) + line("stop_codon", 1, 3, "-", 0, IDS), 3),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_right_is_read_without_a_word(tmp_path, case):
    text, count = GOOD[case]
    frame, told = quietly(read_gff, put(tmp_path, text))
    assert len(frame) == count and told == [] and quietly(scan_gff, tmp_path / "file.txt") == (count, [])
    assert frame["start"].dtype == frame["end"].dtype == np.int64 and (frame["start"] < frame["end"]).all()


def test_columns(tmp_path):
    text = V3 + line("CDS", 11, 40, "-", 2, "ID=c%2C1;Parent=t,u;Note=a%3Bb,c", score="0.5") + line(ninth="Name=n", chrom="7")
    frame = read_gff(put(tmp_path, text), attributes=["Note", "Name"])
    assert list(frame) == ["chrom", "source", "type", "start", "end", "score", "strand", "phase", "id", "parent", "Note", "Name"]
    first = frame.iloc[0]
    assert (first["start"], first["end"], first["strand"], first["phase"], first["score"], first["id"], first["parent"], first["Note"]) == (10, 40, "-", 2, 0.5, "c%2C1", "t,u", "a;b,c")
    assert frame["chrom"].tolist() == ["c", "7"] and frame["phase"].isna().tolist() == [False, True] and np.isnan(frame["score"][1]) and frame.attrs["dialect"] == "gff3"
    whole = read_gff(tmp_path / "file.txt")
    assert list(whole)[-1] == "attributes" and attribute(whole, "Note")[0] == "a;b,c" and attribute(whole, "Name").isna().tolist() == [True, False]
    with pytest.raises(SpecError, match="attributes"): attribute(frame, "ID")
    with pytest.raises(SpecError, match="gff3"): read_gff(tmp_path / "file.txt", dialect="gf3")


def test_gtf_columns(tmp_path):
    text = line("exon", ninth='gene_id "G.1_PAR_Y"; transcript_id "T"; gene_name "a; b"; orig_transcript_id "no"; level 2;') + line(ninth='orig_gene_id "x"; gene_id "H";')
    frame = read_gff(put(tmp_path, text), attributes=["gene_name", "level", "orig_transcript_id"])
    assert frame["gene_id"].tolist() == ["G.1_PAR_Y", "H"] and frame["transcript_id"][0] == "T" and frame["transcript_id"].isna()[1]
    assert frame["gene_name"][0] == "a; b" and frame["level"][0] == "2" and frame["orig_transcript_id"][0] == "no" and frame.attrs["dialect"] == "gtf"


@pytest.mark.parametrize("head, ninth, dialect", [
    ("", "ID=a;Parent=b", "gff3"), (V3, ".", "gff3"), (V3, IDS, "gtf"), ("", IDS, "gtf"), ("", 'transcript_id "t"; gene_id "g"', "gtf"), ("", 'exon_number 1; gene_id "g";', "gtf"),
    ("##gff-version 2\n", 'Sequence "x"', "gff2"), ("", "geneA", "gff2"), ("#!genome-build x\n", "Name=a", "gff3"), ("##gff-version 2\n", 'gene_id "g"', "gff2")])
def test_the_content_tells_the_dialect(head, ninth, dialect):
    assert dialect_of(head + line(ninth=ninth) * 3) == dialect


# -- what is odd ------------------------------------------------------------------------------------------------------

ODD = {    # text -> what is told
    "orphan": (V3 + RNA, r"line 2: Parent='g': no such ID"), "orphan among two": (V3 + GENE + line("mRNA", ninth="Parent=g,h"), "line 3"),
    "no features": (V3, "no features"), "only comments": ("# x\n", "no features"), "only sequences": (V3 + "##FASTA\n>c\nAC\n", "no features"),
    "other version": ("##gff-version 2\n" + GENE, "line 1: the header says version 2"), "unknown directive": (V3 + "##foo\n" + GENE, "line 2: unknown directive ##foo"),
    "region twice": (V3 + "##sequence-region c 1 90\n" * 2 + GENE, "line 3: .*line 2 already"), "region cut": (V3 + "##sequence-region c 1\n" + GENE, "line 2"),
    "region negative": (V3 + "##sequence-region c 1 -90\n" + GENE, "line 2"), "region reversed": (V3 + "##sequence-region c 90 1\n" + GENE, "line 2"),
    "attribute twice": (V3 + line(ninth="ID=g;Dbxref=a;Dbxref=b"), "line 2: the attribute 'Dbxref' stands twice"), "no value": (V3 + line(ninth="ID=g;Note="), "line 2: .*'Note' has no value"),
    "no equal sign": (V3 + line(ninth="ID=g;odd"), "line 2: an attribute without a value"), "two equal signs": (V3 + line(ninth="ID=g;Note=a=b"), "line 2: .*holds a '='"),
    "capital": (V3 + line(ninth="ID=g;Foo=a"), "line 2: the attribute 'Foo': names with a capital"), "id": (V3 + line(ninth="id=g"), "line 2: the attribute 'id' is not 'ID'"),
    "empty parent": (V3 + GENE + line("mRNA", ninth="Parent=g,,g"), "an empty name"),
    "id of two types": (V3 + GENE + line("exon", ninth="ID=g"), "line 3: the ID stands in line 2 already, of another type"),
    "id on two sequences": (V3 + GENE + line(ninth="ID=g", chrom="d"), "line 3: .*on another sequence"),
    "a parent in one line only": (V3 + GENE + line("exon", ninth="ID=e") + line("exon", ninth="ID=e;Parent=g"), "line 4: .*Parent in one line only"),
    "cds without phase": (V3 + line("CDS", ninth="ID=c"), "line 2: a CDS without a phase"),
    "phase": (V3 + line("CDS", 1, 10, phase=0, ninth="ID=c") + line("CDS", 21, 30, phase=0, ninth="ID=c"), "line 3: phase 0, but 2 follows from the CDS in line 2"),
    "exon on the other strand": (V3 + GENE + RNA + line("exon", strand="-", ninth="Parent=t"), "line 4: a feature on the other strand"),
    "exon outside": (V3 + GENE + RNA + line("exon", 80, 100, ninth="Parent=t"), "line 4: a feature outside its Parent"),
    "target": (V3 + line("match", ninth="ID=m;Target=EST 1"), "line 2: the Target"), "target reversed": (V3 + line("match", ninth="ID=m;Target=EST 9 1"), "line 2: the Target"),
    "gap": (V3 + line("EST_match", 1, 23, ninth="Target=E 1 21;Gap=M8 D3 M7 I1 M6"), "line 2: the Gap does not match the length of its feature"),
    "gap of the target": (V3 + line("EST_match", 1, 23, ninth="Target=E 1 22;Gap=M8 D3 M6 I1 M6"), "line 2: the Gap does not match the length of its Target"),
    "gap letters": (V3 + line("EST_match", 1, 23, ninth="Target=E 1 21;Gap=8M"), "line 2: the Gap '8M'"), "frame shift": (V3 + line("EST_match", 1, 9, ninth="Gap=M8 F1"), "frame shifts"),
    "tab behind": (V3 + line(ninth="ID=g\t"), "line 2: a tab"), "star": (V3 + line(strand="*", ninth="ID=g"), "line 2: the strand '\\*'"), "no strand": (V3 + line(strand="", ninth="ID=g"), "line 2: the strand"),
    "no score": (V3 + line(score="NA", ninth="ID=g"), "line 2: the score 'NA'"), "padded": (V3 + line(start=" 5", ninth="ID=g"), "line 2: blanks"),
    "blank in a name": (V3 + line(chrom="c 1", ninth="ID=g"), "line 2: the sequence"), "bare per cent": (V3 + line(chrom="c%1", ninth="ID=g"), "line 2: the sequence"),
    "behind the sequences": (V3 + GENE + "##FASTA\n>c\nACGT\n", None),
    "gff2": (line("CDS", phase=0, ninth='CDS "x"'), "line 1: read as GFF2"), "eight columns": ("".join("\t".join(line(ninth="g").split("\t")[:8]) + "\n" for _ in "ab"), "line 1: no ninth column"),
    "gtf under a gff3 header": (V3 + line("exon", ninth=IDS), "line 1: the header says version 3, the content is GTF"),
    "no transcript": (line("exon", ninth='gene_id "g"; x "y";') + line("exon", ninth=IDS), "line 1: no transcript_id"), "no gene": (line("exon", ninth='transcript_id "t";'), "line 1: no gene_id"),
    "no value in gtf": (line("exon", ninth=IDS + " tag;"), "line 1: the attribute 'tag'"), "gff3 in gtf": (line("exon", ninth=IDS) * 2 + line("exon", ninth=IDS + " a=b;"), "line 3: the attribute 'a"),
    "two genes": (line("exon", ninth=IDS) + line("exon", ninth=IDS.replace('"g"', '"h"')), "line 2: the transcript 't' has two genes"),
    "stop codon alone": (line("CDS", 1, 60, phase=0, ninth=IDS) + line("stop_codon", 71, 73, phase=0, ninth=IDS), "line 2: a stop codon with no CDS"),
    "empty source": (V3 + GENE.replace("\tx\t", "\t\t", 1) if "\tx\t" in GENE else V3 + "c\t\tgene\t1\t9\t.\t+\t.\tID=g\n", "line 2: an empty source"),
    "no attributes": (V3 + GENE + "c\tx\tgene\t1\t9\t.\t+\t.\t\n", "line 3: an empty ninth column"), "type is a dot": (V3 + "c\tx\t.\t1\t9\t.\t+\t.\tID=q\n", "line 2: no type"),
    "percent": (V3 + line(ninth="ID=q;note=50%"), "line 2: a '%' that encodes nothing"), "control character": (V3 + line(ninth="ID=q;note=a\x01b"), "line 2: a control character"),
    "circular": (V3 + line(ninth="ID=q;Is_circular=yes"), "line 2: Is_circular=yes"), "no database": (V3 + line(ninth="ID=q;Dbxref=A:1,foo"), "line 2: Dbxref=foo names no database"),
    "derived from nothing": (V3 + line(ninth="ID=q;Derives_from=nobody"), "line 2: Derives_from"), "gap alone": (V3 + line("EST_match", 1, 8, ninth="ID=q;Gap=M8"), "line 2: a Gap without a Target"),
    "version twice": (V3 + V3 + GENE, "line 2: ##gff-version stands in line 1"), "version empty": ("##gff-version\n" + line(ninth="ID=q"), "line 1: ##gff-version without"),
    "no name behind FASTA": (V3 + GENE + "##FASTA\nhello\n", "line 4: no name with '>'"), "digits behind FASTA": (V3 + GENE + "##FASTA\n>c\nAC12\n", "line 5: no name with '>'"),
    "a feature right behind FASTA": (V3 + GENE + "##FASTA\n>c\nACGT\n" + GENE, "line 6: a feature behind ##FASTA"), "empty parent": (V3 + GENE + line("mRNA", ninth="ID=m;Parent=g,"), "line 3: an empty name in a Parent"),
    "parent behind ###": (V3 + GENE + "###\n" + line("mRNA", ninth="ID=m;Parent=g"), "line 4: the Parent stands on the other side"), "another parent": (V3 + GENE + GENE.replace("ID=g", "ID=h") + "".join(line("CDS", phase=0, ninth=f"ID=c;Parent={p}") for p in "gh"), "line 5: .*another Parent"),
    "long start codon": (line("CDS", 1, 60, phase=0, ninth=IDS) + line("start_codon", 1, 60, phase=0, ninth=IDS), "line 2: a start_codon of 60 bases"), "gene_id twice": (line("exon", ninth=IDS + ' gene_id "h";'), "line 1: gene_id stands twice"),
    "frame in gtf": (line("CDS", 1, 10, phase=0, ninth=IDS) + line("CDS", 21, 30, phase=0, ninth=IDS), "line 2: phase 0, but 2"),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_odd_is_told_with_its_line(tmp_path, case):
    import re
    text, what = ODD[case]
    (frame, told), (count, said) = quietly(read_gff, put(tmp_path, text)), quietly(scan_gff, tmp_path / "file.txt")
    assert count == len(frame) and [str(w) for w in told] == [str(w) for w in said] and all("file.txt" in str(w) for w in told)
    assert (not told) if what is None else any(re.search(what, str(w)) for w in told), [str(w) for w in told]


STRICT = {"type": (V3 + line("gen", ninth="ID=g"), "line 2: the type 'gen' .* Did you mean 'gene'"), "no header": (GENE, "line 1: the first line"), "late header": ("\n" + V3 + GENE, "line 1"),
          "two semicolons": (V3 + line(ninth="ID=g;;Name=x"), "line 2: an empty attribute"), "blank": (V3 + line(ninth="ID=g; Name=x"), "line 2: blanks around"),
          "gff2 directive": (V3 + "##date 2020\n" + GENE, "line 2: the directive ##date")}


@pytest.mark.parametrize("case", STRICT)
def test_a_strict_reading_tells_more(tmp_path, case):
    import re
    text, what = STRICT[case]
    assert quietly(read_gff, put(tmp_path, text))[1] == []
    for reader in (read_gff, scan_gff): assert any(re.search(what, str(w)) for w in quietly(reader, tmp_path / "file.txt", strict=True)[1])


def test_one_warning_a_kind_with_a_count(tmp_path):
    _, told = quietly(read_gff, put(tmp_path, V3 + line(ninth="ID=g;Foo=1") + "".join(line(ninth=f"ID=h{i};Foo=1") for i in range(5000))))
    assert [(w.line, w.count) for w in told] == [(2, 5001)]


# -- what is wrong ----------------------------------------------------------------------------------------------------

BAD = {    # text -> what the error says
    "empty": ("", "is empty"), "blank": (" \n\n", "is empty"), "start behind end": (V3 + line(start=91), "line 2: the start 91 is behind the end 90"),
    "zero": (V3 + line(start=0), "line 2: the start '0' is zero"), "negative": (V3 + line(start=-5), "line 2: the start '-5' is negative"), "fraction": (V3 + line(end="9.5"), "line 2: the end '9.5' is no whole"),
    "text": (V3 + line(start="x"), "line 2: the start 'x' is no number"), "dot": (V3 + line(start="."), "line 2: the start '.' is missing"), "thousands": (V3 + line(end="1,000"), "line 2: .*thousands"),
    "huge": (V3 + line(end="9" * 30), "line 2: .*too large"), "exponent": (V3 + line(end="1e5"), "line 2: .*no whole number"), "other digits": (V3 + line(end="٣"), "line 2: .*no number"),
    "score": (V3 + line(score="high"), "line 2: the score 'high'"), "underscore": (V3 + line(score="1_0"), "line 2: the score"), "strand": (V3 + line(strand="X"), "line 2: the strand 'X'"),
    "phase": (V3 + line("CDS", phase=3), "line 2: the phase '3'"), "negative phase": (V3 + line("CDS", phase=-1), "line 2: the phase"),
    "eight columns": (V3 + GENE + GENE.rsplit("\t", 1)[0] + "\n", "line 3: 8 columns"), "ten": (V3 + line(ninth="ID=a\tb"), "line 2: 10 columns"), "blanks for tabs": (V3 + GENE.replace("\t", " "), "line 2: 1 columns.*tabs"),
    "no sequence": (V3 + line(chrom=""), "line 2: no sequence"), "no type": (V3 + line(kind=""), "line 2: no type"),
    "attribute": (V3 + line(ninth="foo==bar"), "line 2: the attribute 'foo' does not have exactly one"), "no name": (V3 + line(ninth="=bar"), "line 2: an attribute without a name"),
    "self": (V3 + line(ninth="ID=g;Parent=g"), "line 2: this feature is its own Parent"), "circle": (V3 + line(ninth="ID=a;Parent=b") + line(ninth="ID=b;Parent=c") + line(ninth="ID=c;Parent=a"), "line 2: .*over 3 features"),
    "circle below a gene": (V3 + GENE + line("mRNA", ninth="ID=a;Parent=g,b") + line("mRNA", ninth="ID=b;Parent=a"), "line 3: .*over 2 features"),
    "child elsewhere": (V3 + GENE + line("mRNA", ninth="ID=t;Parent=g", chrom="d"), "line 3, record .*: the Parent of this feature is on another sequence"),
    "strand of the gene": (V3 + GENE + line("mRNA", strand="-", ninth="ID=t;Parent=g"), "line 3, record .*other strand than its gene"),
    "outside the region": (V3 + "##sequence-region c 10 90\n" + GENE, "line 3: 1-90 is not contained in the range 10-90 of 'c'"),
    "region behind": (V3 + GENE + "##sequence-region c 1 90\n", "line 3: .*before the corresponding"),
    "region behind in one": (V3 + GENE * 3 + "##sequence-region c 1 90\n" + GENE, "line 5"),
    "quotes": (line("exon", ninth='gene_id "g; transcript_id "t";'), "line 1: the quotes"), "open quote": (line("exon", ninth=IDS) + line("exon", ninth='gene_id "g"; transcript_id "t'), "line 2: the quotes"),
    "two strands": (line("exon", ninth=IDS) + line("exon", 100, 200, "-", ninth=IDS), "line 2: the transcript 't' is on both strands"),
    "two sequences": (line("exon", ninth=IDS) + line("exon", chrom="d", ninth=IDS), "line 2: the transcript 't' is on two sequences"),
    "strand of the gene in gtf": (line(ninth='gene_id "g";') + line("transcript", strand="-", ninth=IDS), "line 2: the transcript 't' is on the other strand than its gene"),
    "nul": (V3 + line(ninth="ID=\0"), "line 2"), "latin": ((V3 + line(ninth="ID=é")).encode("latin-1"), "line 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_one_error_with_file_and_line(tmp_path, case):
    text, told = BAD[case]
    for reader in (read_gff, scan_gff):
        with pytest.raises(DataError, match=told) as e: quietly(reader, put(tmp_path, text))
        assert "file.txt" in str(e.value) and str(e.value).startswith(f"{reader.__name__}(") and e.value.do


@pytest.mark.parametrize("case", ["strand of the gene", "two strands", "two sequences", "strand of the gene in gtf"])
def test_contradictions_are_read_on_request(tmp_path, case):
    frame, told = quietly(read_gff, put(tmp_path, BAD[case][0]), conflicts="warn")
    assert len(frame) == 2 and len(told) == 1
    with pytest.raises(SpecError, match="Did you mean 'warn'"): read_gff(tmp_path / "file.txt", conflicts="warm")


def test_trans_splicing_is_no_contradiction(tmp_path):
    text = V3 + GENE + line("mRNA", strand="-", ninth="ID=t;Parent=g;exception=trans-splicing")
    assert len(quietly(read_gff, put(tmp_path, text))[0]) == 2


def test_a_long_chain_of_parents_takes_no_time(tmp_path):
    chain = V3 + "".join(line("region", ninth=f"ID=n{i};Parent=n{i + 1}") for i in range(20_000)) + line("region", ninth="ID=n20000")
    began = time.monotonic()
    assert quietly(scan_gff, put(tmp_path, chain))[0] == 20_001 and time.monotonic() - began < 5
    with pytest.raises(DataError, match="over 20001 features"): scan_gff(put(tmp_path, chain.replace("ID=n20000", "ID=n20000;Parent=n0")))


def test_lines_are_counted_over_blocks(tmp_path):
    text = V3 + "".join(line(ninth=f"ID=g{i};Name={'x' * 100}") for i in range(20_000))
    with pytest.raises(DataError, match="line 20002: the strand 'X'"): read_gff(put(tmp_path, text + line(strand="X")))
    frame, told = quietly(read_gff, put(tmp_path, bz2.compress((text + line("exon", ninth="Parent=g7,nobody")).encode())))
    assert len(frame) == 20_001 and [w.line for w in told] == [20_002]


# -- gene models ------------------------------------------------------------------------------------------------------

def model(rng, strand):
    "Random (exons, cds with stop codon) of a transcript, 0-based, in genomic order."
    edges = np.sort(rng.choice(np.arange(100, 4000), 8, replace=False)) * 3
    parts = [(int(a), int(b)) for a, b in edges.reshape(4, 2)]
    first, last = parts[0][0] + 3, parts[-1][1] - int(rng.integers(1, 3))
    coding = [(max(a, first), min(b, last)) for a, b in parts]
    spare = sum(b - a for a, b in coding) % 3
    a, b = coding[0]
    return parts, [(a + spare, b), *coding[1:]] if b - a > spare + 9 else None


def written(parts, coding, strand, gtf):
    "The two texts of a transcript."
    order = 1 if strand == "+" else -1
    out, phase = [V3 + line(start=1, end=20_000, strand=strand, ninth="ID=g") + line("mRNA", 1, 20_000, strand, ninth="ID=t;Parent=g")] if not gtf else [], 0
    ninth = IDS if gtf else "Parent=t"
    out += [line("exon", a + 1, b, strand, ninth=ninth) for a, b in parts]
    stop, left = [], 3
    parts = list(coding[::order])
    if gtf:
        while left:
            a, b = parts.pop()
            cut = min(left, b - a)
            stop.append((b - cut, b) if strand == "+" else (a, a + cut))
            if b - a > cut: parts.append((a, b - cut) if strand == "+" else (a + cut, b))
            left -= cut
    for a, b in parts:
        out.append(line("CDS", a + 1, b, strand, phase, ninth))
        phase = (phase - (b - a)) % 3
    return "".join(out + [line("stop_codon", a + 1, b, strand, 0, ninth) for a, b in stop])


@pytest.mark.parametrize("strand", "+-")
def test_gtf_and_gff3_give_one_model(tmp_path, strand):
    rng, compared = np.random.default_rng(5), 0
    for _ in range(40):
        parts, coding = model(rng, strand)
        if coding is None: continue
        compared += 1
        a, told = quietly(read_gff, put(tmp_path, written(parts, coding, strand, False), "a.gff3"))
        b, said = quietly(read_gff, put(tmp_path, written(parts, coding, strand, True), "b.gtf"))
        assert told == [] and not [w for w in said if "phase" in str(w)]
        order = 1 if strand == "+" else -1
        assert list(zip(exons(a)["start"], exons(a)["end"])) == parts[::order] == list(zip(exons(b)["start"], exons(b)["end"]))
        assert list(zip(cds(a)["start"], cds(a)["end"])) == coding[::order]
        columns = ["start", "end", "transcript_id", "gene_id", "number", "phase"]
        pd.testing.assert_frame_equal(cds(a)[columns], cds(b)[columns])
        pd.testing.assert_frame_equal(utrs(a), utrs(b))
        whole, covered = sum(q - p for p, q in parts), sum(q - p for p, q in coding)
        assert (utrs(a)["end"] - utrs(a)["start"]).sum() == whole - covered and transcripts(a)["length"].tolist() == [whole]
    assert compared > 20


def test_a_stop_codon_over_an_intron(tmp_path):
    text = (line("exon", 1, 61, ninth=IDS) + line("CDS", 1, 60, phase=0, ninth=IDS) + line("stop_codon", 61, 61, phase=0, ninth=IDS) + line("exon", 101, 130, ninth=IDS)
            + line("stop_codon", 101, 102, phase=2, ninth=IDS))
    found = cds(quietly(read_gff, put(tmp_path, text))[0])
    assert found[["start", "end", "phase"]].to_numpy().tolist() == [[0, 61, 0], [100, 102, 2]]


def test_bacteria_have_transcripts_without_lines(tmp_path):
    frame = read_gff(put(tmp_path, V3 + line(ninth="ID=g;Name=thrL;gene_biotype=protein_coding") + line("CDS", phase=0, ninth="ID=c;Parent=g")))
    assert transcripts(frame)[["transcript_id", "gene_id", "exons", "cds_start", "cds_end"]].to_numpy().tolist() == [["g", "g", 1, 0, 90]]
    assert genes(frame)[["gene_id", "name", "biotype"]].to_numpy().tolist() == [["g", "thrL", "protein_coding"]] and len(utrs(frame)) == 0


def test_genes_without_lines(tmp_path):
    frame = read_gff(put(tmp_path, line("exon", 11, 20, ninth=IDS + ' gene_name "n";') + line("exon", 31, 40, ninth='gene_id "g"; transcript_id "u"; gene_name "n";')))
    assert genes(frame)[["chrom", "start", "end", "strand", "gene_id", "name"]].to_numpy().tolist() == [["c", 10, 40, "+", "g", "n"]]
    assert transcripts(frame)["transcript_id"].tolist() == ["t", "u"] and transcripts(frame)["cds_start"].isna().all()


def test_models_ask_for_their_columns(tmp_path):
    frame = read_gff(put(tmp_path, V3 + GENE))
    with pytest.raises(DataError, match="belongs to a transcript"): exons(frame)
    with pytest.raises(SpecError, match="no column 'start'"): exons(frame.drop(columns="start"))
    with pytest.raises(SpecError, match="ties"): exons(frame.drop(columns="parent"))
    told = quietly(exons, read_gff(put(tmp_path, V3 + GENE + RNA + line("exon", ninth="Parent=t") + line("exon", ninth="ID=lost"))))[1]
    assert "1 exon, CDS or UTR lines belong to no transcript" in str(told[0])


def test_versions():
    assert unversioned(["ENSG1.14", "ENSG1.14_PAR_Y", "ENSG1", "a.b", "NM_1.2"]) == ["ENSG1", "ENSG1_PAR_Y", "ENSG1", "a.b", "NM_1"]
    assert unversioned(pd.Series(["ENSG1.14", "x"])).tolist() == ["ENSG1", "x"]


REAL = {"genome-dmel-1pct/1pct.gff3": (108, 285, 1335), "genome-celegans-1pct/1pct_elegans.gff3": (260, 428, 2267), "annotation-ecoli-k12/GCF_000005845.2_ASM584v2_genomic.gff.gz": (4639, 4512, 4337)}


@pytest.mark.parametrize("name", REAL)
def test_real_annotations(name):
    if not (DATASETS / name).is_file(): pytest.skip(f"no {name} in {DATASETS}: set GENONB_MIRROR")
    frame, _ = quietly(read_gff, DATASETS / name)
    found = [quietly(verb, frame)[0] for verb in (genes, transcripts, cds)]
    assert tuple(map(len, found)) == REAL[name] and all((f["start"] < f["end"]).all() and f["start"].min() >= 0 for f in found)
    lines = frame[frame["type"] == "CDS"]["parent"].str.split(",").explode()
    assert len(found[2]) == len(lines.dropna())


# -- everything, damaged ----------------------------------------------------------------------------------------------

SEEDS = [c[0] if isinstance(c[0], bytes) else c[0].encode() for c in (*GOOD.values(), *ODD.values(), *STRICT.values(), *BAD.values())]
SPICE = [b"\t", b"\n", b"\r", b";", b"=", b'"', b",", b"\0", b"\xff", b" ", b"#", b">", b"##FASTA\n", b"###\n", b"##sequence-region c 1 9\n", b"%", b"%2C", b"9" * 30, b"-", b".", b"Parent=g;", b"\\", b"\xe2\x80\xa8", b"\x1c", b"\x85", b"ID="]


@pytest.mark.parametrize("rounds", [int(os.environ.get("GENONB_FUZZ", 200))])
def test_fuzz_gives_a_value_or_our_error(tmp_path, rounds):
    path, read = tmp_path / "f", 0
    for k in range(rounds):
        data = mutated(random.Random(f"gff {k}"), SEEDS, SPICE)
        path.write_bytes(data)
        try:
            frame, told = quietly(read_gff, path)
            count, said = quietly(scan_gff, path)
            assert count == len(frame) and [str(w) for w in told] == [str(w) for w in said]
            read += 1
        except GenonbError as e: assert str(path) in str(e)
        except Exception as e: pytest.fail(f"seed gff {k}: {type(e).__name__}: {e}: {data[:300]!r}")
        else:
            for verb in (genes, transcripts, exons, cds, utrs):
                try: quietly(verb, frame)
                except GenonbError: continue
                except Exception as e: pytest.fail(f"seed gff {k}, {verb.__name__}: {type(e).__name__}: {e}: {data[:300]!r}")
    assert read > rounds / 5


# -- the corpus -------------------------------------------------------------------------------------------------------

def manifest(*kinds):
    "(kind, file, expected) of the corpus; one skipped case where there is none."
    if not (CORPUS / "MANIFEST.tsv").is_file(): return [pytest.param("", "", "", marks=pytest.mark.skip(reason=f"no corpus in {CORPUS}: set GENONB_FORMATS"))]
    rows = [text.split("\t") for text in (CORPUS / "MANIFEST.tsv").read_text().splitlines() if not text.startswith("#")]
    return [(kind, name, expected) for kind, name, _, expected, *_ in rows if kind in kinds and expected != "-"]


@pytest.mark.parametrize("kind, name, expected", manifest("gff3", "gff_other", "gtf"))
def test_corpus(kind, name, expected):
    path = CORPUS / kind / name
    try: frame, told = quietly(read_gff, path)
    except DataError as e:
        assert expected in ("refusal", "warning or refusal") and name in str(e) and ", line " in str(e)
        return
    assert expected.startswith("reads") or (expected == "warning or refusal" and told)
    assert quietly(scan_gff, path)[0] == len(frame) and all(name in str(t) for t in told)
