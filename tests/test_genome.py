"""io.genome: the bases that stand in the file, exactly as many as asked, or an error; whatever its lines, its index and its history."""
import bz2
import gzip
import lzma
import os
import random
import re
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.io import genome as module
from genonb.io.fasta import read_fasta
from genonb.io.genome import genome, parse_region
from genonb.io.notes import listening
from genonb.seq.alphabet import decode, encode, reverse_complement

SMALL = module._SMALL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    "A cache of its own for every test."
    monkeypatch.setenv("GENONB_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache" / "genomes"


@pytest.fixture(params=["small", "large"])
def any_size(request, monkeypatch):
    "The same file as if it were small (scanned each time) and as if it were large (index kept, .fai believed)."
    monkeypatch.setattr(module, "_SMALL", SMALL if request.param == "small" else 0)
    return request.param


def quiet(path):
    "A genome opened without a warning."
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return genome(path)


def told(path):
    "A genome, and what was said when it was opened."
    with listening() as heard: return genome(path), [str(h) for h in heard]


def faidx(path):
    "The .fai that samtools would write for a file with even lines."
    rows, data, at = [], path.read_bytes(), 0
    for part in re.split(rb"(?m)^>", data)[1:]:
        head, _, body = part.partition(b"\n")
        lines = body.splitlines(keepends=True)
        bases = [len(line.strip()) for line in lines]
        rows.append(f"{head.split()[0].decode()}\t{sum(bases)}\t{at + len(head) + 2}\t{bases[0]}\t{len(lines[0])}\n")
        at += len(part) + 1
    (path.parent / f"{path.name}.fai").write_text("".join(rows))


# ---- fuzz: any layout gives the same bases -----------------------------------------------------------------------

def laid_out(rng, records, even=False):
    "The bytes of a FASTA file with these records, in a random layout."
    end, width, out = rng.choice([b"\n", b"\r\n"]), rng.choice([1, 2, 7, 10, 60, 1000]), [b"\xef\xbb\xbf" if rng.random() < .1 and not even else b""]
    for name, letters in records.items():
        out += [b">", b" " * (rng.random() < .1 and not even), name.encode(), rng.choice([b"", b" a note", b"\tand more > here"]), end]
        i = 0
        while i < len(letters):
            n = width if even or rng.random() < .8 else rng.randrange(1, width + 3)
            edge = b"" if even or rng.random() < .95 else rng.choice([b" ", b"\t", b"  "])
            out += [letters[i:i + n].encode(), edge, end]
            i += n
            if not even and rng.random() < .05: out.append(end)
    data = b"".join(out)
    return data[:-len(end)] if rng.random() < .3 and not even else data


def some_records(rng):
    return {f"chr{k}": "".join(rng.choices("ACGTacgtNRYn", k=rng.choice([1, 5, 30, 61, 400, 1500]))) for k in range(rng.randrange(1, 6))}


def asked(rng, records, n=40):
    "Random windows of one length inside the records, and their letters."
    length = rng.choice([1, 2, 9, 30, 100, 333])
    fit = [name for name in records if len(records[name]) >= length]
    rows = [(c := rng.choice(fit), rng.randrange(len(records[c]) - length + 1), rng.choice("+-.")) for _ in range(n)] if fit else []
    frame = pd.DataFrame(rows, columns=["chrom", "start", "strand"]).astype({"start": int})
    letters = [records[c][s:s + length].upper() for c, s, _ in rows]
    codes = encode(letters, length=length)
    minus = (frame["strand"] == "-").to_numpy()
    if len(rows): codes[minus] = reverse_complement(codes[minus])
    return frame.assign(end=frame["start"] + length), length, codes


@pytest.mark.parametrize("seed", range(60))
def test_any_layout_gives_the_same_bases(tmp_path, seed, any_size):
    rng = random.Random(seed)
    records = some_records(rng)
    path = tmp_path / "g.fa"
    path.write_bytes(laid_out(rng, records))
    for g in (quiet(path), quiet(path)):      # the second time from the kept index, if it was kept
        assert g.sizes == {n: len(s) for n, s in records.items()}
        for name, letters in records.items(): assert g.fetch(name) == letters.upper()
        frame, length, codes = asked(rng, records)
        assert (g.windows(frame, length) == codes).all()


@pytest.mark.parametrize("seed", range(20))
def test_any_chunk_gives_the_same_bases(tmp_path, seed, monkeypatch):
    rng = random.Random(1000 + seed)
    records = some_records(rng)
    path = tmp_path / "g.fa"
    path.write_bytes(laid_out(rng, records))
    monkeypatch.setattr(module, "_CHUNK", rng.choice([1, 7, 64, 256]))
    monkeypatch.setattr(module, "_BLOCK", rng.choice([1, 3, 50, 1000]))
    g = genome(path)
    frame, length, codes = asked(rng, records)
    assert (g.windows(frame, length) == codes).all()
    for name, letters in records.items(): assert g.fetch(name, mask="N") == "".join("N" if x.islower() else x for x in letters)


@pytest.mark.parametrize("seed", range(20))
def test_a_fai_that_fits_is_used(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 0)
    rng = random.Random(2000 + seed)
    records = some_records(rng)
    path = tmp_path / "g.fa"
    path.write_bytes(laid_out(rng, records, even=True))
    faidx(path)
    g = quiet(path)
    assert dict(g.card())["index"] == ".fai"
    frame, length, codes = asked(rng, records)
    assert (g.windows(frame, length) == codes).all()


# ---- trap 26: an index that is stale, foreign, missing, or cannot be kept -------------------------------------------

OLD = ">chr1\nACGTACGTAC\nGGGGTTTT\n>chr2\nCCCCCCCCCC\nAAAA\n"
CHANGED = {
    "other bases": OLD.replace("ACGTACGTAC", "TTTTTTTTTT"), "other order": OLD[OLD.index(">chr2"):] + OLD[:OLD.index(">chr2")],
    "other names": OLD.replace("chr1", "chrA"), "names exchanged": OLD.replace("chr1", "x").replace("chr2", "chr1").replace("x", "chr2"),
    "other lines, same bytes": OLD.replace("ACGTACGTAC\nGGGGTTTT", "ACGTACGTACG\nGGGTTTT"), "narrower": OLD.replace("ACGTACGTAC\nGGGGTTTT", "ACGTA\nCGTAC\nGGGGTTT"),
    "a record more": OLD + ">chr3\nACGT\n", "a record before": ">chr0\nACGT\n" + OLD, "shorter": OLD[:-3] + "\n", "longer": OLD[:-1] + "CC\n",
    "windows lines": OLD.replace("\n", "\r\n"), "one line": ">chr1\nACGTACGTACGGGGTTTT\n>chr2\nCCCCCCCCCCAAAA\n", "a blank line": OLD.replace("TTTT\n", "TTTT\n\n"), "a longer note": OLD.replace("chr1\n", "chr1 note\n"),
    "blank, then short": OLD.replace("ACGTACGTAC\nGGGG", "ACGTACGTA\n\nGGGG")}


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("clock", ["right", "mislead"])
def test_a_stale_fai_gives_no_wrong_base(tmp_path, what, clock, any_size):
    path = tmp_path / "g.fa"
    path.write_text(OLD)
    faidx(path)
    path.write_text(CHANGED[what])
    stat = path.stat()
    later = 10**9 if clock == "mislead" else -10**9      # after a copy the old index may look young
    os.utime(tmp_path / "g.fa.fai", ns=(stat.st_atime_ns, stat.st_mtime_ns + later))
    g, heard = told(path)
    truth = dict(zip(*(read_fasta(path)[c] for c in ("id", "sequence"))))
    assert {n: g.fetch(n) for n in g} == truth
    assert bool(heard) == (what != "other bases"), heard    # there the old index is right


@pytest.mark.parametrize("what", ["other bases", "other names", "narrower", "shorter", "a record more", "other lines, same bytes"])
def test_a_stale_kept_index_gives_no_wrong_base(tmp_path, what, monkeypatch, cache):
    monkeypatch.setattr(module, "_SMALL", 0)
    path = tmp_path / "g.fa"
    path.write_text(OLD)
    stat = path.stat()
    quiet(path)
    assert list(cache.glob("*.npz"))
    path.write_text(CHANGED[what])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))      # as cp -p and rsync do
    g = quiet(path)
    assert {n: g.fetch(n) for n in g} == dict(zip(*(read_fasta(path)[c] for c in ("id", "sequence"))))


@pytest.mark.parametrize("content", [b"", OLD.encode(), b"\x00\x01\x02", b"chr1\t18\n", b"chr1\t18\tx\t10\t11\n", b"chr9\t18\t6\t10\t11\n", b"chr1\t18\t6\t0\t0\n",
                                     b"chr1\t18\t-6\t10\t11\n", b"chr1\t99999999999999999999\t6\t10\t11\n", b"chr1\t18\t6\t10\t11\n", b"chr1\t18\t6\t10\t11\nchr1\t14\t32\t10\t11\n",
                                     b"chr1\t18\t6\t11\t10\n", b"chr1\t9223372036854775807\t6\t10\t11\n", b"\xff\xfe\x00"])
def test_a_foreign_fai_is_told_and_left(tmp_path, content, any_size):
    path = tmp_path / "g.fa"
    path.write_text(OLD)
    (tmp_path / "g.fa.fai").write_bytes(content)
    g, heard = told(path)
    assert g["chr1"] == "ACGTACGTACGGGGTTTT" and g["chr2"] == "CCCCCCCCCCAAAA"
    assert len(heard) == 1 and "g.fa.fai" in heard[0]
    assert (tmp_path / "g.fa.fai").read_bytes() == content


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(b""), lambda p: p.write_bytes(p.read_bytes()[:50]), lambda p: p.write_bytes(b"PK\x03\x04" + os.urandom(200)), lambda p: np.savez(p, a=1)])
def test_a_spoilt_kept_index_is_made_anew(tmp_path, spoil, monkeypatch, cache):
    monkeypatch.setattr(module, "_SMALL", 0)
    path = tmp_path / "g.fa"
    path.write_text(OLD)
    quiet(path)
    spoil(next(cache.glob("*.npz")))
    assert quiet(path)["chr2"] == "CCCCCCCCCCAAAA" and dict(quiet(path).card())["index"] == "kept"


def test_nothing_is_written_beside_the_data_and_no_cache_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 0)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "g.fa").write_text(OLD)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the cache folder should be")
    monkeypatch.setenv("GENONB_DATA", str(blocked))
    folder.chmod(0o555)
    try:
        assert quiet(folder / "g.fa")["chr1:0-4"] == "ACGT"
        assert os.listdir(folder) == ["g.fa"]
    finally: folder.chmod(0o755)


def test_a_handle_does_not_outlive_its_file(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(OLD)
    g = genome(path)
    path.write_text(OLD[:20])
    with pytest.raises(DataError, match="has changed since it was opened"): g.fetch("chr2")
    (tmp_path / "new.fa").write_text(OLD.replace("A", "T"))
    os.replace(tmp_path / "new.fa", path)
    with pytest.raises(DataError, match="has changed"): g["chr1:0-4"]
    rebuild, args = genome(path).__reduce__()
    assert rebuild(*args)["chr1:0-4"] == "TCGT"


# ---- traps 4, 5, 8, 11, 12, 13, 27: windows -------------------------------------------------------------------------

@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.fa"
    path.write_text(">chr1 first\nACGTNRacgt\nTTGACA\n>chr2\nGGGCCCAAAT\n")
    return genome(path)


@pytest.mark.parametrize("start, end", [(-1, 3), (14, 18), (16, 20), (-20, -16), (100, 104)])
def test_beyond_the_end_is_an_error_never_a_shorter_window(tiny, start, end):
    with pytest.raises(DataError, match="row 1 of 1: chr1:-?[0-9]+-"): tiny.windows(pd.DataFrame({"chrom": ["chr1"], "start": [start], "end": [end]}))
    with pytest.raises(DataError, match="reaches beyond chr1"): tiny.fetch("chr1", start, end)
    with pytest.raises(DataError): tiny.gc((["chr1"], [start]), end - start)


def test_padding_is_declared(tiny):
    frame = pd.DataFrame({"chrom": ["chr1", "chr1", "chr2", "chr1"], "start": [-2, 13, -3, 2], "strand": ["+", "+", "-", "-"]})
    assert decode(tiny.windows(frame, 5, pad="N")) == ["NNACG", "ACANN", "CCNNN", "TYNAC"]
    assert tiny.inside(frame, 5).tolist() == [False, False, False, True]
    with pytest.raises(DataError, match="wholly outside"): tiny.windows((["chr1"], [40]), 5, pad="N")
    with pytest.raises(SpecError, match="pad"): tiny.windows(frame, 5, pad="zeros")


def test_longer_than_the_chromosome(tiny):
    with pytest.raises(DataError): tiny.windows((["chr2"], [0]), 11)
    assert decode(tiny.windows((["chr2"], [-1], ["-"]), 12, pad="N")) == ["NATTTGGGCCCN"]


def test_the_minus_strand_is_the_reverse_complement(tiny):
    assert tiny["chr1:2-7:-"] == "TYNAC" and tiny["chr1:2-7"] == "GTNRA"
    assert tiny["chr1:2-7:."] == "GTNRA"
    for length in range(1, 17): assert tiny.fetch("chr1", 0, length, "-") == decode(reverse_complement(encode([tiny.fetch("chr1", 0, length)])))[0]


def test_lower_case_is_upper_unless_it_is_masked(tiny):
    assert tiny.fetch("chr1") == "ACGTNRACGTTTGACA" and tiny.fetch("chr1", mask="N") == "ACGTNRNNNNTTGACA"
    assert tiny.repeats((["chr1"], [4]), 6) == [4 / 6]
    with pytest.raises(SpecError, match="mask"): tiny.windows((["chr1"], [0]), 4, mask="x")


def test_ambiguity_has_one_code_and_a_share(tiny):
    assert tiny.windows((["chr1"], [3]), 4).tolist() == [[3, 14, 4, 0]]
    assert tiny.unknown((["chr1", "chr2"], [3, 0]), 4).tolist() == [.25, 0]
    assert tiny.gc((["chr1", "chr1"], [0, 4]), 4)[0] == .5 and np.isnan(tiny.gc((["chr1"], [4]), 1)[0])


@pytest.mark.parametrize("letter", ["X", "-", "*", "5", " ", "\0", "é"])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_no_letter_of_dna_is_named_with_its_place(tmp_path, letter, strand):
    path = tmp_path / "g.fa"
    path.write_text(f">a\nACGTACGT\n>b\nACGTAC{letter}T\n", encoding="latin-1")
    g = genome(path)
    assert g["a"] == "ACGTACGT"
    with pytest.raises(DataError, match=r"record 'b', position 7: .* is no dna letter"): g.windows((["a", "b"], [0, 0], [strand, strand]), 8)


def test_uneven_lines_and_comments_are_read(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(";made by hand\n>a\nACG\n\nTACGTAC\n;a remark\nGT\n>b\r\nA\r\n")
    g, heard = told(path)
    assert g["a"] == "ACGTACGTACGT" and g["a:2-10"] == "GTACGTAC" and g["b"] == "A"
    assert len(heard) == 1 and "read as a comment (1 more such)" in heard[0]


def test_old_mac_lines(tmp_path):
    path = tmp_path / "g.fa"
    path.write_bytes(b">a x\rACGT\rAC\r>b\rGG\r")
    assert quiet(path).sizes == {"a": 6, "b": 2} and quiet(path)["a:2-6"] == "GTAC"


@pytest.mark.slow
def test_beyond_two_billion_bases(tmp_path):
    path, far = tmp_path / "g.fa", 2**31 + 12345
    with open(path, "wb") as f:      # a hole of zeros, which takes no room on the disk
        f.write(b">big\n")
        f.seek(5 + 2**31 + 10)
        f.write(b"GATTACA")
        f.seek(5 + far)
        f.write(b"ACGTTGCA\n>next\nGGG\n")
    g = genome(path)
    assert g.sizes == {"big": far + 8, "next": 3}
    assert decode(g.windows((["big", "big", "next"], [2**31 + 12, far + 1, 0]), 3)) == ["TTA", "CGT", "GGG"]
    assert g[f"big:{far}-{far + 8}:-"] == "TGCAACGT"


# ---- what is no genome ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("data, says", [
    (b"", "is empty"), (b"\n\n", "is empty"), (b"ACGT\n", "line 1: 'ACGT' is no header"), (b"\n@r\nACGT\n+\nIIII\n", "line 2: '@r' is no header"),
    (b">a\n>b\n", "line 1: no record has a sequence"), (b">a\nAC\n>b\nAC\n>a\nGG\n", "line 5, record 'a': the name stands in line 1 already"),
    (b"PK\x03\x04rest", "zip"), (b"\x89HDF\r\n\x1a\nrest", "HDF5"), (">a\nACGT\n".encode("utf-16"), "no header"), (b"chr1\t0\t10\n", "no header")])
def test_what_is_no_genome_is_refused_by_line(tmp_path, data, says, any_size):
    path = tmp_path / "g.fa"
    path.write_bytes(data)
    with pytest.raises(DataError, match=says): genome(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match="there is no file"): genome(tmp_path / "none.fa")
    with pytest.raises(DataError, match="is a folder"): genome(tmp_path)


def test_records_without_bases_or_name_are_told(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">a\nAC\n>empty\n>\nGGG\n>last\n")
    g, heard = told(path)
    assert g.sizes == {"a": 2, "record_2": 3}
    assert any("'empty': no sequence; left out (1 more such)" in h for h in heard) and any("no name" in h for h in heard)


def test_unknown_chromosomes_and_bad_rows_are_named(tiny):
    with pytest.raises(DataError, match=r"row 2 of 3 \(1 more such\): tiny.fa has no sequence 'chr3'; it has chr1, chr2. Did you mean"): tiny.windows((["chr1", "chr3", "chr9"], [0, 0, 0]), 2)
    with pytest.raises(DataError, match="row 2 of 2: chr1:0-5 is 5 wide, not 4"): tiny.windows(pd.DataFrame({"chrom": "chr1", "start": [0, 0], "end": [4, 5]}))
    with pytest.raises(DataError, match="strand 'x' in row 2"): tiny.windows((["chr1", "chr1"], [0, 0], ["+", "x"]), 2)
    with pytest.raises(SpecError, match="whole numbers"): tiny.windows((["chr1"], [0.5]), 2)
    with pytest.raises(SpecError, match="without a length"): tiny.windows((["chr1"], [0]))
    with pytest.raises(SpecError, match="no column 'chrom'"): tiny.windows(pd.DataFrame({"chr": ["chr1"], "start": [0]}), 2)
    with pytest.raises(SpecError): tiny.windows("chr1:0-4")
    with pytest.raises(DataError, match="has no sequence"): tiny["chrQ:0-2"]


def test_no_windows_and_no_length(tiny):
    assert tiny.windows(pd.DataFrame({"chrom": [], "start": [], "end": []}), 7).shape == (0, 7)
    assert tiny.windows((["chr1"], [3]), 0).shape == (1, 0) and tiny["chr1:3-3"] == ""


@pytest.mark.parametrize("kind", ["object", "str", "category"])
def test_any_kind_of_column_serves(tiny, kind):
    frame = pd.DataFrame({"chrom": pd.Series(["chr2", "chr1"]).astype(kind), "start": np.array([0, 2], np.uint32), "end": np.array([4.0, 6.0])}).set_axis([7, 3])
    assert decode(tiny.windows(frame)) == ["GGGC", "GTNR"]


def test_hostile_names_are_text(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text("><script>alert(1)</script>\nACGT\n")
    assert "<script>" not in genome(path)._repr_mimebundle_()["text/html"] and genome(path)["<script>alert(1)</script>"] == "ACGT"


@pytest.mark.parametrize("text, found", [("chr1", ("chr1", None, None, "+")), ("chr1:5-9", ("chr1", 5, 9, "+")), ("chr1:5-9:-", ("chr1", 5, 9, "-")), ("1:1,000-2_000:.", ("1", 1000, 2000, ".")),
                                         ("HLA-A*01:01", ("HLA-A*01:01", None, None, "+")), ("HLA:01:5-9", ("HLA:01", 5, 9, "+"))])
def test_regions_in_words(text, found): assert parse_region(text) == found


@pytest.mark.parametrize("text", ["", "chr1:9-5", "chr1:9-5:-"])
def test_what_is_no_region(text):
    with pytest.raises(SpecError): parse_region(text)


# ---- packed ---------------------------------------------------------------------------------------------------------

END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def bgzip(data):
    "BGZF, as samtools writes it."
    out = b""
    for i in range(0, len(data), 100):
        c = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = c.compress(data[i:i + 100]) + c.flush()
        out += b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + (len(body) + 25).to_bytes(2, "little") + body + zlib.crc32(data[i:i + 100]).to_bytes(4, "little") + len(data[i:i + 100]).to_bytes(4, "little")
    return out + END


PACK = {"gzip": gzip.compress, "bgzip": bgzip, "bz2": bz2.compress, "xz": lzma.compress, "two members": lambda d: gzip.compress(d[:30]) + gzip.compress(d[30:])}


@pytest.mark.parametrize("kind", PACK)
def test_a_packed_genome_is_unpacked_once(tmp_path, kind, cache):
    path = tmp_path / "g.fa.gz"
    path.write_bytes(PACK[kind](OLD.encode() * 1))
    assert quiet(path)["chr1:8-12"] == "ACGG"
    copy, = cache.glob("*.fa")
    before = copy.stat().st_mtime_ns
    assert quiet(path)["chr2:8-12"] == "CCAA" and copy.stat().st_mtime_ns == before
    path.write_bytes(PACK[kind](OLD.replace("A", "T").encode()))
    assert quiet(path)["chr1:0-4"] == "TCGT"
    copy.write_text(">chr1\nAAAA\n")      # somebody touched the copy
    assert quiet(path)["chr1:0-4"] == "TCGT"


def test_a_genome_of_several_files(tmp_path, cache):
    one, two = tmp_path / "chr1.fa", tmp_path / "chr2.fa.gz"
    one.write_text(">chr1\nACGT\nAC")
    two.write_bytes(gzip.compress(b">chr2\nGGG\n"))
    g = quiet([one, two])
    assert g.sizes == {"chr1": 6, "chr2": 3} and g["chr2"] == "GGG" and len(list(cache.glob("*.fa"))) == 1
    one.write_text(">chr1\nTTTT\n")
    assert quiet([one, two]).sizes == {"chr1": 4, "chr2": 3}
    with pytest.raises(DataError, match="stands in line"): genome([one, one])
    with pytest.raises(SpecError): genome([])


@pytest.mark.parametrize("kind", ["gzip", "bgzip", "bz2", "xz"])
def test_a_cut_pack_is_never_used(tmp_path, kind, cache):
    data, path = PACK[kind](OLD.encode() * 3), tmp_path / "g.fa.gz"
    for cut in range(1, len(data), 7):
        path.write_bytes(data[:cut])
        with pytest.raises(DataError): genome(path)
    if kind == "bgzip":
        path.write_bytes(data[:-len(END)])
        with pytest.raises(DataError, match="end-of-file block"): genome(path)
    assert not list(cache.glob("*.fa"))


# ---- mutations, corpus, memory -------------------------------------------------------------------------------------

def mutated(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        i, j = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0: data[i:i + 1] = bytes([rng.randrange(256)])
            case 1: del data[min(i, j):min(max(i, j), min(i, j) + 40)]
            case 2: data[i:i] = data[min(i, j):min(max(i, j), min(i, j) + 40)]
            case 3: data[i:i] = rng.choice([b"\n", b"\r", b">", b"\0", b";", b" ", b"\n\n>", b"\xff"])
            case 4: del data[i:]
        if not data: return b""
    return bytes(data)


@pytest.mark.parametrize("part", range(4))
def test_mutations_of_file_and_index_end_in_bases_or_our_error(tmp_path, part, monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 0)
    for seed in range(part * 60, part * 60 + 60):
        rng = random.Random(seed)
        path = tmp_path / "g.fa"
        path.write_text(OLD)
        faidx(path)
        fai = tmp_path / "g.fa.fai"
        good = fai.read_bytes()
        path.write_bytes(mutated(rng, OLD.encode()))
        if rng.random() < .5: fai.write_bytes(mutated(rng, good))
        os.utime(fai, (2e9, 2e9))
        try: g, _ = told(path)
        except GenonbError: continue
        fai.unlink()
        for old in (tmp_path / "cache").rglob("*.npz"): old.unlink()
        clean, _ = told(path)
        assert g.sizes == clean.sizes, seed
        for name in g:
            try: mine = g.fetch(name)
            except DataError as e: mine = str(e)
            try: theirs = clean.fetch(name)
            except DataError as e: theirs = str(e)
            assert mine == theirs, (seed, name)


CORPUS = os.environ.get("GENONB_FORMATS")


@pytest.mark.skipif(not CORPUS, reason="GENONB_FORMATS does not name the folder of sample files")
def test_the_corpus_has_the_same_sequences_as_the_reader():
    seen = 0
    for path in sorted(Path(CORPUS, "fasta").iterdir()) + sorted(Path(CORPUS, "compressed").glob("*.fa*")):
        with listening():
            try: table = read_fasta(path)
            except GenonbError: continue
            try: g = genome(path)
            except GenonbError as e: pytest.fail(f"{path.name}: {e}")
            for name, letters in zip(table["id"], table["sequence"]):
                try: there = g.fetch(name)
                except DataError: continue      # protein, gaps, blanks among the letters
                assert there == letters.upper().replace("U", "T"), path.name
                seen += 1
    assert seen > 50


MEASURE = """
import os, sys, numpy as np
import genonb.region.examples
from genonb.io.genome import genome
def anon(): return int(next(x for x in open("/proc/self/status") if x.startswith("RssAnon")).split()[1])
before = anon()
peak, g = 0, genome(sys.argv[1])
peak = max(peak, anon() - before)
random = np.random.default_rng(0)
for _ in range(20):
    codes = g.windows((["chr1"] * 1000, random.integers(0, g.sizes["chr1"] - 1000, 1000)), 1000)
    peak = max(peak, anon() - before)
print(peak)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_bounded(tmp_path):
    line = b"ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGT\n"
    path = tmp_path / "g.fa"
    with open(path, "wb") as f:
        f.write(b">chr1\n")
        for _ in range(200): f.write(line * 20_000)
    run = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 40_000      # kB, for a file of 244 MB
