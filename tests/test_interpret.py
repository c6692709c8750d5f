"""Interpretation: sum rules on every toy network, models left as they were, values that survive the disk, forms of input, words of errors."""
import io
import json
import subprocess
import sys
import threading
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn

from genonb.core.errors import DataError, GenonbError, ModelError, SpecError
from genonb.data.inputs import Sequences
from genonb.data.target import Binary, OneOf, Value
from genonb.interpret.attribution import Attribution, average_precision, joined, rank_auroc
from genonb.interpret.deeplift import IMPLEMENTATIONS, TOLERANCE, deep_lift, deep_lift_shap, trial
from genonb.interpret.explain import METHODS, agreement, explain, randomised
from genonb.interpret.gradients import integrated_gradients, saliency
from genonb.interpret.guard import OneNumber, as_columns, guarded, motif_net, snapshot
from genonb.interpret.ism import ism
from genonb.interpret.rules import Chords, by_rules, names, operations, suspects, unfold
from toy_nets import LENGTH, ODD, TOYS, Fn, build, conv, head, sequences

torch.set_num_threads(1)
X = sequences(3)
REFERENCES = torch.stack([as_columns(sequences(3, seed)).x for seed in (7, 8, 9, 10)], 1)    # (3, 4, 4, 24)
QUICK = {"deep_lift_shap": {"n_shuffles": 2}, "integrated_gradients": {"n_steps": 8}}


def missed(net, why, references=REFERENCES):
    "Relative completeness error, computed without the library."
    with torch.no_grad():
        x = torch.from_numpy(why.x)
        base = torch.stack([net(references[:, k])[:, 0] for k in range(references.shape[1])], 1)
        y = net(x)[:, 0]
    wanted = y - base.mean(1)
    return float(((torch.from_numpy(why.values).sum((1, 2)) - wanted).abs().sum()) / (y[:, None] - base).abs().mean(1).sum())


# ---- DeepLIFT: the sum rule --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", TOYS)
def test_deep_lift_is_complete_on_every_toy(name):
    net = build(name)
    why = deep_lift(net, X, REFERENCES)
    assert missed(net, why) < 1e-4 and why.error < 1e-4 and not why.warnings, (why.error, why.warnings)
    assert why.meta["implementation"] == "rules" and why.shape == (3, 4, LENGTH)


@pytest.mark.parametrize("name", [*TOYS, *ODD, "branching"])
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_no_implementation_is_silently_wrong(name, implementation):
    net = build(name)
    try:
        why = deep_lift(net, X, REFERENCES, implementation=implementation)
    except ModelError as e:
        assert implementation in str(e) and "integrated_gradients" in str(e)
        return
    assert missed(net, why) < TOLERANCE or why.warnings
    assert abs(why.error - missed(net, why)) < 1e-4 * (1 + why.error)


@pytest.mark.parametrize("name", ODD)
def test_what_has_no_rule_is_named(name):
    why = deep_lift_shap(build(name), X, n_shuffles=3)
    assert why.meta["pair_error"] > TOLERANCE
    assert f"{name} in layer 1 (Fn)" in why.warnings[0] and "ism" in why.warnings[0]
    assert set(why.meta["refused"]) | {why.meta["implementation"]} == set(IMPLEMENTATIONS)


def test_rules_agree_with_tangermeme_where_it_is_complete():
    "The same rescale rule, found independently: equal multipliers, not just equal sums."
    agreeing = 0
    for name in TOYS:
        net = OneNumber(snapshot(build(name)))
        x, r = as_columns(X).x, REFERENCES[:, 0]
        tried = trial(net, x, r, names=("tangermeme",))
        if tried.error[0] > 1e-4 or name in ("where", "quotient"): continue
        ours, theirs = (IMPLEMENTATIONS[i](net, x)(x, r)[0] for i in ("rules", "tangermeme"))
        assert torch.allclose(ours, theirs, atol=1e-3 * float(theirs.abs().max())), name
        agreeing += 1
    assert agreeing >= 18


def test_a_network_that_cannot_be_unfolded_goes_to_the_next_implementation():
    net = build("branching")
    why = deep_lift(net, X, REFERENCES)
    assert why.meta["implementation"] == "tangermeme" and "unfolded" in why.meta["refused"]["rules"]
    assert missed(net, why) < 1e-4 and not why.warnings


@pytest.mark.parametrize("batch_size", [1, 5, 12, 100])
def test_batches_do_not_matter(batch_size):
    net = build("maxpool")
    assert np.allclose(deep_lift(net, X, REFERENCES, batch_size=batch_size).values, deep_lift(net, X, REFERENCES).values, atol=1e-6)
    assert np.allclose(integrated_gradients(net, X, batch_size=batch_size).values, integrated_gradients(net, X).values, atol=1e-5)
    assert np.allclose(ism(net, X, batch_size=batch_size).effects, ism(net, X).effects, atol=1e-6)


def test_an_item_is_explained_without_its_companions():
    net = build("gelu")
    together = deep_lift_shap(net, X, n_shuffles=4, seed=3)
    for i, s in enumerate(X): assert np.allclose(deep_lift_shap(net, s, n_shuffles=4, seed=3).values[0], together.values[i], atol=1e-6)


def test_seed_decides_the_references():
    net = build("gelu")
    a, b, c = (deep_lift_shap(net, X, n_shuffles=4, seed=s).values for s in (1, 1, 2))
    assert np.array_equal(a, b) and not np.allclose(a, c)


def test_hypothetical_contributions_are_those_of_the_letter_put_there():
    "For a linear network the hypothetical contribution of a letter is exactly its contribution once it stands there."
    net, x = build("linear"), as_columns(X).x
    why, changed = deep_lift(net, x, REFERENCES), x.clone()
    changed[:, :, 5] = torch.tensor([0., 0, 1, 0])
    assert np.allclose(why.hypothetical[:, 2, 5], deep_lift(net, changed, REFERENCES).values[:, 2, 5], atol=1e-6)


@pytest.mark.parametrize("references", [None, "uniform", .25, np.full((4, LENGTH), .25)])
def test_a_baseline_can_stand_for_references(references):
    why = deep_lift_shap(build("maxpool"), X, references=references, n_shuffles=2)
    assert why.error < 1e-4 and len(why) == 3


def test_ambiguous_letters_and_padding():
    strings = ["ACGTNRYACGTTGCAACGNNACGT", "TTGACANTATAATGC"]
    net = build("maxpool")
    for method in METHODS:
        why = explain(net, strings, method, **QUICK.get(method, {}))
        if method != "saliency": assert not why.values[1, :, 15:].any(), method
        if method in ("deep_lift_shap", "integrated_gradients"): assert why.error < .2, method
    assert deep_lift_shap(net, strings).error < 1e-4


def test_extreme_logits_stay_finite():
    net = nn.Sequential(conv(), Fn(lambda z: (200 * z).softmax(-1)), head())
    why = deep_lift(net, X, REFERENCES)
    assert np.isfinite(why.values).all() and why.error < TOLERANCE


def test_recurrent_dropout_stays_off():
    "Recurrent layers are set to training mode for cuDNN; their dropout must not wake."
    a, b = (deep_lift(build("gru_two_layers"), X, REFERENCES) for _ in range(2))
    assert np.array_equal(a.values, b.values) and not a.warnings


def test_unfolding_and_naming_leave_the_network_alone():
    net = OneNumber(snapshot(build("transformer")))
    x = as_columns(X).x
    before = net(x)
    chords = Chords(unfold(net, x))
    assert torch.allclose(chords.answer(chords.run(x)), before, atol=1e-5)
    assert {"layer", "operation", "rule"} <= set(operations(net, x)) and suspects(net, x) == []
    assert torch.equal(net(x), before) and not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_recurrent_and_attention_layers_unfold_into_steps_with_rules():
    for name in ("lstm", "gru_two_layers", "rnn", "attention", "transformer", "attention_masked"):
        net = OneNumber(snapshot(build(name)))
        assert {names(c[0])[0] for c in unfold(net, as_columns(X).x) if c} & {"mm", "bmm"} and suspects(net, as_columns(X).x) == [], name
    assert torch.backends.mha.get_fastpath_enabled()


# ---- gradients ----------------------------------------------------------------------------------------------------

def test_a_linear_network_is_explained_exactly_by_all():
    net, x = build("linear"), as_columns(X).x
    with torch.no_grad(): wanted = (net(x) - net(torch.zeros_like(x)))[:, 0].numpy()
    for method in ("input_x_gradient", "integrated_gradients"):
        why = explain(net, x, method)
        assert np.allclose(why.values.sum((1, 2)), wanted, atol=1e-5) and why.error < 1e-4
    assert np.allclose(explain(net, x, "input_x_gradient").values, explain(net, x, "integrated_gradients").values, atol=1e-6)
    assert np.isnan(saliency(net, x).error)


def test_saliency_is_the_gradient():
    net, x = build("gelu"), as_columns(X).x
    slope, = torch.autograd.grad(net(x.requires_grad_()).sum(), x)
    why = saliency(net, x)
    assert np.allclose(why.hypothetical, slope, atol=1e-7) and np.allclose(why.values, slope.abs(), atol=1e-7)


@pytest.mark.parametrize("baseline", [None, "uniform", .1, torch.full((4, 1), .25), np.zeros((4, LENGTH)), REFERENCES[:, 0]])
def test_integrated_gradients_keep_the_sum_rule(baseline):
    net = build("gelu")
    why = integrated_gradients(net, X, baseline=baseline, n_steps=100)
    assert why.error < 1e-3 and not why.warnings and not (why.values * (why.x == 0)).any()


def test_more_steps_miss_less_and_too_few_are_told():
    net = build("relu")
    errors = [integrated_gradients(net, X, n_steps=n).error for n in (4, 64, 1024)]
    assert errors == sorted(errors, reverse=True)
    assert "n_steps=16" in integrated_gradients(net, X, n_steps=4).warnings[0]


# ---- in-silico mutagenesis ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["maxpool", "lstm", "inplace", "transformer"])
def test_ism_equals_a_plain_loop(name):
    net, x = build(name), as_columns(["ACGTNACGTTGCAACGATAAACGT", "TTGACAT"]).x
    loop = np.zeros(x.shape, np.float32)
    with torch.no_grad():
        for i, c, p in np.ndindex(*x.shape):
            if not x[i, :, p].any(): continue
            changed = x[i:i + 1].clone()
            changed[0, :, p] = torch.eye(4)[c]
            loop[i, c, p] = net(changed)[0, 0] - net(x[i:i + 1])[0, 0]
    why = ism(net, x, batch_size=50)
    assert np.abs(why.effects - loop).max() < 1e-5
    assert np.allclose(why.values, x.numpy() * (loop - loop.mean(1, keepdims=True)), atol=1e-5)


def test_ism_needs_no_gradient():
    step = nn.Sequential(motif_net("TATAAT"), Fn(lambda z: (z > 1).float()))
    assert ism(step, "GCGTATAATGCG").effects.min() == -1
    with pytest.raises(ModelError, match="use ism"): saliency(step, "GCGTATAATGCG")


# ---- the model stays as it was ------------------------------------------------------------------------------------

def state(net):
    "All that an attribution could leave behind."
    return [(n, m.training, len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks), sorted(vars(m))) for n, m in net.named_modules()], \
        [(n, p.requires_grad, p.grad is None, p.device, p.dtype, p.data_ptr(), p.detach().clone().tolist()) for n, p in net.named_parameters()], \
        [(n, b.clone().tolist()) for n, b in net.named_buffers()]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["batchnorm", "dropout", "inplace", "lstm", "weight_norm", "branching"])
def test_the_model_is_left_alone(name, method):
    net = build(name).train()
    next(net.parameters()).requires_grad_(False)
    next(net.children()).register_full_backward_hook(lambda *a: None)
    before = state(net)
    explain(net, X, method, **QUICK.get(method, {}))
    assert state(net) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_the_model_is_left_alone_after_an_error(method, call):
    net, calls = build("maxpool").train(), []

    def scalar(out):
        calls.append(1)
        if len(calls) == call: raise KeyboardInterrupt
        return out[:, 0]

    before = state(net)
    with pytest.raises(KeyboardInterrupt): explain(net, X, method, scalar=scalar)
    assert state(net) == before


def test_explaining_while_the_model_trains():
    net, x, stop = build("batchnorm").train(), as_columns(sequences(32)).x, threading.Event()
    seen = []

    def train():
        optimiser = torch.optim.SGD(net.parameters(), 1e-3)
        while not stop.is_set():
            optimiser.zero_grad()
            net(x).pow(2).mean().backward()
            optimiser.step()
            seen.append((net.training, all(p.requires_grad for p in net.parameters())))

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for method in METHODS: assert np.isfinite(explain(net, X, method, **QUICK.get(method, {})).values).all()
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive() and seen and set(seen) == {(True, True)}


@pytest.mark.parametrize("outer", [torch.no_grad, torch.inference_mode])
def test_inside_no_grad(outer):
    net = build("maxpool")
    plain = {m: explain(net, X, m, **QUICK.get(m, {})).values for m in METHODS}
    with outer():
        for m in METHODS: assert np.array_equal(explain(net, as_columns(X).x, m, **QUICK.get(m, {})).values, plain[m])


def old_weight_norm():
    with pytest.warns(FutureWarning): return nn.Sequential(nn.utils.weight_norm(conv()), nn.ReLU(), head())


class Tied(nn.Module):
    "One weight in two places, and a tensor that is neither parameter nor buffer."
    def __init__(self):
        super().__init__()
        self.a, self.b, self.head = conv(), conv(), head()
        self.b.weight, self.scale = self.a.weight, 2 * self.a.bias

    def forward(self, x): return self.head((self.a(x) + self.b(x)) * self.scale[:, None])


@pytest.mark.parametrize("make", [old_weight_norm, Tied, lambda: build("lstm"), lambda: build("weight_norm")])
def test_a_snapshot_answers_alike_and_shares_nothing(make):
    net, x = make().eval(), as_columns(X).x
    twin = snapshot(net)
    assert torch.equal(twin(x), net(x)) and not twin(x).requires_grad
    assert not {p.data_ptr() for p in twin.parameters()} & {p.data_ptr() for p in net.parameters()}
    assert len(list(twin.parameters())) == len(list(net.parameters()))


def test_half_precision_is_explained_in_single():
    net = build("maxpool")
    why = deep_lift(net.to(torch.bfloat16), X, REFERENCES)
    assert why.error < 1e-4 and next(net.parameters()).dtype == torch.bfloat16


def test_double_precision_stays():
    assert deep_lift(build("gelu").double(), X, REFERENCES).error < 1e-6


def test_a_model_that_cannot_be_copied():
    net = build("relu")
    net.lock = threading.Lock()
    with pytest.raises(ModelError, match="cannot be copied.*Keep locks"): explain(net, X)


@pytest.mark.parametrize("layer, words", [(Fn(lambda z: nn.functional.dropout(z, .5)), "differently to the same x"),
                                          (Fn(lambda z: z - z.mean(0)), "others of its batch")])
def test_a_model_without_a_definite_answer_is_told(layer, words):
    net = nn.Sequential(conv(), layer, head()).eval()
    assert words in explain(net, X, "saliency").warnings[0]


# ---- forms of x ---------------------------------------------------------------------------------------------------

FORMS = {
    "list": X, "tuple": tuple(X), "series": pd.Series(X, index=["a", "b", "c"]), "sequences": Sequences.of(X), "lower": [s.lower() for s in X],
    "tensor": as_columns(X).x, "array": as_columns(X).x.numpy(), "double": as_columns(X).x.double(), "integers": as_columns(X).x.numpy().astype(np.int8),
    "part": SimpleNamespace(x=Sequences.of(X), ids=["a", "b", "c"]), "columns": as_columns(X), "grad": as_columns(X).x.requires_grad_(),
}


@pytest.mark.parametrize("form", FORMS)
def test_sequences_in_any_form(form):
    net = build("gelu")
    why = explain(net, FORMS[form], "integrated_gradients")
    assert np.allclose(why.values, explain(net, X, "integrated_gradients").values, atol=1e-6)
    assert why.ids == (["a", "b", "c"] if form in ("series", "part") else ["0", "1", "2"])


def test_one_sequence():
    net = build("gelu")
    assert explain(net, X[0]).shape == explain(net, as_columns(X).x[0]).shape == (1, 4, LENGTH)


def test_protein_and_rna():
    net = nn.Sequential(nn.Conv1d(20, 3, 3), nn.GELU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(3, 1))
    why = explain(net, ["MKVLAAGIVX", "MSTNPKPQRK"], alphabet="protein", n_shuffles=3)
    assert why.letters == "ACDEFGHIKLMNPQRSTVWY" and why.shape == (2, 20, 10) and why.error < 1e-4
    assert explain(build("relu"), [s.replace("T", "U") for s in X], "ism", alphabet="rna").letters == "ACGU"
    assert explain(build("relu"), Sequences.of([s.replace("T", "U") for s in X], "rna"), "ism").letters == "ACGU"


def test_x_is_not_changed():
    x = as_columns(X).x
    kept = x.clone()
    for method in METHODS: explain(build("inplace"), x, method, **QUICK.get(method, {}))
    assert torch.equal(x, kept) and not x.requires_grad


WRONG = [
    (lambda: explain(build("relu"), X, "deep_lift"), SpecError, "explain(): no method 'deep_lift'. Did you mean 'deep_lift_shap'?"),
    (lambda: explain(build("relu"), X, "ism", n_steps=3), SpecError, "explain(method='ism'): no option 'n_steps'."),
    (lambda: explain(build("relu"), X, "integrated_gradients", nsteps=3), SpecError, "Did you mean 'n_steps'?"),
    (lambda: explain(build("relu"), X, "integrated_gradients", n_steps=0), SpecError, "n_steps=0"),
    (lambda: explain(build("relu"), X, n_shuffles=0), SpecError, "n_shuffles=0"),
    (lambda: explain(build("relu"), X, batch_size=0), SpecError, "batch_size=0"),
    (lambda: explain(build("relu"), []), SpecError, "no sequences"),
    (lambda: explain(build("relu"), ["ACGX"]), SpecError, "record 1, position 4: 'X'"),
    (lambda: explain(build("relu"), as_columns(X).x.transpose(1, 2)), SpecError, "Did you mean x.transpose(1, 2)?"),
    (lambda: explain(build("relu"), as_columns(X).x * 2), SpecError, "item 0, position 0"),
    (lambda: explain(build("relu"), as_columns(X).x * float("nan")), SpecError, "item 0, position 0"),
    (lambda: explain(build("relu"), ["ACGT"]), ModelError, "does not take x of shape (N, 4, 4)"),
    (lambda: explain("run", X), ModelError, "the model is a str"),
    (lambda: explain(conv(), X), ModelError, "the model answers with shape (2, 6, 24)"),
    (lambda: explain(Fn(lambda x: (x, x)), X), ModelError, "the model answers with a tuple"),
    (lambda: explain(Fn(lambda x: x.sum((0, 2))[None]), X), ModelError, "two items gave shape (1,)"),
    (lambda: explain(Fn(lambda x: x.sum((1, 2)) / 0), X), ModelError, "did the training diverge?"),
    (lambda: explain(build("relu"), X, at=3), ModelError, "does not take x"),
    (lambda: explain(build("relu"), X, references=torch.zeros(2, 5, 4, 24)), SpecError, "references of shape (2, 5, 4, 24)"),
    (lambda: explain(build("relu"), X, "integrated_gradients", baseline=np.zeros((3, 5))), SpecError, "baseline of shape (3, 5)"),
    (lambda: agreement(explain(build("relu"), X, "ism"), explain(build("relu"), X[:2], "ism")), SpecError, "Explain the same x"),
]


@pytest.mark.parametrize("call, kind, words", WRONG, ids=[w for _, _, w in WRONG])
def test_errors_say_what_was_asked_found_and_to_do(call, kind, words):
    with pytest.raises(kind) as e: call()
    assert words in str(e.value) and e.value.asked and e.value.do and "\n" not in str(e.value)


# ---- runs and targets ---------------------------------------------------------------------------------------------

class Classes(nn.Module):
    "Logits of three classes, far from symmetric."
    def __init__(self, k=3):
        super().__init__()
        torch.manual_seed(5)
        self.body, self.out = nn.Sequential(conv(), nn.GELU(), nn.Flatten()), nn.Linear(6 * LENGTH, k)

    def forward(self, x): return 5 * self.out(self.body(x))


def run_of(model, target, length=LENGTH):
    return SimpleNamespace(model=model, target=target, spec={"inputs": {"kind": "dna", "channels": 4, "length": length, "column": "seq"}})


def test_the_predicted_class_is_held_for_references_and_mutants():
    net, target = Classes().eval(), OneOf("site").fitted(["EI", "IE", "N"])
    many = sequences(12, seed=4)
    with torch.no_grad(): net.out.bias -= net(as_columns(many).x).mean(0) / 5    # so that no class always wins
    with torch.no_grad(): predicted = net(as_columns(many).x).argmax(1).tolist()
    assert len(set(predicted)) > 1
    for method in METHODS:
        why = explain(run_of(net, target), many, method, **QUICK.get(method, {}))
        assert why.at == [target.labels[i] for i in predicted] and why.ids == [str(i) for i in range(12)]
        for label in set(why.at):
            alone = explain(run_of(net, target), many, method, at=label, **QUICK.get(method, {}))
            rows = [i for i, a in enumerate(why.at) if a == label]
            assert np.allclose(why.values[rows], alone.values[rows], atol=1e-6) and alone.at == label
    assert explain(run_of(net, target), many, n_shuffles=2).error < 1e-4
    references = torch.stack([as_columns(sequences(12, s)).x for s in (1, 2)], 1)
    assert explain(run_of(net, target), many, references=references).error < 1e-4


def test_a_value_is_explained_in_its_own_units():
    target = Value("expression").fitted([100., 300., 500.])
    net = build("maxpool")
    why = explain(run_of(net, target), X, references=REFERENCES)
    assert np.allclose(why.values, deep_lift(net, X, REFERENCES).values * target.scale[0], atol=1e-3) and why.at is None
    several = Value("v", outputs=("a", "b")).fitted(pd.DataFrame({"a": [1., 2, 3], "b": [2., 5, 9]}))
    with pytest.raises(SpecError, match="has 2 outputs.*a, b"): explain(run_of(Classes(2).eval(), several), X)
    assert explain(run_of(Classes(2).eval(), several), X, "saliency", at="b").at == "b"


def test_a_run_knows_its_column_alphabet_and_length():
    run = run_of(build("relu"), Binary("y", labels=("no", "yes")))
    table = pd.DataFrame({"seq": X, "id": ["g1", "g2", "g3"], "other": 1})
    assert explain(run, table, "ism").ids == ["g1", "g2", "g3"]
    assert explain(run, table.drop(columns="id"), "ism").ids == ["0", "1", "2"]
    run.spec["inputs"]["padded"] = True
    assert explain(run, [s[:20] for s in X], "ism").shape == (3, 4, LENGTH)
    for call, words in [(lambda: explain(run, table.rename(columns={"seq": "seqs"})), "Did you mean 'seqs'?"), (lambda: explain(run, [s + "A" for s in X]), "length 25"), (lambda: explain(run, Sequences.of(["ACGU"], "rna")), "the run reads dna"),
                        (lambda: explain(run, X, scalar=lambda out: out[:, 0]), "Leave scalar out"), (lambda: explain(run_of(Classes(), OneOf("s", labels=("a", "b", "c"))), X, at="d"), "no output 'd'")]:
        with pytest.raises(SpecError) as e: call()
        assert words in str(e.value)


def test_shuffled_weights_change_the_explanation():
    net, many = build("maxpool"), sequences(8)
    before = {n: p.clone() for n, p in net.named_parameters()}
    told = agreement(explain(net, many), explain(randomised(net), many), explain(net, many, seed=1))
    assert told.iloc[0, 1] < .5 < told.iloc[0, 2]
    assert all(torch.equal(p, before[n]) for n, p in net.named_parameters())
    assert randomised(run_of(net, None)).spec["inputs"]["length"] == LENGTH


# ---- the truth ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("method", METHODS)
def test_the_planted_motif_is_found(method):
    many, at = sequences(20, seed=6, length=60), np.random.default_rng(0).integers(0, 54, 20)
    many = [s[:a] + "TATAAT" + s[a + 6:] for s, a in zip(many, at)]
    truth = (np.arange(60) >= at[:, None]) & (np.arange(60) < at[:, None] + 6)
    why = explain(motif_net("TATAAT"), many, method)
    told = why.recover(truth)
    assert told.auprc["all"] > .9 and told.auroc["all"] > .95 and abs(told.chance["all"] - .1) < .01 and len(told) == 21


@pytest.mark.parametrize("seed", range(5))
def test_recovery_figures_equal_sklearn(seed):
    draw = np.random.default_rng(seed)
    score, truth = draw.integers(0, 6, 80).astype(float), draw.random(80) < .3
    assert average_precision(score, truth) == pytest.approx(average_precision_score(truth, score))
    assert rank_auroc(score, truth) == pytest.approx(roc_auc_score(truth, score))


def test_recovery_leaves_padding_out():
    x = as_columns(["ACGT", "AC"]).x.numpy()
    why = Attribution(x * 1., x, "m", [0, 0])
    told = why.recover(np.array([[1, 0, 0, 0], [1, 0, 0, 0]]))
    assert told.chance.tolist() == [.25, .5, pytest.approx(2 / 6)]


# ---- the value and the disk ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("method", METHODS)
def test_saved_and_loaded(method, tmp_path):
    why = explain(build("gelu"), pd.Series(X, index=["<b>", "ü", "c"]), method, **QUICK.get(method, {}))
    path = why.save(tmp_path / "sub" / "why.npz")
    again = Attribution.load(path)
    for name in ("values", "x", "output", "baseline", "scale", "hypothetical", "effects", "ids", "letters", "method", "at", "warnings", "meta"):
        a, b = getattr(why, name), getattr(again, name)
        assert np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a == b, name
    with np.load(path, allow_pickle=False) as f:
        assert {"x", "attribution", "delta", "prediction", "ids", "certificate"} <= set(f)
        told = json.loads(str(f["certificate"]))
    assert told["method"] == method and (told["error"] is None) == bool(np.isnan(why.error))
    assert why.save(tmp_path / "other_name").exists() and [p.name for p in tmp_path.iterdir() if p.is_file()] == ["other_name"]


def test_a_damaged_file_is_refused(tmp_path):
    path = explain(build("relu"), X, "ism").save(tmp_path / "why.npz")
    whole = path.read_bytes()
    for cut in np.linspace(0, len(whole) - 1, 15).astype(int):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="is no saved attribution"): Attribution.load(path)
    with pytest.raises(DataError, match="there is no file"): Attribution.load(tmp_path / "none.npz")


def test_a_pickle_in_the_file_is_never_opened(tmp_path):
    class Boom:
        def __reduce__(self): return (open, (str(tmp_path / "canary"), "w"))

    path = explain(build("relu"), X, "ism").save(tmp_path / "why.npz")
    with np.load(path) as f: arrays = dict(f)
    np.savez(path, **arrays | {"ids": np.array([Boom()] * 3, object)})
    with pytest.raises(DataError): Attribution.load(path)
    bad = io.BytesIO()
    with zipfile.ZipFile(bad, "w") as z: z.writestr("x.npy", b"\x80\x04c")
    path.write_bytes(bad.getvalue())
    with pytest.raises(DataError): Attribution.load(path)
    assert not (tmp_path / "canary").exists()


def test_rows_of_an_attribution():
    why = explain(build("gelu"), X, n_shuffles=2)
    assert np.array_equal(why[-1].values, why.values[2:]) and why[1:].ids == ["1", "2"] and why["1"].ids == ["1"]
    assert np.array_equal(why[np.array([2, 0])].delta, why.delta[[2, 0]]) and why[[True, False, True]].ids == ["0", "2"]
    assert [len(a) for a in why] == [1, 1, 1] and joined([why[2], why[:2]]).ids == ["2", "0", "1"]
    for wrong in (7, "7", "name"):
        with pytest.raises((SpecError, IndexError)): why[wrong]


def test_an_attribution_shows_itself_and_escapes(monkeypatch):
    monkeypatch.setattr("genonb.core.display._RENDERERS", {})    # as where the front door has not been entered
    why = explain(build("gelu"), pd.Series(X, index=["<script>", "b", "c"]), n_shuffles=2)
    page = why._repr_mimebundle_()["text/html"] + why.table()._repr_html_()
    assert "<script>" not in page and "completeness error" in page
    assert "no sum" in dict(explain(build("gelu"), X, "ism").card())["completeness error"]


def test_a_network_that_says_nothing_is_no_false_alarm():
    net = nn.Sequential(conv(), nn.ReLU(), head())
    with torch.no_grad():
        for p in net.parameters(): p.zero_()
        net[2][1].bias.fill_(3.)
    for method in ("deep_lift_shap", "integrated_gradients"):
        why = explain(net, X, method)
        assert why.error == 0 and not why.warnings and not why.values.any()


def test_guard_gives_what_every_method_needs():
    with guarded(build("gelu"), X) as g:
        assert g.output.shape == (3,) and not g.net.training and g.warnings == []
        assert torch.equal(g.gather(lambda x, y: x - y, 2, g.x), torch.zeros_like(g.x))


# ---- cost ---------------------------------------------------------------------------------------------------------

def test_importing_interpret_is_cheap():
    code = "import sys, genonb.interpret.explain; print(*[m for m in ('captum', 'tangermeme', 'matplotlib', 'sklearn') if m in sys.modules])"
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["maxpool", "transformer", "lstm", "gru_two_layers", "attention"])
def test_on_a_graphics_card(name):
    if not torch.cuda.is_available(): pytest.skip("no CUDA device")
    net = build(name)
    there = build(name).cuda()
    for method in METHODS:
        a, b = (explain(m, X, method, **QUICK.get(method, {})) for m in (net, there))
        assert np.allclose(a.values, b.values, atol=1e-4 * max(1, np.abs(a.values).max())), method
    assert deep_lift_shap(there, X, n_shuffles=4).error < TOLERANCE and next(there.parameters()).is_cuda


def test_errors_are_ours_only():
    "Every refusal in the table above is a GenonbError, and so a ValueError."
    assert all(issubclass(kind, GenonbError) for _, kind, _ in WRONG)
    assert by_rules(OneNumber(snapshot(build("relu"))), as_columns(X).x) is not None
