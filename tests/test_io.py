"""io: what is right is read right, what is wrong is one error with file and line, and nothing comes back in part"""
import bz2
import gzip
import lzma
import os
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.io import table as table_module
from genonb.io import text as text_module
from genonb.io.fasta import read_fasta, scan_fasta, write_fasta
from genonb.io.formats import FORMATS, register_format
from genonb.io.read import format_of, read
from genonb.io.notes import DataWarning
from genonb.io.table import read_table
from genonb.io.text import blocks, lines, packing, pieces, read_text
from genonb.seq.alphabet import DNA, PROTEIN
from mutate import mutated, put, quietly

CORPUS = Path(os.environ.get("GENONB_FORMATS") or Path(__file__).parents[2] / "shared" / "formats")


def bgzip(data, size=100):
    "BGZF blocks of `data`, `size` bytes each, and the end-of-file block."
    out = b""
    for part in [data[i:i + size] for i in range(0, len(data), size)] + [b""]:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        out += (b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25) + body
                + struct.pack("<II", zlib.crc32(part), len(part)))
    return out


# -- text -------------------------------------------------------------------------------------------------------------

TEXT = "".join(f">record{i}\n{'ACGT' * (i % 7 + 1)}\n" for i in range(40)).encode()
PACKED = {"plain": TEXT, "gzip": gzip.compress(TEXT), "bgzip": bgzip(TEXT), "bzip2": bz2.compress(TEXT), "xz": lzma.compress(TEXT)}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.fa.bgz", "a"])
def test_the_content_says_how_it_is_packed(tmp_path, kind, name):
    path = put(tmp_path, PACKED[kind], name)
    assert packing(path) == kind and read_text(path) == TEXT.decode()


def test_all_members_are_read(tmp_path):
    members = gzip.compress(TEXT[:300]) + gzip.compress(b"") + gzip.compress(TEXT[300:])
    assert read_text(put(tmp_path, members)) == TEXT.decode()


@pytest.mark.parametrize("kind", ["gzip", "bgzip", "bzip2", "xz"])
def test_a_cut_file_is_never_read(tmp_path, kind):
    data = PACKED[kind]
    for cut in range(7, len(data), 3 if kind == "bgzip" else 1):
        with pytest.raises(DataError, match="file.txt"): read_text(put(tmp_path, data[:cut]))


def test_bgzip_cut_between_blocks_is_refused_where_gzip_reads_on(tmp_path):
    data, ends = PACKED["bgzip"], []
    while sum(ends) < len(data): ends.append(struct.unpack("<H", data[sum(ends) + 16:sum(ends) + 18])[0] + 1)
    for k in range(1, len(ends)):
        path = put(tmp_path, data[:sum(ends[:k])])
        assert gzip.decompress(path.read_bytes()) == TEXT[:100 * k]
        with pytest.raises(DataError, match="end-of-file"): read_text(path)


@pytest.mark.parametrize("kind", ["gzip", "bgzip", "xz"])
def test_a_flipped_bit_is_noticed(tmp_path, kind):
    for at in range(20, len(PACKED[kind]) - 30, 7):
        data = bytearray(PACKED[kind])
        data[at] ^= 4
        try: assert read_text(put(tmp_path, bytes(data))) == TEXT.decode()    # a bit of the header that says nothing
        except DataError as e: assert "file.txt" in str(e)


BINARY = {"zip": b"PK\x03\x04\x14\0\0\0", "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "zstd": b"\x28\xb5\x2f\xfd\0\0", "HDF5": b"\x89HDF\r\n\x1a\n\0",
          "bigWig": b"\x26\xfc\x8f\x88\4\0", "BAM": gzip.compress(b"BAM\x01\0\0"), "gzip in gzip": gzip.compress(gzip.compress(b"ACGT")), "zlib": zlib.compress(TEXT),
          "numpy": b"\x93NUMPY\x01\0", "Parquet": b"PAR1\x15\x04", "2bit": b"\x43\x27\x41\x1a\0\0", "random": random.Random(1).randbytes(500),
          "NUL": b"a,b\n1,\0\n", "utf-16": "a,b\n1,2\n".encode("utf-16"), "utf-16 without its mark": "a,b\n".encode("utf-16-le"), "latin-1": "é\n".encode("latin-1")}


@pytest.mark.parametrize("kind", BINARY)
@pytest.mark.parametrize("reader", [read_text, read_fasta, read_table, read])
def test_what_is_no_text_is_named(tmp_path, kind, reader):
    with pytest.raises(DataError, match="file.txt"): reader(put(tmp_path, BINARY[kind]))


@pytest.mark.parametrize("text", ["PAR1,5\nCRAMP1,6\n", "BZhang,7\n", "BAM,1\n"])
def test_names_that_look_like_formats_are_text(tmp_path, text):
    assert read_text(put(tmp_path, text)) == text


def test_the_line_of_a_wrong_byte(tmp_path):
    for ends in (b"\n", b"\r\n", b"\r"):
        with pytest.raises(DataError, match="line 3: .*0xe9.*Latin-1"): read_text(put(tmp_path, ends.join([b"a", b"b", b"caf\xe9", b"d"])))
        with pytest.raises(DataError, match="line 4: a NUL"): read_text(put(tmp_path, ends.join([b"a", b"b", b"c", b"d\0", b"e"])))
    with pytest.raises(DataError, match="line 1: this is UTF-16"): read_text(put(tmp_path, "a,b\n".encode("utf-16")))
    with pytest.raises(DataError, match="line 2"): read_text(put(tmp_path, b"a\n\xe2\x82"))
    assert read_text(put(tmp_path, "é\n".encode("latin-1")), "latin-1") == "é\n"
    assert read_text(put(tmp_path, "é,b\r\n".encode("utf-16")), "utf-16") == "é,b\n"
    with pytest.raises(SpecError, match="encoding"): read_text(put(tmp_path, b"a"), "utf-99")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_blocks_do_not_depend_on_their_size(tmp_path, size, monkeypatch):
    source = random.Random(size)
    monkeypatch.setattr(text_module, "pieces", lambda path: pieces(path, size))
    for _ in range(200):
        data = "".join(source.choice("aé\r\n") for _ in range(source.randrange(30))).encode()
        want = data.decode().replace("\r\n", "\n").replace("\r", "\n")
        want += "\n" * bool(want and not want.endswith("\n"))
        found = list(blocks(put(tmp_path, data)))
        assert "".join(t for _, t in found) == want
        assert [n for n, _ in found] == [1 + "".join(t for _, t in found[:k]).count("\n") for k in range(len(found))]
        assert list(lines(put(tmp_path, data))) == list(enumerate(want.split("\n")[:-1], 1))


# -- FASTA ------------------------------------------------------------------------------------------------------------

GOOD_FASTA = {    # text -> (ids, sequences)
    "plain": (">a one\nACGT\nAC\n>b\nGG\n", ["a", "b"], ["ACGTAC", "GG"]),
    "no last line end": (">a\nACGT", ["a"], ["ACGT"]),
    "crlf": (">a\r\nAC\r\nGT\r\n", ["a"], ["ACGT"]),
    "old mac": (">a\rAC\rGT\r", ["a"], ["ACGT"]),
    "mark": ("\ufeff>a\nAC\n", ["a"], ["AC"]),
    "blank in header": ("> 6400\nAC\n>\t7 x\nGG\n", ["6400", "7"], ["AC", "GG"]),
    "leading zeros": (">007\nAC\n>08\nGG\n", ["007", "08"], ["AC", "GG"]),
    "blank lines between": (">a\nAC\n\n\n>b\nGG\n\n", ["a", "b"], ["AC", "GG"]),
    "uneven lines": (">a\nA\nCCCC\nGG\n", ["a"], ["ACCCCGG"]),
    "blanks in sequence": (">a\nAC GT \n AC\n", ["a"], ["ACGTAC"]),
    "soft masked": (">a\nacgtACGT\n", ["a"], ["acgtACGT"]),
    "gaps and stops": (">a\nAC-GT.A*\n", ["a"], ["AC-GT.A*"]),
    "bracket in header": (">a >b\nAC\n>>c\nGG\n", ["a", ">c"], ["AC", "GG"]),
    "rna": (">a\nACGU\n", ["a"], ["ACGU"]),
    "non-ascii header": (">gène\nAC\n", ["gène"], ["AC"]),
    "iupac": (">a\nRYSWKMBDHVN\n", ["a"], ["RYSWKMBDHVN"]),
}


@pytest.mark.parametrize("case", GOOD_FASTA)
def test_fasta_that_is_right(tmp_path, case):
    text, ids, sequences = GOOD_FASTA[case]
    frame, told = quietly(read_fasta, put(tmp_path, text))
    assert frame["id"].tolist() == ids and frame["sequence"].tolist() == sequences and told == []
    assert quietly(scan_fasta, tmp_path / "file.txt") == (len(ids), [])


ODD_FASTA = {    # text -> (ids, what is told)
    "empty record": (">a\nAC\n>b\n>c\n\n>d\nGG\n", ["a", "d"], "line 3, record 'b': no sequence; left out (1 more such)"),
    "blank lines before": ("\n \n>a\nAC\n", ["a"], "line 1: blank lines before"),
    "no name": (">a\nAC\n>\nGG\n", ["a", "record_2"], "line 3: no name"),
    "blank line inside": (">a\nAC\n \t\nGG\n", ["a"], "line 1, record 'a': a blank line"),
    "blank line first": (">a\n\nGG\n", ["a"], "blank line"),
    "comments": (">a\n;from\nAC\n;to\nGG\n", ["a"], "comments"),
    "digits": (">a\n1 ACGT 5\n", ["a"], "digits"),
    "stranger": (">a\n" + "ACGT" * 20 + "\nACGX\n", ["a"], "line 3, record 'a': position 84: 'X'"),
}


@pytest.mark.parametrize("case", ODD_FASTA)
def test_fasta_that_is_odd_is_told_once(tmp_path, case):
    text, ids, told = ODD_FASTA[case]
    frame, said = quietly(read_fasta, put(tmp_path, text))
    assert frame["id"].tolist() == ids and len(said) == 1 and told in said[0] and "file.txt" in said[0]
    assert quietly(scan_fasta, tmp_path / "file.txt") == (len(ids), said)


BAD_FASTA = {    # text -> what the error says
    "empty": ("", "file.txt is empty"), "blank": (" \n\n\t\n", "is empty"),
    "text before": ("hello\n>a\nAC\n", "line 1: 'hello' is no header"),
    "fastq": ("@r\nACGT\n+\nIIII\n", "line 1: '@r' is no header. This looks like FASTQ"),
    "fastq behind": (">a\nAC\n@r\nACGT\n+\nIIII\n", "line 3, record 'a': '@' is no sequence letter"),
    "genbank": ("LOCUS  x\n", "GenBank"), "page": ("\n<html>\n", "line 2: .*web page"), "vcf": ("##fileformat\n", "VCF"), "table": ("a,b\n1,2\n", "no header"),
    "qualities": (">a\n40 40 40\n", "line 2, record 'a': numbers"), "minus": (">a\nAC\n>b\n-4 -5\n", "line 4, record 'b': numbers"),
    "sign": (">a\nAC\n>b\nGG\nAC=T\n", "line 5, record 'b': '=' is no sequence letter"),
    "letter of another script": (">a\nAC\nАС\n", "line 3, record 'a': 'А'"),
    "all empty": (">a\n>b\n", "line 1: no record has a sequence"),
    "behind the bracket": (">ACGTACGTACGT\n>TTTTACGTACGT\n", "line 1: .*stand|letters behind '>'"),
    "repeated": (">a\nAC\n>b\nAC\n>a\nGG\n", "line 5, record 'a': the id 'a' stands in line 1 already"),
    "header indented": (">a\nAC\n >b\nGG\n", "line 3, record 'a': '>'"),
}


@pytest.mark.parametrize("case", BAD_FASTA)
def test_fasta_that_is_wrong(tmp_path, case):
    text, told = BAD_FASTA[case]
    for reader in (read_fasta, scan_fasta):
        with pytest.raises(DataError, match=told) as e: reader(put(tmp_path, text))
        assert "file.txt" in str(e.value) and str(e.value).startswith(f"{reader.__name__}(") and e.value.do


@pytest.mark.parametrize("text, alphabet, told", [
    (">a\nAC\nGX\n", "dna", "line 3, record 'a': position 4: 'X' is no dna letter"), (">a\nACG\n>b\nMKVL\n", DNA, "line 4, record 'b': position 4: 'L'"),
    (">a\nMKVLWM\n", "rna", "looks like protein"), (">a\nA-C\n", "dna", "'-' is no dna letter"), (">a\n" + "ACGT" * 30, "protein", "looks like dna"),
    (">a\n;X\nACG\nGX\n", "dna", "line 4")])
def test_letters_of_another_alphabet(tmp_path, text, alphabet, told):
    with pytest.raises(DataError, match=told): read_fasta(put(tmp_path, text), alphabet)


@pytest.mark.parametrize("size", [1, 3, 17])
def test_fasta_does_not_depend_on_blocks(tmp_path, size, monkeypatch):
    monkeypatch.setattr(text_module, "pieces", lambda path: pieces(path, size))
    for text, *_ in (*GOOD_FASTA.values(), *ODD_FASTA.values(), *BAD_FASTA.values()):
        found = []
        for cut in (size, 1 << 20):
            monkeypatch.setattr(text_module, "pieces", lambda path: pieces(path, cut))
            try: found.append([f.to_dict() if isinstance(f, pd.DataFrame) else f for r in (read_fasta, scan_fasta) for f in quietly(r, put(tmp_path, text))])
            except DataError as e: found.append(str(e))
        assert found[0] == found[1], text


def test_a_strict_reading_tells_blanks_in_sequences(tmp_path):
    path = put(tmp_path, ">a\nAC GT\nAC\n")
    assert quietly(read_fasta, path)[1] == [] and "line 2, record 'a': blanks" in quietly(read_fasta, path, strict=True)[1][0]


def test_a_genome_is_scanned_in_the_memory_of_a_block(tmp_path):
    import tracemalloc
    path = put(tmp_path, b">chr1\n" + (b"ACGT" * 15 + b"\n") * 600_000 + b">chr2\nAC\n")
    tracemalloc.start()
    try:
        assert scan_fasta(path) == 2 and tracemalloc.get_traced_memory()[1] < 20 << 20
    finally: tracemalloc.stop()


def test_letters_of_the_right_alphabet(tmp_path):
    assert read_fasta(put(tmp_path, ">a\nacgtuN\n"), "dna")["sequence"][0] == "acgtuN"
    assert read_fasta(put(tmp_path, ">a\nMKUX*\n"), PROTEIN)["sequence"][0] == "MKUX"
    with pytest.raises(SpecError, match="alphabet"): read_fasta(put(tmp_path, ">a\nA\n"), "dnaa")


@pytest.mark.parametrize("how, ids, sequences", [("first", ["a", "b"], ["A", "CC"]), ("last", ["b", "a"], ["CC", "G"]), ("longest", ["b", "a"], ["CC", "TTT"]),
                                                 ("rename", ["a", "b", "a_2", "a_3"], ["A", "CC", "TTT", "G"])])
def test_repeated_ids(tmp_path, how, ids, sequences):
    frame = read_fasta(put(tmp_path, ">a\nA\n>b\nCC\n>a\nTTT\n>a\nG\n"), duplicates=how)
    assert frame["id"].tolist() == ids and frame["sequence"].tolist() == sequences and list(frame.index) == list(range(len(ids)))


@pytest.mark.parametrize("width", [0, 1, 7, 60])
@pytest.mark.parametrize("name", ["out.fa", "out.fa.gz"])
def test_fasta_goes_round(tmp_path, width, name):
    frame = pd.DataFrame({"id": ["a", "007", "gène"], "description": ["one  two", "", "x"], "sequence": ["ACGT" * 20, "acg-.", "N"]})
    path = write_fasta(tmp_path / name, frame, width)
    back = read_fasta(path)
    assert back["id"].tolist() == frame["id"].tolist() and back["sequence"].tolist() == frame["sequence"].tolist()
    assert back["description"].tolist() == ["one two", "", "x"] and path.read_bytes() == write_fasta(path, frame, width).read_bytes()


@pytest.mark.parametrize("row", [{"id": "two words"}, {"id": ""}, {"id": ">x"}, {"id": "a\n>b"}, {"sequence": ""}, {"sequence": None}, {"sequence": "AC\n>x"}, {"sequence": "A1"}, {"sequence": 5}])
def test_what_would_not_read_back_is_not_written(tmp_path, row):
    with pytest.raises(SpecError, match="row 1"): write_fasta(tmp_path / "x.fa", pd.DataFrame([{"id": "ok", "sequence": "A"}, {"id": "a", "sequence": "A"} | row]))
    with pytest.raises(SpecError, match="no column 'sequence'"): write_fasta(tmp_path / "x.fa", pd.DataFrame({"id": ["a"]}))
    assert list(tmp_path.iterdir()) == []


def test_a_description_cannot_begin_a_record(tmp_path):
    path = write_fasta(tmp_path / "x.fa", pd.DataFrame({"id": ["a"], "description": ["x\n>b\nTTT"], "sequence": ["ACGT"]}))
    assert read_fasta(path)["sequence"].tolist() == ["ACGT"]


# -- tables -----------------------------------------------------------------------------------------------------------

GOOD_TABLE = {    # text, options -> columns
    "csv": ("id,x\na,1\nb,2\n", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "tsv": ("id\tx\na b\t1.5\nb,c\t2\n", {}, {"id": ["a b", "b,c"], "x": [1.5, 2]}),
    "semicolon": ("id;x\na,b;1\nc;2\n", {}, {"id": ["a,b", "c"], "x": [1, 2]}),
    "blanks": ("id x\na   1\nb 2\n", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "pipe": ("id|x\na|1\nb|2\n", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "one column": ("x\n1\n2\n", {}, {"x": [1, 2]}),
    "padded": ("id,   x\na ,  1\nb,2  \n", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "crlf and no last end": ("id,x\r\na,1\r\nb,2", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "old mac": ("id,x\ra,1\rb,2\r", {}, {"id": ["a", "b"], "x": [1, 2]}),
    "mark": ("\ufeffid,x\na,1\n", {}, {"id": ["a"], "x": [1]}),
    "quoted": ('id,note,x\n1,"a, ""b""",2\n2,"two\nlines",3\n', {}, {"id": [1, 2], "note": ['a, "b"', "two\nlines"], "x": [2, 3]}),
    "backslash": ('id,x\n1,"say \\"no\\""\n2,b\n', {}, {"id": [1, 2], "x": ['say "no"', "b"]}),
    "lone quote in tsv": ('id\tname\n1\t"odd\n2\tb\n', {}, {"id": [1, 2], "name": ['"odd', "b"]}),
    "one quoted column": ('"name"\n"a"\n"b"\n', {}, {"name": ["a", "b"]}),
    "leading zeros": ("id,x\n001,1\n7,2\n", {}, {"id": ["001", "7"], "x": [1, 2]}),
    "too long for 64 bits": ("id,x\n12345678901234567890,1\n7,2\n", {}, {"id": ["12345678901234567890", "7"], "x": [1, 2]}),
    "missing": ("id,x,y\na,1,\nNA,,2\nb,NaN,\\N\n", {}, {"id": ["a", None, "b"], "x": [1, None, None], "y": [None, 2, None]}),
    "dash among numbers": ("id,x\na,-\nb,2\n", {}, {"id": ["a", "b"], "x": [None, 2]}),
    "strand": ("id,strand\na,-\nb,+\n", {}, {"id": ["a", "b"], "strand": ["-", "+"]}),
    "own missing": ("id,x\na,none\nNA,2\n", {"missing": ("none",)}, {"id": ["a", "NA"], "x": [None, 2]}),
    "floats": ("id,x\na,1e-3\nb,+.5\nc,-2.\nd,Inf\n", {}, {"id": list("abcd"), "x": [1e-3, 0.5, -2, np.inf]}),
    "no header": ("a,1\nb,2\n", {"header": None, "names": ["id", "x"]}, {"id": ["a", "b"], "x": [1, 2]}),
    "names alone": ("a,1\nb,2\n", {"names": ["id", "x"]}, {"id": ["a", "b"], "x": [1, 2]}),
    "other names": ("u,v\na,1\n", {"header": True, "names": ["id", "x"]}, {"id": ["a"], "x": [1]}),
    "numbers as header": ("5,6\n1,2\n", {"header": True}, {"5": [1], "6": [2]}),
    "comments": ("# made by\n#\n\nid,x\na,1\n", {}, {"id": ["a"], "x": [1]}),
    "header with hash": ("# by us, today\n#chrom\tpos\nchr1\t5\n", {}, {"chrom": ["chr1"], "pos": [5]}),
    "types": ("id,x\n007,1\n8,b\n", {"types": {"id": "number", "x": "text"}}, {"id": [7, 8], "x": ["1", "b"]}),
    "decimal comma as text": ("id;x\na;0,5\nb;1,5\n", {"types": {"x": "text"}}, {"id": ["a", "b"], "x": ["0,5", "1,5"]}),
    "own separator": ("id:x\na:1\n", {"sep": ":"}, {"id": ["a"], "x": [1]}),
    "truth stays text": ("id,x\na,True\nb,False\n", {}, {"id": ["a", "b"], "x": ["True", "False"]}),
    "underscores are no numbers": ("id,x\na,1_000\nb,2\n", {"types": {"x": "text"}}, {"id": ["a", "b"], "x": ["1_000", "2"]}),
    "long cell": ("id,sequence\na," + "ACGT" * 50_000 + "\n", {}, {"id": ["a"], "sequence": ["ACGT" * 50_000]}),
    "latin-1": ("id,x\né,1\n".encode("latin-1"), {"encoding": "latin-1"}, {"id": ["é"], "x": [1]}),
}


@pytest.mark.parametrize("case", GOOD_TABLE)
def test_table_that_is_right(tmp_path, case):
    text, options, want = GOOD_TABLE[case]
    frame, told = quietly(read_table, put(tmp_path, text), **options)
    assert list(frame.columns) == list(want) and told == []
    for name, values in want.items():
        assert [None if pd.isna(v) else v for v in frame[name]] == values, name


ODD_TABLE = {    # text -> (shape, what is told)
    "no header": ("a,1\nb,2\n", (2, 2), "line 1: no header"), "no header, words": ("EI,x\nEI,y\n", (2, 2), "no header"),
    "no header, sequences": ("P1\t" + "MKVL" * 10 + "\nP2\t" + "MKIL" * 10 + "\n", (2, 2), "no header"),
    "open": ("F9\nHBB\nLDLR\n", (2, 1), "line 1: taken as the header: 'F9'"), "header only": ("id,x\n", (0, 2), "line 1: a header, and no rows"),
    "corner": (",a,b\nr,1,2\n", (1, 3), "column 1 has no name; named 'row'"), "blank row": ("id,x\na,1\n\n , \nb,2\n", (2, 2), "line 3: 2 blank row(s)"),
    "chromosomes": ("chrom,pos\n1,5\n2,6\nX,7\n", (3, 2), "line 4: column 'chrom' mixes numbers"),
}


@pytest.mark.parametrize("case", ODD_TABLE)
def test_table_that_is_odd_is_told_once(tmp_path, case):
    text, shape, told = ODD_TABLE[case]
    frame, said = quietly(read_table, put(tmp_path, text))
    assert frame.shape == shape and len(said) == 1 and told in said[0] and "file.txt" in said[0]


BAD_TABLE = {    # text, options -> what the error says
    "empty": ("", {}, "is empty"), "blank": (" \n\n", {}, "is empty"), "only comments": ("# a\n#\n# b\n", {}, "only comments"),
    "short row": ("id,x\na,1\nb\n", {}, "line 3: 1 cells, but 2 in line 1"), "long row": ("id,x\na,1\nb,2,3\n", {}, "line 3: 3 cells, but 2"),
    "long row behind a quoted line end": ('id,x\na,"1\n2"\nb,2,3\n', {}, "line 4: 3 cells"), "row names of R": ("x y\na 1 2\nb 3 4\n", {"sep": " "}, "written by R"),
    "double name": ("id,x,id\n1,2,3\n", {}, "line 1: the name 'id' stands over columns 1, 3"), "blank name": ("id,,x\n1,2,3\n", {}, "line 1: column 2 has no name"),
    "open quote": ('id,x\n1,"a\n2,b\n3,c\n', {}, "line 2: the quotes"), "text behind a quote": ('id,x\n1,"a"b\n', {}, "line 2: the quotes"),
    "decimal comma": ("id;x\na;0,5\nb;1,5\n", {}, "line 2: column 'x': '0,5' has a decimal comma"), "one decimal comma": ("id;x\na;0.5\nb;1,5\n", {}, "line 3: column 'x': '1,5' is no number"),
    "thousands": ('id,x\na,5\nb,"1,234"\n', {}, "line 3"), "spreadsheet error": ("id,x\na,5\nb,#DIV/0!\n", {}, "line 3"), "bound": ("id,x\na,5\nb,<0.1\n", {}, "line 3: .*'<0.1'"),
    "per cent": ("id,x\na,5\nb,6\nc,7 %\n", {}, "line 4"), "text for a number": ("id,x\na,5\nb,six\n", {"types": {"x": "number"}}, "line 3: column 'x': 'six' is no number"),
    "page": ("<!DOCTYPE html>\n<html>\n", {}, "web page"), "fasta": (">a\nACGT\n", {}, "FASTA"), "json": ('{"a": 1}\n', {}, "JSON"), "lfs": ("version https://git-lfs.github.com/spec/v1\n", {}, "LFS"),
    "no such column": ("id,x\na,1\n", {"types": {"xx": "text"}}, "no column 'xx'. Did you mean 'x'"),
}


@pytest.mark.parametrize("case", BAD_TABLE)
def test_table_that_is_wrong(tmp_path, case):
    text, options, told = BAD_TABLE[case]
    with pytest.raises(DataError, match=told) as e: read_table(put(tmp_path, text), **options)
    assert str(e.value).startswith("read_table(") and "file.txt" in str(e.value) and e.value.do


@pytest.mark.parametrize("options", [{"sep": ", "}, {"header": 3}, {"names": ["a"]}, {"names": ["a", "a"]}, {"types": {"x": "float"}}, {"encoding": "utf-99"}])
def test_wrong_arguments(tmp_path, options):
    with pytest.raises(SpecError): read_table(put(tmp_path, "id,x\na,1\n"), **options)


CELLS = ["1", "2.5", "-3", "", "NA", "007", "word", "12345678901234567890", "0.1234567890123456789", "1e5", "Inf", "nan", "True", "-", "X", "+5", "0", "1_0", ".", "00.5", "0x1", "1e400"]


def plain_table(source):
    "Text of a random table without quotes and blanks, and its separator."
    sep, rows, kinds = source.choice(",\t;|"), source.randrange(1, 60), [source.sample(CELLS, source.randrange(1, 4)) for _ in range(source.randrange(2, 6))]
    body = [[source.choice(kind) for kind in kinds] for _ in range(rows)]
    return "\n".join([sep.join(f"id{j}" for j in range(len(kinds)))] + [sep.join(row) for row in body]) + "\n", sep


def test_large_tables_are_read_as_small_ones(tmp_path, monkeypatch):
    taken = 0
    for seed in range(300):
        source = random.Random(seed)
        text, sep = plain_table(source)
        options = {"sep": sep, "types": source.choice([None, {"id0": "text"}])}

        def result():
            try: return quietly(read_table, tmp_path / "t", **options)
            except DataError as e: return str(e), []

        put(tmp_path, text, "t")
        monkeypatch.setattr(table_module, "_LARGE", 1 << 40)
        careful, told = result()
        monkeypatch.setattr(table_module, "_LARGE", 0)
        fast, said = result()
        taken += table_module._plain(text, sep)[0] > 0
        assert told == said, seed
        if isinstance(careful, str): assert careful == fast, seed
        else: pd.testing.assert_frame_equal(careful, fast)
    assert taken > 200


@pytest.mark.parametrize("text", ["a,b\n1,2\n3\n", "a,b\n1,2\n\n", 'a,b\n"1",2\n', "a,b\n1, 2\n", "a,b\n1,2 \n", "a,b\né,1\n", "a,b\n,\n", "a,b\n1\x0b,2\n", "a\n1\n", "a,b\n1,2,3\n4\n"])
def test_only_plain_tables_are_plain(text):
    assert table_module._plain(text, ",") == (0, ())


# -- one door ---------------------------------------------------------------------------------------------------------

def test_read_goes_by_content(tmp_path):
    assert list(read(put(tmp_path, ">a\nACGT\n", "x.csv")).columns) == ["id", "description", "sequence"]
    with pytest.raises(DataError, match="no header"): read(put(tmp_path, gzip.compress(b"\n\nid,x\na,1\n"), "x.fa"))
    assert read(put(tmp_path, ">a\nA\n>a\nC\n"), duplicates="rename")["id"].tolist() == ["a", "a_2"]
    with pytest.warns(DataWarning, match="named like VCF, but the content is FASTA"): read(put(tmp_path, ">a\nA\n", "a.vcf"))


@pytest.mark.parametrize("text, told", [("", "is empty"), ("\n \n", "is empty"), ("<!doctype html>", "web page"), ('[{"a": 1}]', "JSON"), ("@HD\tVN:1.6\n", "SAM")])
def test_read_names_what_it_does_not_read(tmp_path, text, told):
    with pytest.raises(DataError, match=told) as e: read(put(tmp_path, text))
    assert "file.txt" in str(e.value) and e.value.do


@pytest.mark.parametrize("text, kind", [("@r 1\nACGT\n+\nIIII\n", "FASTQ"), ("LOCUS       AB\n", "GenBank"), ("##fileformat=VCFv4.2\n", "VCF"), ("##gff-version 3\n", "GFF"),
                                        ("data_1ABC\n#\n", "structure"), ("HEADER    HYDROLASE\n", "structure"), ("MEME version 4\n", "motifs"), ("track type=bedGraph\n", "bedGraph"),
                                        ("chr1\t5\t9\n", "BED"), ("chr1\t5\t9\t0.5\n", "bedGraph"), ("chr1\ta\texon\t5\t9\t.\t+\t.\tx\n", "GFF"), ("id,x\n", "table")])
def test_content_tells_the_format(tmp_path, text, kind):
    assert format_of(put(tmp_path, text, "file.unknown")).name == kind


def test_a_name_decides_what_the_content_leaves_open(tmp_path):
    assert format_of(put(tmp_path, "chr1\t5\t9\n", "a.bedGraph.gz")).name == "bedGraph"
    assert format_of(put(tmp_path, "chr1\tfive\t9\n", "a.bed")).name == "BED"
    with pytest.raises(DataError, match="neither its name nor its first line"): format_of(put(tmp_path, "5 apples\n", "a.unknown"))
    assert format_of(put(tmp_path, "5 apples\n", "a.unknown"), kind="Table").name == "table"


def test_read_errors_of_the_door(tmp_path):
    put(tmp_path, "id,x\na,1\n", "genes.csv")
    with pytest.raises(DataError, match="Did you mean 'genes.csv'"): read(tmp_path / "gene.csv")
    with pytest.raises(DataError, match="folder"): read(tmp_path)
    with pytest.raises(SpecError, match="Did you mean 'sep'"): read(tmp_path / "genes.csv", seps=",")


def test_a_later_format_claims_its_files(tmp_path, monkeypatch):
    monkeypatch.delitem(FORMATS, "mine", raising=False)
    register_format("mine", lambda path, strict=True: ("mine", strict), r"@@mine\b")
    path = put(tmp_path, "@@mine 1\n")
    assert format_of(path).name == "mine" and read(path, strict=False) == ("mine", False)
    del FORMATS["mine"]


# -- everything, damaged ----------------------------------------------------------------------------------------------

SEEDS = {
    read_fasta: [c[0] for c in (*GOOD_FASTA.values(), *ODD_FASTA.values(), *BAD_FASTA.values())],
    read_table: [c[0] for c in (*GOOD_TABLE.values(), *ODD_TABLE.values(), *BAD_TABLE.values()) if len(c[0]) < 5000],
    read_text: [d for k, d in PACKED.items()],
}
SEEDS[read] = SEEDS[read_fasta] + SEEDS[read_table] + SEEDS[read_text]
SPICE = [b">", b"\n", b"\r", b",", b"\t", b'"', b"\0", b"\xff", b"\xe9", b" ", b";", b"#", b"0" * 400, b"9" * 400, b"e", b"nan", b"-", b"'", b"\x1f\x8b", b"\\", b"\xef\xbb\xbf", b"1,5", b"\xe2\x80\xa8", b"\x1c", b"\x85"]


@pytest.mark.parametrize("reader", SEEDS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("rounds", [int(os.environ.get("GENONB_FUZZ", 200))])
def test_fuzz_gives_a_value_or_our_error(tmp_path, reader, rounds, monkeypatch):
    monkeypatch.setattr(table_module, "_LARGE", 60)    # both ways of reading a table
    seeds = [s if isinstance(s, bytes) else s.encode() for s in SEEDS[reader]]
    for k in range(rounds):
        data = mutated(random.Random(f"{reader.__name__} {k}"), seeds, SPICE)
        path = tmp_path / "f"
        path.write_bytes(data)
        try: quietly(reader, path)
        except GenonbError as e: assert str(path) in str(e)
        except Exception as e: pytest.fail(f"seed {reader.__name__} {k}: {type(e).__name__}: {e}: {data[:200]!r}")


# -- the corpus -------------------------------------------------------------------------------------------------------

def manifest(*kinds):
    "(kind, file, expected) of the corpus; one skipped case where there is none."
    if not (CORPUS / "MANIFEST.tsv").is_file(): return [pytest.param("", "", "", marks=pytest.mark.skip(reason=f"no corpus in {CORPUS}: set GENONB_FORMATS"))]
    rows = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text().splitlines() if not line.startswith("#")]
    return [(kind, name, expected) for kind, name, _, expected, *_ in rows if kind in kinds and expected != "-"]


@pytest.mark.parametrize("kind, name, expected", manifest("fasta", "table"))
def test_corpus(kind, name, expected):
    path = CORPUS / kind / name
    try: frame, told = quietly(read_fasta if kind == "fasta" else read_table, path)
    except DataError as e:
        assert expected in ("refusal", "warning or refusal") and name in str(e)
        return
    assert expected.startswith("reads") or (expected == "warning or refusal" and told)
    assert len(frame) and all(name in t for t in told)
    if kind == "fasta": assert frame["id"].is_unique and frame["sequence"].str.len().min() > 0


@pytest.mark.parametrize("kind, name, expected", manifest("wrongtype", "compressed"))
def test_corpus_through_the_door(kind, name, expected):
    if kind == "compressed" and expected == "reads":
        assert read_text(CORPUS / kind / name).count("\n") > 10
    elif expected == "refusal" and not name.startswith("biopython_cor6_6"):     # refused there because GenBank was not read
        with pytest.raises(DataError, match=name): read(CORPUS / kind / name)


def test_readers_import_nothing_heavy():
    import subprocess
    code = "import sys, genonb.io.read; print([m for m in ('torch', 'pooch', 'requests', 'plotly', 'sklearn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
