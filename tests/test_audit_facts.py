"""What the audit says of published data, by number.

GENONB_MIRROR names the folder of the data sets, laid out as <data set>/<file>. Each fact is a row of FACTS: a reader of the
published files, the finding it must make, and how many rows it must count. Where a count differs from the note of the
registry, the row says why.
"""
import gzip
import json
import os
import re
import zipfile
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from genonb.data.audit import Case, audit
from genonb.data.cluster import twins
from genonb.data.inputs import Pair, Sequences
from genonb.data.matrix import Matrix
from genonb.data.split import given

MIRROR = Path(os.environ.get("GENONB_MIRROR", ""))
pytestmark = [pytest.mark.skipif(not os.environ.get("GENONB_MIRROR"), reason="GENONB_MIRROR names no folder with the published data"),
              pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")]


# Readers, as small as the files allow

def rows(name, file): return (MIRROR / name / file).read_text("utf-8-sig").splitlines()

def records(lines):
    "(header, sequence) of FASTA lines; lines before the first header are passed over."
    found = []
    for line in lines:
        if line.startswith(">"): found.append([line[1:].strip(), ""])
        elif found and not line.startswith("FOLD"): found[-1][1] += line.strip()
    return found

def fasta(name, file, **columns):
    ids, letters = zip(*records(rows(name, file)))
    return pd.DataFrame({"id": [i.split()[0] if i else "" for i in ids], "header": ids, "sequence": [s.upper() for s in letters]}).assign(**columns)

def csvs(name, *files, sep=",", **more): return pd.concat([pd.read_csv(MIRROR / name / f, sep=sep, **more).assign(part=Path(f).stem) for f in files], ignore_index=True)
def gue(name, *parts): return csvs(name, *(f"{p}.csv" for p in parts or ("train", "dev", "test")))

def zipped(name, file, member):
    with zipfile.ZipFile(MIRROR / name / file) as z: return records(z.read(member).decode().splitlines())

def classed(name):
    "Peptides and their classes, line by line."
    return fasta(name, "seqs.fasta", label=[int(float(c)) for c in rows(name, "classes.txt")])

def folds(file):
    "Sequences under FOLD lines."
    label, found = "", []
    for line in rows("dd-fold", file):
        if line.startswith("FOLD") and "..." not in line: label = re.sub(r"\D", "", line.split(")")[0])
        elif line.startswith(">"): found.append([line[1:].strip(), "", label])
        elif found and label: found[-1][1] += "".join(line.split()).upper()
    return pd.DataFrame(found, columns=["id", "sequence", "label"]).assign(part=file.partition("-")[0].replace("training", "train"))

def bare(name, *files): return pd.DataFrame([(line[1:].strip().upper(), f) for f in files for line in rows(name, f) if line.startswith(">")], columns=["sequence", "label"])


# A case without the near-duplicates, which no fact here is about and which take most of the time

def case(table, x="sequence", y="label", split=None, **more):
    table = table.reset_index(drop=True)
    inputs = more.pop("inputs", None) or Sequences.of(table[x].str.strip().tolist(), more.pop("alphabet", "dna"))
    labels = sorted(table[y].unique(), key=str) if y in table and (table[y].nunique() < 40 or not pd.api.types.is_numeric_dtype(table[y])) else ()
    truth = table[y].map({c: i for i, c in enumerate(labels)}).to_numpy(float) if labels else table[y].to_numpy(float) if y in table else None
    parts = given(split)(table, inputs, table[y] if y in table else np.zeros(len(table)))[0] if split else (np.arange(len(table)), np.array([], int), np.array([], int))
    return Case(inputs, parts, truth, tuple(map(str, labels)), more.pop("ids", ()), near=twins(inputs), columns={"x": x, "y": y, "group": None}, **more)

def said(table, **options): return audit(case(table, **options))
def strings(table, part, column="sequence"): return set(table[column][table.part == part])

@cache
def enhancers(strength=False):
    names = ("strong", "weak") if strength else ("", "non")
    tables = [fasta("enhancer-liu2016", f"{p}_{n}{'_' if strength else ''}enhancers.fa", part=p, label=n) for p in ("train", "test") for n in names]
    return said(pd.concat(tables), split="part")

@cache
def promoters(name): return said(gue(name), split="part")

@cache
def tf(name): return said(gue(name), split="part")

@cache
def splice(): return said(pd.DataFrame([[c.strip() for c in r.split(",")] for r in rows("splice-uci", "splice.data") if r.strip()], columns=["label", "id", "sequence"]))

@cache
def esol(): return said(pd.concat([pd.read_csv(MIRROR / "esol-solubility" / f"eSol_{p}.csv").assign(part=p) for p in ("train", "test")]), y="solubility", split="part", alphabet="protein", ids=())

@cache
def targetdbp():
    tables = [fasta("targetdbp-dna-binding", f"UniSwiss-{f}-{c}.fasta", part=p, label=c) for f, p in (("Tr", "train"), ("Tst", "test")) for c in ("posi", "nega")]
    return said(pd.concat(tables), split="part", alphabet="protein")

@cache
def ppi():
    name = "yeast-ppi"
    letters = dict(line.split("\t") for line in rows(name, "protein.dictionary.tsv"))
    pairs = pd.DataFrame([line.split("\t") for line in rows(name, "protein.actions.tsv")], columns=["a", "b", "label"])
    code = {p: i for i, p in enumerate(letters)}
    by_name = Pair(*(Matrix(np.array([[code[p]] for p in pairs[c]], np.float32)) for c in "ab"))      # who is who is all that is asked
    return said(pairs, x="a", inputs=by_name), letters

@cache
def davis():
    "Pairs of the given fold: drug and kinase by name, and by sequence."
    name = "davis-drug-target"
    drugs, proteins = (list(json.loads((MIRROR / name / f).read_text()).values()) for f in ("ligands_can.txt", "proteins.txt"))
    kd = np.loadtxt(MIRROR / name / "drug-target_interaction_affinities_Kd__Davis_et_al.2011v1.txt")
    drug, protein = (i.ravel() for i in np.indices(kd.shape))
    part = np.full(kd.size, "train", object)
    part[json.loads((MIRROR / name / "test_fold_setting1.txt").read_text())] = "test"
    table = pd.DataFrame({"drug": drug, "target": protein, "label": -np.log10(kd.ravel() / 1e9), "part": part})
    code = pd.factorize(np.array(proteins))[0]
    def pair(ids): return Pair(Matrix(drug[:, None].astype(np.float32)), Matrix(ids[:, None].astype(np.float32)))
    return said(table, x="drug", split="part", inputs=pair(protein)), said(table, x="drug", split="part", inputs=pair(code[protein])), proteins

@cache
def fly():
    table = csvs("starrseq-drosophila-sample", *(f"sample_{p}.txt" for p in ("train", "val", "test")), sep="\t")
    return said(table.assign(part=table.part.str.removeprefix("sample_")), x="Sequence", y="Dev_log2_enrichment", split="part"), table

@cache
def molecules(name, file, y, column="smiles", **more): return said(pd.read_csv(MIRROR / name / file).rename(columns={column: "smiles"}), x="smiles", y=y, alphabet="smiles", **more)

@cache
def rnas():
    "The five classes of mRNALoc, and the two files of RNALight."
    name, light = "mrna-localisation-mrnaloc", "mrna-localisation-rnalight"
    files = "Cytoplasm Endoplasmic_reticulum Extracellular_region Mitochondria Nucleus".split()
    table = pd.DataFrame([(s.upper(), f) for f in files for _, s in zipped(name, "IData1.zip", f"IData1/{f}_indep.fasta")], columns=["sequence", "label"])
    two = [pd.read_csv(MIRROR / light / f, sep="\t").assign(part=p) for f, p in (("mRNA_sublocation_TestSet_8_2.tsv", "train"), ("05_Halo_seq_mRNA_independent.txt", "test"))]
    return table, said(pd.concat(two), x="cdna", y="tag", split="part")

@cache
def chain():
    "The chains of the NetSurfP sets (train) and of TS115 (test)."
    train = [s for _, s in zipped("flip-secondary-structure", "splits.zip", "splits/sequences.fasta")]
    test = [line.split(",")[0].replace(" ", "") for line in rows("ts115-secondary-structure", "TS115_HHblits.csv")[1:]]
    table = pd.DataFrame({"sequence": [s.replace("O", "X").replace("U", "X") for s in [*train, *test]], "part": ["train"] * len(train) + ["test"] * len(test)})
    return said(table, split="part", alphabet="protein")

@cache
def marks():
    "Windows of two histone marks, each labelled for its own mark."
    return said(pd.concat([gue(f"histone-yeast-{m}", "dev", "test").assign(mark=m, part="test" if m == "h3k36me3" else "train") for m in ("h3k4me3", "h3k36me3")]), split="part")

def demo():
    "The yeast promoters, with the validation file that is their training file."
    table = pd.DataFrame([line.split("\t") for line in rows("expression-yeast-gpra-demo", "demo_train.txt")], columns=["sequence", "value"]).astype({"value": float})
    return said(pd.concat([table.assign(part=p) for p in ("train", "valid", "test")]), y="value", split="part")

def markers():
    x = np.loadtxt(MIRROR / "yeast-eqtl" / "X.tsv", dtype=np.float32)
    return audit(Case(Matrix(x), (np.arange(len(x)), np.array([], int), np.array([], int))))

def patients():
    with h5py.File(MIRROR / "gbsg-survival" / "gbsg_cancer_train_test.h5") as f: x = np.c_[f["train/x"][:], f["train/t"][:], f["train/e"][:]]
    return audit(Case(Matrix(x), (np.arange(len(x)), np.array([], int), np.array([], int))))

def rbp(name):
    "How many test windows of a protein stand in train."
    parts = [(p, records(gzip.decompress((MIRROR / name / f"{d}_sample_0" / "sequences.fa.gz").read_bytes()).decode().splitlines())) for p, d in (("train", "training"), ("test", "test"))]
    return between(said(pd.DataFrame([(s.upper(), p) for p, found in parts for _, s in found], columns=["sequence", "part"]), split="part"), "exact_twins", ("train", "valid"), "test")

def indels():
    table = csvs("indel-pathogenicity", "val.csv", "test.csv")
    pair = Pair(*(Sequences.of([s[:1100] for s in table[c]], "protein") for c in ("wt_seq", "mut_seq")))
    return said(table.assign(part=table.part.replace("val", "train")), x="wt_seq", split="part", inputs=pair), strings(table, "val", "wt_seq") & strings(table, "test", "wt_seq")

def proteins(name):
    "SCOP domains of a file with FOLD lines."
    file = {"edd-fold": "EDD.fasta", "tg-fold": "TG.dataset"}[name]
    return pd.DataFrame({"sequence": ["".join(s.split()).upper() for _, s in records(rows(name, file))], "part": {"edd-fold": "train", "tg-fold": "test"}[name]})

def count(audit, trap): return audit[trap].count if audit[trap] else 0
def between(audit, trap, earlier, part): return int(audit.matrix[trap].loc[earlier, part]) if np.ndim(earlier) == 0 else int(audit.matrix[trap].loc[list(earlier), part].sum())


def repeated(table, **options): return count(said(table, **options), "repeats")
def within(table, part, **options): return repeated(table[table.part == part], **options)
def distinct(conflict, table, x="sequence", y="label"): return int((table.groupby(x)[y].nunique() > 1).sum()), count(conflict, "label_conflicts")


GUE_SPLICE = "splice-gue-reconstructed"
def train_of(name): return gue(name, "train")
@cache
def dd():
    table = pd.concat([folds("training-sequences.txt"), folds("test-sequences.txt")], ignore_index=True)
    return said(table, split="part", alphabet="protein", ids=tuple(table.id.str.upper()))
@cache
def arabidopsis(): return fasta("promoter-arabidopsis-tata", "Arabidopsis_non_prom.fa")
@cache
def rrna(): return fasta("rrna16s-1000", "1000seq.fasta").assign(label=lambda d: d.header.str.split().str[-1])
@cache
def lafleur(): return pd.read_csv(MIRROR / "expression-ecoli-lafleur" / "La_Fleur_et_al.csv").rename(columns={"Promoter Sequence": "sequence"})
@cache
def bace(): return molecules("bace-inhibitors", "desc_canvas_aug30.csv", "pIC50", "mol")
@cache
def hiv(): return molecules("hiv-inhibition", "HIV.csv", "HIV_active")

FACTS = [  # (data set, what, reader of the number, the number)
    ("enhancer-liu2016", "strong test enhancers in train, all 400 test rows", lambda: between(enhancers(), "exact_twins", ("train", "valid"), "test"), 100),
    ("enhancer-liu2016", "strong test enhancers in train, strong v weak, 200 test rows", lambda: between(enhancers(True), "exact_twins", ("train", "valid"), "test"), 100),
    ("enhancer-liu2016", "GC sorts enhancers from others", lambda: enhancers()["gc_shortcut"].level, "warning"),
    ("dd-fold", "test sequences in train", lambda: (between(dd(), "exact_twins", ("train", "valid"), "test"), dd().sizes["test"]), (49, 383)),
    ("dd-fold", "rows that bear the name of another", lambda: count(dd(), "repeated_ids"), 1),
    ("tf-human-gue4", "dev rows in train (346 distinct sequences, the note counts those)", lambda: between(tf("tf-human-gue4"), "exact_twins", "train", "valid"), 358),
    ("tf-human-gue4", "the same as distinct sequences", lambda: len(strings(gue("tf-human-gue4"), "train") & strings(gue("tf-human-gue4"), "dev")), 346),
    ("tf-human-gue4", "repeats within train", lambda: within(gue("tf-human-gue4"), "train"), 3789),
    ("tf-human-gue4", "test rows in train", lambda: between(tf("tf-human-gue4"), "exact_twins", ("train", "valid"), "test"), 0),
    ("tf-human-gue2", "dev rows in train", lambda: between(tf("tf-human-gue2"), "exact_twins", "train", "valid"), 19),
    ("tf-human-gue2", "repeats within train", lambda: within(gue("tf-human-gue2"), "train"), 185),
    ("tf-human-gue2", "test rows in train", lambda: between(tf("tf-human-gue2"), "exact_twins", ("train", "valid"), "test"), 0),
    ("promoter-human-tata-core70", "test and dev rows in train", lambda: (between(promoters("promoter-human-tata-core70"), "exact_twins", "train", "test"), between(promoters("promoter-human-tata-core70"), "exact_twins", "train", "valid")), (16, 8)),
    ("promoter-human-tata-core70", "training sequences with both labels, their rows", lambda: distinct(said(train_of("promoter-human-tata-core70")), train_of("promoter-human-tata-core70")), (12, 24)),
    ("promoter-human-tata-core70", "repeats within train", lambda: within(gue("promoter-human-tata-core70"), "train"), 57),
    ("promoter-human-tata-300", "test and dev rows in train", lambda: (between(promoters("promoter-human-tata-300"), "exact_twins", "train", "test"), between(promoters("promoter-human-tata-300"), "exact_twins", "train", "valid")), (6, 14)),
    ("promoter-human-tata-300", "training sequences with both labels, their rows", lambda: distinct(said(train_of("promoter-human-tata-300")), train_of("promoter-human-tata-300")), (10, 20)),
    ("promoter-arabidopsis-tata", "repeats among the negatives", lambda: repeated(fasta("promoter-arabidopsis-tata", "Arabidopsis_non_prom.fa")), 1),
    ("promoter-arabidopsis-tata", "negatives whose header repeats (2,879 less 2,501)", lambda: count(said(arabidopsis(), ids=tuple(arabidopsis().header)), "repeated_ids"), 378),
    ("promoter-ecoli-sigma70", "GC sorts promoters from genes", lambda: said(pd.concat([fasta("promoter-ecoli-sigma70", f, label=f) for f in ("Ecoli_prom.fa", "Ecoli_non_prom.fa")]))["gc_shortcut"].level, "warning"),
    ("splice-uci", "repeats (3,005 distinct of 3,190)", lambda: (count(splice(), "repeats"), splice()["repeats"].of), (185, 3190)),
    ("splice-uci", "rows of the sequence labelled both IE and N", lambda: count(splice(), "label_conflicts"), 2),
    ("splice-gue-reconstructed", "repeats in dev and test, test rows in dev", lambda: (within(gue(GUE_SPLICE, "dev", "test"), "dev"), within(gue(GUE_SPLICE, "dev", "test"), "test"), len(strings(gue(GUE_SPLICE, "dev"), "dev") & strings(gue(GUE_SPLICE, "test"), "test"))), (20, 19, 30)),
    ("histone-yeast-h3k36me3", "its windows among those of H3K4me3: 306 + 304 + 342 + 318 by file", lambda: between(marks(), "exact_twins", ("train", "valid"), "test"), 1270),
    ("expression-yeast-gpra-demo", "demo_val is demo_train", lambda: (count(demo(), "test_is_train"), demo()["test_is_train"].level), (6370, "error")),
    ("starrseq-drosophila-sample", "sequences that two of the files share", lambda: [between(fly()[0], "exact_twins", a, b) for a, b in (("train", "valid"), ("valid", "test"), ("train", "test"))], [10, 9, 12]),
    ("starrseq-drosophila-sample", "reverse complements within and between the files", lambda: [between(fly()[0], "reverse_twins", a, b) for a, b in (("train", "train"), ("test", "test"), ("train", "valid"), ("valid", "test"), ("train", "test"))], [14, 14, 11, 13, 6]),
    ("nucleosome-human", "repeats among 4,573", lambda: repeated(bare("nucleosome-human", "human n-f.txt", "human n-i.txt")), 0),
    ("nucleosome-celegans", "repeats among 5,175", lambda: repeated(bare("nucleosome-celegans", "C. elegans n-f.txt", "C. elegans n-i.txt")), 0),
    ("nucleosome-celegans", "GC sorts nucleosomes from linkers", lambda: said(bare("nucleosome-celegans", "C. elegans n-f.txt", "C. elegans n-i.txt"))["gc_shortcut"].level, "warning"),
    ("rrna16s-1000", "repeats, all within a genus", lambda: (repeated(rrna()), count(said(rrna()), "label_conflicts")), (51, 0)),
    ("virus-hiv1-subtypes", "repeats", lambda: repeated(fasta("virus-hiv1-subtypes", "hiv_1.fasta")), 4),
    ("genefamily-chimp", "repeats", lambda: repeated(pd.read_csv(MIRROR / "genefamily-chimp" / "chimpanzee.txt", sep="\t"), y="class"), 7),
    ("mrna-localisation-mrnaloc", "repeats in nucleus and cytoplasm", lambda: [repeated(rnas()[0][rnas()[0].label == c]) for c in ("Nucleus", "Cytoplasm")], [131, 4]),
    ("mrna-localisation-rnalight", "sequences in both files", lambda: between(rnas()[1], "exact_twins", ("train", "valid"), "test"), 85),
    ("rbp-qki-parclip", "test windows in train, five proteins; the note says one at most: these are windows of N alone", lambda: [rbp(f"rbp-{p}") for p in "qki-parclip pum2-parclip elavl1-parclip tdp43-iclip hnrnpc-iclip".split()], [2, 0, 2, 2, 0]),
    ("splice-mpsa-brca2", "repeats among 30,483", lambda: repeated(pd.read_csv(MIRROR / "splice-mpsa-brca2" / "mpsa_data.csv.gz"), x="x", y="y", alphabet="rna"), 0),
    ("expression-ecoli-lafleur", "repeats among 5,391", lambda: repeated(lafleur()), 0),
    ("esol-solubility", "test sequences in train", lambda: between(esol(), "exact_twins", ("train", "valid"), "test"), 8),
    ("esol-solubility", "repeats within train", lambda: repeated(pd.read_csv(MIRROR / "esol-solubility" / "eSol_train.csv"), y="solubility", alphabet="protein"), 12),
    ("targetdbp-dna-binding", "test rows in train (3 distinct sequences, each twice in test; the note counts sequences)", lambda: between(targetdbp(), "exact_twins", ("train", "valid"), "test"), 6),
    ("targetdbp-dna-binding", "rows of the sequence with both labels", lambda: count(targetdbp(), "label_conflicts"), 2),
    ("targetdbp-dna-binding", "repeats: 58 + 1 + 3 within the files, 1 with both labels, 3 in train and test", lambda: count(targetdbp(), "repeats"), 66),
    ("peptide-amp-antibp2", "repeats", lambda: repeated(classed("peptide-amp-antibp2"), alphabet="protein"), 18),
    ("peptide-anticancer-mlacp", "sequences with both labels, their rows", lambda: distinct(said(classed("peptide-anticancer-mlacp"), alphabet="protein"), classed("peptide-anticancer-mlacp")), (2, 4)),
    ("peptide-cellpenetrating-mlcpp", "sequences with both labels, their rows", lambda: distinct(said(classed("peptide-cellpenetrating-mlcpp"), alphabet="protein"), classed("peptide-cellpenetrating-mlcpp")), (1, 2)),
    ("hiv-nelfinavir-resistance", "sequences with both labels, their rows", lambda: distinct(said(classed("hiv-nelfinavir-resistance"), alphabet="protein"), classed("hiv-nelfinavir-resistance")), (3, 6)),
    ("peptide-hemolytic-hemopi", "repeats", lambda: repeated(classed("peptide-hemolytic-hemopi"), alphabet="protein"), 0),
    ("hiv-protease-cleavage", "repeats", lambda: repeated(classed("hiv-protease-cleavage"), alphabet="protein"), 0),
    ("ts115-secondary-structure", "chains among those of NetSurfP", lambda: between(chain(), "exact_twins", ("train", "valid"), "test"), 1),
    ("edd-fold", "domains that are also in TG", lambda: between(said(pd.concat([proteins("edd-fold"), proteins("tg-fold")]), split="part", alphabet="protein"), "exact_twins", ("train", "valid"), "test"), 749),
    ("flip-binding-residues", "repeats", lambda: repeated(pd.DataFrame({"sequence": [s.replace("U", "X") for _, s in zipped("flip-binding-residues", "splits.zip", "splits/sequences.fasta")]}), alphabet="protein"), 3),
    ("clean-ec", "repeats in new", lambda: repeated(pd.read_csv(MIRROR / "clean-ec" / "new.csv", sep="\t"), x="Sequence", alphabet="protein"), 6),
    ("indel-pathogenicity", "repeated pairs, wild types on both sides", lambda: (count(indels()[0], "repeats"), len(indels()[1])), (31, 0)),
    ("yeast-ppi", "repeated pairs by name, with the same label", lambda: (count(ppi()[0], "repeats"), count(ppi()[0], "label_conflicts")), (24, 0)),
    ("yeast-ppi", "repeated protein sequences among 2,497", lambda: len(ppi()[1]) - len(set(ppi()[1].values())), 5),
    ("davis-drug-target", "kinases with the sequence of another", lambda: len(davis()[2]) - len(set(davis()[2])), 63),
    ("davis-drug-target", "pairs that repeat another by sequence: 63 kinases x 68 drugs", lambda: count(davis()[1], "repeats"), 63 * 68),
    ("davis-drug-target", "pairs of test that stand in train by name; by sequence", lambda: [between(d, "exact_twins", ("train", "valid"), "test") for d in davis()[:2]], [0, 929]),
    ("davis-drug-target", "test pairs whose drug, whose kinase is in train", lambda: [between(davis()[0], t, "train", "test") for t in ("shared_first", "shared_second")], [5010, 5010]),
    ("bace-inhibitors", "SMILES that stand twice", lambda: count(bace(), "repeats"), 9),
    ("hiv-inhibition", "repeated SMILES (41,127 distinct of 41,913)", lambda: count(hiv(), "repeats"), 786),
    ("hiv-inhibition", "SMILES with both labels, their rows", lambda: distinct(hiv(), pd.read_csv(MIRROR / "hiv-inhibition" / "HIV.csv"), "smiles", "HIV_active"), (28, 76)),
    ("tox21", "repeated SMILES", lambda: count(molecules("tox21", "tox21.csv.gz", "none"), "repeats"), 183),
    ("delaney-esol", "repeats (the strings are unique, five but for a blank at their end)", lambda: count(molecules("delaney-esol", "delaney-processed.csv", "ESOL predicted log solubility in mols per litre"), "repeats"), 5),
    ("doench-crispr", "records of a guide that has another (4,379 distinct of 5,310)", lambda: repeated(pd.read_csv(MIRROR / "doench-crispr" / "FC_plus_RES_withPredictions.csv"), x="30mer", y="score_drug_gene_rank"), 5310 - 4379),
    ("yeast-eqtl", "markers that copy another", lambda: count(markers(), "copied_features"), 151),
    ("gbsg-survival", "training patients that repeat another with time and event (6 do by their features)", lambda: count(patients(), "repeats"), 2),
]

@pytest.mark.parametrize("name, what, number, told", FACTS, ids=[f"{f[0]}: {f[1]}" for f in FACTS])
def test_the_audit_says_it_by_number(name, what, number, told): assert number() == told
