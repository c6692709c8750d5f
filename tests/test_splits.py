"Splits by place, molecule, time, and splits within and over again: who may stand where, for many seeds and spellings."
import json
import sys

import numpy as np
import pandas as pd
import pytest

from genonb.core.errors import GenonbError
from genonb.core.settings import rng
from genonb.data.data import Data
from genonb.data.folds import Split
from genonb.data.inputs import Sequences
from genonb.data.loci import loci, loose, overlapping
from genonb.data.matrix import Matrix
from genonb.data.split import SPLITS, by_chrom, by_cluster, by_group, by_locus, by_scaffold, by_time, given, nested, random, repeated, scaffolds, split_of, stratified, times_of

pytestmark = pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
SEEDS = range(3)
N = 240
DRAW = rng(3)
TABLE = pd.DataFrame({"sequence": Sequences(DRAW.integers(4, size=(N, 50)).astype(np.uint8)).strings, "label": np.resize(["a", "b", "b"], N), "gene": np.arange(N) // 5,
                      "chrom": [f"chr{1 + i}" for i in DRAW.integers(22, size=N)], "start": DRAW.integers(20_000, size=N), "day": pd.date_range("2020-01-01", periods=N).astype(str),
                      "family": np.arange(N) // 10}).assign(end=lambda t: t.start + 200)
X = Sequences.of(TABLE.sequence)
RULES = [by_chrom(), by_chrom(folds=4), by_chrom(test=["chr8"]), by_chrom(test=["chr8", "9"], valid="chr10"), by_locus(), by_locus(gap=500, folds=3), by_time("day"), by_time("day", folds=4), random(), stratified(folds=5), by_group("gene"),
         nested(by_group("family", folds=3, loci=False), by_group("gene", folds=2, loci=False)), nested(random(), stratified(folds=3)), repeated(stratified(folds=2), 3), given("part"), given("fold")]
GIVEN = TABLE.assign(part=np.resize(["train"] * 3 + ["test"], N), fold=np.resize(range(1, 6), N))


def disjoint(fold): return len(set(np.concatenate(fold))) == sum(map(len, fold))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_parts_are_disjoint_and_full(rule, seed):
    for fold in split_of(rule, seed=seed)(GIVEN, X, TABLE.label):
        assert disjoint(fold) and all(len(p) and (np.diff(p) > 0).all() for p in fold)

@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_seed_settles_it_and_json_keeps_it(rule):
    again = split_of(json.loads(json.dumps(rule.to_dict())))
    assert again == rule and eval(repr(rule)) == rule
    def rows(r): return [p.tolist() for fold in split_of(r, seed=7)(GIVEN, X, TABLE.label) for p in fold]
    assert rows(rule) == rows(again)

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", [r for r in RULES if r.word not in ("time", "given", "nested", "repeated")], ids=repr)
def test_kin_stay_together(rule, seed):
    rule = split_of(rule, seed=seed)
    kin = rule.groups(GIVEN, X)
    for fold in rule(GIVEN, X, TABLE.label):
        held = [set(kin[p]) for p in fold]
        assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])

# By chromosome

@pytest.mark.parametrize("names", [["chr8"], ["8"], [8], "chr8", ("Chr08",), ["NC_000008.11"]])
@pytest.mark.parametrize("column", [TABLE.chrom, TABLE.chrom.str.removeprefix("chr"), TABLE.chrom.str.removeprefix("chr").astype(int), TABLE.chrom.str.removeprefix("chr").astype(float)])
def test_chromosomes_go_by_any_name(names, column):
    (_, _, test), = by_chrom(test=names, seed=0)(TABLE.assign(chrom=column), X, TABLE.label)
    assert test.tolist() == np.flatnonzero(TABLE.chrom == "chr8").tolist()

def test_chromosomes_come_near_to_the_shares():
    for seed in range(10):
        (train, valid, test), = by_chrom(seed=seed)(TABLE, X, TABLE.label)
        assert abs(len(test) / N - .2) < .08 and abs(len(valid) / N - .1) < .06 and not set(TABLE.chrom[test]) & set(TABLE.chrom[train])

def test_chromosome_folds_test_each_once():
    tested = [set(TABLE.chrom[test]) for *_, test in by_chrom(folds=5, seed=1)(TABLE, X, TABLE.label)]
    assert sum(map(len, tested)) == len(set.union(*tested)) == TABLE.chrom.nunique()

@pytest.mark.parametrize("word, rule", [("chrom:test=chr8;valid=chr9", by_chrom(["chr8"], ["chr9"])), ("chrom:test=chr8,chr9", by_chrom(["chr8", "chr9"])), ("chrom", by_chrom()), ("chrom: test = 8 ; valid = 9, 10 ", by_chrom(["8"], ["9", "10"])),
                                        ("chrom:valid=chrX;column=seqname", by_chrom(valid=["chrX"], column="seqname")), ("scaffold", by_scaffold()), ("scaffold:mol", by_scaffold("mol")), ("time:day", by_time("day")), ("locus", by_locus()),
                                        ("given", given()), ("given:part", given("part")), ("random", random()), ("stratified", stratified()), ("cluster", by_cluster()), ("group:gene", by_group("gene"))])
def test_words(word, rule): assert split_of(word) == rule and split_of(word).word == word.partition(":")[0]

@pytest.mark.parametrize("make, found", [
    (lambda: by_chrom(["chr99"])(TABLE, X, TABLE.label), "column 'chrom' has no chromosome 'chr99'. Did you mean 'chr9'?"), (lambda: by_chrom(["chr1"], ["1"]), "chromosome '1' is in test and valid"),
    (lambda: by_chrom(["chr1"], folds=3), "chromosomes are named and folds asked for"), (lambda: by_chrom([]), "an empty list of chromosomes"), (lambda: by_chrom(.9), "leave a part empty"),
    (lambda: by_chrom()(TABLE.drop(columns="chrom"), X, TABLE.label), "no column 'chrom'"), (lambda: by_chrom(folds=30)(TABLE, X, TABLE.label), "240 rows hang together in 22 chromosome(s)"),
    (lambda: by_chrom([f"chr{i}" for i in range(1, 22)], ["chr22"])(TABLE, X, TABLE.label), "no chromosome is left to train on"), (lambda: by_chrom([f"chr{i}" for i in range(1, 22)])(TABLE, X, TABLE.label), "hang together in one of the chromosome(s)"),
    (lambda: split_of("chrom:tset=chr8"), "split 'chrom' has no 'tset'"), (lambda: split_of("time"), "split 'time' needs a column. Write 'time:COLUMN'."), (lambda: split_of("locus:x"), "split 'locus' takes no column"),
    (lambda: split_of("nested"), "gb.nested(outer, inner)"), (lambda: by_locus()(TABLE.drop(columns="start"), X, TABLE.label), "no columns of chromosome, start and end"),
    (lambda: by_time("day")(TABLE.assign(day="2020-01-01"), X, TABLE.label), "column 'day' holds 1 different times. 3 are needed"), (lambda: by_time("day")(TABLE.assign(day=[None, *TABLE.day[1:]]), X, TABLE.label), "row 1 has no time (1 such rows)"),
    (lambda: by_time("day")(TABLE.assign(day=["later", *TABLE.day[1:]]), X, TABLE.label), "row 1: 'later' is neither a number nor a date"), (lambda: repeated(random(), 0), "times=0"),
    (lambda: given("gene")(TABLE, X, TABLE.label), "row 1: '0' is no part"), (lambda: by_cluster()(TABLE, Matrix(np.zeros((N, 2))), TABLE.label), "clusters of matrix inputs")])
def test_errors(make, found):
    with pytest.raises(GenonbError) as e: make()
    assert found in str(e.value) and (e.value.do or e.value.asked)

# By place

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gap", [0, 40])
def test_loci_equal_a_walk_over_all_pairs(seed, gap):
    draw = rng(seed)
    chrom, start = draw.integers(-1, 3, size=60), draw.integers(800, size=60)
    end = start + draw.integers(1, 40, size=60)
    label = np.arange(60)
    for i in range(60):
        for j in range(i):
            if chrom[i] == chrom[j] >= 0 and start[i] < end[j] + gap and start[j] < end[i] + gap: label[label == label[i]] = label[j]
    assert loci(chrom, start, end, gap).tolist() == pd.factorize(label)[0].tolist()

@pytest.mark.parametrize("seed", SEEDS)
def test_overlaps_equal_a_count_of_all_pairs(seed):
    draw = rng(seed)
    chrom, start, part = draw.integers(-1, 3, size=60), draw.integers(800, size=60), draw.integers(-1, 3, size=60)
    end = start + draw.integers(1, 40, size=60)
    found = overlapping(chrom, start, end, part)
    for i, p in np.ndindex(60, 3):
        assert found[i, p] == any(part[j] == p and j != i and chrom[i] == chrom[j] >= 0 and start[i] < end[j] and start[j] < end[i] for j in range(60))

@pytest.mark.parametrize("rule", [random(), stratified(folds=3), by_group("gene"), by_cluster()], ids=repr)
def test_overlapping_intervals_hang_together_without_asking(rule):
    kin, loose_kin = rule.groups(TABLE, X), split_of(rule, loci=False).groups(TABLE, X)
    where = loci(pd.factorize(TABLE.chrom)[0], TABLE.start.to_numpy(), TABLE.end.to_numpy())
    assert (pd.Series(kin).groupby(where).nunique() == 1).all() and len(set(loose_kin)) > len(set(kin))
    assert Data.from_table(TABLE, split=split_of(rule, seed=1)).audit()["overlaps"] is None

def test_overlaps_are_told_when_let_loose():
    told = Data.from_table(TABLE, split=random(loci=False, seed=1)).audit()["overlaps"]
    assert told.count > 0 and told.fix.startswith("split=gb.by_chrom()")

@pytest.mark.parametrize("a, b, same", [("chr1", "1", True), ("chrX", "x", True), ("chr01", "1.0", True), ("chr1", "chr10", False), ("chr1", "chr1_random", False), ("MT", "chrM", True)])
def test_loose_names(a, b, same): assert (loose(a) == loose(b)) == same

# By time

@pytest.mark.parametrize("column", [TABLE.day, pd.to_datetime(TABLE.day), np.arange(N), np.arange(N) / 7, pd.to_datetime(TABLE.day).dt.strftime("%d/%m/%Y"), pd.to_datetime(TABLE.day).dt.strftime("%Y-%m-%dT12:00:00Z")], ids=str)
@pytest.mark.parametrize("folds", [1, 4])
def test_the_future_tests_the_past(column, folds):
    last = -1
    for train, valid, test in by_time("t", folds=folds)(TABLE.assign(t=column), X, TABLE.label):
        assert train.max() < valid.min() and valid.max() < test.min() and test.min() > last
        last = test.max()
    assert last == N - 1
    if folds == 1: assert (len(train), len(valid), len(test)) == (168, 24, 48)

def test_one_moment_stays_together():
    for seed in range(20):
        t = rng(seed).integers(12, size=N)
        train, valid, test = by_time("t")(TABLE.assign(t=t), X, TABLE.label)[0]
        assert not set(t[train]) & set(t[valid]) and not set(t[valid]) & set(t[test]) and abs(len(test) - 48) <= 20

def test_ambiguous_days_are_read_one_way():
    assert (np.diff(times_of(pd.Series(["13/01/2020", "01/02/2020", "02/02/2020"]))) > 0).all()

# By scaffold

def test_scaffolds_of_molecules():
    pytest.importorskip("rdkit")
    assert scaffolds(["c1ccccc1CC", "Cc1ccccc1", "CCO", "C1CCNCC1C", "c1ccc2ccccc2c1O"]) == ["c1ccccc1", "c1ccccc1", "", "C1CCNCC1", "c1ccc2ccccc2c1"]
    rings = ["c1ccccc1", "C1CCCCC1", "c1ccncc1", "c1ccoc1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1", "C1CCC1", "c1cc[nH]c1", "C1CC1"]
    table = pd.DataFrame({"smiles": [r + "C" * (1 + i % 7) for i, r in enumerate(np.repeat(rings, 12))], "y": np.arange(120.)})
    x = Matrix(rng(0).normal(size=(120, 3)).astype(np.float32))
    for folds in (1, 3):
        for fold in by_scaffold(folds=folds, seed=0)(table, x, table.y):
            assert disjoint(fold) and not set(np.array(scaffolds(table.smiles))[fold[0]]) & set(np.array(scaffolds(table.smiles))[fold[2]])
    with pytest.raises(GenonbError, match=r"column 'smiles', row 3: 'C1CC' is no SMILES"): by_scaffold()(table.assign(smiles=[*table.smiles[:2], "C1CC", *table.smiles[3:]]), x, table.y)

def test_scaffolds_without_rdkit(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(GenonbError, match=r"pip install 'genonb\[genomics\]'"): scaffolds(["CCO"])

# Given

@pytest.mark.parametrize("words", [range(1, 6), range(5), [f"fold{i}" for i in range(1, 6)], [f"Fold {i}" for i in range(5)], [1., 2., 3., 4., 5.]], ids=str)
def test_given_folds(words):
    folds = given("f", seed=0)(TABLE.assign(f=np.resize(np.array(list(words), object), N)), X, TABLE.label)
    assert [test.tolist() for *_, test in folds] == [list(range(i, N, 5)) for i in range(5)] and all(len(valid) for _, valid, _ in folds)

def test_given_folds_beside_a_test():
    folds = given("f")(TABLE.assign(f=np.resize(["1", "2", "3", "test"], N)), X, TABLE.label)
    assert len(folds) == 3 and all(test.tolist() == list(range(3, N, 4)) and valid.tolist() == list(range(i, N, 4)) for i, (_, valid, test) in enumerate(folds))

# Nested, repeated

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", [nested(by_group("family", folds=3, loci=False), by_group("gene", folds=3, loci=False)), nested(by_chrom(["chr8"]), random(folds=2, loci=False)), nested(by_time("day", folds=2), by_time("day")), nested("cluster", "stratified")], ids=repr)
def test_no_inner_row_is_tested_outside(rule, seed):
    rule = split_of(rule, seed=seed)
    kin = rule.groups(TABLE, X)
    outer, inside = rule(TABLE, X, TABLE.label), rule.inside(TABLE, X, TABLE.label)
    assert len(outer) == len(inside)
    for (train, valid, test), folds in zip(outer, inside):
        for fold in folds:
            rows = np.concatenate(fold)
            assert disjoint(fold) and set(rows) <= {*train, *valid} and not set(rows) & set(test)
            if rule.inner.word not in ("time", "chrom"): assert not set(kin[fold[0]]) & set(kin[fold[2]])

def test_repeats_differ_and_start_with_the_split_itself():
    base = stratified(folds=3, seed=5)
    many = repeated(base, 4)
    folds = many(TABLE, X, TABLE.label)
    tests = [tuple(test) for *_, test in folds]
    assert len(folds) == 12 and len(set(tests)) == 12 and tests[:3] == [tuple(test) for *_, test in base(TABLE, X, TABLE.label)] and len(set(many.seeds)) == 4
    assert len(Data.from_table(TABLE, split=many).folds) == 12 and repeated(stratified(folds=3), 4, seed=5) == many

def test_every_split_is_a_record_with_a_word():
    assert set(SPLITS) == set("random stratified group cluster locus chrom scaffold time given nested repeated".split())
    assert all(issubclass(cls, Split) and cls.__doc__ and cls.word == word for word, cls in SPLITS.items())
