"Trivial rivals of every kind of inputs: they answer as the target decodes, see no held-out truth, and are as strong as they claim."
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from genonb.core.settings import rng
from genonb.data.data import Data
from genonb.data.inputs import Pair, Sequences
from genonb.data.matrix import Matrix, Plan
from genonb.data.metrics import metric
from genonb.data.rivals import FAMILIES, RIVALS, _scaled, centroids, covariates, depth, family_of, logistic, means_by_name, numbers, ridge, rivals, ten_best
from genonb.data.target import TARGETS, Binary, OneOf, Value

MIRROR = Path(os.environ.get("GENONB_MIRROR") or Path(__file__).parents[2] / "shared" / "datasets")
real = pytest.mark.skipif(not MIRROR.is_dir(), reason="no mirror with the real data")
N, TRAIN, NEW = 90, np.arange(60), np.arange(60, 90)


def inputs(kind, seed=0):
    draw = rng(seed)
    x = draw.poisson(2, (N, 40)).astype(np.float32)
    seqs = Sequences(draw.integers(4, size=(N, 30)).astype(np.uint8))
    drugs = Sequences.of([["CCO", "c1ccccc1", "CC(=O)O"][i % 3] for i in range(N)], "smiles")
    made = {"matrix": lambda: Matrix.of(x, plan=Plan("standard")).fitted(TRAIN), "sparse": lambda: Matrix.of(sparse.csr_array(x)), "pair": lambda: Pair(drugs, seqs),
            "mixed": lambda: Pair(drugs, Matrix.of(x)), "sequence": lambda: seqs}
    return made[kind]()


TRUTHS = {"binary": (Binary("y"), np.resize(["no", "yes", "no"], N)), "oneof": (OneOf("y"), np.resize(list("abcd"), N)), "value": (Value("y"), rng(1).normal(size=(N, 2)))}


@pytest.mark.parametrize("target", TRUTHS)
@pytest.mark.parametrize("kind", ["sequence", "matrix", "sparse", "pair", "mixed"])
def test_rivals_speak_as_the_target_decodes(kind, target):
    record, truth = TRUTHS[target]
    fitted = record.fitted(truth)
    x, y = inputs(kind), fitted.encode(truth)
    shape = fitted.decode(torch.zeros(len(NEW), fitted.out)).shape
    found = rivals(x, y, TRAIN, NEW, fitted)
    assert list(found)[0] == ("mean" if target == "value" else "majority") and len(found) >= 3
    for name, p in found.items(): assert p.shape == tuple(shape) and np.isfinite(p).all() and (target == "value" or (p >= 0).all() and (p <= 1).all()), name
    changed = y.clone()
    changed[NEW] = y[NEW].flip(0)
    for name, p in rivals(x, changed, TRAIN, NEW, fitted).items(): assert (p == found[name]).all(), name


@pytest.mark.parametrize("kind", ["matrix", "sparse", "pair"])
def test_other_new_rows_change_nothing(kind):
    record, truth = TRUTHS["binary"]
    fitted = record.fitted(truth)
    x, y = inputs(kind), fitted.encode(truth)
    all_rows, half = rivals(x, y, TRAIN, NEW, fitted), rivals(x, y, TRAIN, NEW[:9], fitted)
    for name in half: assert np.allclose(half[name], all_rows[name][:9], atol=1e-5), name


def test_every_target_has_its_family():
    assert set(FAMILIES) >= set(TARGETS) & {"binary", "oneof", "value"}
    assert set(RIVALS) == {"sequence", "matrix", "pair", "covariates"}
    assert all(family_of(t).classes == (kind != "value") for kind, (t, _) in TRUTHS.items())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strength", [.1, 10.])
def test_wide_fits_are_the_fits(seed, strength):
    draw = rng(seed)
    x, new = draw.normal(size=(40, 900)).astype(np.float32), draw.normal(size=(15, 900)).astype(np.float32)
    y = x[:, :2] + draw.normal(size=(40, 2)).astype(np.float32)
    z, znew = (x - x.mean(0)) / x.std(0), (new - x.mean(0)) / x.std(0)
    assert np.allclose(ridge(x, y, new, strength), Ridge(strength).fit(z, y).predict(znew), atol=1e-2)
    hit = np.eye(2, dtype=np.float32)[(y[:, 0] > 0).astype(int)]
    assert np.allclose(logistic(x, hit, new, strength / 100), LogisticRegression(C=strength / 100, max_iter=2000).fit(z, hit.argmax(1)).predict_proba(znew), atol=2e-2)
    a, b = _scaled(x, new)
    assert a.shape[1] <= 40 and np.allclose(b @ a.T, znew @ z.T, atol=.05)


def test_ten_columns_are_chosen_in_the_training_rows():
    draw = rng(0)
    x, y = draw.normal(size=(60, 500)).astype(np.float32), np.eye(2, dtype=np.float32)[np.arange(60) % 2]
    x[:, 33] += 3 * y[:, 1]
    seen = []
    def fit(x, y, new, strength): return seen.append(x.shape[1]) or logistic(x, y, new, strength)
    p = ten_best(fit)(x[:40], y[:40], x[40:], 1.)
    assert seen == [10] and (p.argmax(1) == y[40:].argmax(1)).mean() > .8


def test_centroids_shrink_to_the_prior():
    draw = rng(0)
    x, y = draw.normal(size=(40, 30)).astype(np.float32), np.eye(3, dtype=np.float32)[np.r_[[0] * 20, [1] * 20]]
    p = centroids(x, y, x[:5], 1e6)
    assert np.allclose(p, [[.5, .5, 0]], atol=1e-5)
    assert (centroids(x + 5 * y[:, :1], y, x + 5 * y[:, :1], 0.).argmax(1) == y.argmax(1)).all()


def test_means_by_name_are_shrunken_means():
    y = np.array([[1.], [3], [10]], np.float32)
    one = means_by_name(np.array([[0], [0], [1]]), y, np.array([[0], [1], [2]]), 2.)
    mean = y.mean()
    assert one[:, 0] == pytest.approx([mean + (4 - 2 * mean) / 4, mean + (10 - mean) / 3, mean], abs=1e-4)


def test_depth_sees_depth_alone():
    x = Matrix.of(np.array([[1., 1, 0], [2, 2, 2]]))
    assert depth(x).tolist() == [[2, pytest.approx(1 / 3)], [6, 0]] and np.allclose(depth(Matrix.of(sparse.csr_array(x[:].numpy()))), depth(x))
    assert depth(Matrix.of(np.array([[1., 2], [2, 1]]))) is None


def test_very_wide_tables_are_cut_by_the_training_rows():
    draw = rng(0)
    wide = draw.normal(size=(50, 900)).astype(np.float32)
    wide[:30, 7] *= 50
    wide[30:, 8] *= 5000
    from genonb.data import rivals as room
    kept, room._FITTED_ON = room._FITTED_ON, 1e4
    try: cut = [numbers(Matrix.of(v), np.arange(30)) for v in (wide, sparse.csr_array(wide))]
    finally: room._FITTED_ON = kept
    assert cut[0].shape == (50, 200) and np.allclose(cut[0], cut[1]) and np.abs(cut[0][:30]).max() == np.abs(wide[:30, 7]).max()


def test_a_batch_that_is_the_label_stands_beside_the_score():
    draw = rng(0)
    y = np.arange(80) % 2
    table = pd.DataFrame(draw.normal(size=(80, 20))).assign(y=y, batch=np.where(y, "b1", "b2"), Sex=np.resize(["f", "m", "m"], 80))
    told = Data.from_matrix(table, "y").rivals()
    d = Data.from_matrix(table, "y")
    assert metric("accuracy")(d.test.y.numpy(), told["covariates"]) == 1 and "covariates" not in Data.from_matrix(table.drop(columns=["batch", "Sex"]), "y").rivals()
    assert covariates(table, {"batch"}).columns == ("Sex_f", "Sex_m") and covariates(table[["y"]]) is None


@real
@pytest.mark.parametrize("select", [None, "variance:500"])
def test_khan_centroids_tell_the_tumours_apart(select):
    read = lambda name: pd.read_csv(MIRROR / "khan-srbct" / f"Khan_{name}.csv", index_col=0)
    x = pd.concat([read("xtrain"), read("xtest")]).reset_index(drop=True)
    y = pd.concat([read("ytrain"), read("ytest")])["x"].to_numpy()
    d = Data.from_matrix(x.copy().assign(tumour=y, part=["train"] * 63 + ["test"] * 20), "tumour", split="given:part", select=select)
    found = {name: metric("accuracy")(d.test.y.numpy(), p) for name, p in d.rivals().items()}
    assert len(d.test) == 20 and found["centroid"] >= .95 and found["linear"] >= .85 and found["majority"] <= .3


@real
def test_davis_means_are_most_of_the_score():
    import json
    folder = MIRROR / "davis-drug-target"
    drugs, targets = (list(json.loads((folder / name).read_text()).values()) for name in ("ligands_can.txt", "proteins.txt"))
    kd = -np.log10(np.loadtxt(next(folder.glob("drug-target*"))) / 1e9)
    rows = [(d[:60], t[:120], kd[i, j]) for i, d in enumerate(drugs) for j, t in enumerate(targets[:80])]
    d = Data.from_table(pd.DataFrame(rows, columns=["drug", "target", "pKd"]).sample(2000, random_state=0), ["drug", "target"], "pKd", split="random")
    found = {name: metric("r2")(d.test.y.numpy(), p) for name, p in d.rivals().items()}
    assert found["drug + target"] > max(found["drug mean"], found["target mean"]) > found["mean"] and found["drug + target"] > .25
