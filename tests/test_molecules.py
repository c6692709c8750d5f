"""io.molecules: SMILES by their grammar, in lists and in tables"""
import os
import random
import sys
from pathlib import Path

import pytest

from genonb.core.errors import DataError, GenonbError
from genonb.io.molecules import read_molecules, smiles_fault
from mutate import put, quietly

DATASETS = Path(os.environ.get("GENONB_MIRROR") or Path(__file__).parents[2] / "shared" / "datasets")


# examples of the OpenSMILES specification, and what it forbids
RIGHT = ["C", "[U]", "[Pb]", "[He]", "[*]", "*", "[CH4]", "[ClH]", "[Cl-]", "[OH1-]", "[OH-]", "[Cu+2]", "[Cu++]", "[13CH4]", "[2H+]", "[238U]", "[C@@H](C)(N)O", "CCO", "C=C", "C#N", "CC(C)(C)CC", "C1CCCCC1",
         "C1CCCCC1C1CCCCC1", "C=1CCCCC=1", "C=1CCCCC1", "C1CCCCC=1", "C%25CCCCC%25", "C1CCCCC%01", "N1CC2CCCC2CC1", "c1ccccc1", "c1ccc2CCCc2c1", "[nH]1cccc1", "c1ccccc1-c2ccccc2", "C1.C1", "[Na+].[Cl-]", "c1cc([O-].[Na+])ccc1",
         "F/C=C/F", r"F/C=C\F", "F/C=C/C=C/C", "N[C@](Br)(O)C", "[CH3:1][OH:2]", "S[As@TB1](F)(Cl)(Br)N", "C[Co@OH12](F)(Cl)(Br)(I)S", "[Fe+3]", "O=[As](O)(O)O", "[se]1cccc1", "[Si](C)(C)(C)C", "C$C", "C:C", "BrCCl", "[Cf]"]
WRONG = {"": "empty", "CC=": "cannot", "C==C": "cannot", "=CC": "cannot", "C(": "not closed|cannot", "C(C": "not closed", "CC)": "without", "C()C": "cannot", "C((C))C": "cannot", "(C)C": "cannot", "C1CC": "the ring 1 is not closed", "C11": "itself",
         "C=1CCCCC#1": "two kinds", "1CC": "cannot", "C..C": "cannot", ".C": "cannot", "C.": "cannot", "[C": "not closed", "C]": "']'", "[]": "no atom", "[Xx]": "no element 'Xx'", "[CH4": "not closed", "Xe": "'X'", "CCX": "'X'", "C%1C": "'%'", "ethanol": "'e'|'t'",
         "C C": "' '", "С": "'С'", "C=(O)C": "cannot", "C(=1)C1": "cannot", "[c1]": "no atom", "[q]": "no element", "C>>C": "'>'", "NaCl": "'a'"}


@pytest.mark.parametrize("text", RIGHT)
def test_smiles_that_are_right(text):
    assert smiles_fault(text) == ""


@pytest.mark.parametrize("text", WRONG)
def test_smiles_that_are_wrong(text):
    import re
    assert re.search(WRONG[text], smiles_fault(text)), smiles_fault(text)


def test_rdkit_agrees_where_it_is_installed():
    Chem = pytest.importorskip("rdkit.Chem")
    from rdkit import rdBase
    block, source, differ = rdBase.BlockLogs(), random.Random(1), []
    for _ in range(3000):
        letters = list(source.choice(RIGHT))
        for _ in range(source.randrange(1, 3)):
            at = source.randrange(len(letters) + 1)
            letters[at:at + source.randrange(2)] = [source.choice("CNOc1234()[]=#+-@H%/BrSX")]
        text = "".join(letters)
        if bool(smiles_fault(text)) != (Chem.MolFromSmiles(text, sanitize=False) is None): differ.append(text)
    del block
    assert len(differ) < 60, differ    # quadruple bonds, stereo numbers, isotopes: RDKit has a few words of its own


LIST = {    # text -> (smiles, names, what is told)
    "names": ("CCO ethanol\nc1ccccc1\tbenzene ring\nC\n", ["CCO", "c1ccccc1", "C"], ["ethanol", "benzene ring", None], None), "crlf": ("CCO a\r\nC b\r\n", ["CCO", "C"], ["a", "b"], None),
    "header": ("SMILES Name\nCCO a\n", ["CCO"], ["a"], None), "one column": ("smiles\nCCO\n", ["CCO"], [None], None), "comments": ("# from x\nCCO a\n", ["CCO"], ["a"], None),
    "blank line": ("CCO a\n\nC b\n", ["CCO", "C"], ["a", "b"], "line 2: a blank line"), "blank at the end": ("CCO a\n\n\n", ["CCO"], ["a"], None), "twice": ("CCO a\nCCO b\n", ["CCO", "CCO"], ["a", "b"], "line 2: a molecule stands twice"),
    "number for a name": ("CCO 007\n", ["CCO"], ["007"], None),
}


@pytest.mark.parametrize("case", LIST)
def test_lists(tmp_path, case):
    text, smiles, names, told = LIST[case]
    frame, said = quietly(read_molecules, put(tmp_path, text))
    assert frame["smiles"].tolist() == smiles and [n if isinstance(n, str) else None for n in frame["name"]] == names and len(said) == bool(told) and (told or "") in "".join(said)


TABLE = {    # text, options -> (smiles, columns)
    "csv": ("id,smiles,y\na,CCO,1\nb,C#N,0\n", {}, ["CCO", "C#N"], ["smiles", "id", "y", "fragments"]), "another name": ("mol,CID,y\nCCO,A_1,1\nc1ccccc1O,A_2,0\n", {}, ["CCO", "c1ccccc1O"], ["smiles", "CID", "y", "fragments"]),
    "tsv": ("y\tStructure\n1\tCCO\n", {}, ["CCO"], ["smiles", "y", "fragments"]), "no telling name": ("y,a\n1,CCOCCO\n2,c1ccccc1\n", {}, ["CCOCCO", "c1ccccc1"], ["smiles", "y", "fragments"]),
    "chosen": ("id,b\nCCO,c1ccccc1\n", {"smiles": "id"}, ["CCO"], ["smiles", "b", "fragments"]), "chosen beside smiles": ("smiles,b\nCCO,c1ccccc1\n", {"smiles": "b"}, ["c1ccccc1"], ["smiles", "smiles_given", "fragments"]),
    "words that look so": ("activity,smiles\nCI,CCO\nCN,C\n", {}, ["CCO", "C"], ["smiles", "activity", "fragments"]), "salt": ("id,smiles\n1,[Na+].[Cl-]\n", {}, ["[Na+].[Cl-]"], ["smiles", "id", "fragments"]),
    "padded": ("id,smiles\n1,CCO \n", {}, ["CCO"], ["smiles", "id", "fragments"]),
}


@pytest.mark.parametrize("case", TABLE)
def test_tables(tmp_path, case):
    text, options, smiles, columns = TABLE[case]
    frame, told = quietly(read_molecules, put(tmp_path, text), **options)
    assert frame["smiles"].tolist() == smiles and list(frame) == columns and told == [] and frame["fragments"].tolist() == [s.count(".") + 1 for s in smiles]


def test_rows_without_a_molecule(tmp_path):
    frame, told = quietly(read_molecules, put(tmp_path, "id,smiles\na,CCO\nb,\nc,C\nd,\n"))
    assert frame["id"].tolist() == ["a", "c"] and len(told) == 1 and "line 3: no SMILES" in told[0] and "1 more" in told[0]


def test_a_strict_reading_tells_salts(tmp_path):
    assert "line 2: a salt" in quietly(read_molecules, put(tmp_path, "CCO a\n[Na+].[Cl-] b\n"), strict=True)[1][0]


BAD = {"empty": ("", {}, "is empty"), "line of a list": ("CCO a\nc1ccc b\n", {}, "line 2: the SMILES 'c1ccc', position 2: the ring 1"), "line of a table": ("id,smiles\na,CCO\nb,C(C\n", {}, "line 3: the SMILES 'C\\(C'"),
       "no column": ("id,y\nanna,1\nbert,2\n", {}, "no column holds SMILES"), "wrong column": ("id,smiles\na,C\n", {"smiles": "smile"}, "no column 'smile'. Did you mean 'smiles'"), "all missing": ("id,smiles\na,\nb,\n", {}, "holds no molecules"),
       "numbers": ("id,smiles\na,C\n", {"smiles": "id"}, "line 2"), "number column": ("y,smiles\n1,C\n", {"smiles": "y"}, "line 2: the column of SMILES holds"), "ragged": ("id,smiles\na,C\nb\n", {}, "line 3")}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong(tmp_path, case):
    text, options, told = BAD[case]
    with pytest.raises(DataError, match=told) as e: read_molecules(put(tmp_path, text), **options)
    assert str(e.value).startswith("read_molecules(") and "file.txt" in str(e.value) and e.value.do


def test_canonical_forms(tmp_path):
    pytest.importorskip("rdkit")
    frame, told = quietly(read_molecules, put(tmp_path, "CCO a\nOCC b\nC(C)(C)(C)(C)C c\n"), canonical=True)
    assert frame["canonical"].tolist()[:2] == ["CCO", "CCO"] and frame["canonical"].isna().tolist() == [False, False, True]
    assert any("line 2: a molecule stands twice" in t for t in told) and any("line 3: the SMILES" in t for t in told)


def test_without_rdkit_the_line_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(GenonbError, match=r"genonb\[genomics\]"): read_molecules(put(tmp_path, "CCO a\n"), canonical=True)


REAL = {"delaney-esol/delaney-processed.csv": 1128, "bace-inhibitors/desc_canvas_aug30.csv": 1522, "tox21/tox21.csv.gz": 8014, "hiv-inhibition/HIV.csv": 41913}


@pytest.mark.parametrize("name", REAL)
def test_real_sets(name):
    if not (DATASETS / name).is_file(): pytest.skip(f"no {name} in {DATASETS}: set GENONB_MIRROR")
    frame, told = quietly(read_molecules, DATASETS / name)
    assert len(frame) == REAL[name] and frame.columns[0] == "smiles" and all("stands twice" in t for t in told)


SEEDS = [c[0].encode() for c in (*LIST.values(), *TABLE.values(), *BAD.values())] + [("\n".join(RIGHT[k:k + 9]) + "\n").encode() for k in range(0, len(RIGHT), 9)]
SPICE = [b"(", b")", b"[", b"]", b"1", b"%", b"=", b".", b"\n", b"\t", b",", b'"', b"\0", b"\xff", b" ", b"C" * 300, b"(" * 300, b"9" * 300, b"\r", b"\x1c", b"smiles"]


@pytest.mark.parametrize("rounds", [int(os.environ.get("GENONB_FUZZ", 200))])
def test_fuzz_gives_a_value_or_our_error(tmp_path, rounds):
    path, read = tmp_path / "f", 0
    for k in range(rounds):
        source = random.Random(f"molecules {k}")
        data = bytearray(source.choice(SEEDS))
        for _ in range(source.randrange(1, 5)):
            at = source.randrange(len(data) + 1)
            data[at:at + source.choice([0, 0, 1, 5])] = source.choice([*SPICE, bytes([source.randrange(256)]), source.choice(SEEDS)[at:], b""])
        path.write_bytes(data)
        try: read += len(quietly(read_molecules, path)[0]) > 0
        except GenonbError as e: assert str(path) in str(e)
        except Exception as e: pytest.fail(f"seed molecules {k}: {type(e).__name__}: {e}: {bytes(data)[:300]!r}")
    assert read > rounds / 20
