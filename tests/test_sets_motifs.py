"""io.sets and io.motifs: gene sets and motifs, and what spreadsheets and rounding do to them"""
import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import DataError, SpecError
from genonb.io.motifs import Motifs, read_motifs, write_motifs
from genonb.io.sets import read_gmt, spreadsheet, write_gmt
from mutate import corpus, held, quietly, survive


@pytest.fixture
def put(tmp_path):
    def write(text, name="a.txt"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / name
    return write


# -- gene sets --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text, sets", [("A\tx\tTP53\tBRCA1\n", {"A": ["TP53", "BRCA1"]}), ("A\t\tg1\t\t\n", {"A": ["g1"]}), ("A\tx\tg1\r\nB\ty\tg2", {"A": ["g1"], "B": ["g2"]}),
                                        ("\ufeffA b (GO:1)\tx y\tHLA-A\t7157\t007\n\n", {"A b (GO:1)": ["HLA-A", "7157", "007"]}), ("A\tx\tNKX2-1\tMT-CO1\tC1orf57\tH2AC@\n", {"A": ["NKX2-1", "MT-CO1", "C1orf57", "H2AC@"]})])
def test_sets_are_read_in_silence(text, sets, put):
    frame, told = quietly(read_gmt, put(text))
    assert dict(zip(frame["set"], frame["genes"])) == sets and not told and list(frame.columns) == ["set", "description", "genes"]


@pytest.mark.parametrize("text, line, word", [("A\tx\tg\nB g1 g2\n", 2, "no tab"), ("A\tx\tg\n\tx\tg\n", 2, "without a name"), ("A\tx\t\nB\ty\n", 1, "no set has a gene"), ("A\tx\tg\v\n", 1, "control character"),
                                              ("A\tx\tg\nB\tx\tg\0\n", 2, "NUL"), (b"A\tx\tg\nB\tx\tcaf\xe9\n", 2, "Latin-1")])
def test_bad_sets_are_refused(text, line, word, put):
    with pytest.raises(DataError, match=f"line {line}[:,]") as e: read_gmt(put(text))
    assert word in str(e.value)


@pytest.mark.parametrize("text", ["", "\n", "# only\n"])
def test_no_sets(text, put):
    with pytest.raises(DataError, match="no sets"): read_gmt(put(text))


@pytest.mark.parametrize("text, word", [("A\tx\tg1\tg2\tg1\n", "'g1' stands twice"), ("A\tx\tg\nA\ty\th\n", "line 2, record 'A': the set 'A' stands in line 1"), ("A\tx\tg\nB\tx\n", "line 2, record 'B': a set without genes"),
                                        ("A\tx\tg1\t\tg2\n", "empty place"), ("A\tx\tg1 \tg2\n", "blanks around the gene 'g1'"), ("A\tx\tTP53,1.0\tg\n", "has a weight"), ("A\tx\t1-Mar\n", "looks like MARCHF1"),
                                        ("A\tx\tSep-02\n", "looks like SEPTIN2"), ("A\tx\t2.31E+13\n", "turned into a number"), ("A\tx\t2002-09-01\n", "is a date")])
def test_odd_sets_are_told(text, word, put):
    frame, told = quietly(read_gmt, put(text))
    assert any(word in t for t in told), told


def test_genes_of_odd_sets(put):
    frame, _ = quietly(read_gmt, put("A\tx\tg1 \tTP53,1.0\t\tg1\nB\tx\n"))
    assert frame["genes"].tolist() == [["g1", "TP53"], []]


def test_retired_symbols_are_told_when_strict(put):
    path = put("A\tx\tSEPT2\tMARCH1\n")
    assert not quietly(read_gmt, path)[1] and "retired" in quietly(read_gmt, path, strict=True)[1][0]


@pytest.mark.parametrize("gene, word", [("1-Mar", "MARCHF1"), ("Mar-1", "MARCHF1"), ("2-Sep", "SEPTIN2"), ("1-Dec", "DELEC1"), ("10-Sept", "SEPTIN10"), ("4-Oct", "POU4"), ("9/1/2002", "date"), ("2-Apr", "date"), ("1E+05", "number")])
def test_spreadsheets(gene, word): assert word in spreadsheet(gene)


@pytest.mark.parametrize("gene", ["MARCHF1", "SEPT2", "DEC1", "NKX2-1", "HLA-DRB1", "2-4", "1E5", "5", "March", "RP11-34P13.7", "AC027237.1", "7SK", "Y_RNA"])
def test_what_no_spreadsheet_made(gene): assert spreadsheet(gene) == ""


def test_sets_are_written(tmp_path, put):
    frame = read_gmt(put("A\tx\tg1\tg2\nB\t\tg3\n"))
    assert read_gmt(write_gmt(tmp_path / "b.gmt", frame)).equals(frame)
    for wrong in (pd.DataFrame({"set": ["A"], "genes": [["a\tb"]]}), pd.DataFrame({"set": [""], "genes": [["a"]]}), pd.DataFrame({"set": ["A"]})):
        with pytest.raises(SpecError): write_gmt(tmp_path / "c.gmt", wrong)


@pytest.mark.parametrize("name, verdict, expected", corpus("gmt"))
def test_corpus(name, verdict, expected):
    assert len(held(read_gmt, "gmt", name, expected)) == {"genes.gmt": 8, "h.all.v7.0.symbols.gmt": 50}[name]


# -- motifs -----------------------------------------------------------------------------------------------------------

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\n"
ONE = "MOTIF M1 first\nletter-probability matrix: alength= 4 w= 2 nsites= 20 E= 1e-5\n 0.2 0.8 0 0\n 1 0 0 0\n"
FULL = """********
MEME - Motif discovery tool
********
MEME version 5.0.5 (Release date: Mon Mar 18 20:12:19 2019 -0700)
ALPHABET= ACGU
Letter frequencies in dataset:
A 0.313 C 0.174 G 0.190 U 0.322
Background letter frequencies (from dataset with add-one prior applied):
A 0.313 C 0.175 G 0.191 U 0.322
MOTIF GU MEME-1\twidth =   2  sites =   7  llr = 97  E-value = 7.2e-003
--------
pos.-specific     C  ::1:1:93:4::9:7:4::
BL   MOTIF GU width=2 seqs=7
log-odds matrix: alength= 4 w= 2 n= 609 bayes= 6.42626 E= 7.2e-003
  -945   -945   -945    163
  -945   -945     58    115
\tMotif GU MEME-1 position-specific probability matrix
--------
letter-probability matrix: alength= 4 w= 2 nsites= 7 E= 7.2e-003
 0.000000  0.000000  0.000000  1.000000
 0.000000  0.000000  0.285714  0.714286
--------
Time  0.13 secs.
"""
SPELT = """MEME version 5
ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
U = T
END ALPHABET
MOTIF x
letter-probability matrix:
 0.0 1.0 0.0 0.0

MOTIF y
letter-probability matrix: w= 1

 0.25 0.25 0.25 0.25
URL https://example.org/y
"""
JASPAR = ">MA1 Arnt\nA [ 4 19 0 ]\nC [16 0 20 ]\nG [ 0 1 0 ]\nT [ 0 0 0 ]\n>MA2\n4 0\n0 4\n0 0\n0 0\n"
HOMER = ">ATG\tAP-1\t6.04\n0.4 0.3 0.2 0.1\n0.1 0.1 0.7 0.1\n0.25 0.25 0.25 0.25\n"
TRANSFAC = "VV  x\nXX\n//\nAC M1\nXX\nID V$ARNT_01\nXX\nP0      A      C      G      T\n01      1      2      2      0      S\n02      2      1      2      0      R\nXX\n//\nNA\tALX1\nPO\tA\tC\tG\tT\n1\t79.3\t30.1\t11.6\t39.1\n//\n"
MOTIFS = {"minimal": (HEAD + ONE, {"M1": [[.2, .8, 0, 0], [1, 0, 0, 0]]}, "ACGT"), "full": (FULL, {"GU": [[0, 0, 0, 1], [0, 0, .285714, .714286]]}, "ACGU"),
          "an alphabet spelt out": (SPELT, {"x": [[0, 1, 0, 0]], "y": [[.25] * 4]}, "ACGT"), "JASPAR": (JASPAR, {"MA1": [[.2, .8, 0, 0], [.95, 0, .05, 0], [0, 1, 0, 0]], "MA2": [[1, 0, 0, 0], [0, 1, 0, 0]]}, "ACGT"),
          "HOMER": (HOMER, {"ATG": [[.4, .3, .2, .1], [.1, .1, .7, .1], [.25] * 4]}, "ACGT"), "TRANSFAC": (TRANSFAC, {"M1": [[.2, .4, .4, 0], [.4, .2, .4, 0]], "ALX1": [[.49531, .18801, .07246, .24422]]}, "ACGT")}


@pytest.mark.parametrize("case", MOTIFS)
def test_motifs(case, put):
    text, matrices, alphabet = MOTIFS[case]
    motifs, told = quietly(read_motifs, put(text))
    assert list(motifs) == list(matrices) and motifs.alphabet == alphabet and not told and isinstance(motifs, Motifs)
    for name, matrix in matrices.items(): assert np.allclose(motifs[name], matrix, atol=1e-4) and motifs[name].shape == np.shape(matrix)


def test_the_table_of_motifs(put):
    motifs = read_motifs(put(HEAD + ONE + "URL https://example.org\n"))
    assert motifs.background == {"A": .3, "C": .2, "G": .2, "T": .3}
    row = motifs.table.iloc[0]
    assert row[["name", "alt", "width", "nsites", "evalue", "consensus", "url"]].tolist() == ["M1", "first", 2, 20, 1e-5, "CA", "https://example.org"]
    assert row["bits"] == round(.2 * np.log2(.2 / .3) + .8 * np.log2(4) + np.log2(1 / .3), 2)
    assert read_motifs(put(JASPAR)).table["nsites"].tolist() == [20, 4]


BAD = {"row of another sum": (HEAD + ONE + " \nMOTIF b\nletter-probability matrix:\n0.5 0.5 0.5 0\n", "line 17, record 'b': the row sums to 1.5"), "negative": (HEAD + ONE.replace("0.2 0.8", "-0.2 1.2"), "line 12, record 'M1': '-0.2' is no frequency"),
       "text": (HEAD + ONE.replace("0.8", "0,8"), "line 12, record 'M1': '0,8'"), "nan": (HEAD + ONE.replace(" 0.8", " nan"), "line 12"), "three numbers": (HEAD + ONE.replace(" 0.8", ""), "3 numbers for 4 letters"),
       "more rows": (HEAD + ONE + " 0 1 0 0\n", "more rows than w= 2"), "fewer rows": (HEAD + ONE.replace("w= 2", "w= 3"), "2 rows, but w= 3"), "alength": (HEAD + ONE.replace("alength= 4", "alength= 5"), "alength= 5"),
       "no matrix": (HEAD + "MOTIF a\n", "line 10, record 'a': a motif without"), "matrix without a motif": (HEAD + ONE.partition("\n")[2], "without a MOTIF"), "background of another alphabet": (HEAD.replace("T 0.3", "U 0.3") + ONE, "background is of 'ACGU'"),
       "background sum": (HEAD.replace("A 0.3", "A 0.9") + ONE, "background': the row sums to 1.6"), "alphabet": (HEAD.replace("ACGT", "ACGA") + ONE, "line 3: the alphabet"), "width": (HEAD + ONE.replace("w= 2", "w= x"), "w= 'x' is no number"),
       "no motifs": (HEAD, "no motifs"), "prose": ("hello\nworld\n", "no motifs"), "empty": ("", "no motifs"), "JASPAR, three rows": (JASPAR.replace("4 0\n0 4\n", "4 0\n"), "3 rows of 2"), "JASPAR, ragged": (JASPAR.replace("0 4\n", "0 4 1\n"), "4 rows of 2 and 3"),
       "JASPAR, order": (JASPAR.replace("C [16", "G [16"), "the row 'G' where 'C'"), "JASPAR, empty position": (JASPAR.replace("\n4 0\n0 4", "\n4 0\n0 0"), "without any count"), "TRANSFAC, position": (TRANSFAC.replace("\n02 ", "\n03 "), "position 03 after 1"),
       "two alphabets": (HEAD + ONE + "ALPHABET= ACGU\n", "line 14: the alphabet 'ACGU' after 'ACGT'"), "TRANSFAC, two alphabets": (TRANSFAC.replace("PO\tA\tC\tG\tT", "PO\tA\tC\tG\tU"), "line 14: the letters 'ACGU'"),
       "TRANSFAC, letters": (TRANSFAC.replace("P0      A", "P0      B"), "the letters")}


@pytest.mark.parametrize("case", BAD)
def test_bad_motifs_are_refused(case, put):
    text, word = BAD[case]
    with pytest.raises(DataError) as e: read_motifs(put(text))
    assert word in str(e.value) and ("line" in str(e.value) or not text)


@pytest.mark.parametrize("text, word", [(HEAD + ONE.replace("0.8 0", "0.83 0"), "line 12, record 'M1': the row sums to 1.03"), (ONE, "no line 'MEME version'"), (HEAD + ONE + ONE, "line 14, record 'M1': the name stands in line 10")])
def test_odd_motifs_are_told(text, word, put):
    motifs, told = quietly(read_motifs, put(text))
    assert word in told[0] and len(motifs) == text.count("MOTIF")


@pytest.mark.parametrize("case", MOTIFS)
def test_motifs_are_written(case, put, tmp_path):
    motifs = read_motifs(put(MOTIFS[case][0]))
    again = read_motifs(write_motifs(tmp_path / "b.meme", motifs))
    assert list(again) == list(motifs) and all(np.allclose(again[n], motifs[n], atol=1e-5) for n in motifs)
    assert again.table[["name", "alt", "width", "consensus"]].equals(motifs.table[["name", "alt", "width", "consensus"]])


@pytest.mark.parametrize("motifs", [{}, {"a": np.ones((3, 4))}, {"a": np.eye(4)[:, :3]}, {"a b": np.eye(4)}, {"a": np.eye(4), "b": np.full((1, 20), .05)}, {"a": np.full((2, 4), np.nan)}, {"a": np.empty((0, 4))}])
def test_what_is_no_motif_is_not_written(motifs, tmp_path):
    with pytest.raises(SpecError): write_motifs(tmp_path / "a.meme", motifs)
    assert not list(tmp_path.iterdir())


def test_a_matrix_ends_where_the_next_begins(tmp_path):
    (tmp_path / "a.transfac").write_text("ID a\nP0 A C G T\n01 1 2 3 4\nP0 A C G T\n01 4 3 2 1\n//\n")
    assert [m.round(1).tolist() for m in read_motifs(tmp_path / "a.transfac").values()] == [[[.1, .2, .3, .4]], [[.4, .3, .2, .1]]]


def test_no_mutation_breaks_the_readers(tmp_path):
    assert min(survive(tmp_path / "a.meme", [t.encode() for t, *_ in MOTIFS.values()], 500, read_motifs).values()) > 50
    assert min(survive(tmp_path / "a.gmt", [b"A\tx\tTP53\tBRCA1\nB\t\tg1\tSep-02\n", b"A\tx\n", b"C D\thttp\tHLA-A,1.0\t\n"], 300, read_gmt).values()) > 20
