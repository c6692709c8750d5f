"""io.rows, io.bed, io.bedgraph: intervals as the specification has them, from any file"""
import gzip
import random

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, SpecError
from genonb.io.bed import (FIELDS, read_bed, read_broadpeak, read_gappedpeak, read_narrowpeak, read_sizes, scan_bed, scan_broadpeak, scan_narrowpeak,
                           standard_columns, write_bed)
from genonb.io.bedgraph import read_bedgraph, scan_bedgraph, write_bedgraph
from genonb.io.notes import Notes
from genonb.io.rows import Layout, Pool, Rows, pooled, rows_of
from mutate import CORPUS, corpus, held, quietly, survive

B6 = "chr1\t100\t200\tp1\t5\t+"
B12 = "chr1\t100\t200\tp1\t5\t+\t100\t200\t0,0,255\t2\t10,20\t0,80"


@pytest.fixture
def put(tmp_path):
    def write(text, name="a.bed"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / name
    return write


def agree(path, read=read_bed, scan=scan_bed, **options):
    "(frame, warnings) of the reader; the scanner counts and tells the same."
    frame, told = quietly(read, path, **options)
    assert quietly(scan, path, **options) == (len(frame), told)
    return frame, told


# -- numbers ----------------------------------------------------------------------------------------------------------

def cells(texts):
    data = " " * 16 + "\t".join(texts) + "\n" + " " * 16

    raw = np.frombuffer(data.encode(), np.uint8)
    return Rows(data.encode(), np.flatnonzero(raw < 32)[:, None][[0]] if len(texts) == 1 else np.flatnonzero(raw < 32).reshape(1, -1), 1)


INTEGERS = ["0", "7", "10", "007", "99999999", "100000000", "2147483648", "9999999999999999", "10000000000000000", "9223372036854775807", "0" * 30 + "5"]
NO_INTEGERS = ["", "-", "+1", "1.0", "1e5", "0x10", "1,000", " 1", "1 ", "9223372036854775808", "9" * 70, "one", "١", "1\x7f", "-5", "--5", "1-"]


@pytest.mark.parametrize("text", INTEGERS)
def test_integers(text):
    value, bad = cells([text, "1"]).integers(0)
    assert value.tolist() == [int(text)] and not bad.size and value.dtype == np.int64


@pytest.mark.parametrize("text", NO_INTEGERS)
def test_what_is_no_integer(text):
    assert cells([text, "1"]).integers(0)[1].tolist() == [0]


def test_signed_integers():
    assert [cells([t, "1"]).integers(0, signed=True)[0].tolist() for t in ("-1", "-12345678901234567")] == [[-1], [-12345678901234567]]
    assert cells(["--1", "1"]).integers(0, signed=True)[1].tolist() == [0]


def test_floats_are_pythons():
    rng = random.Random(1)
    texts = [f"{rng.uniform(-1e3, 1e3):.{k % 12}f}" for k in range(500)] + [repr(rng.uniform(-1, 1) * 10 ** rng.randint(-20, 20)) for _ in range(300)]
    texts += ["0", "-0", "+1.5", ".5", "5.", "1e-320", "123456789012345678901234567890", "0.1", "-.25", "1E5"]
    for t in texts:
        value, bad = cells([t, "1"]).floats(0)
        assert not bad.size and value[0] == float(t), t


@pytest.mark.parametrize("text", ["", ".", "-", "nan", "NaN", "inf", "-inf", "1e400", "1,5", "1.2.3", "--1", "1e", "0x1p3", "1_000", "1 "])
def test_what_is_no_float(text):
    assert cells([text, "1"]).floats(0)[1].tolist() == [0]


@pytest.mark.parametrize("names", [["chr1"] * 5, ["chr1", "chr2", "chr1"], [f"chr{k % 7}" for k in range(500)], [f"scaffold_{k % 50}.1" for k in range(500)],
                                   ["x" * 70, "x" * 69 + "y", "x"], ["a", "", "a"], [f"c{k}" for k in range(300)]])
def test_pooled_cells_are_the_cells(names, put):
    path = put("".join(f"{n}\t1\t2\n" for n in names))
    rows = list(rows_of(path, Layout(Notes(path))))
    pool = Pool()
    assert [t for r in rows for t in pool.take(pooled(r, 0, pool))] == names and pool.texts == list(dict.fromkeys(names))


# -- BED: what is right -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("n", range(3, 10))
def test_bed_of_n_columns(n, put):
    frame, told = agree(put("\t".join(B12.split("\t")[:n]) + "\n"))
    assert tuple(frame.columns) == FIELDS[:n] and not told
    assert frame[["start", "end"]].dtypes.tolist() == [np.int64] * 2 and frame["chrom"].dtype == "str"


def test_bed12(put):
    frame, told = agree(put(B12 + "\n" + B12.replace("10,20", "10,20,").replace("0,80", "0,80,") + "\n"))
    assert tuple(frame.columns) == FIELDS and not told
    assert frame.loc[1, ["block_count", "block_sizes", "block_starts", "item_rgb"]].tolist() == [2, "10,20,", "0,80,", "0,0,255"]


RIGHT = {    # text -> (rows, a value at (row, column))
    "empty interval": ("chr1\t5\t5\n", 1, (0, "end", 5)), "before the chromosome": ("chr1\t0\t0\n", 1, (0, "start", 0)),
    "beyond 2^31": ("chrBig\t2147483648\t3000000000\n", 1, (0, "end", 3_000_000_000)), "leading zeros": ("chr1\t0010\t0020\n", 1, (0, "start", 10)),
    "blanks": ("chr1 100 200 a\nchr1  300\t400 b\n", 2, (1, "name", "b")), "a name of two words": ("chr1\t1\t2\ttwo words\n", 1, (0, "name", "two words")),
    "CRLF": ("chr1\t1\t2\r\nchr1\t3\t4\r\n", 2, (1, "start", 3)), "old Mac": ("chr1\t1\t2\rchr1\t3\t4\r", 2, (1, "start", 3)),
    "no end of line": ("chr1\t1\t2\nchr1\t3\t4", 2, (1, "end", 4)), "BOM": ("\ufeffchr1\t1\t2\n", 1, (0, "chrom", "chr1")),
    "comments, blank lines": ("#x\n\nchr1\t1\t2\n  \n# y\tz\nchr1\t3\t4\n\n", 2, (1, "start", 3)),
    "track and browser": ("browser position chr1:1-2\ntrack name=a\nchr1\t1\t2\ntrack name=b\nchr1\t3\t4\tx\n", 2, (1, "name", "x")),
    "a chromosome called track": ("track1\t1\t2\n", 1, (0, "chrom", "track1")), "numbers as names": ("01\t1\t2\n01\t3\t4\n", 2, (0, "chrom", "01")),
    "scaffolds": ("GL000193.1\t1\t2\nchrUn_KI270435v1\t1\t2\n", 2, (0, "chrom", "GL000193.1")),
    "# in a name": ("chr1\t1\t2\t#1\n", 1, (0, "name", "#1")), "thick '.'": (B6 + "\t.\t.\t0\n", 1, (0, "thick_end", 200)), "colour '.'": (B6 + "\t100\t200\t.\n", 1, (0, "item_rgb", ".")),
    "no thick part": (B6 + "\t100\t100\n", 1, (0, "thick_end", 100)), "duplicates": (f"{B6}\n{B6}\n", 2, (1, "name", "p1")),
    "edge scores": ("chr1\t1\t2\ta\t0\nchr1\t1\t2\tb\t1000\n", 2, (1, "score", 1000)), "scores that are floats": ("chr1\t1\t2\ta\t0.5\nchr1\t1\t2\tb\t12\n", 2, (0, "score", 0.5)),
    "no scores": ("chr1\t1\t2\ta\t.\t+\nchr1\t1\t2\tb\t.\t-\n", 2, (1, "strand", "-")), "own columns": (B6 + "\tgeneA\t0.5\n", 1, (0, "column_7", "geneA")),
    "own columns, empty": (B6 + "\t\tx\n" + B6 + "\ty\t\n", 2, (1, "column_7", "y")), "own columns, named": ("#chrom\tstart\tend\tname\tmotif\n chr1\t1\t2\tx\tAAC\n".replace(" ", ""), 1, (0, "motif", "AAC")),
    "a zero block": ("Q\t0\t100\tt\t1\t+\t0\t100\t0\t2\t0,50\t0,50\n", 1, (0, "block_count", 2)),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_is_read_in_silence(case, put):
    text, rows, (row, column, value) = RIGHT[case]
    frame, told = agree(put(text))
    assert len(frame) == rows and frame.loc[row, column] == value and not told


@pytest.mark.parametrize("packed", [gzip.compress, lambda x: gzip.compress(x[:30]) + gzip.compress(x[30:])])
def test_compressed_under_any_name(packed, put):
    assert len(agree(put(packed((B6 + "\n").encode() * 50), "peaks.txt"))[0]) == 50


def test_four_formats_give_the_same_base(put):
    text = "chr1\t99\t100"
    bed = agree(put(text + "\n"))[0]
    graph = read_bedgraph(put(text + "\t1\n", "a.bg"))
    peak = read_narrowpeak(put(text + "\tp\t0\t.\t1\t-1\t-1\t0\n", "a.narrowPeak"))
    for frame in (graph, peak): assert frame[["chrom", "start", "end"]].equals(bed)


# -- BED: what is wrong -----------------------------------------------------------------------------------------------

def swap(row, j, text):
    cut = row.split("\t")
    cut[j] = text
    return "\t".join(cut)


REFUSED = {    # text -> (line, a word of the reason)
    **{f"start {t!r}": (f"{B6}\n{swap(B6, 1, t)}\n", 2, "start") for t in ("-1", "1.5", "ten", "", "1e2", "+3", "1,000", "0x1", "9" * 20)},
    **{f"end {t!r}": (f"{B6}\n{B6}\n{swap(B6, 2, t)}\n", 3, "end") for t in ("-1", "150.0", "x", "")},
    "end before start": (f"{B6}\n{swap(B6, 2, '99')}\n", 2, "before the start 100"), "more columns": (f"{B6}\n{B6}\tx\n", 2, "7 columns, but 6 in line 1"),
    "fewer columns": (f"#\n{B6}\nchr1\t1\t2\n", 3, "3 columns, but 6 in line 2"), "two columns": ("chr1\t5\n", 1, "only 2 columns"),
    "header without #": ("chrom\tstart\tend\nchr1\t1\t2\n", 1, "'start'"), "commas": ("chr1,1,2\n", 1, "commas"), "FASTA": (">chr1\nACGT\n", 1, "FASTA"),
    "GFF": ("chr1\thavana\tgene\t1\t20\t.\t+\t.\tID=a\n", 1, "'havana'"), "web page": ("<html>\n", 1, "web page"), "wiggle": ("fixedStep chrom=chr1 start=1 step=1\n1\n", 1, "wiggle"),
    "BEDPE": ("chr1\t1\t10\tchr1\t50\t90\tp\t5\t+\t-\n", 1, "BEDPE"), "BEDPE, two chromosomes": ("chr1\t1\t10\tchr2\t50\t90\n", 1, "BEDPE"),
    "no chromosome": (f"{B6}\n{swap(B6, 0, '')}\n", 2, "no chromosome"), "blank in a name of a chromosome": (f"{B6}\n{swap(B6, 0, 'chr 1')}\n", 2, "holds a blank"),
    "text in scores": (f"{B6}\n{B6}\n{swap(B6, 4, 'high')}\n", 3, "score 'high'"), "strand": (f"{B6}\n{B6}\n{swap(B6, 5, 'x')}\n", 3, "strand 'x'"),
    "thick text": (f"{B12}\n{B12}\n{swap(B12, 6, 'x')}\n", 3, "thick_start"), "thick float": (f"{B12}\n{B12}\n{swap(B12, 7, '150.5')}\n", 3, "thick_end"),
    "block count text": (f"{B12}\n{B12}\n{swap(B12, 9, 'two')}\n", 3, "block_count"), "sizes text": (f"{B12}\n{B12}\n{swap(B12, 10, '10,x')}\n", 3, "block_sizes"),
    "too many sizes": (f"{B12}\n{B12}\n{swap(B12, 10, '10,20,30')}\n", 3, "3 numbers for 2 blocks"), "too few starts": (f"{B12}\n{B12}\n{swap(B12, 11, '0')}\n", 3, "1 numbers for 2 blocks"),
    "a hole in a list": (f"{B12}\n{B12}\n{swap(B12, 10, '10,,20')}\n", 3, "block_sizes"), "control character": (f"{B6}\nchr1\t1\v\t2\ta\t1\t+\n", 2, "control character"),
    "NUL": (f"{B6}\nchr1\t1\0\t2\n", 2, "NUL"), "UTF-16": ("chr1\t1\t2\n".encode("utf-16"), 1, "UTF-16"), "Latin-1": (b"chr1\t1\t2\tcaf\xe9\n", 1, "Latin-1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_with_its_line(case, put):
    text, line, word = REFUSED[case]
    path = put(text)
    for verb in (read_bed, scan_bed):
        with pytest.raises(DataError) as e: quietly(verb, path)
        assert f"{path}, line {line}" in str(e.value) and word in str(e.value) and e.value.line == line


TOLD = {    # text -> (line, a word of the warning)
    **{f"score {t}": (f"{B6}\n{swap(B6, 4, t)}\n", 2, "score") for t in ("-1", "1001")}, "one score a float": (f"{B6}\n{B6}\n{B6}\n{swap(B6, 4, '0.5')}\n", 4, "no integer"),
    "one score missing": (f"{B6}\n{B6}\n{B6}\n{swap(B6, 4, '.')}\n", 4, "'.'"), "strand *": (f"{B6}\n{swap(B6, 5, '*')}\n", 2, "strand '*'"), "all strands *": (swap(B6, 5, "*") + "\n", 1, "strand '*'"),
    "scores are words": ("chr1\t1\t2\ta\tNA\t+\nchr1\t1\t2\tb\tNA\t-\n", 1, "kept as text"), "thick outside": (f"{B12}\n{B12}\n{swap(B12, 6, '99')}\n", 3, "thick_start"),
    "thick turned": (f"{B12}\n{B12}\n{swap(swap(B12, 6, '180'), 7, '150')}\n", 3, "thick_end"), "colour": (f"{B12}\n{B12}\n{swap(B12, 8, '0,0,256')}\n", 3, "item_rgb"),
    "one-number colour": (f"{B12}\n{swap(B12, 8, '5')}\n", 2, "item_rgb"), "ten columns": ("\t".join(B12.split("\t")[:10]) + "\n", 1, "10 columns"), "eleven": ("\t".join(B12.split("\t")[:11]) + "\n", 1, "11 columns"),
    "no blocks": (f"{B12}\n{B12}\n{swap(swap(swap(B12, 9, '0'), 10, '0'), 11, '0')}\n", 3, "block_count '0'"), "first block later": (f"{B12}\n{swap(B12, 11, '1,80')}\n", 2, "begin with 0"),
    "last block early": (f"{B12}\n{swap(B12, 11, '0,70')}\n", 2, "does not end"), "block beyond": (f"{B12}\n{swap(B12, 11, '0,90')}\n", 2, "beyond the end"),
    "blocks overlap": (f"{B12}\n{swap(B12, 10, '90,20')}\n", 2, "overlap"), "blocks not sorted": (f"{B12}\n{swap(swap(B12, 10, '20,10'), 11, '80,0')}\n", 2, "not sorted"),
    "beyond any chr19": ("chr19\t1\t250000000\n", 1, "beyond the chr19 of any common genome"), "two ways of naming": ("chr1\t1\t2\n2\t1\t2\n", 2, "beside names that begin with 'chr'"),
    "unusual name": ("HLA-A*01:01\t1\t2\n", 1, "unusual name"), "empty name": (f"{B6}\n{swap(B6, 3, '')}\n", 2, "name"), "letters beyond ASCII": ("chr1\t1\t2\tα\n", 1, "not ASCII"),
    "blanks among tabs": (f"{B6}\nchr1 100 200 p 5 +\n", 2, "blanks or several tabs"), "tabs at the end": ("chr1\t1\t2\nchr1\t3\t4\t\t\n", 2, "behind the last column"),
    "long name": (f"{B6}\n{swap(B6, 3, 'x' * 256)}\n", 2, "longer than 255"), "first line with tabs and blanks": ("chr1\t 1\t2\nchr1\t 3\t4\n", 1, "tabs and blanks"),
    "a comment set in": ("chr1\t1\t2\n  # x\n", 2, "comment"), "a line set in": ("chr1\t1\t2\n chr1\t3\t4\n", 2, "begins with a blank"),
    "one line, thick outside": (swap(B12, 6, "5") + "\n", 1, "thick_start"), "BED8, one line": ("\t".join(swap(B12, 6, "5").split("\t")[:8]) + "\n", 1, "thick_start"),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_odd_is_told_with_its_line(case, put):
    text, line, word = TOLD[case]
    _, told = agree(put(text))
    assert any(f"line {line}: " in t and word in t for t in told), told


def test_an_empty_file_has_no_records(put):
    for text in ("", "\n\n", "# only a comment\n"):
        frame, told = agree(put(text))
        assert frame.shape == (0, 3) and ["no records" in t for t in told] == [True]


STRICT = {"track x\nchr1\t1\t2\n": "a track line", "GL1.1\t1\t2\n": "more than letters, digits", "chr1\t1\t2\ta\t0.5\n": "no integer"}


@pytest.mark.parametrize("text", STRICT)
def test_a_strict_reading_tells_more(text, put):
    assert not agree(put(text))[1]
    assert STRICT[text] in agree(put(text), strict=True)[1][0]


def test_oddities_are_counted(put):
    told = agree(put((swap(B6, 5, "*") + "\n") * 500))[1]
    assert len(told) == 1 and "(499 more such)" in told[0]


# -- sizes, columns ---------------------------------------------------------------------------------------------------

def test_sizes_refuse_what_lies_beyond(put):
    sizes = put("chr1\t150\nchr2\t500\n", "a.sizes")
    for given in (sizes, {"chr1": 150}, read_sizes(sizes)):
        with pytest.raises(DataError, match=r"line 2: end '200' is beyond the end of chr1 \(150\)"): read_bed(put(f"chr1\t1\t150\n{B6[:12]}\n"), sizes=given)
    frame, told = agree(put("chr1\t1\t150\nchrX\t1\t9\n"), sizes=sizes)
    assert len(frame) == 2 and "'chrX' is not among the sizes" in told[0]
    with pytest.raises(DataError, match="no chromosome of the file"): scan_bed(put("1\t1\t150\n"), sizes=sizes)
    with pytest.raises(DataError, match="line 1: .* is no name and length"): read_sizes(put("chr1 x\n"))


def test_standard_says_which_columns_are_beds(put):
    path = put("chr1\t1\t2\ta\t5\tx\n")
    assert list(agree(path)[0].columns) == [*FIELDS[:5], "column_6"]
    with pytest.raises(DataError, match="strand 'x'"): read_bed(path, standard=6)
    assert list(agree(path, standard=3)[0].columns) == ["chrom", "start", "end", "column_4", "column_5", "column_6"]
    with pytest.raises(SpecError, match="standard=2"): read_bed(path, standard=2)


@pytest.mark.parametrize("row, own", [("chr1 1 9", 3), ("chr1 1 9 a", 4), ("chr1 1 9 a 5", 5), ("chr1 1 9 a b", 4), ("chr1 1 9 a 5 +", 6), ("chr1 1 9 a b +", 6), ("chr1 1 9 a b c", 4),
                                      ("chr1 1 9 a 5 + 1", 7), ("chr1 1 9 a 5 + 1 9", 8), ("chr1 1 9 a 5 + 1.5 2 3", 6), ("chr1 1 9 a 5 . 0 0 0 4", 6),
                                      ("chr1 1 9 a 5 + 1 9 0,0,0 x", 9), ("chr1 1 9 a 5 + 1 9 0 1 8 0", 12), ("chr1 1 9 a 5 + 1 9 0 1 8 0 x y", 12), ("chr1 1 9 12.5", 4)])
def test_the_cells_say_which_columns_are_beds(row, own):
    assert standard_columns([row.split()]) == own


# -- large files ------------------------------------------------------------------------------------------------------

def test_faults_in_late_blocks_have_their_lines(put):
    lines = [f"chr{1 + k // 40000}\t{k * 10}\t{k * 10 + 5}\tpeak_{k}\t{k % 1000}\t{'+-.'[k % 3]}" for k in range(120_000)]
    frame, told = agree(put("\n".join(lines) + "\n"))
    assert len(frame) == 120_000 and not told and frame["name"].iloc[-1] == "peak_119999" and frame["start"].sum() == sum(k * 10 for k in range(120_000))
    lines[100_001] = lines[100_001].replace("\t1000010\t", "\t1000O10\t")
    lines.insert(50_000, "# a comment")
    with pytest.raises(DataError, match="line 100003: start '1000O10'"): scan_bed(put("\n".join(lines) + "\n"))
    assert frame["chrom"].iloc[0] is frame["chrom"].iloc[1]


def test_blocks_walked_and_taken_whole_agree(put):
    rng = random.Random(3)
    rows = [(f"chr{rng.randint(1, 30)}", rng.randint(0, 10**9), rng.choice("ab") * rng.randint(1, 9), rng.randint(0, 1000), rng.choice("+-.")) for _ in range(60_000)]
    text = [f"{c}\t{s}\t{s + 7}\t{n}\t{x}\t{d}" for c, s, n, x, d in rows]
    whole = agree(put("\n".join(text) + "\n"))[0]
    walked = agree(put("\n".join(t + ("\n#" if k % 3 == 0 else "") for k, t in enumerate(text)) + "\n"))[0]
    assert whole.equals(walked)
    assert whole[["chrom", "start", "name", "score", "strand"]].values.tolist() == [list(r) for r in rows]


# -- peaks ------------------------------------------------------------------------------------------------------------

P = "chr1\t100\t500\tp1\t800\t.\t16.2\t79.3\t-1\t187"


def test_narrowpeak(put):
    frame, told = agree(put(f"track type=narrowPeak\n{P}\n{swap(P, 9, '-1')}\n{swap(P, 4, '3683')}\n"), read_narrowpeak, scan_narrowpeak)
    assert list(frame.columns) == [*FIELDS[:6], "signal_value", "p_value", "q_value", "peak"] and not told
    assert frame["peak"].tolist() == [187, -1, 187] and frame.loc[0, "q_value"] == -1 and frame["peak"].dtype == np.int64
    assert "above 1000" in agree(put(swap(P, 4, "3683") + "\n"), read_narrowpeak, scan_narrowpeak, strict=True)[1][0]


@pytest.mark.parametrize("j, text, word", [(9, "401", "peak '401'"), (9, "-2", "peak '-2'"), (9, "x", "peak 'x'"), (9, "1.5", "peak"), (6, "x", "signal_value 'x'"), (7, "nan", "p_value 'nan'"),
                                           (8, "", "q_value ''"), (6, "inf", "signal_value"), (2, "50", "before the start"), (1, "x", "start 'x'"), (5, "x", "strand"), (4, "x", "score")])
def test_bad_peaks(j, text, word, put):
    for verb in (read_narrowpeak, scan_narrowpeak):
        with pytest.raises(DataError, match="line 2: ") as e: verb(put(f"{P}\n{swap(P, j, text)}\n"))
        assert word in str(e.value)


@pytest.mark.parametrize("j, text", [(6, "-3"), (7, "-0.5"), (8, "-2"), (9, "400")])
def test_odd_peaks(j, text, put):
    assert any("line 2" in t for t in agree(put(f"{P}\n{swap(P, j, text)}\n"), read_narrowpeak, scan_narrowpeak)[1])


def test_columns_of_peaks(put):
    nine = P.rpartition("\t")[0]
    with pytest.raises(DataError, match="line 1: 9 columns; narrowPeak has 10"): read_narrowpeak(put(nine + "\n"))
    assert list(agree(put(nine + "\n"), read_broadpeak, scan_broadpeak)[0].columns)[6:] == ["signal_value", "p_value", "q_value"]
    assert list(read_gappedpeak(put(B12 + "\t1.5\t2\t-1\n")).columns) == [*FIELDS, "signal_value", "p_value", "q_value"]


# -- bedGraph ---------------------------------------------------------------------------------------------------------

def graph(path, **options): return agree(path, read_bedgraph, scan_bedgraph, **options)


@pytest.mark.parametrize("text, values", [("chr1\t0\t9\t1\nchr1\t9\t20\t-.5\n", [1, -.5]), ("chr2 5 9 1e3\nchr1 7 9 0\nchr1 0 7 2\n", [1000, 0, 2]),
                                          ("track type=bedGraph\nchr1\t0\t9\t1\ntrack type=bedGraph\nchr1\t5\t9\t2\n", [1, 2]), ("chr1\t0\t9\t1\nchr2\t0\t9\t1\nchr1\t9\t10\t3\n", [1, 1, 3])])
def test_bedgraph(text, values, put):
    frame, told = graph(put(text))
    assert frame["value"].tolist() == values and not told and frame["value"].dtype == float


@pytest.mark.parametrize("text, line, word", [("chr1\t0\t9\t1\nchr1\t8\t12\t1\n", 2, "overlaps that of line 1"), ("chr1\t50\t75\t1\nchr2\t0\t9\t1\nchr1\t0\t51\t2\n", 3, "overlaps that of line 1"),
                                              ("chr1\t0\t100\t1\nchr1\t50\t50\t1\nchr1\t60\t70\t1\n", 3, "overlaps that of line 1"), ("chr1\t0\t9\t1\nchr1\t0\t9\t1\n", 2, "overlaps"),
                                              *[(f"chr1\t0\t9\t1\nchr1\t9\t12\t{v}\n", 2, "value") for v in ("nan", "inf", "", "x", ".", "1,5")], ("chr1\t0\t9\n", 1, "3 columns; bedGraph has 4"),
                                              ("chr1\t0\t9\t1\t2\n", 1, "5 columns"), ("chr1\t9\t0\t1\n", 1, "before the start"), ("chrom\tstart\tend\tvalue\n", 1, "start"), ("variableStep chrom=chr1\n1 2\n", 1, "wiggle")])
def test_bad_bedgraph(text, line, word, put):
    for verb in (read_bedgraph, scan_bedgraph):
        with pytest.raises(DataError, match=f"line {line}: ") as e: quietly(verb, put(text))
        assert word in str(e.value)


# -- writing ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 8, 9, 12])
@pytest.mark.parametrize("name", ["out.bed", "out.bed.gz"])
def test_what_is_written_reads_back(n, name, put, tmp_path):
    frame = agree(put("\t".join(B12.split("\t")[:n]) + "\n"))[0]
    assert read_bed(write_bed(tmp_path / name, frame)).equals(frame)
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith("gz")


def test_missing_columns_are_filled(tmp_path):
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [1], "end": [9], "strand": ["-"], "gene": ["a b"]})
    assert write_bed(tmp_path / "a.bed", frame).read_text() == "chr1\t1\t9\t.\t0\t-\ta b\n"


@pytest.mark.parametrize("change, word", [({"end": [0]}, "no interval"), ({"start": [-1]}, "no interval"), ({"start": [0.5]}, "float"), ({"chrom": ["a\tb"]}, "chrom"), ({"chrom": [""]}, "chrom"),
                                          ({"chrom": ["#a"]}, "chrom"), ({"chrom": [None]}, "chrom"), ({"name": ["a\nb"]}, "name"), ({"block_count": [1]}, "blocks")])
def test_what_is_no_bed_is_not_written(change, word, tmp_path):
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [1], "end": [9]}).assign(**change)
    with pytest.raises(SpecError, match=word): write_bed(tmp_path / "a.bed", frame)
    assert not list(tmp_path.iterdir())


def test_bedgraph_is_written_sorted(put, tmp_path):
    frame = graph(put("chr2 5 9 1e3\nchr1 7 9 0.1\nchr2 0 5 2\n"))[0]
    assert write_bedgraph(tmp_path / "a.bg", frame).read_text() == "chr2\t0\t5\t2.0\nchr2\t5\t9\t1000.0\nchr1\t7\t9\t0.1\n"
    for wrong in (frame.assign(end=9), frame.assign(value=np.nan)):
        with pytest.raises(SpecError): write_bedgraph(tmp_path / "b.bg", wrong)


# -- corpus and fuzz --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, verdict, expected", corpus("bed"))
def test_corpus_bed(name, verdict, expected):
    held(read_bed, "bed", name, expected)
    held(scan_bed, "bed", name, expected)


@pytest.mark.parametrize("name, verdict, expected", corpus("narrowpeak"))
def test_corpus_narrowpeak(name, verdict, expected):
    assert len(held(read_narrowpeak, "narrowpeak", name, expected)) == 3


@pytest.mark.parametrize("name, verdict, expected", corpus("bedgraph"))
def test_corpus_bedgraph(name, verdict, expected):
    assert held(scan_bedgraph, "bedgraph", name, expected) == {"bamCompare_result1.bg": 1, "sample.bedgraph": 4, "test.bg": 48}[name]


def test_no_human_chromosome_is_beyond_the_longest(put):
    path = CORPUS / "bed" / "hg38.chrom.sizes"
    if not path.is_file(): pytest.skip(f"no corpus in {CORPUS}: set GENONB_FORMATS")
    assert not agree(put("".join(f"{name}\t0\t{size}\n" for name, size in read_sizes(path).items())))[1]


SEEDS = [x[0].encode() for x in RIGHT.values()] + [f"{B12}\n".encode() * 4, f"{B6}\n".encode() * 4]


def test_no_mutation_breaks_the_reader_of_bed(tmp_path):
    assert min(survive(tmp_path / "a.bed", SEEDS, 600, read_bed, scan_bed).values()) > 50


def test_no_mutation_breaks_the_readers_of_peaks_and_bedgraph(tmp_path):
    assert min(survive(tmp_path / "a.narrowPeak", [f"{P}\n".encode() * 3, b"track x\n" + P.encode()], 300, read_narrowpeak, scan_narrowpeak).values()) > 20
    seeds = [b"chr1\t0\t9\t1\nchr1\t9\t12\t.5\nchr2\t0\t9\t-1e3\n", b"track x\nchr1 0 9 1\nchr1 9 10 2\ntrack y\nchr1 0 9 1\n"]
    assert min(survive(tmp_path / "a.bg", seeds, 300, read_bedgraph, scan_bedgraph).values()) > 20
