"The store: planted kin are found with exact counts, clean twins raise no alarm, splits part no kin, rivals see no test row."
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.core.settings import rng
from genonb.data import cluster as clustering
from genonb.data.audit import Case, audit, meetings, met
from genonb.data.cluster import by_chance, canonical_kmers, clusters, default_k, kmer_codes, twins
from genonb.data.data import Data, Part, labelled
from genonb.data.inputs import Sequences, alphabet_of, column_strings, encode_inputs
from genonb.data.metrics import metric
from genonb.data.rivals import _moved, kmer_counts, onehot, rivals
from genonb.data.split import SPLITS, Split, by_cluster, by_group, given, joined, random, split_of, spread, strata_of, stratified, tally
from genonb.data.target import Binary, OneOf, Value
from genonb.io.fasta import read_fasta, write_fasta
from genonb.io.table import read_table

pytestmark = pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
MIRROR = Path(os.environ.get("GENONB_MIRROR") or Path(__file__).parents[2] / "shared" / "datasets")
real = pytest.mark.skipif(not MIRROR.is_dir(), reason="no mirror with the real data")
SEEDS = range(3)


def draw_codes(n, length, seed, letters=4): return rng(seed).integers(letters, size=(n, length)).astype(np.uint8)
def strings(n, length, seed): return Sequences(draw_codes(n, length, seed)).strings

def mutated(codes, identity, seed, letters=4):
    "A copy in which a share 1 - identity of the letters is another letter."
    draw, codes = rng(seed), codes.copy()
    at = draw.random(codes.shape) > identity
    codes[at] = (codes[at] + draw.integers(1, letters, at.sum())) % letters
    return codes

def table(n=120, seed=0, **columns):
    "n random sequences with two classes."
    return pd.DataFrame({"sequence": strings(n, 60, seed), "label": np.where(np.arange(n) % 3, "neg", "pos"), **columns})

def same_partition(a, b): return len(set(zip(a, b))) == len(set(a)) == len(set(b))


# Twins and k-mers

def test_twins_are_equal_bytes_on_either_strand():
    x = Sequences(draw_codes(40, 25, 1))
    both = Sequences(torch.cat([x.codes, x.reverse_complement().codes, x.codes]))
    assert twins(both).tolist() == [*range(40)] * 3

@pytest.mark.parametrize("a, b, together", [("ACGT", "ACGT", True), ("AAAC", "GTTT", True), ("ACGN", "NCGT", True), ("ACGR", "YCGT", True),
                                           ("ACGT", "ACG", False), ("AAAC", "CAAA", False), ("AAAC", "TTTG", False)])
def test_twin_pairs(a, b, together): assert (len(set(twins(Sequences.of([a, b])))) == 1) == together

def test_proteins_and_rna():
    assert twins(Sequences.of(["MKV", "VKM"], "protein")).tolist() == [0, 1]
    assert twins(Sequences.of(["AACG", "CGUU"], "rna")).tolist() == [0, 0]

@pytest.mark.parametrize("letters, k", [(4, 1), (4, 3), (4, 10), (20, 2), (20, 4)])
def test_kmer_codes_are_positional_numbers(letters, k):
    codes = draw_codes(5, 30, k, letters)
    codes[2, 7] = letters
    found = kmer_codes(codes, letters, k)
    for row, i in np.ndindex(found.shape):
        window = codes[row, i:i + k].astype(int)
        assert found[row, i] == (-1 if (window >= letters).any() else sum(c * letters**p for p, c in enumerate(window[::-1])))

def test_canonical_kmers_agree_on_both_strands():
    x = Sequences(draw_codes(10, 30, 5))
    a, b = (canonical_kmers(s.codes.numpy(), s.alphabet, 7) for s in (x, x.reverse_complement()))
    assert (a == b[:, ::-1]).all()

# Clusters

def brute(x, identity, k):
    "Clusters by comparing all pairs."
    sets = [set(row[row >= 0]) for row in canonical_kmers(x.codes.numpy(), x.alphabet, k)]
    sizes = (x.codes != 255).sum(1).numpy()
    least = max(2, by_chance(sizes[np.unique(twins(x), return_index=True)[1]].sum(), 4, k))
    label, same = np.arange(len(sets)), twins(x)
    for i in range(len(sets)):
        for j in range(i):
            near = len(sets[i] & sets[j]) >= max((min(sizes[i], sizes[j]) - k + 1) * identity**k, least)
            if same[i] == same[j] or near: label[label == label[i]] = label[j]
    return label

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("identity, k", [(.8, 6), (.9, 5), (.7, 8)])
def test_clusters_equal_the_comparison_of_all_pairs(seed, identity, k):
    draw = rng(seed)
    genome = draw_codes(1, 600, seed)[0]
    starts = draw.integers(0, 540, 60)
    codes = mutated(np.stack([genome[s:s + 60] for s in starts]), .95, seed)
    codes[::9, 50:] = 255
    codes[5, 3] = 14
    x = Sequences(np.where(np.arange(60)[:, None] % 4, codes, Sequences(codes).reverse_complement().codes))
    assert same_partition(clusters(x, identity, k), brute(x, identity, k))

@pytest.mark.parametrize("alphabet, length, identity, least", [("dna", 60, .95, .98), ("dna", 81, .9, .9), ("dna", 300, .9, .99), ("dna", 300, .85, .85), ("dna", 1000, .85, .98),
                                                              ("rna", 300, .9, .99), ("protein", 100, .85, .97), ("protein", 300, .8, .97)])
def test_near_copies_are_found(alphabet, length, identity, least):
    letters = 20 if alphabet == "protein" else 4
    codes = draw_codes(300, length, 0, letters)
    label = clusters(Sequences(np.r_[codes, mutated(codes, identity, 1, letters)], alphabet))
    assert (label[:300] == label[300:]).mean() >= least
    assert len(np.unique(label)) >= 300

@pytest.mark.parametrize("length", [60, 81, 200, 300])
@pytest.mark.parametrize("shift", [.02, .3, .5, .7])
@pytest.mark.parametrize("turned", [False, True])
def test_shifted_windows_land_together(length, shift, turned):
    genes, s = draw_codes(100, 2 * length, 2), round(shift * length)
    first, second = Sequences(genes[:, :length]), Sequences(genes[:, s:s + length])
    if turned: second = second.reverse_complement()
    label = clusters(Sequences(torch.cat([first.codes, second.codes])))
    assert (label[:100] == label[100:]).all() and len(np.unique(label)) == 100

@pytest.mark.parametrize("alphabet, letters, length", [("dna", 4, 60), ("dna", 4, 300), ("protein", 20, 30), ("protein", 20, 300)])
def test_strangers_stay_apart(alphabet, letters, length):
    assert len(np.unique(clusters(Sequences(draw_codes(500, length, 3, letters), alphabet)))) >= 498

def test_large_families_hang_together_run_by_run(monkeypatch):
    monkeypatch.setattr(clustering, "_RUN", 16)
    family = rng(0).integers(5, size=1000)
    codes = mutated(draw_codes(5, 120, 4)[family], .97, 5)
    assert same_partition(clusters(Sequences(codes)), family)

def test_order_of_rows_does_not_matter():
    genome, draw = draw_codes(1, 3000, 6)[0], rng(6)
    codes = np.stack([genome[s:s + 81] for s in draw.integers(0, 2900, 200)])
    shuffle = draw.permutation(200)
    label = clusters(Sequences(codes))
    assert same_partition(label[shuffle], clusters(Sequences(codes[shuffle])))
    assert (clusters(Sequences(codes)) == label).all() and label[0] == 0

@pytest.mark.parametrize("found, expected", [(["A" * 9, "A" * 9, "C" * 9], [0, 0, 1]), (["ACG"], [0]), ([], []), (["N" * 30, "N" * 29], [0, 1]), (["ACGT" * 9, "A"], [0, 1])])
def test_clusters_of_little(found, expected): assert clusters(Sequences.of(found)).tolist() == expected

@pytest.mark.parametrize("options", [{"identity": 0}, {"identity": 1.2}, {"k": 0}, {"k": 2.5}, {"k": 40}])
def test_clusters_refuse(options):
    with pytest.raises(SpecError, match=r"^clusters\(\): "): clusters(Sequences(draw_codes(4, 50, 0)), **options)

def test_k_grows_with_the_data():
    assert [default_k(Sequences(np.zeros((n, 300), np.uint8))) for n in (10, 3000, 50_000)] == [10, 10, 12]

def test_memory_grows_with_letters_not_with_pairs():
    import tracemalloc
    x = Sequences(mutated(np.repeat(draw_codes(1, 300, 7), 4000, 0), .97, 8))     # all pairs are near: 8 million
    tracemalloc.start()
    label = clusters(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(np.unique(label)) == 1 and peak < 400 * x.codes.numel()

# Splits

FIFTY = table(150, gene=np.arange(150) // 4, part=np.resize(["train"] * 7 + ["dev"] + ["test"] * 2, 150))
for row, twin in ((149, 0), (140, 3), (77, 20)): FIFTY.loc[row, "sequence"] = FIFTY.sequence[twin]
FIFTY.loc[60, "sequence"] = Sequences.of([FIFTY.sequence[30]]).reverse_complement().strings[0]
X = Sequences.of(FIFTY.sequence)
RULES = [random(), stratified(), by_group("gene"), by_cluster(), random(folds=5), stratified(folds=3), by_group("gene", folds=4), by_cluster(folds=5), random(test=.4, valid=.3), given("part")]

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_parts_are_disjoint_and_cover_and_part_no_kin(rule, seed):
    rule = split_of(rule, seed=seed)
    kin, folds = rule.groups(FIFTY, X), rule(FIFTY, X, FIFTY.label)
    assert len(folds) == rule.folds
    for parts in folds:
        assert sorted(np.concatenate(parts)) == [*range(150)] and all(len(p) and (np.diff(p) > 0).all() for p in parts)
        held = [set(kin[p]) for p in parts]
        if rule.word != "given": assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
    if rule.folds > 1: assert sorted(np.concatenate([test for *_, test in folds])) == [*range(150)]

@pytest.mark.parametrize("rule", RULES[:-1], ids=repr)
def test_the_seed_settles_the_split(rule):
    def rows(seed): return [p.tolist() for fold in split_of(rule, seed=seed)(FIFTY, X, FIFTY.label) for p in fold]
    assert rows(1) == rows(1) != rows(2)

@pytest.mark.parametrize("rule", [random(), stratified(), by_group("gene"), by_cluster()], ids=repr)
def test_twins_hang_together(rule):
    kin = rule.groups(FIFTY, X)
    assert kin[149] == kin[0] and kin[140] == kin[3] and kin[60] == kin[30]
    assert (np.bincount(kin) > 1).any() and kin.max() < 149

def test_twins_can_be_let_loose():
    assert random(twins=False).groups(FIFTY, X).tolist() == [*range(150)]
    assert by_group("gene", twins=False).groups(FIFTY, X).tolist() == FIFTY.gene.tolist()

@pytest.mark.parametrize("folds", [1, 5])
def test_stratified_evens_classes(folds):
    y = np.repeat(["a", "b", "c"], [600, 300, 100])
    x = Sequences(draw_codes(1000, 30, 9))
    for parts in stratified(folds=folds, seed=0)(pd.DataFrame(index=range(1000)), x, y):
        assert [len(p) for p in parts] == [700, 100, 200]
        for p in parts: assert [(y[p] == c).sum() for c in "abc"] == [.6 * len(p), .3 * len(p), .1 * len(p)]

def test_values_are_stratified_by_fifths():
    y = rng(0).exponential(size=500)
    (train, valid, test), = stratified(seed=0)(pd.DataFrame(index=range(500)), Sequences(draw_codes(500, 30, 9)), y)
    assert np.bincount(strata_of(y)[test]).tolist() == [20] * 5

@pytest.mark.parametrize("seed", SEEDS)
def test_spread_meets_shares_and_leaves_no_part_empty(seed):
    draw = rng(seed)
    sizes = draw.integers(1, 30, 200)
    strata = draw.integers(3, size=sizes.sum())
    groups = np.repeat(np.arange(200), sizes)
    held = tally(spread(tally(groups, strata), [.7, .1, .2], draw)[groups], strata)
    assert np.abs(held / held.sum(0) - np.array([[.7], [.1], [.2]])).max() < .03
    for n in range(3, 9): assert set(spread(np.ones((n, 1)), [.8, .1, .1], draw)) == {0, 1, 2}
    assert set(spread(np.array([[900], [1], [1]]), [.7, .1, .2], draw)) == {0, 1, 2}

def test_kin_through_a_third_row():
    assert joined(np.array([0, 0, 1, 1, 2]), np.array([5, 1, 1, 3, 4])).tolist() == [0, 0, 0, 0, 1]

@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_split_survives_json(rule):
    assert split_of(json.loads(json.dumps(rule.to_dict()))) == rule
    assert eval(repr(rule)) == rule

@pytest.mark.parametrize("word, rule", [("random", random()), ("stratified", stratified()), ("cluster", by_cluster()), ("group:gene", by_group("gene")), ("given", given()), ("given:part", given("part"))])
def test_words(word, rule): assert split_of(word) == rule and rule.word in SPLITS

@pytest.mark.parametrize("make, found", [
    (lambda: split_of("clusters"), "no split 'clusters'. Did you mean 'cluster'?"), (lambda: split_of("group"), "split 'group' needs a column. Write 'group:COLUMN'."),
    (lambda: split_of("random:x"), "split 'random' takes no column"), (lambda: by_cluster(fold=5), "by_cluster(): no option 'fold'. Did you mean 'folds'?"),
    (lambda: random(test=0), "random(): test=0"), (lambda: random(folds=0), "random(): folds=0"), (lambda: random(folds=2, valid=.5), "leave a part empty"),
    (lambda: given(folds=2), "a given split has one fold"), (lambda: by_group("gen")(FIFTY, X, FIFTY.label), "by_group(column='gen'): no column 'gen'. Did you mean 'gene'?"),
    (lambda: by_group("label", twins=False)(FIFTY, X, FIFTY.label), "150 rows hang together in 2 group(s), the largest of 100 rows. 3 are needed."),
    (lambda: by_group("gene", folds=50)(FIFTY, X, FIFTY.label), "50 are needed"),
    (lambda: by_group("g")(FIFTY.assign(g=[None] + ["a"] * 149), X, FIFTY.label), "row 1 names no group (1 such rows)"),
    (lambda: given("gene")(FIFTY, X, FIFTY.label), "row 1: '0' is no part"), (lambda: given("part")(FIFTY.assign(part="train"), X, FIFTY.label), "names no test rows"),
    (lambda: by_cluster()(FIFTY[:3], Sequences.of(["ACGT" * 9] * 3), [0, 1, 0]), "3 rows hang together in 1 cluster(s) of near-duplicates")])
def test_split_errors(make, found):
    with pytest.raises(GenonbError) as e: make()
    assert found in str(e.value)

def test_given_words_and_a_cut_validation_part():
    words = np.resize(["Train", "training ", "VAL", "dev", "holdout", "Test"], 150)
    (train, valid, test), = given("w")(FIFTY.assign(w=words), X, FIFTY.label)
    assert [len(train), len(valid), len(test)] == [50, 50, 50]
    (train, valid, test), = given("w", seed=0)(FIFTY.assign(w=np.repeat(["train", "test"], [100, 50])), X, FIFTY.label)
    kin = twins(X)
    assert test.tolist() == [*range(100, 150)] and 8 <= len(valid) <= 12 and not set(kin[train]) & set(kin[valid])

# Rivals

BINARY, SITE, VALUE = Binary("y").fitted([0, 1]), OneOf("y").fitted(["a", "b", "c"]), Value("y").fitted([0., 1, 2])
TRUTH = {"binary": (BINARY, np.resize([0, 1], 90)), "oneof": (SITE, np.resize(["a", "b", "c"], 90)), "value": (VALUE, np.linspace(0, 2, 90))}

@pytest.mark.parametrize("kind", TRUTH)
@pytest.mark.parametrize("alphabet, letters", [("dna", 4), ("rna", 4), ("protein", 20)])
@pytest.mark.parametrize("padded", [False, True])
def test_rivals_speak_as_the_target_decodes(kind, alphabet, letters, padded):
    target, truth = TRUTH[kind]
    codes = draw_codes(90, 40, 0, letters)
    if padded: codes[::2, 30:] = 255
    y, decoded = target.encode(truth), target.decode(torch.zeros(30, target.out)).numpy()
    found = rivals(Sequences(codes, alphabet), y, np.arange(60), np.arange(60, 90), target)
    expected = [target.kind == "value" and "mean" or "majority", *["length"] * padded, *["gc"] * (alphabet != "protein"), "kmer", "onehot", "nearest"]
    assert list(found) == expected
    for p in found.values():
        assert p.shape == decoded.shape and np.isfinite(p).all()
        if kind != "value": assert (p >= 0).all() and (p <= 1).all()
        if kind == "oneof": np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)

@pytest.mark.parametrize("kind", TRUTH)
def test_rivals_see_no_test_row(kind):
    target, truth = TRUTH[kind]
    x, y = Sequences(draw_codes(90, 40, 0)), target.encode(truth)
    other = y.clone()
    other[60:] = y[60:].flip(0)
    first, again, blind = (rivals(x, v, np.arange(60), np.arange(60, 90), target, seed=1) for v in (y, y, other))
    codes = x.codes.clone()
    codes[75:] = 0
    half = rivals(Sequences(codes), y, np.arange(60), np.arange(60, 90), target, seed=1)
    for name in first:
        assert (first[name] == again[name]).all() and (first[name] == blind[name]).all()
        np.testing.assert_allclose(first[name][:15], half[name][:15], atol=1e-6)

def test_each_rival_finds_what_it_can_see():
    draw, n = rng(0), 400
    y = BINARY.encode(np.resize([0, 1], n))
    one = y.numpy() > 0
    def best(codes): return {name: metric("mcc")(y[300:], p) for name, p in rivals(Sequences(codes), y, np.arange(300), np.arange(300, n), BINARY).items()}
    plain = draw_codes(n, 60, 1)
    placed = plain.copy()
    placed[one, 10:16] = [3, 0, 3, 0, 0, 3]
    rich = np.where(one[:, None] & (draw.random(plain.shape) < .3), 1, plain)
    short = plain.copy()
    short[one, 50:] = 255
    family = mutated(draw_codes(20, 60, 2)[np.arange(n) % 20], .95, 3)
    assert best(placed)["onehot"] > .95 and best(rich)["gc"] > .6 and best(short)["length"] > .95 and best(family)["nearest"] > .95
    assert abs(best(plain)["majority"]) < 1e-9 and best(rich)["kmer"] > .5

def test_borders_move_the_yes_of_a_rare_class():
    p = np.linspace(0, 1, 11)
    assert (_moved(p, .5) == p).all() and (np.diff(_moved(p, .2)) > 0).all() and ((_moved(p, .2) >= .5) == (p >= .2)).all()

def test_a_class_without_training_rows_gets_probability_zero():
    y = SITE.encode(np.resize(["a", "b"], 90))
    found = rivals(Sequences(draw_codes(90, 40, 0)), y, np.arange(60), np.arange(60, 90), SITE)
    assert all((p[:, 2] == 0).all() for p in found.values())

@pytest.mark.parametrize("n", [2, 3, 5])
def test_rivals_of_hardly_any_rows(n):
    found = rivals(Sequences(draw_codes(20, 40, 0)), BINARY.encode(np.resize([0, 1], 20)), np.arange(n), np.arange(10, 20), BINARY)
    assert all(np.isfinite(p).all() and len(p) == 10 for p in found.values())

def test_features():
    x = Sequences.of(["ACGTAC", "GGN"])
    assert kmer_counts(x, 2).sum(1).tolist() == [5, 1] and kmer_counts(x, 2)[0, 1] == 2
    left, right = onehot(x).reshape(2, 2, 4, 6).swapaxes(0, 1)
    assert right[1, :, :3].sum() == 0 and right[1, 2, 3:5].tolist() == [1, 1] and (left[0] == right[0]).all()
    assert onehot(Sequences(draw_codes(3, 2000, 0))) is None

# Audit

def case(n, seed=0, length=100, **change):
    "A clean data set of n rows as the arguments of a `Case`: 70 % train, 10 % valid, 20 % test."
    return dict(x=Sequences(draw_codes(n, length, seed)), parts=tuple(np.split(np.arange(n), [int(.7 * n), int(.8 * n)])),
                y=torch.from_numpy(np.resize([0., 1.], n)), labels=("no", "yes")) | change

def plant(trap, n, seed):
    "(a `Case` with three plants of `trap`, how many rows the finding must count, of which level)."
    found = case(n, seed)
    codes, y, last, three = found["x"].codes.clone(), found["y"].clone(), n - 6, slice(n - 3, n)
    if trap == "exact_twins": codes[three] = codes[:3]
    if trap == "reverse_twins": codes[three] = found["x"].reverse_complement().codes[:3]
    if trap == "near_duplicates": codes[three] = torch.from_numpy(mutated(codes[:3].numpy(), .92, seed))
    if trap == "overlap": codes[three, :70] = codes[:3, 30:]
    if trap == "repeats": codes[3:6] = codes[:3]; y[3:6] = y[:3]
    if trap == "label_conflicts": codes[1:3] = codes[0]; y[:3] = torch.tensor([0., 1., 1.])
    if trap == "ambiguous_letters": codes[three, :10] = 14
    if trap == "imbalance": y[:] = 0; y[::16] = 1
    if trap == "one_class": y[found["parts"][2]] = 0
    if trap == "gc_shortcut": codes[(rng(seed).random(codes.shape) < .25) & (y.numpy() > 0)[:, None]] = 1
    if trap == "length_shortcut": codes[y > 0, 80:] = 255
    found |= {"x": Sequences(codes), "y": y}
    if trap == "shared_groups": found |= {"groups": np.r_[np.arange(n - 3), :3], "stated": True}
    if trap == "tiny_test": found["parts"] = tuple(np.split(np.arange(n), [n - 60, n - 30]))
    return Case(**found)

PLANTS = {"exact_twins": (3, "error"), "reverse_twins": (3, "error"), "near_duplicates": (3, "warning"), "overlap": (3, "warning"), "repeats": (3, "info"),
          "label_conflicts": (3, "error"), "ambiguous_letters": (3, "warning"), "imbalance": (None, "warning"), "one_class": (1, "error"), "gc_shortcut": (None, "warning"),
          "length_shortcut": (100, "warning"), "shared_groups": (3, "error"), "tiny_test": (30, "warning")}

@pytest.mark.parametrize("n", [600, 1500, 4000])
@pytest.mark.parametrize("trap", PLANTS)
def test_every_plant_is_named(trap, n):
    count, level = PLANTS[trap]
    finding = audit(plant(trap, n, seed=n))["near_duplicates" if trap == "overlap" else trap]
    assert finding is not None and finding.level == level and finding.fix
    if count is not None: assert finding.count == count

@pytest.mark.parametrize("n", [600, 1500, 4000])
@pytest.mark.parametrize("seed", range(7))
def test_clean_twins_raise_no_alarm(n, seed): assert audit(Case(**case(n, 100 + seed))).findings == []

@pytest.mark.parametrize("target, truth", [(OneOf("y").fitted(["a", "b", "c"]), np.resize(["a", "b", "c"], 900)), (Value("y").fitted([0., 1]), rng(5).normal(size=900))])
def test_clean_data_of_other_targets(target, truth):
    assert audit(Case(**case(900, 3, y=target.encode(truth), labels=getattr(target, "labels", ())))).findings == []

def test_a_value_that_follows_gc_is_told():
    found = case(600)
    share = (found["x"].codes % 3 > 0).float().mean(1, keepdim=True)     # codes 1 and 2 are C and G
    assert audit(Case(**found | {"y": share, "labels": ()}))["gc_shortcut"].count >= 95

def test_no_pair_counts_under_two_names():
    found = case(600)
    codes = found["x"].codes.clone()
    codes[500], codes[510], codes[520] = codes[0], found["x"].reverse_complement().codes[1], torch.from_numpy(mutated(codes[2:3].numpy(), .93, 0)[0])
    told = audit(Case(**found | {"x": Sequences(codes)}))
    assert [told[t].count for t in ("exact_twins", "reverse_twins", "near_duplicates")] == [1, 1, 1]
    for trap in ("exact_twins", "reverse_twins", "near_duplicates"):
        assert told.matrix[trap].loc["train", "test"] == told.matrix[trap].loc["test", "train"] == 1 and told.matrix[trap].to_numpy().sum() == 2

@pytest.mark.parametrize("seed", SEEDS)
def test_meetings_equal_a_count_of_all_pairs(seed):
    draw = rng(seed)
    coarse, part = draw.integers(12, size=60), draw.integers(-1, 3, size=60)
    fine = coarse * 3 + draw.integers(3, size=60)
    found = meetings(met(coarse, fine, part), part).to_numpy()
    for a, b in np.ndindex(3, 3):
        assert found[a, b] == sum(any(part[j] == a and coarse[i] == coarse[j] and fine[i] != fine[j] for j in range(60)) for i in np.flatnonzero(part == b))

def test_an_audit_is_plain_and_harmless():
    found = plant("exact_twins", 600, 0)
    hostile = "<img src=x onerror=alert(1)>"
    told = audit(Case(**case(600) | {"x": found.x, "ids": tuple(f"{hostile}{i}" for i in range(600)), "labels": (hostile, "</script>"),
                                     "columns": {"x": hostile, "y": hostile, "group": hostile}}))
    page = told._repr_mimebundle_()["text/html"]
    assert "<img" not in page and "</script" not in page and "&lt;img" in page
    assert json.loads(json.dumps(told.to_list()))[0]["trap"] == "exact_twins" and set(told.to_list()[0]) >= {"trap", "count", "of", "level", "examples", "fix"}
    assert told.table.level.tolist() == [f.level for f in told] and not told.ok and audit(Case(**case(600))).ok

@pytest.mark.parametrize("options, told", [({}, False), ({"folds": 3}, False), ({"seed": 4, "valid": .2}, False), ({"identity": .99}, True), ({"identity": .99, "folds": 3}, True)])
def test_a_looser_split_does_not_loosen_its_audit(options, told):
    codes = draw_codes(150, 100, 1)
    frame = pd.DataFrame({"sequence": Sequences(np.r_[codes, mutated(codes, .92, 2)]).strings, "label": np.resize(["a", "b"], 300)})
    assert (Data.from_table(frame, split=by_cluster(**options)).audit()["near_duplicates"] is not None) == told

def test_designs_on_one_backbone_can_be_split_but_are_told():
    codes = np.hstack([np.repeat(draw_codes(1, 60, 1), 200, 0), draw_codes(200, 40, 2)])
    frame = pd.DataFrame({"sequence": Sequences(codes).strings, "label": np.resize(["a", "b"], 200)})
    with pytest.raises(DataError, match="common=.02"): Data.from_table(frame, split="cluster")
    data = Data.from_table(frame, split=by_cluster(common=.1))
    assert data.audit()["near_duplicates"].count == len(data.valid) + len(data.test)

# Data

def test_data_holds_together():
    frame = table(150, weight=1 + np.arange(150) % 3, name=[f"n{i}" for i in range(150)])
    frame.loc[149, "sequence"] = frame.sequence[0]
    data = Data.from_table(frame, ids="name", weight="weight", name="toy", seed=4)
    for part in (data.train, data.valid, data.test):
        assert part.ids == frame.name[part.rows].tolist() and part.x.strings == frame.sequence[part.rows].tolist()
        assert part.y.tolist() == (frame.label[part.rows] == "pos").astype(float).tolist()
        assert part.weight.tolist() == frame.weight[part.rows].tolist() and len(part.groups) == len(part)
    assert data.shape == {"channels": 4, "length": 60, "out": 1} and data.folds == [data] and data.name == "toy"
    assert Data.from_table(table(150)).train.groups is None and Data.from_table(table(150)).train.weight is None

def test_a_table_is_left_as_it_was():
    frame = table(60).set_index(np.arange(60) * 7)
    copy = frame.copy()
    data = Data.from_table(frame)
    pd.testing.assert_frame_equal(frame, copy)
    assert data.table.index.tolist() == [*range(60)]

def test_the_target_knows_the_training_rows_alone():
    frame = table(200).assign(strength=rng(0).normal(5, 2, 200))
    for data in Data.from_table(frame, y="strength", split=random(folds=4)).folds:
        assert data.target.centre[0] == pytest.approx(frame.strength[data.train.rows].mean())
        assert data.target.scale[0] == pytest.approx(frame.strength[data.train.rows].std(ddof=0))

def test_several_columns_make_a_value():
    data = Data.from_table(table(80).assign(a=np.arange(80.), b=rng(0).normal(size=80)), y=["a", "b"], name="two")
    assert data.target.outputs == ("a", "b") and data.shape["out"] == 2 and data.train.y.shape == (56, 2)
    assert labelled(data.spec, data.table[:4]).y.shape == (4, 2) and data.rivals()["kmer"].shape == (16, 2)
    assert json.loads(json.dumps(data.spec))["label"] == ["a", "b"]

@pytest.mark.parametrize("column, kind", [(["a", "b"] * 40, "binary"), ([0, 1] * 40, "binary"), ([True, False] * 40, "binary"), (["a", "b", "c", "d"] * 20, "oneof"), (np.linspace(0, 1, 80), "value")])
def test_targets_are_guessed(column, kind): assert Data.from_table(table(80).assign(label=column)).target.kind == kind

@pytest.mark.parametrize("target", ["oneof", OneOf("kind"), OneOf("kind", labels=("neg", "pos", "other"))])
def test_targets_are_taken(target): assert Data.from_table(table(80), target=target).target.kind == "oneof"

def test_folds_share_everything_but_their_rows():
    data = Data.from_table(table(150), split="cluster", seed=2)
    folds = Data.from_table(table(150), split=by_cluster(folds=5, seed=2)).folds
    assert [f.fold for f in folds] == [0, 1, 2, 3, 4] and all(f.folds is folds[0].folds and f.table is folds[0].table for f in folds)
    assert sorted(np.concatenate([f.test.rows for f in folds])) == [*range(150)] and len(data.folds) == 1

def test_rivals_are_kept_and_audit_too():
    data = Data.from_table(table(150))
    assert data.rivals() is data.rivals("test") and data.audit() is data.audit()
    assert {len(p) for p in data.rivals("valid").values()} == {len(data.valid)}

KIN = table(150, gene=np.arange(150) // 3)

@pytest.mark.parametrize("options, level", [({}, "warning"), ({"group": "gene"}, "error"), ({"split": by_group("gene")}, None), ({"split": by_group("gene", folds=5)}, None)])
def test_a_column_of_kin_is_watched(options, level):
    finding = Data.from_table(KIN, **options).audit()["shared_groups"]
    assert (finding and finding.level) == level
    if finding: assert finding.fix == "split=gb.by_group('gene')"

@pytest.mark.parametrize("change, found", [
    (dict(x="seq"), "no column 'seq'. Choose from: sequence, label."), (dict(y="lable"), "no column 'lable'. Did you mean 'label'?"),
    (dict(table=table(60).assign(label="pos")), "column 'label' holds only pos"), (dict(table=table(60)[:0]), "the table has no rows"), (dict(table=[1, 2]), "a list is no table"),
    (dict(table=table(60).assign(sequence=["ACGE" * 15] + ["ACGT" * 15] * 59)), "column 'sequence', record 1, position 4: 'E' is no dna letter. Mend or drop it"),
    (dict(alphabet="protien"), "no alphabet 'protien'. Did you mean 'protein'?"), (dict(length=61), "row 1 has 60 letters, not 61 (60 such rows)"),
    (dict(table=table(60).assign(sequence=[None] + ["ACGT" * 15] * 59)), "column 'sequence', row 1 is empty (1 such rows)"),
    (dict(table=table(60).assign(sequence=[5] * 60)), "column 'sequence', row 1 holds '5'"), (dict(table=table(60).assign(label=[None] + ["a", "b", "c"] * 19 + ["a", "b"])), "has no value in row 1"),
    (dict(target="valeu"), "no target 'valeu'. Did you mean 'value'?"), (dict(target="value"), "'pos' is no finite number"), (dict(split="clutser"), "no split 'clutser'. Did you mean 'cluster'?"),
    (dict(splt="random"), "no option 'splt'. Did you mean 'split'?"), (dict(ids="name"), "no column 'name'"), (dict(weight="label"), "column 'label', row 1: no weight"),
    (dict(table=table(61).assign(label=["rare"] + ["a", "b"] * 30), split=random(folds=4)), "no training row has the label 'rare'"), (dict(group="gene"), "no column 'gene'")])
def test_what_does_not_fit_is_one_clear_error(change, found):
    with pytest.raises(GenonbError) as e:
        data = Data.from_table(**{"table": table(60)} | change)
        for fold in data.folds: assert fold.train.ids and fold.train.weight is None and fold.audit() is not None
    assert found in str(e.value) and e.value.do

def write_two(folder, n=60):
    for i, name in enumerate(("neg", "pos")):
        write_fasta(folder / f"{name}.fa", pd.DataFrame({"id": [f"{name}{j}" for j in range(n)], "sequence": strings(n, 50, i)}))

@pytest.mark.parametrize("split", ["stratified", "cluster", by_cluster(folds=3)])
def test_fasta_and_its_recipe(tmp_path, split):
    write_two(tmp_path)
    data = Data.from_fasta(pos=tmp_path / "pos.fa", neg=tmp_path / "neg.fa", split=split, seed=5, name="two").folds[-1]
    again = Data.from_recipe(json.loads(json.dumps(data.recipe)))
    assert again.spec == data.spec and again.fold == data.fold and again.recipe == data.recipe
    for a, b in zip((again.train, again.valid, again.test), (data.train, data.valid, data.test)): assert a.ids == b.ids and (a.y == b.y).all()
    assert data.target.labels == ("neg", "pos") and data.test.ids[-1].startswith("pos")

def test_table_and_its_recipe(tmp_path):
    path = tmp_path / "t.tsv"
    table(60).to_csv(path, sep="\t", index=False, header=False)
    data = Data.from_table(path, reading={"names": ["sequence", "label"]}, split=random(seed=1))
    assert Data.from_recipe(json.loads(json.dumps(data.recipe))).test.ids == data.test.ids
    assert data.recipe["reader"] == "table" and len(data.recipe["sources"]) == 1 and len(data.recipe["sources"][0]["sha256"]) == 64
    path.write_text(path.read_text() + "ACGT\tpos\n")
    with pytest.raises(DataError, match="has changed since"): Data.from_recipe(data.recipe)

def test_a_recipe_without_sources_says_so(tmp_path):
    write_two(tmp_path)
    recipe = Data.from_table(table(60)).recipe
    assert recipe["sources"] == [] and recipe["note"] == "not re-runnable: pass source="
    told = Data.from_table(table(60), source=[tmp_path / "pos.fa", tmp_path / "neg.fa"]).recipe
    assert len(told["sources"]) == 2 and "note" not in told
    for r in (recipe, told):
        with pytest.raises(DataError, match="made in memory"): Data.from_recipe(r)

def test_several_classes_of_fasta(tmp_path):
    write_two(tmp_path)
    data = Data.from_fasta(classes={"nucleus": tmp_path / "pos.fa", "cytosol": tmp_path / "neg.fa", "membrane": tmp_path / "pos.fa"})
    assert data.target.kind == "oneof" and data.target.labels == ("cytosol", "membrane", "nucleus") and data.audit()["label_conflicts"].count == 120

@pytest.mark.parametrize("files, found", [(("pos.fa", None), "one file is missing"), (("none.fa", "neg.fa"), "there is no file"), (("empty.fa", "neg.fa"), "is empty: no records")])
def test_fasta_errors(tmp_path, files, found):
    write_two(tmp_path)
    (tmp_path / "empty.fa").touch()
    with pytest.raises(GenonbError) as e: Data.from_fasta(*(f and tmp_path / f for f in files))
    assert found in str(e.value)

# New data

SPEC = {"inputs": {"kind": "dna", "channels": 4, "length": 8, "column": "seq", "padded": False}}
PADDED = {"inputs": SPEC["inputs"] | {"padded": True}}
EIGHT = ["ACGTACGT", "GGGGCCCC"]

@pytest.mark.parametrize("x", [EIGHT, tuple(EIGHT), pd.Series(EIGHT), pd.DataFrame({"seq": EIGHT}), np.array(EIGHT), Sequences.of(EIGHT), Sequences.of(EIGHT)[:], Sequences.of(EIGHT)[:].numpy(), (s for s in EIGHT)])
def test_inputs_of_every_form(x): assert encode_inputs(SPEC, x).strings == EIGHT

@pytest.mark.parametrize("spec, x, found", [(SPEC, ["ACGTACGT", "ACG"], "sequence 2 has 3 letters (1 such); the model takes 8"), (PADDED, ["ACGTACGTA"], "sequence 1 has 9 letters"),
                                           (SPEC, pd.DataFrame({"sq": EIGHT}), "no column 'seq'. Did you mean 'sq'?"), (SPEC, np.zeros((2, 8, 4), np.float32), "Did you mean x.transpose(1, 2)?"),
                                           (SPEC, ["ACGTACGQ"], "position 8: 'Q' is no dna letter"), (SPEC, Sequences.of(["MKV"], "protein"), "protein sequences; the model reads dna")])
def test_inputs_that_do_not_fit(spec, x, found):
    with pytest.raises(GenonbError) as e: encode_inputs(spec, x)
    assert found in str(e.value)

def test_padding_to_the_length_of_old():
    assert encode_inputs(PADDED, ["ACG"]).shape == (1, 4, 8) and encode_inputs(PADDED, ["ACG", "ACGTACGT"]).strings == ["ACG", "ACGTACGT"]
    assert encode_inputs(PADDED, Sequences.of(["ACG"], length=20)).shape == (1, 4, 8)

def test_new_rows_with_truth():
    data = Data.from_table(table(60))
    part = labelled(json.loads(json.dumps(data.spec)), table(60))
    assert isinstance(part, Part) and (part.x.codes == Sequences.of(table(60).sequence).codes).all() and part.y.sum() == 20
    with pytest.raises(SpecError, match="'other' is not among neg, pos"): labelled(data.spec, table(60).assign(label="other"))

@pytest.mark.parametrize("found, name", [(["ACGT"], "dna"), (["ACGU"], "rna"), (["acgtnnac"], "dna"), (["MKVLAAGIC"], "protein"), (["ACGT" * 20 + "E"], "dna")])
def test_alphabets_are_guessed_by_the_bulk(found, name): assert alphabet_of(found) == name

def test_blanks_around_letters_are_cut(): assert column_strings(pd.DataFrame({"s": [" ACGT", "GG \t"]}), "s") == ["ACGT", "GG"]

# Facts on real data

def splice(): return read_table(MIRROR / "splice-uci" / "splice.data", names=["label", "id", "sequence"])

@real
def test_splice_uci_repeats_and_contradicts_itself():
    data = Data.from_table(splice(), name="splice_uci")
    told = data.audit()
    assert len(data.table) == 3190 and len(np.unique(data._shared.groups)) <= 3005 and told["repeats"].count == 3190 - 3005
    conflict = data.table[data.table.groupby("sequence").label.transform("nunique") > 1]
    assert told["label_conflicts"].count == 2 and set(conflict.label) == {"IE", "N"} and conflict.sequence.nunique() == 1
    assert told["exact_twins"] is None and Data.from_table(splice(), split=random(twins=False)).audit()["exact_twins"].count > 50

@real
def test_all_strong_enhancers_of_the_independent_test_stand_in_train():
    files = [(p, k) for p in ("train", "test") for k in ("strong", "weak")]
    frames = [read_fasta(MIRROR / "enhancer-liu2016" / f"{p}_{k}_enhancers.fa").assign(part=p, label=k) for p, k in files]
    told = Data.from_table(pd.concat(frames), split="given:part").audit()
    assert told["exact_twins"].count == 100 and told.matrix["exact_twins"].loc[["train", "valid"], "test"].sum() == 100

@real
def test_gue_tf4_repeats_dev_rows_in_train():
    frames = [read_table(MIRROR / "tf-human-gue4" / f"{p}.csv").assign(part=p) for p in ("train", "dev", "test")]
    data = Data.from_table(pd.concat(frames), split="given:part")
    told = data.audit()
    seen = set(data.table.sequence[data.table.part == "train"])
    assert told.matrix["exact_twins"].loc["train", "valid"] == sum(s in seen for s in data.valid.x.strings) == 358
    assert len(seen & set(data.valid.x.strings)) == 346

@real
@pytest.mark.slow
def test_rivals_reach_their_marks_on_sigma70_promoters():
    folder = MIRROR / "promoter-ecoli-sigma70"
    folds = Data.from_fasta(pos=folder / "Ecoli_prom.fa", neg=folder / "Ecoli_non_prom.fa", split=by_cluster(folds=5)).folds
    y = np.concatenate([f.test.y for f in folds])
    mcc = {name: metric("mcc")(y, np.concatenate([f.rivals()[name] for f in folds])) for name in folds[0].rivals()}
    assert len(y) == 3839 and mcc["kmer"] > .70 and .60 < mcc["gc"] < .66 and mcc["majority"] == 0 and mcc["onehot"] > .64
    assert all(f.audit()["near_duplicates"] is None for f in folds)
