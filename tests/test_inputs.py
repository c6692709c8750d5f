"Inputs of every kind: tables stay sparse to the batch, folds learn from training rows alone, names decide and never order, the engine treats them alike."
import json
import os
import tracemalloc
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from genonb.core.errors import DataError, GenonbError, ModelError, SpecError
from genonb.core.settings import rng
from genonb.data import matrix as matrices
from genonb.data.data import Data, labelled
from genonb.data.embed import embedding
from genonb.data.inputs import Pair, Sequences, as_sequences, check_inputs, encode_inputs
from genonb.data.matrix import ALONE, LEARNT, Learnt, Matrix, Plan, Sparse, alone, matrix_of
from genonb.data.metrics import metric
from genonb.data.samples import once_each, samples_of
from genonb.data.select import SELECTIONS, by_information, by_stability, by_variance, select_of
from genonb.data.target import Binary, OneOf, target_from_dict
from genonb.data.weigh import calibration, choose_threshold, class_weights, recalibrate
from genonb.io.notes import DataWarning
from genonb.models.build import build
from genonb.models.dnn import dnn, towers
from genonb.train.folder import model_hash
from genonb.train.run import fit, load
from genonb.train.study import study

MIRROR = Path(os.environ.get("GENONB_MIRROR") or Path(__file__).parents[2] / "shared" / "datasets")
real = pytest.mark.skipif(not MIRROR.is_dir(), reason="no mirror with the real data")
plain = lambda value: json.loads(json.dumps(value))
QUIET = dict(score=False, on_event=lambda event: None)
PLANS = [(), "standard", "minmax", "log1p", "rank", "log1p_cpm", ("log1p_cpm", "standard"), ("rank", "minmax"), ("log1p", "rank", "standard")]


def counts(n=90, genes=60, seed=0, density=1.):
    draw = rng(seed)
    x = draw.poisson(9, (n, genes)) * (draw.random((n, genes)) < density)
    kind = np.resize(["ALL", "AML", "MLL"], n)
    x[:, :4] += 20 * (kind == "AML")[:, None]
    return pd.DataFrame(x, index=[f"p{i}" for i in range(n)], columns=[f"gene{i}" for i in range(genes)]).astype(float), pd.DataFrame({"patient": [f"p{i}" for i in range(n)], "type": kind})


def handle(table, labels): return SimpleNamespace(X=sparse.csr_matrix(table.to_numpy()), obs=labels.set_index("patient"), var=pd.DataFrame(index=table.columns))


# ---- the protocol ------------------------------------------------------------------------------------------------

def every_kind():
    table, _ = counts(12)
    seqs = Sequences.of(["ACGT", "ACG", "ACGT", "TTTT"] * 3)
    drugs = Sequences.of(["CCO", "c1ccccc1", "CCO", "CO"] * 3, "smiles")
    return {"sequence": seqs, "matrix": Matrix.of(table.to_numpy()[[0, 1, 0, *range(3, 12)]], plan=Plan("standard")),
            "sparse": Matrix.of(sparse.csr_array(table.to_numpy()[[0, 1, 0, *range(3, 12)]])), "pair": Pair(drugs, seqs, names=("drug", "site"))}


@pytest.mark.parametrize("name", ["sequence", "matrix", "sparse", "pair"])
def test_every_inputs_object_speaks_the_protocol(name):
    x = every_kind()[name].fitted(np.arange(8), torch.zeros(12))
    some = x.select([3, 0, 2])
    taken, direct = some.take(slice(0, 3)), x.take(torch.tensor([3, 0, 2]))
    many = lambda t: t if isinstance(t, tuple) else (t,)
    assert len(x) == 12 and x.shape[0] == 12 and len(some) == 3 and x.kind in ("sequence", "matrix", "pair")
    assert all(t.dtype == torch.float32 and (t == u).all() for t, u in zip(many(taken), many(direct)))
    assert all(torch.allclose(t, u) for t, u in zip(many(x.to("cpu").take(slice(0, 12))), many(x.take(slice(0, 12)))))
    assert x.keys[0] == x.keys[2] != x.keys[1] and all(isinstance(k, bytes) for k in x.keys) and len(x.keys) == 12
    assert plain(x.describe()) == x.describe() and x.ints and all(torch.is_tensor(t) for t in x.tensors)
    assert "kind" in dict(x.card())


@pytest.mark.parametrize("seed", range(5))
def test_sparse_rows_are_the_dense_ones(seed):
    draw = rng(seed)
    m = sparse.random_array((40, 30), density=draw.random(), format="csr", rng=draw, dtype=np.float32)
    rows, dense = Sparse.of(m), m.toarray()
    for index in (slice(3, 17), slice(None), torch.from_numpy(draw.integers(0, 40, 25)), torch.tensor([], dtype=torch.int64), slice(40, 50)):
        assert (rows[index].numpy() == dense[index if isinstance(index, slice) else index.numpy()]).all()
    twice = sparse.coo_array((np.r_[m.tocoo().data, m.tocoo().data], tuple(np.r_[c, c] for c in m.tocoo().coords)), shape=m.shape)
    assert np.allclose(Sparse.of(twice)[:].numpy(), 2 * dense)


@pytest.mark.parametrize("normalise", PLANS, ids=str)
@pytest.mark.parametrize("select", [None, by_variance(7), by_information(5)], ids=str)
def test_sparse_and_dense_tables_are_one(normalise, select):
    table, labels = counts(density=.4)
    y, plan = torch.from_numpy(pd.factorize(labels.type)[0]), Plan(normalise, None, select)
    rows = np.arange(0, 90, 2)
    a, b = (Matrix.of(v, table.columns, plan=plan).fitted(rows, y) for v in (table.to_numpy(), sparse.csr_array(table.to_numpy())))
    assert a.names == b.names and torch.allclose(a[:], b[:], atol=1e-4)
    assert torch.allclose(a.to("cpu")[:9], a[:9], atol=1e-6)


@pytest.mark.parametrize("impute, filled", [("median", 3.), ("mean", 4.), ("zero", 0.)])
def test_gaps_are_filled_by_training_rows(impute, filled):
    x = np.array([[1, 5], [3, 5], [8, 5], [np.nan, 5], [100, np.nan]], np.float32)
    m = Matrix.of(x, plan=Plan((), impute)).fitted([0, 1, 2, 3])
    assert m[3].tolist() == [filled, 5] and m[4].tolist() == [100, 5 if impute != "zero" else 0]
    s = Matrix.of(sparse.csr_array(np.nan_to_num(x, nan=7)), plan=Plan((), impute))
    assert s.fitted([0, 1])[:].isfinite().all()


def test_row_wise_steps_by_hand():
    x = np.array([[0, 2, 2, 6], [5, 5, 0, 0]], np.float32)
    assert np.allclose(np.expm1(alone(["log1p_cpm"], x)).sum(1), 1e6)
    assert alone(["rank"], x).tolist() == pytest.approx(np.array([[0, .5, .5, 1], [2.5 / 3, 2.5 / 3, .5 / 3, .5 / 3]]))
    assert alone(["log1p_cpm"], np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]
    assert set(ALONE) & set(LEARNT) == set()


# ---- memory ------------------------------------------------------------------------------------------------------

def test_an_allocation_beyond_memory_is_an_error_before_it_happens(monkeypatch):
    big = sparse.csr_array((200_000, 30_000), dtype=np.float32)      # 24 GB if dense
    monkeypatch.setattr(matrices, "free_memory", lambda: 2**31)
    m = Matrix.of(big)
    for dense in (lambda: m[:], lambda: m.take(slice(0, 10**6)), lambda: Matrix.of(big, plan=Plan("rank"))):
        with pytest.raises(DataError, match="22.4 GB .* 2.0 GB are free"): dense()
    assert m.take(slice(0, 64)).shape == (64, 30_000)
    wide = SimpleNamespace(X=np.broadcast_to(np.float32(1), (200_000, 30_000)), obs=pd.DataFrame({"y": np.arange(200_000) % 2}), var=pd.DataFrame(index=range(30_000)))
    with pytest.raises(DataError, match="22.4 GB"): Data.from_matrix(wide, "y")


def test_a_sparse_table_is_never_dense_before_the_batch():
    draw = rng(0)
    cells = sparse.random_array((6000, 5000), density=.01, format="csr", rng=draw, dtype=np.float32)       # 120 MB if dense
    sheet = pd.DataFrame({"y": draw.integers(0, 2, 6000)}, index=[f"c{i}" for i in range(6000)])
    tracemalloc.start()
    d = Data.from_matrix(SimpleNamespace(X=cells, obs=sheet, var=pd.DataFrame(index=[f"g{i}" for i in range(5000)])), "y", normalise=("log1p_cpm", "standard"), select=by_variance(300))
    d.train.x.take(torch.arange(64))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert d.train.x.sparse and d.shape["features"] == 300 and peak < 60e6


# ---- folds learn from training rows alone -------------------------------------------------------------------------

@pytest.mark.parametrize("select", [by_variance(9), by_information(9), by_stability(9, threshold=.1, times=10)], ids=str)
def test_held_out_rows_teach_nothing(select):
    table, labels = counts()
    made = lambda t: Data.from_matrix(t, "type", labels=labels, normalise=("log1p", "standard"), impute="median", select=select, split="stratified", seed=1)
    d = made(table)
    other = table.copy()
    other.iloc[np.r_[d.valid.rows, d.test.rows]] = rng(5).poisson(900, (len(d.valid) + len(d.test), 60))
    e = made(other)
    assert (e.train.rows == d.train.rows).all() and e.spec == d.spec and (e.train.x[:] == d.train.x[:]).all()


def test_choosing_on_all_rows_makes_noise_a_discovery():
    draw, y = rng(0), np.arange(80) % 2
    noise = pd.DataFrame(draw.normal(size=(80, 2000)).astype(np.float32))
    def accuracy(table, select):
        folds = Data.from_matrix(table.assign(y=y), "y", select=select, split=dict(split="stratified", folds=3)).folds
        return np.mean([metric("accuracy")(f.test.y.numpy(), f.rivals()["linear"]) for f in folds])
    r = np.abs(np.corrcoef(noise.T, y)[-1, :-1])
    peeked = noise.iloc[:, np.argsort(-r)[:20]]
    assert accuracy(peeked, None) > .85 and accuracy(noise, "variance:20") < .7 and accuracy(noise, by_stability(20, threshold=.2, times=20)) < .7


@pytest.mark.parametrize("word", SELECTIONS)
def test_selections_are_records(word):
    s = SELECTIONS[word](7)
    assert select_of(plain(s.to_dict())) == s == select_of(f"{word}:7") and select_of(None) is None
    x, y = rng(0).normal(size=(60, 30)), np.arange(60) % 3
    x[:, 4] += 3 * (y == 1)
    table = pd.DataFrame(x)
    for given in (table, x, sparse.csr_array(x), Matrix.of(x)): assert 4 in SELECTIONS[word](7)(given, y)
    assert (s(x, y) == s(x, np.array(["a", "b", "c"])[y])).all() and (np.diff(s(x, y)) > 0).all()
    assert 4 in s(x, x[:, 4] + rng(1).normal(size=60) / 9)
    with pytest.raises(SpecError): select_of("varianse:7")


# ---- samples and labels ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", ["rows", "columns"])
def test_labels_find_their_samples_in_any_order(seed, way):
    table, labels = counts()
    shuffled = labels.sample(frac=1, random_state=seed)
    given = table if way == "rows" else table.T.rename_axis("gene").reset_index()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        d = Data.from_matrix(given.sample(frac=1, random_state=seed + 9) if way == "rows" else given, "type", labels=shuffled, normalise=None)
    truth = labels.set_index("patient").type
    assert (d.truth.to_numpy() == truth[d.ids].to_numpy()).all() and set(d.x.names) == set(table.columns)
    assert (d.x[:].numpy() == table.loc[d.ids, list(d.x.names)].to_numpy()).all()
    assert any("so it was turned" in str(w.message) for w in told if w.category is DataWarning) == (way == "columns")


def test_labels_that_do_not_fit():
    table, labels = counts(9, 5)
    for wrong, said in ((labels[:5], "'p5' has no label .4 such"), (pd.concat([labels, labels[:1]]), "'p0' stands in labels more than once"), (labels.type, "no sample of the table is named"),
                        (labels.assign(patient=[f"q{i}" for i in range(9)]), "never matched by order")):
        with pytest.raises(DataError, match=said): Data.from_matrix(table, "type", labels=wrong)
    with pytest.warns(DataWarning, match="1 of 10 name no sample"): Data.from_matrix(table, "type", labels=pd.concat([labels, pd.DataFrame({"patient": ["x"], "type": ["ALL"]})]), split="random")


@pytest.mark.parametrize("cell, said", [(np.nan, "'p3', column 'gene2' is nan"), (np.inf, "'p3', column 'gene2' is inf"), ("0,5", "'p3', column 'gene2' holds '0,5'"), ("high", "'p3', column 'gene2' holds 'high'")])
def test_a_cell_that_is_no_number_is_named(cell, said):
    table, labels = counts()
    table = table.astype(object if isinstance(cell, str) else float)
    table.iloc[3, 2] = cell
    for given in (table, table if isinstance(cell, str) else handle(table, labels)):
        with pytest.raises(DataError, match=said): Data.from_matrix(given, "type", labels=labels)
    if cell is np.nan: assert Data.from_matrix(table, "type", labels=labels, impute="mean").x[:].isfinite().all()


def test_duplicated_symbols_are_a_choice():
    x = rng(0).random((5, 6)).astype(np.float32)
    names = ["a", "b", "a", "c", "b", "a"]
    with pytest.raises(DataError, match="'a' stands there 3 times .2 such names"): once_each(x, names, "error")
    for way, expected in (("sum", np.stack([x[:, [0, 2, 5]].sum(1), x[:, [1, 4]].sum(1), x[:, 3]], 1)), ("first", x[:, [0, 1, 3]]), ("rename", x)):
        for v in (x, sparse.csr_array(x)):
            values, kept = once_each(v, names, way)
            assert np.allclose(values.toarray() if sparse.issparse(values) else values, expected) and len(set(kept)) == len(kept)


def test_reserved_columns_are_no_features():
    table, labels = counts(30, 5)
    sheet = table.assign(y=np.arange(30) % 2, weight=1., donor=np.arange(30) // 2, part=["train"] * 20 + ["test"] * 10)
    d = Data.from_matrix(sheet, "y", weight="weight", group="donor", split="given:part")
    assert d.x.names == tuple(table.columns) and d.train.weight is not None and d.audit().findings is not None
    assert samples_of(sheet, reserved=["y"]).names == (*table.columns, "weight", "donor")


# ---- the engine --------------------------------------------------------------------------------------------------

def data_of(kind, **options):
    table, labels = counts(density=.5)
    if kind == "dense": return Data.from_matrix(table, "type", labels=labels, normalise=("log1p_cpm", "standard"), select="variance:20", **options), table
    if kind == "sparse": return Data.from_matrix(handle(table, labels), "type", normalise="standard", **options), table
    draw, letters = rng(0), "ACDEFGHIKLMNPQRSTVWY"
    drugs, targets = ["CCO", "c1ccccc1", "CC(=O)O", "CN(C)C", "C#N", "CCCl"], ["".join(draw.choice(list(letters), 20)) for _ in range(15)]
    table = pd.DataFrame([{"drug": d, "target": t, "type": f"k{(i + j) % 3}"} for i, d in enumerate(drugs) for j, t in enumerate(targets)])
    return Data.from_table(table, ["drug", "target"], "type", **options), table


@pytest.mark.parametrize("kind, net", [("dense", dnn), ("sparse", dnn), ("pair", towers)])
def test_fit_save_load_predict(kind, net, tmp_path):
    d, table = data_of(kind)
    run = fit(net(**d.shape), d, epochs=3, batch_size=16, **QUIET)
    again = fit(net(**d.shape), d, epochs=3, batch_size=16, **QUIET)
    assert run.model_hash == again.model_hash and run.data_hash == again.data_hash and run.recipe["arguments"]
    p = run.predict(d.test.x)
    loaded = load(run.save(tmp_path / "run"), build=build)
    new = table.iloc[d.test.rows].sample(frac=1, axis=1, random_state=1)
    assert (loaded.predict(d.test.x) == p).all() and np.allclose(loaded.predict(new).iloc[:, :3], p, atol=1e-6)
    assert (new.index == loaded.predict(new).index).all() and json.dumps(loaded.spec) == json.dumps(run.spec)
    assert loaded.save(tmp_path / "copy") and (load(tmp_path / "copy", build=build).predict(d.test.x) == p).all()
    part = labelled(run.spec, table.iloc[d.test.rows].assign(type=d.truth.iloc[d.test.rows].to_numpy()))
    assert str(run.score(part)["accuracy"]) == str(run.score(d.test)["accuracy"])


@pytest.mark.parametrize("kind, net", [("dense", dnn), ("pair", towers)])
def test_study_of_folds(kind, net):
    d, _ = data_of(kind, split=dict(split="stratified", folds=3))
    s = study(d, net, epochs=2, expect="show", batch_size=16)
    assert len(s.runs) == 3 and len({tuple(f.spec["inputs"].get("centre") or [i]) for i, f in enumerate(d.folds)}) == 3 and s.to_dict()["folds"] == 3


@pytest.mark.parametrize("kind, net", [("dense", dnn), ("sparse", dnn), ("pair", towers)])
@pytest.mark.parametrize("option", [dict(rc=.5), dict(shift=2), dict(mutate=.1)], ids=str)
def test_augmentation_of_sequences_is_refused_by_name(kind, net, option):
    d, _ = data_of(kind)
    with pytest.raises(SpecError, match="but the input is (matrix|pair)"): fit(net(**d.shape), d, epochs=1, **option, **QUIET)


def test_models_of_another_shape_are_named():
    d, _ = data_of("dense")
    with pytest.raises(ModelError, match=r"fails on x of shape \(2, 20\)"): fit(dnn(features=9, out=3), d, **QUIET)
    p, _ = data_of("pair")
    with pytest.raises(ModelError, match=r"fails on x of shape \(2, 70, 15\) and \(2, 20, 20\)|fails on x of shape .* and "): fit(dnn(features=9, out=3), p, **QUIET)
    for wrong in (dict(channels=4), dict(length=4), dict(features=0), dict(features=2.5), dict(features=4, channels=4, length=2), {}):
        with pytest.raises(ModelError): dnn(out=1, **wrong)


def test_balance_draws_classes_evenly_and_again():
    table, labels = counts(120)
    labels["type"] = np.where(np.arange(120) < 100, "many", "rare")
    d = Data.from_matrix(table, "type", labels=labels)
    runs = [fit(dnn(**d.shape), d, epochs=2, batch_size=16, balance=b, **QUIET) for b in (True, True, False)]
    assert runs[0].model_hash == runs[1].model_hash != runs[2].model_hash and runs[0].config.balance
    v = Data.from_matrix(table.assign(y=rng(0).normal(size=120)), "y")
    with pytest.raises(SpecError, match="balance=True"): fit(dnn(**v.shape), v, balance=True, **QUIET)


@pytest.mark.parametrize("key, value", [("scale", [1.0]), ("columns", ["gene0"] * 60), ("centre", ["x"] * 20), ("centre", [float("nan")] * 20), ("normalise", ["eval"]), ("picked", [99] * 20),
                                        ("features", 21), ("kind", "matrixx"), ("columns", None), ("fill", [1e999] * 20), ("impute", "__import__")])
def test_a_spec_that_was_changed_is_refused(key, value, tmp_path):
    d, _ = data_of("dense")
    run = fit(dnn(**d.shape), d, epochs=1, **QUIET)
    folder = run.save(tmp_path / "run")
    spec = json.loads((folder / "spec.json").read_text())
    spec["inputs"][key] = value
    (folder / "spec.json").write_text(json.dumps(spec))
    with pytest.raises(ModelError, match="spec.json"): load(folder, build=build)


def test_many_genes_stand_beside_the_record(tmp_path):
    table = pd.DataFrame(rng(0).normal(size=(40, 3000)), columns=[f"gene{i}" for i in range(3000)]).assign(y=np.arange(40) % 2)
    d = Data.from_matrix(table, "y")
    folder = fit(dnn(**d.shape, width=4), d, epochs=1, **QUIET).save(tmp_path / "run")
    assert (folder / "spec.json").stat().st_size < 2000 and plain(load(folder, build=build).spec) == plain(d.spec)
    data = bytearray((folder / "inputs.npz").read_bytes())
    for cut in (0, 10, len(data) // 2, len(data) - 1):
        (folder / "inputs.npz").write_bytes(data[:cut])
        with pytest.raises(ModelError, match="inputs.npz"): load(folder, build=build)


def test_targets_saved_before_focal_are_read():
    old = Binary("y", labels=("a", "b")).to_dict()
    del old["focal"]
    assert target_from_dict(old).focal == 0


@pytest.mark.parametrize("target, out, y", [(Binary("y", labels=("a", "b")), torch.randn(9, 1), torch.tensor([0., 1, 1] * 3)), (OneOf("y", labels=("a", "b", "c")), torch.randn(9, 3), torch.tensor([0, 1, 2] * 3))])
def test_focal_loss_is_its_formula(target, out, y):
    from dataclasses import replace
    p = torch.stack([1 - torch.sigmoid(out[:, 0]), torch.sigmoid(out[:, 0])], 1) if out.shape[1] == 1 else torch.softmax(out, 1)
    right = p[torch.arange(9), y.long()]
    assert torch.allclose(replace(target, focal=2.).loss(out, y), (-(1 - right)**2 * right.log()).mean(), atol=1e-5)
    assert torch.allclose(target.loss(out, y), -right.log().mean(), atol=1e-5)


# ---- pairs and new data --------------------------------------------------------------------------------------------

def test_pair_inputs_by_column():
    d, table = data_of("pair")
    assert [m.alphabet.name for m in d.x.members] == ["smiles", "protein"] and d.spec["inputs"]["inputs"][0]["column"] == "drug"
    check_inputs(d.spec["inputs"])
    assert encode_inputs(d.spec, table).keys == d.x.keys == encode_inputs(d.spec, [table.drug.tolist(), table.target.tolist()]).keys
    for wrong, said in ((table.drop(columns="drug"), "drug"), (table.assign(target="MKV"), "3 letters"), ([["CCO"]], "2 inputs"), ("CCO", "2 inputs")):
        with pytest.raises(GenonbError, match=said): encode_inputs(d.spec, wrong)
    with pytest.raises(SpecError, match="two columns and more"): Data.from_table(table, ["drug"], "type")
    with pytest.raises(SpecError, match="column 'drug', record .* is no protein letter"): Data.from_table(table, ["drug", "target"], "type", alphabet=["protein", "protein"])


def test_smiles_keep_their_case():
    x = as_sequences(["c1ccccc1Cl", "C1CCCCC1[N+](=O)[O-]"], "smiles")
    assert x.strings == ["c1ccccc1Cl", "C1CCCCC1[N+](=O)[O-]"] and x[:].sum(1).max() == 1
    with pytest.raises(SpecError, match="no smiles letter"): as_sequences(["CC!"], "smiles")


@pytest.mark.parametrize("normalise", PLANS, ids=str)
def test_a_new_table_is_read_by_the_numbers_of_the_fold(normalise):
    table, labels = counts()
    d = Data.from_matrix(table, "type", labels=labels, normalise=normalise, select="variance:10")
    new = table.iloc[d.test.rows, ::-1].assign(extra="words")
    expected = d.test.x[:]
    assert (encode_inputs(d.spec, new)[:] == expected).all() and (encode_inputs(d.spec, d.test.x)[:] == expected).all()
    kept = d.spec["inputs"]["columns"]
    assert (encode_inputs(d.spec, sparse.csr_array(new[kept].to_numpy(np.float32)))[:] - expected).abs().max() < 1e-4
    assert len(kept) == (60 if set(np.atleast_1d(normalise)) & set(ALONE) else 10)
    with pytest.raises(DataError, match="are missing"): encode_inputs(d.spec, new.drop(columns=kept[3]))


# ---- again from files ----------------------------------------------------------------------------------------------

def recipes(folder):
    table, labels = counts()
    table.rename_axis("patient").reset_index().to_csv(folder / "genes.csv", index=False)
    labels.to_csv(folder / "labels.csv", index=False)
    data_of("pair")[1].to_csv(folder / "pairs.csv", index=False)
    draw = rng(0)
    (folder / "genome.fa").write_text("".join(f">chr{i}\n{''.join(draw.choice(list('ACGT'), 700))}\n" for i in range(8)))
    (folder / "peaks.tsv").write_text("chrom\tstart\tend\n" + "".join(f"chr{i}\t{s}\t{s + 30}\n" for i in range(8) for s in range(60, 600, 50)))
    return {"matrix": lambda: Data.from_matrix(folder / "genes.csv", "type", labels=folder / "labels.csv", normalise=("log1p", "standard"), select=by_stability(9, threshold=.1, times=5), split=dict(split="stratified", folds=3)),
            "plain": lambda: Data.from_matrix(folder / "genes.csv", "type", x=["gene1", "gene2"], labels=folder / "labels.csv", normalise=None),
            "pair": lambda: Data.from_table(folder / "pairs.csv", ["drug", "target"], "type", alphabet=["smiles", "protein"]),
            "regions": lambda: Data.from_regions(folder / "peaks.tsv", folder / "genome.fa", 40, negatives="shuffle", seed=4)}


@pytest.mark.parametrize("name", ["matrix", "plain", "pair", "regions"])
def test_every_constructor_runs_again_from_its_files(name, tmp_path):
    d = recipes(tmp_path)[name]().folds[-1]
    again = Data.from_recipe(plain(d.recipe))
    assert plain(again.recipe) == plain(d.recipe) and again.spec == d.spec and again.fold == d.fold
    assert all((a.rows == b.rows).all() and a.x.keys == b.x.keys and (a.y == b.y).all() for a, b in zip((d.train, d.valid, d.test), (again.train, again.valid, again.test)))
    changed = Path(d.recipe["sources"][-1]["path"])
    changed.write_text(changed.read_text() + "\n")
    with pytest.raises(DataError, match="has changed since"): Data.from_recipe(d.recipe)


def test_data_made_in_memory_say_so():
    d, table = data_of("sparse")
    assert "not re-runnable" in d.recipe["note"]
    with pytest.raises(DataError, match="made in memory"): Data.from_recipe(d.recipe)


# ---- few against many ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["mcc", "accuracy", "balanced_accuracy"])
@pytest.mark.parametrize("seed", range(3))
def test_the_chosen_threshold_is_the_best(name, seed):
    draw = rng(seed)
    y = (draw.random(150) < .2).astype(int)
    p = np.clip(.3 * y + draw.random(150) * .6, 0, 1)
    cut, score = choose_threshold(y, p, name), metric(name)
    assert score(y, (p >= cut).astype(float)) == pytest.approx(max(score(y, (p >= c).astype(float)) for c in p), abs=1e-9)


def test_calibration_counts_every_row():
    draw = rng(0)
    p = draw.random((500, 3))
    p /= p.sum(1, keepdims=True)
    told = calibration(draw.integers(0, 3, 500), p, bins=7)
    assert told.n.sum() == 500 and ((told.low <= told.predicted) & (told.predicted <= told.high)).all() and 0 <= told.attrs["ece"] <= 1
    assert calibration([0, 1, 1], [0., 1., 1.]).attrs["ece"] == 0
    for wrong in (([0, 2], [.1, .2]), ([0], [.1, .2]), ([], [])):
        with pytest.raises(SpecError): calibration(*wrong)


def test_weights_make_classes_equal():
    y = np.array(["a"] * 90 + ["b"] * 9 + ["c"])
    w = pd.Series(class_weights(y)).groupby(y).sum()
    assert w.max() == pytest.approx(w.min()) and class_weights(y).mean() == pytest.approx(1)
    assert recalibrate([0, 1, 0, 1], [.4, .6, .4, .6]).slope > 1


# ---- maps ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["dense", "sparse", "pair"])
def test_a_map_has_a_point_a_row(kind):
    d, _ = data_of(kind)
    a, b = embedding(d), embedding(d)
    assert len(a) == 90 and a.equals(b) and list(a) == ["pc1", "pc2", "id", "part", "truth"] and sum(a.attrs["explained"]) <= 1 and (a.part != "").all()


def test_pca_is_pca():
    x = rng(0).normal(size=(50, 8)) * np.arange(1, 9)
    found = embedding(x, components=3)
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    assert np.allclose(np.abs(found), np.abs(u * s)[:, :3], atol=1e-3) and np.allclose(found.attrs["explained"], (s**2 / (s**2).sum())[:3], atol=1e-5)
    assert np.allclose(np.abs(embedding(sparse.csr_array(x))), np.abs(found.iloc[:, :2]), atol=1e-2)


@pytest.mark.slow
def test_umap_is_there_or_named():
    pytest.importorskip("umap", reason="umap-learn is optional")
    d, _ = data_of("dense")
    assert embedding(d, "umap", seed=1)[["umap1", "umap2"]].equals(embedding(d, "umap", seed=1)[["umap1", "umap2"]])


# ---- real data -------------------------------------------------------------------------------------------------------

@real
def test_golub_as_it_lies():
    folder = MIRROR / "golub-leukaemia"
    parts = [pd.read_csv(folder / f"data_set_ALL_AML_{name}.csv") for name in ("train", "independent")]
    both = parts[0].merge(parts[1].drop(columns="Gene Description"), on="Gene Accession Number")
    labels = pd.read_csv(folder / "actual.csv").assign(split=lambda t: np.where(t.patient <= 38, "train", "test"))
    with pytest.warns(DataWarning, match="72 of them have labels"):
        d = Data.from_matrix(both, "cancer", labels=labels.sample(frac=1, random_state=0), split="given", select="variance:1000", genes="Gene Accession Number")
    assert d.shape["features"] == 1000 and len(d.test) == 34 and pd.Series(d.truth.iloc[d.test.rows]).value_counts().to_dict() == {"ALL": 20, "AML": 14}
    found = {name: metric("accuracy")(d.test.y.numpy(), p) for name, p in d.rivals().items()}
    assert found["centroid"] >= 31 / 34 and found["majority"] < .65


@real
def test_cells_of_an_h5ad():
    from genonb.io.h5ad import read_h5ad
    cells = read_h5ad(MIRROR / "pbmc68k-reduced" / "10x_pbmc68k_reduced.h5ad", layer="raw")
    d = Data.from_matrix(cells, "bulk_labels", normalise=None, select="variance:100")
    assert d.train.x.sparse and len(d.table) == 700 and d.target.out == 10 and "CD14+ Monocyte" in d.target.labels
