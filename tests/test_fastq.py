"""io.fastq: reads on four lines or many, qualities of three ages, and a record that does not close is an error"""
import gzip
import random

import numpy as np
import pytest

from genonb.core.errors import DataError, SpecError
from genonb.io.fastq import guess_offset, phred, read_fastq, scan_fastq
from mutate import corpus, held, quietly, survive


@pytest.fixture
def put(tmp_path):
    def write(text, name="a.fq"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / name
    return write


def agree(path, **options):
    "(frame, warnings) of the reader; the scanner counts and tells the same."
    frame, told = quietly(read_fastq, path, **options)
    assert quietly(scan_fastq, path, **options) == (len(frame), told)
    return frame, told


RIGHT = {    # text -> rows as (id, description, sequence, quality)
    "plain": ("@a\nACGT\n+\nII#!\n", [("a", "", "ACGT", "II#!")]), "name repeated": ("@a b\nAC\n+a b\nII\n", [("a", "b", "AC", "II")]),
    "many lines": ("@a\nAC\nGT\n+\n@I\nI+\n@b\nA\n+\n+\n", [("a", "", "ACGT", "@II+"), ("b", "", "A", "+")]), "qualities that look like records": ("@a\nACGT\n+\n@+@+\n", [("a", "", "ACGT", "@+@+")]),
    "RNA, lower case, IUPAC, gaps": ("@a\nacguNRYSWKMBDHV.-\n+\nIIIIIIIIIIIIIIIII\n", [("a", "", "acguNRYSWKMBDHV.-", "I" * 17)]), "tags": ("@a\tRG:Z:1\nA\n+\nI\n", [("a", "RG:Z:1", "A", "I")]),
    "CRLF": ("@a\r\nA\r\n+\r\nI\r\n", [("a", "", "A", "I")]), "old Mac": ("@a\rA\r+\rI\r", [("a", "", "A", "I")]), "no end of line": ("@a\nA\n+\nI", [("a", "", "A", "I")]),
    "blank lines at the end": ("@a\nA\n+\nI\n\n \t \n\n", [("a", "", "A", "I")]), "all qualities": (f"@a\n{'A' * 94}\n+\n{''.join(map(chr, range(33, 127)))}\n", [("a", "", "A" * 94, "".join(map(chr, range(33, 127))))]),
    "pairs": ("@a 1:N:0\nA\n+\nI\n@a 2:N:0\nC\n+\nI\n", [("a", "1:N:0", "A", "I"), ("a", "2:N:0", "C", "I")]),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_is_read_in_silence(case, put):
    text, rows = RIGHT[case]
    frame, told = agree(put(text))
    assert list(map(tuple, frame.values)) == rows and not told and list(frame.columns) == ["id", "description", "sequence", "quality"]


@pytest.mark.parametrize("pack", [gzip.compress, lambda x: gzip.compress(x) + gzip.compress(x.replace(b"@a", b"@b"))])
def test_compressed_under_any_name(pack, put):
    assert len(agree(put(pack(b"@a\nACGT\n+\nIIII\n"), "reads"))[0]) in (1, 2)


GOOD = "@a\nACGT\n+\nIIII\n"
REFUSED = {    # text -> (line, a word)
    "no @": ("a\nACGT\n+\nIIII\n", 1, "where a record should begin"), "FASTA": (">a\nACGT\n", 1, "FASTA"), "no +": (f"{GOOD}@b\nACGT\n@c\nACGT\n+\nIIII\n", 7, "before the '+'"),
    "two sequences": (f"{GOOD}@b\nACGT\n@b\nACGT\n+\nIIII\n", 7, "before the '+'"), "long quality": (f"{GOOD}@b\nACGT\n+\nIIIII\n", 8, "5 qualities for 4 letters"),
    "short quality": (f"@b\nACGT\n+\nIII\n{GOOD}", 5, "4 letters, and 3 qualities"), "no quality": (f"@b\nACGT\n+\n{GOOD}", 5, "qualities"), "two qualities": ("@b\nACGT\n+\nIIII\nIIII\n", 5, "where a record should begin"),
    "other name": ("@b\nACGT\n+c\nIIII\n", 3, "'+c' differs from '@b'"), "blank in the sequence": ("@b\nACGT\n\nACGT\n+\nIIIIIIII\n", 3, "blank line"), "blank before +": ("@b\nACGT\n\t \n+\nIIII\n", 3, "blank line"),
    "blank after +": ("@b\nACGT\n+\n\nIIII\n", 4, "blank line after 0 of 4"), "blank in the quality": ("@b\nACGT\n+\nII\n\nII\n", 5, "blank line after 2 of 4"),
    "space in letters": ("@b\nAC GT\n+\nIIIII\n", 2, "' ' is no sequence letter"), "tab in letters": ("@b\nAC\tGT\n+\nIIIII\n", 2, "no sequence letter"), "! in letters": ("@b\nAC!GT\n+\nIIIII\n", 2, "'!'"),
    **{f"{x!r} in qualities": (f"{GOOD}@b\nACGT\n+\nII{x}I\n", 8, "is no quality") for x in (" ", "\t", "\v", "\x7f", "\x1b", "\x1f", "é")}, "NUL": ("@b\nACGT\n+\nII\0I\n", 4, "NUL"),
    **{f"cut at {w}": (GOOD + t, n, "middle of a record") for w, t, n in (("title", "@b", 5), ("sequence", "@b\nAC", 6), ("before +", "@b\nACGT\n", 6), ("plus", "@b\nACGT\n+", 7), ("quality", "@b\nACGT\n+\nII", 8))},
    "cut in the name at +": (GOOD + "@name\nACGT\n+na", 7, "differs"), "only a name": ("@b\n", 1, "middle of a record"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_with_its_line(case, put):
    text, line, word = REFUSED[case]
    for verb in (read_fastq, scan_fastq):
        with pytest.raises(DataError) as e: quietly(verb, put(text))
        assert e.value.line == line and word in str(e.value), e.value


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(text, put):
    with pytest.raises(DataError, match="no records"): scan_fastq(put(text))


TOLD = {"empty sequence": (f"{GOOD}@b\n\n+\n\n@c\nA\n+\nI\n", 5, "without a sequence"), "empty, no lines": ("@b\n+\n@c\nA\n+\nI\n", 1, "without a sequence"), "no name": ("@\nA\n+\nI\n", 1, "without a name"),
        "blank between": (f"{GOOD}\n@b\nA\n+\nI\n", 5, "blank lines between"), "blank before": (f"\n{GOOD}", 1, "blank lines"), "colours": ("@b\nG330.0\n+\n!IIIII\n", 1, "colour space"),
        "other letters": (f"{GOOD}@b\nSEQUENCE1\n+\nIIIIIIIII\n", 5, "more than the letters"), "name twice": (f"{GOOD}@b\nA\n+\nI\n{GOOD}", 9, "stands in line 1 already")}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_odd_is_told_with_its_line(case, put):
    text, line, word = TOLD[case]
    frame, told = agree(put(text))
    assert len(told) == 1 and f"line {line}" in told[0] and word in told[0]


# -- qualities --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("characters, offset", [("!J", 33), ("#I", 33), ("5J", 33), ("!~", 33), ("II", 33), ("@h", 64), ("Bh", 64), ("ef", 64), (";h", "solexa"), ("=^", "solexa"), ("@~", 33), (":Z", 33)])
def test_the_offset_is_guessed(characters, offset, put):
    assert guess_offset(*map(ord, characters)) == offset
    frame, told = agree(put(f"@a\nAC\n+\n{characters}\n"))
    assert frame.attrs["offset"] == offset and bool(told) == (offset != 33)
    assert not agree(put(f"@a\nAC\n+\n{characters}\n"), offset=offset)[1]


def test_a_given_offset_is_held(put):
    with pytest.raises(DataError, match="line 5, record 'b': the quality '5' is below"): scan_fastq(put("@a\nA\n+\nI\n@b\nA\n+\n5\n"), offset=64)
    with pytest.raises(SpecError, match="offset=65"): scan_fastq(put(GOOD), offset=65)


def test_scores():
    assert phred("!I~").tolist() == [0, 40, 93] and phred("@h", 64).tolist() == [0, 40]
    assert np.allclose(phred(";@h", "solexa"), [1.19, 3.01, 40.0], atol=.01)    # Cock et al. 2010, equation of their section on Solexa


# -- large ------------------------------------------------------------------------------------------------------------

def records(n, lines, rng):
    for k in range(n):
        size = rng.randint(1, 300)
        s, q = "".join(rng.choices("ACGTN", k=size)), "".join(rng.choices("!+@5I", k=size))
        cut = (lambda t: "\n".join(t[i:i + 60] for i in range(0, size, 60))) if lines else (lambda t: t)
        yield s, q, f"@r{k} x\n{cut(s)}\n+\n{cut(q)}\n"


@pytest.mark.parametrize("lines", [False, True])
def test_records_over_the_borders_of_blocks(lines, put):
    given = list(records(9000, lines, random.Random(5)))
    frame, told = agree(put("".join(t for *_, t in given)))
    assert frame["sequence"].tolist() == [s for s, *_ in given] and frame["quality"].tolist() == [q for _, q, _ in given] and not told
    text = "".join(t for *_, t in given) + "@last\nACGT\n+\nIII\n"
    with pytest.raises(DataError, match=f"line {text.count(chr(10))}, record 'last'"): scan_fastq(put(text))


def test_one_record_of_very_many_lines(put):
    frame, _ = agree(put("@a\n" + "ACGT\n" * 300_000 + "+\n" + "IIII\n" * 300_000))
    assert frame["sequence"].str.len().tolist() == [1_200_000]


# -- corpus and fuzz --------------------------------------------------------------------------------------------------

COUNTS = {"gt_test10_multiline.fastq": 2, "htslib_interleaved.fq": 10, "htslib_multiline.fq": 2, "ob_longreads_as_sanger.fastq": 10, "ob_longreads_original_sanger.fastq": 10,
          "ob_misc_rna_as_sanger.fastq": 4, "ob_sanger_93.fastq": 1, "faidx_empty_seq.fq": 10, "skbio_fastq_multi_seq_sanger.fastq": 3}


@pytest.mark.parametrize("name, verdict, expected", corpus("fastq"))
def test_corpus(name, verdict, expected):
    frame = held(read_fastq, "fastq", name, expected)
    assert frame is None or len(frame) == COUNTS.get(name, len(frame)) == held(scan_fastq, "fastq", name, expected)


def test_no_mutation_breaks_the_reader(tmp_path):
    seeds = [t.encode() for t, _ in RIGHT.values()] + [GOOD.encode() * 3, "".join(t for *_, t in records(3, True, random.Random(1))).encode()]
    assert min(survive(tmp_path / "a.fq", seeds, 600, read_fastq, scan_fastq).values()) > 20
