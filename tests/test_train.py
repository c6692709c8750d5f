"""The engine: interrupts, pauses, seeds, faults, folders, publishing, comparison."""
import asyncio
import json
import os
import pickle
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from genonb.core.errors import DataError, GenonbError, ModelError, SpecError
from genonb.data.data import Data
from genonb.data.inputs import Sequences
from genonb.data.metrics import Estimate
from genonb.train.compare import Comparison
from genonb.train.config import Config, config
from genonb.train.device import evaluating, find_device, seeded
from genonb.train.feed import Feed
from genonb.train.folder import FILES, model_hash
from genonb.train.job import Job
from genonb.train.loop import Best, rate_at
from genonb.train.publish import Publisher
from genonb.train.run import Run, fit, load, start
from genonb.train.study import study

QUIET = dict(score=False, on_event=lambda event: None)


def table(n=120, length=24, seed=0):
    draw = np.random.default_rng(seed)
    rows = ["".join(draw.choice(list("ACGT"), length)) for _ in range(n)]
    rows[::2] = [row[:i] + "GATTACA" + row[i + 7:] for row, i in zip(rows[::2], draw.integers(0, length - 7, n // 2))]
    return pd.DataFrame({"sequence": rows, "label": ["motif", "none"] * (n // 2), "kind": (["a", "b", "c"] * n)[:n],
                         "value": draw.normal(size=n), "gene": [i // 4 for i in range(n)], "weight": 1 + draw.random(n)})


def net(channels=4, length=24, out=1, dropout=0.):
    return nn.Sequential(nn.Conv1d(channels, 8, 7), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, out))


def toy(name, **options):
    build = net
    made = build(**options)
    made.recipe = {"model": name, "options": options}
    return made


@pytest.fixture(scope="module")
def data(): return Data.from_table(table(), name="toy")


class Slow(nn.Module):
    "A network whose every batch takes `seconds`."
    batches = 0
    def __init__(self, seconds): super().__init__(); self.seconds, self.inner = seconds, net()
    def forward(self, x):
        if self.training:
            Slow.batches += 1
            time.sleep(self.seconds)
        return self.inner(x)


class Faulty(nn.Module):
    "A network that misbehaves in its `at`-th training batch."
    def __init__(self, at, fault): super().__init__(); self.at, self.fault, self.seen, self.inner = at, fault, 0, net()
    def forward(self, x):
        self.seen += self.training
        return self.fault(self.inner(x)) if self.training and self.seen == self.at else self.inner(x)


def no_threads(seconds=5):
    "Whether no thread of ours is left, after a short wait."
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(t.name.startswith("genonb-") for t in threading.enumerate()): return True
        time.sleep(0.02)
    return False


def interrupt_after(*moments, ready=lambda: True):
    "Send SIGINT `moments` seconds after somebody stands at the door for it and `ready()` is true."
    def send():
        while signal.getsignal(signal.SIGINT) is signal.default_int_handler or not ready(): time.sleep(0.0002)
        began = time.monotonic()
        for moment in moments:
            time.sleep(max(0, began + moment - time.monotonic()))
            os.kill(os.getpid(), signal.SIGINT)
    thread = threading.Thread(target=send)
    thread.start()
    return thread


# --- interrupted at any moment ----------------------------------------------------------------------------------------

def test_interrupted_at_random_moments_twenty_of_twenty(data):
    draw = random.Random(7)
    fit(net, data, epochs=1, **QUIET)
    moments = [0., 0.0005, 0.002, *(draw.uniform(0, 0.5) for _ in range(17))]
    usable = 0
    for moment in moments:
        timer = interrupt_after(moment)
        run = fit(net, data, epochs=100_000, batch_size=32, score=draw.random() < .5, on_event=lambda event: None)
        timer.join()
        p = run.predict(data.test.x)
        usable += run.status == "stopped" and np.isfinite(p).all() and len(p) == len(data.test)
    assert usable == 20, moments
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert no_threads()
    assert fit(net, data, epochs=2, **QUIET).status == "done"


def test_interrupt_while_scoring_keeps_the_training(data):
    for moment in (0.05, 0.2, 0.5):
        with seeded(0): model = net()
        timer = interrupt_after(moment)
        run = fit(model, data, epochs=3, on_event=lambda event: None)
        timer.join()
        assert run.status in ("done", "stopped") and np.isfinite(run.predict(data.test.x)).all()


def test_interrupt_before_the_first_epoch_keeps_what_was_learnt(data):
    with seeded(0): model = Slow(0.05)
    before, Slow.batches = model_hash(model), 0
    interrupt_after(0., ready=lambda: Slow.batches > 3)
    run = fit(model, data, epochs=10, batch_size=2, **QUIET)
    assert (run.status, run.best_epoch, len(run.history)) == ("stopped", 0, 0)
    assert model_hash(run.model) != before and "stopped in epoch 1" in run.message


def test_second_interrupt_leaves_at_once(data):
    Slow.batches = 0
    sender = interrupt_after(0., 0.5, 1.2, ready=lambda: Slow.batches)
    with pytest.raises(KeyboardInterrupt): fit(Slow(4.), data, epochs=10, **QUIET)
    assert Slow.batches == 1 and not no_threads(1)
    sender.join()
    assert no_threads()


def test_interrupted_from_the_first_millisecond_in_a_fresh_process():
    code = """
        import numpy as np
        from test_train import Data, QUIET, fit, interrupt_after, net, table
        d = Data.from_table(table(), name="toy")
        interrupt_after(0.001)
        run = fit(net, d, epochs=1000000, **QUIET)
        print(run.status, np.isfinite(run.predict(d.test.x)).all())
        """
    env = dict(os.environ, PYTHONPATH=os.path.dirname(__file__), OMP_NUM_THREADS="1")
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["stopped", "True"], done.stderr


# --- steering ---------------------------------------------------------------------------------------------------------

def test_start_returns_at_once_and_stops_within_two_seconds(data):
    began = time.monotonic()
    run = start(net, data, epochs=100_000, **QUIET)
    assert time.monotonic() - began < 0.5 and run.status == "running"
    assert run.wait(timeout=0.2) is run and run.status == "running"
    began = time.monotonic()
    run.stop()
    assert run.wait().status == "stopped" and time.monotonic() - began < 2


def test_pause_halts_and_changes_nothing(data):
    plain = fit(net, data, epochs=30, seed=5, **QUIET)
    heard = []
    run = start(net, data, epochs=30, seed=5, score=False, on_event=heard.append)
    while not run.history.shape[0]: time.sleep(0.005)
    run.pause()
    time.sleep(0.3)
    seen = len(run.history)
    time.sleep(0.3)
    assert run.status == "paused" and len(run.history) == seen < 30
    run.resume()
    run.wait()
    assert run.status == "done" and run.model_hash == plain.model_hash
    assert any(e["event"] == "progress" and e["paused"] for e in heard)
    assert run.seconds < 0.6 + plain.seconds * 5


def test_a_paused_run_can_be_stopped(data):
    run = start(net, data, epochs=100_000, **QUIET)
    run.pause()
    time.sleep(0.1)
    run.stop()
    assert run.wait().status == "stopped"


def test_await_leaves_the_loop_free(data):
    async def main():
        ticks, run = 0, start(net, data, epochs=20, **QUIET)
        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)
        ticking = asyncio.create_task(tick())
        ended = await run
        ticking.cancel()
        return ended is run, ended.status, ticks
    same, status, ticks = asyncio.run(main())
    assert same and status == "done" and ticks > 1


def test_a_cancelled_await_stops_the_run(data):
    async def main():
        run = start(net, data, epochs=100_000, **QUIET)
        async def cell(): return await run
        task = asyncio.create_task(cell())
        await asyncio.sleep(0.1)
        task.cancel()
        return await task
    assert asyncio.run(main()).status == "stopped"


def test_await_raises_what_went_wrong(data):
    async def main(): return await start(net(out=3), data, **QUIET)
    with pytest.raises(ModelError, match=r"start\(\): the model turns .* into \(2, 3\)"): asyncio.run(main())


def test_fit_works_outside_the_main_thread(data):
    found = []
    thread = threading.Thread(target=lambda: found.append(fit(net, data, epochs=1, **QUIET)))
    thread.start()
    thread.join(60)
    assert found[0].status == "done"


def test_predicting_while_it_trains_does_not_disturb_training(data):
    plain = fit(net, data, epochs=40, seed=3, **QUIET)
    run = start(net, data, epochs=40, seed=3, **QUIET)
    while run.status == "running":
        assert np.isfinite(run.predict(data.test.x)).all()
    assert run.wait().model_hash == plain.model_hash


# --- the same seed ----------------------------------------------------------------------------------------------------

CHOICES = [dict(), dict(dropout=.5), dict(rc=.5), dict(shift=3), dict(rc=.5, shift=2, dropout=.3, schedule="cosine"), dict(mutate=.1), dict(precision="bf16-mixed")]

@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_same_seed_same_bits(data, options):
    options, dropout = dict(options), options.get("dropout", 0.)
    options.pop("dropout", None)
    def once(seed, noise):
        torch.rand(noise)
        return fit(lambda **shape: net(**shape, dropout=dropout), data, epochs=3, seed=seed, **options, **QUIET)
    a, b, c = once(1, 3), once(1, 50), once(2, 0)
    assert a.model_hash == b.model_hash != c.model_hash
    assert a.history.drop(columns="seconds").equals(b.history.drop(columns="seconds"))


def test_same_seed_same_bits_in_another_process(data):
    here = fit(net, data, epochs=2, rc=.5, shift=2, seed=9, **QUIET)
    code = ("import torch; torch.set_num_threads(%d)\nfrom test_train import *\n"
            "print(fit(net, Data.from_table(table(), name='toy'), epochs=2, rc=.5, shift=2, seed=9, **QUIET).model_hash)" % torch.get_num_threads())
    env = dict(os.environ, PYTHONPATH=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == here.model_hash, done.stderr


def test_the_users_generators_go_on_undisturbed(data):
    torch.manual_seed(4); np.random.seed(4); random.seed(4)
    expected = torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()
    torch.manual_seed(4); np.random.seed(4); random.seed(4)
    fit(net, data, epochs=2, **QUIET)
    assert (torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()) == expected


def test_every_epoch_has_its_own_order(data):
    feed = Feed(data.train, torch.device("cpu"), rc=.5, shift=2)
    order = lambda epoch: torch.cat([rows for rows, index in feed.batches(0, epoch, 16)]).tolist()
    assert order(1) != order(2) and sorted(order(1)) == sorted(order(2)) == list(range(len(data.train)))
    assert max(map(len, [rows for rows, _ in feed.batches(0, 1, 16)])) <= 16


# --- what can go wrong ------------------------------------------------------------------------------------------------

def boom(exception):
    def fault(out): raise exception
    return fault

FAULTS = {
    "nan loss": (lambda: Faulty(7, lambda out: out * float("nan")), {}, "the loss is nan in epoch 3, batch 1 of 3"),
    "infinite loss": (lambda: Faulty(3, lambda out: out * float("inf")), {}, "the loss is"),
    "exploding": (net, dict(lr=1e3, clip=0, schedule="constant", weight_decay=10, epochs=300), "the loss is"),
    "out of memory": (lambda: Faulty(3, boom(torch.OutOfMemoryError("CUDA out of memory"))), {}, "batches of 32 rows do not fit .* Try batch_size=16"),
    "host out of memory": (lambda: Faulty(3, boom(RuntimeError("DefaultCPUAllocator: can't allocate memory"))), {}, "Try batch_size=16"),
    "bug in the model": (lambda: Faulty(3, boom(KeyError("x"))), {}, "KeyError"),
    "system exit": (lambda: Faulty(3, boom(SystemExit(3))), {}, "SystemExit"),
    "wrong outputs": (lambda: net(out=3), {}, r"into \(2, 3\); target 'label' needs \(2, 1\)"),
    "wrong inputs": (lambda: net(channels=20), {}, "the model fails on x of shape"),
    "nothing to train": (lambda: net().requires_grad_(False), {}, "no weights to train"),
    "no such device": (net, dict(device="cuda:77"), "device 'cuda:77'"),
    "precision": (net, dict(precision="16-mixed", device="cpu"), "on the CPU"),
}

@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told_and_the_next_fit_works(data, name):
    build, options, told = FAULTS[name]
    made = net() if build is net else build()
    heard = []
    with pytest.raises(GenonbError, match=told) as caught: fit(made, data, **{"epochs": 4, "batch_size": 32, "score": False, "on_event": heard.append} | options)
    assert caught.value.asked == "fit()" and caught.value.do
    assert heard[-1]["event"] == "end" and heard[-1]["status"] == "failed" and str(caught.value) == heard[-1]["message"]
    run = caught.value.run
    assert run.status == "failed" and all(torch.isfinite(t).all() for t in run.model.state_dict().values())
    with pytest.raises(GenonbError): run.wait()
    assert no_threads()
    assert fit(net, data, epochs=1, **QUIET).status == "done"


def test_nan_keeps_the_best_weights(data):
    with seeded(0): good = net()
    kept = fit(good, data, epochs=4, batch_size=32, schedule="constant", **QUIET)
    with seeded(0): bad = Faulty(15, lambda out: out * float("nan"))
    with pytest.raises(ModelError, match="in epoch 5, batch 3 of 3") as caught: fit(bad, data, epochs=6, batch_size=32, schedule="constant", **QUIET)
    run = caught.value.run
    assert len(run.history) == 4 and run.best_epoch == kept.best_epoch and (run.predict(data.test.x) == kept.predict(data.test.x)).all()
    assert f"the weights of epoch {run.best_epoch} are kept" in str(caught.value)


def test_cause_is_chained_without_its_frames(data):
    with pytest.raises(ModelError) as caught: fit(Faulty(2, boom(KeyError("x"))), data, **QUIET)
    assert isinstance(caught.value.__cause__, KeyError)
    frames = caught.value.__cause__.__traceback__
    while frames.tb_next: frames = frames.tb_next
    assert not frames.tb_frame.f_locals


@pytest.mark.parametrize("options, told", [
    (dict(learning_rate=1), "no option 'learning_rate'"), (dict(batchsize=1), "Did you mean 'batch_size'"), (dict(batch_size=0), "batch_size=0"),
    (dict(batch_size=2.5), "batch_size=2.5"), (dict(epochs=True), "epochs=True"), (dict(lr="high"), "lr='high'"), (dict(rc=2), "rc=2"),
    (dict(schedule="cosin"), "Did you mean 'cosine'"), (dict(seed=-1), "seed=-1"), (dict(device="gpu"), "no device 'gpu'")])
def test_wrong_options_are_named(data, options, told):
    with pytest.raises(SpecError, match=told): fit(net, data, **options)


def test_truth_that_is_no_number_is_named(data):
    bad = SimpleNamespace(**{k: getattr(data, k) for k in ("name", "target", "spec", "recipe", "valid", "test", "shape")})
    part = data.train
    bad.train = type(part)(part.x, part.y.clone(), part.rows, part.ids, part.groups, part.weight)
    bad.train.y[5] = float("nan")
    with pytest.raises(DataError, match=f"record '{part.ids[5]}' has y = nan"): fit(net, bad, **QUIET)


def test_rc_needs_dna():
    draw = random.Random(0)
    proteins = Data.from_table(pd.DataFrame({"sequence": ["".join(draw.choices("ACDEFGHIKLMNPQRSTVWY", k=8)) for _ in range(40)], "label": [0, 1] * 20}), alphabet="protein")
    build = lambda channels, length, out: nn.Sequential(nn.Flatten(), nn.Linear(channels * length, out))
    with pytest.raises(SpecError, match="rc is given, but the input is protein"): fit(build, proteins, rc=.5, **QUIET)
    assert fit(build, proteins, epochs=1, shift=1, **QUIET).status == "done"


# --- the model comes back as it went ----------------------------------------------------------------------------------

@pytest.mark.parametrize("end", ["done", "stopped", "failed"])
def test_model_keeps_mode_device_and_hooks(data, end):
    model = Faulty(3, boom(KeyError("x"))) if end == "failed" else net()
    model.train()
    list(model.modules())[2].eval()
    modes = [m.training for m in model.modules()]
    kind, names = type(model), list(model.state_dict())
    run = start(model, data, epochs=2 if end == "done" else 100_000, **QUIET)
    if end == "stopped": run.stop()
    try: run.wait()
    except ModelError: assert end == "failed"
    run.predict(data.test.x)
    assert run.status == end and run.model is model and type(model) is kind
    assert [m.training for m in model.modules()] == modes and list(model.state_dict()) == names
    for m in model.modules():
        assert not any(len(getattr(m, hooks)) for hooks in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"))
        assert "forward" not in vars(m)
    assert {p.device.type for p in model.parameters()} == {"cpu"} and all(p.requires_grad for p in model.parameters())


def test_evaluating_puts_back_after_an_error():
    model = net().train()
    with pytest.raises(ZeroDivisionError), evaluating(model): 1 / 0
    assert all(m.training for m in model.modules())


# --- publishing -------------------------------------------------------------------------------------------------------

def test_news_is_throttled_and_complete(data):
    heard = []
    run = fit(net, data, epochs=300, batch_size=16, score=False, time_budget=2.5, on_event=lambda e: heard.append((time.monotonic(), e)))
    seconds = heard[-1][0] - heard[0][0]
    events = [e for _, e in heard]
    kinds = [e["event"] for e in events]
    assert len(events) / max(seconds, 1) <= 12, kinds
    assert kinds[0] == "start" and kinds[-1] == "end" and set(kinds) == {"start", "progress", "epoch", "end"}
    at = np.concatenate([e["at"] for e in events if e["event"] == "progress"])
    loss = np.concatenate([e["loss"] for e in events if e["event"] == "progress"])
    assert at.dtype == np.int32 and loss.dtype == np.float32 and (at == np.arange(len(at))).all() and np.isfinite(loss).all()
    epochs = [x["epoch"] for e in events if e["event"] == "epoch" for x in (*e["earlier"], e)]
    assert epochs == list(range(1, len(run.history) + 1))
    assert events[-1] | {"scores": 0} == {"event": "end", "status": run.status, "best_epoch": run.best_epoch, "seconds": run.seconds,
                                          "scores": 0, "rivals": {}, "message": run.message}


def test_start_event_says_where_and_how_much(data):
    heard = []
    fit(net, data, epochs=2, batch_size=32, on_event=heard.append)
    first = heard[0]
    assert {k: first[k] for k in ("epochs", "batches", "samples", "primary", "better", "blocking", "name")} == {
        "epochs": 2, "batches": 3, "samples": len(data.train), "primary": "mcc", "better": "higher", "blocking": True, "name": "toy"}
    assert set(first["device"]) == {"kind", "name", "memory_free", "precision"}
    rivals = next(e for e in heard if e["event"] == "rivals")
    assert rivals["part"] == "valid" and rivals["metric"] == "mcc" and "kmer" in rivals["scores"]
    end = heard[-1]
    assert set(end["scores"]) == set(data.target.metrics) and {"value", "low", "high"} <= set(end["scores"]["mcc"])
    assert set(end["rivals"]) == set(data.rivals("test"))
    json.dumps(end)


@pytest.mark.parametrize("fault", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_a_raising_watcher_is_told_once_and_harms_nothing(data, capsys, fault):
    def watch(event): raise fault
    run = fit(net, data, epochs=30, score=False, on_event=watch)
    assert run.status == "done" and capsys.readouterr().err.count("on_event raised") == 1


def test_a_hanging_watcher_does_not_hang_the_run(capsys):
    gate = threading.Event()
    publisher = Publisher(lambda event: gate.wait(10))
    publisher.open({"event": "start"})
    publisher.close({"event": "end"}, patience=0.2)
    gate.set()
    assert "on_event hangs" in capsys.readouterr().err


# --- what ends a training ---------------------------------------------------------------------------------------------

def test_patience_and_budget(data):
    build = lambda channels, length, out: nn.Sequential(nn.Flatten(), nn.Linear(channels * length, out))
    run = fit(build, data, epochs=500, patience=3, lr=0., **QUIET)
    assert (run.status, len(run.history), run.message) == ("done", 4, "no better epoch since 1")
    run = fit(net, data, epochs=100_000, time_budget=0.5, **QUIET)
    assert run.status == "done" and run.message.startswith("time budget of 0.5 s") and run.seconds < 2


def test_best_weights_not_last(data):
    run = fit(net, data, epochs=25, lr=.3, schedule="constant", seed=2, **QUIET)
    best = run.history.loc[run.history.epoch == run.best_epoch].iloc[0]
    assert best.valid_mcc == run.history.valid_mcc.max()
    y, p = data.valid.y.numpy(), run.predict(data.valid.x)
    assert abs(float(nn.functional.binary_cross_entropy(torch.from_numpy(p), torch.from_numpy(y))) - best.valid_loss) < 1e-5


def part_of(data, rows, weight=None):
    rows = np.asarray(rows, np.int64)
    return type(data.train)(data.train.x.select(rows), data.train.y[rows], rows, weight=weight)

def with_parts(data, **parts): return SimpleNamespace(**{k: getattr(data, k) for k in ("name", "target", "spec", "recipe", "train", "valid", "test", "shape")} | parts)


def test_without_a_valid_part_the_last_epoch_counts(data):
    run = fit(net, with_parts(data, valid=part_of(data, [])), epochs=3, **QUIET)
    assert run.best_epoch == 3 and run.history.valid_loss.isna().all()


def test_one_class_in_the_valid_part_is_judged_by_the_loss(data):
    rows = np.flatnonzero(data.train.y.numpy() == 1)[:5]
    run = fit(net, with_parts(data, valid=part_of(data, rows)), epochs=3, **QUIET)
    assert run.history.valid_mcc.isna().all() and run.best_epoch == 1 + run.history.valid_loss.argmin()


def test_no_rows_is_an_error(data):
    with pytest.raises(DataError, match="the part has no rows"): fit(net, with_parts(data, train=part_of(data, [])), **QUIET)


def test_weights_of_rows_count(data):
    rows = np.arange(40)
    flat = fit(net, with_parts(data, train=part_of(data, rows, torch.ones(40))), epochs=2, **QUIET)
    none = fit(net, with_parts(data, train=part_of(data, rows)), epochs=2, **QUIET)
    some = fit(net, with_parts(data, train=part_of(data, rows, torch.linspace(0, 1, 40))), epochs=2, **QUIET)
    assert np.allclose(flat.history.train_loss, none.history.train_loss) and not np.allclose(some.history.train_loss, none.history.train_loss)


@pytest.mark.parametrize("schedule", ["onecycle", "cosine", "constant"])
def test_learning_rates_stay_within_bounds(schedule):
    c = Config(lr=.1, schedule=schedule)
    rates = [rate_at(i, 50, c) for i in range(50)]
    assert max(rates) == pytest.approx(.1) and 0 < min(rates) and (schedule == "constant" or rates[-1] < .001)


# --- the folder -------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    run = fit(toy("toy", **data.shape), data, epochs=2, on_event=lambda event: None)
    return run.save(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module", params=["label", "kind", "value"])
def saved(request, tmp_path_factory):
    d = Data.from_table(table(), y=request.param, name="toy")
    run = fit(toy("toy", **d.shape), d, epochs=2, on_event=lambda event: None)
    return d, run, run.save(tmp_path_factory.mktemp("runs") / "run")


def test_round_trip(saved):
    d, run, folder = saved
    again = load(folder, toy)
    frame = d.table.loc[d.test.rows]
    assert (again.predict(d.test.x) == run.predict(d.test.x)).all()
    assert again.predict(frame).equals(run.predict(frame)) and list(run.predict(frame).index) == list(frame.index)
    assert json.dumps(again.spec) == json.dumps(run.spec) and set(again.recipe) == set(run.recipe)
    for name in ("status", "config", "target", "best_epoch", "model_hash", "data_hash", "message", "device", "env", "name"):
        assert getattr(again, name) == getattr(run, name), name
    assert str(again.scores) == str(run.scores) and set(again.rivals) == set(run.rivals)
    assert (again.split["test"] == d.test.rows).all()
    assert np.allclose(again.history.drop(columns="best"), run.history.drop(columns="best"), equal_nan=True)
    assert set(os.listdir(folder)) == set(FILES)
    assert again.save(folder) == folder and load(folder, toy).model_hash == run.model_hash


def test_predict_takes_strings_sequences_and_columns(saved):
    d, run, _ = saved
    strings = d.test.x.strings
    first = run.predict(strings)
    assert np.allclose(first, run.predict(Sequences.of(strings))) and np.allclose(first, run.predict(d.test.x[:]))
    assert np.allclose(first, run.predict(strings, batch_size=3), atol=1e-6)
    assert len(run.predict([])) == 0 and len(run.predict(strings[0])) == 1


def test_a_stopped_run_is_saved_too(data, tmp_path):
    run = start(toy("toy", **data.shape), data, epochs=100_000, **QUIET)
    run.stop()
    folder = run.wait().save(tmp_path / "run")
    again = load(folder, toy)
    assert (again.status, len(again.history), again.scores) == ("stopped", 0, {})
    repr(again)


JUNK = [b"", b"\0" * 64, b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b"{" * 100_000, b"lambda: 1", b'{"a": 1e999}', b'{"__class__": "os.system"}',
        b"!!python/object/apply:os.system ['id']", pickle.dumps({"a": 1}), b'{"kind": "binary", "labels": {"x": 1}}', b"9" * 5000]

@pytest.mark.parametrize("name", [n for n in FILES if n != "weights.safetensors"])
def test_hostile_records(folder, tmp_path, name):
    for i, junk in enumerate(JUNK):
        bad = tmp_path / f"{i}"
        shutil.copytree(folder, bad)
        (bad / name).write_bytes(junk)
        try:
            again = load(bad, toy)
            again.split, again.scores, again.history, repr(again)
            assert name == "env.json" and isinstance(json.loads(junk), dict)      # any record will do there: it is only shown
        except ModelError as e: assert name in str(e) and len(str(e)) < 1000
    (bad / name).unlink()
    with pytest.raises(ModelError): load(bad, toy).split


HOSTILE = {
    "config.json": [{"lr": "1e-3"}, {"epochs": 10**12}, {"_instantiator": "os.system"}, {"device": {"a": 1}}, {"batch_size": [1]}],
    "target.json": [{"kind": "os.system"}, {"kind": "binary", "labels": [1, 2]}, {"kind": "binary", "labels": "ab", "name": 5}, {"kind": ["binary"]},
                    {"kind": "value", "centre": ["a"]}, {"kind": "oneof", "labels": []}, {"kind": "binary", "positive_weight": "2"}],
    "spec.json": [{"inputs": 5}, {"inputs": {"kind": "os.system", "length": 24}}, {"inputs": {"kind": "dna", "length": "24"}}, {"inputs": {"kind": "dna", "length": 24, "column": ["x"]}}],
    "scores.json": [{"scores": {"mcc": 5}}, {"scores": {"mcc": {"value": "x", "low": 0, "high": 0, "n": 0}}, "rivals": {}, "differences": {}}, {"scores": []}],
    "run.json": [{"format": 1}, {"model_hash": "0" * 64}, {"seconds": "x"}],
    "recipe.json": [{"model": "os.system"}, {"model": {"model": "os.system", "options": {}}}, {"model": {"model": "../../etc/passwd", "options": {}}},
                    {"model": {"model": "toy", "options": {"channels": 10**9}}}, {"model": {"model": "toy", "options": {"channels": 10**15}}},
                    {"model": {"model": "toy", "options": {"channels": {"a": 1}}}}, {"model": {"model": "toy", "options": ["x"]}}, {"model": {"model": "toy", "options": {"forward": 1}}},
                    {"model": {"model": "toy", "options": {"length": [[[[[1]]]]]}}}, {"model": {"model": 5, "options": {}}}],
}

@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values(folder, tmp_path, name):
    def build(name, **options):
        if name != "toy": raise ModelError(f"no model {name!r}")
        return toy(name, **options)
    for i, change in enumerate(HOSTILE[name]):
        bad = tmp_path / f"{i}"
        shutil.copytree(folder, bad)
        record = json.loads((bad / name).read_text())
        (bad / name).write_text(json.dumps(change if name in ("spec.json", "target.json", "scores.json") or change == {"format": 1} else record | change))
        began = time.monotonic()
        with pytest.raises(ModelError): load(bad, build)
        assert time.monotonic() - began < 2


def headers(whole):
    size = int.from_bytes(whole[:8], "little")
    table, body = json.loads(whole[8:8 + size]), whole[8 + size:]
    pack = lambda t, n=None: struct.pack("<Q", len(t) if n is None else n) + t
    first = next(k for k in table if k != "__metadata__")
    change = lambda **entry: pack(json.dumps(table | {first: table[first] | entry}).encode()) + body
    yield from (whole[:int(len(whole) * i / 20)] for i in range(20))
    yield whole[:-1]
    yield whole + b"\0"
    yield pack(b"", 2**63) + whole[8:]
    yield pack(b"", 100 * 2**20) + whole[8:]
    yield pack(json.dumps({f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(30_000)}).encode())
    yield pack(b"[" * 50_000)
    yield pack(b"[]") + body
    yield pack("{\"a\": 1}".encode("utf-16")) + body
    yield change(shape=[2**62, 2**62])
    yield change(shape=[-1])
    yield change(shape="4")
    yield change(shape=[float("nan")])
    yield change(shape=[True])
    yield change(dtype="PICKLE")
    yield change(dtype=["F32"])
    yield change(data_offsets=[0, 0])
    yield change(data_offsets=[10**18, 10**18 + 4])
    yield pack(json.dumps({("../" + k if k == first else k): v for k, v in table.items()}).encode()) + body


def test_hostile_weights(folder, tmp_path):
    bad = tmp_path / "bad"
    shutil.copytree(folder, bad)
    whole = (folder / "weights.safetensors").read_bytes()
    canary = tmp_path / "canary"
    class Touch:
        def __reduce__(self): return open, (str(canary), "w")
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pt")
    cases = [*headers(whole), pickle.dumps(Touch()), (tmp_path / "a.pt").read_bytes(), b""]
    for i, case in enumerate(cases):
        (bad / "weights.safetensors").write_bytes(case)
        began = time.monotonic()
        with pytest.raises(ModelError): load(bad, toy)
        with pytest.raises(ModelError): load(bad, model=toy("toy", **json.loads((bad / "recipe.json").read_text())["model"]["options"]))
        assert time.monotonic() - began < 4, i
    assert len(cases) >= 40 and not canary.exists()


def test_hostile_split_is_not_unpickled(folder, tmp_path):
    bad, canary = tmp_path / "bad", tmp_path / "canary"
    shutil.copytree(folder, bad)
    class Touch:
        def __reduce__(self): return open, (str(canary), "w")
    np.savez(bad / "split.npz", train=np.array([Touch()], dtype=object))
    with pytest.raises(ModelError): load(bad, toy).split
    np.savez_compressed(bad / "split.npz", train=np.zeros(10**7, np.int64))
    with pytest.raises(ModelError, match="larger than the file"): load(bad, toy).split
    assert not canary.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_while_saving_leaves_a_whole_run(data, tmp_path):
    draw, folder = random.Random(3), tmp_path / "run"
    runs = [fit(toy("toy", **data.shape), data, epochs=1, seed=s, **QUIET) for s in (0, 1)]
    runs[0].save(folder)
    (folder / "mine.txt").write_text("kept")
    known, whole = {run.model_hash for run in runs}, 0
    for i in range(40):
        child = os.fork()
        if not child:
            while True:
                for run in runs: run.save(folder)
        time.sleep(draw.uniform(0.001, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        again = load(folder, toy)
        whole += again.model_hash in known and (folder / "mine.txt").read_text() == "kept"
    assert whole == 40
    runs[1].save(folder)
    assert os.listdir(tmp_path) == ["run"] and set(os.listdir(folder)) == {*FILES, "mine.txt"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("limit", [0, 100, 300, 600, 900])
def test_full_disk_leaves_the_old_run(data, tmp_path, limit):
    folder = tmp_path / "run"
    old, new = (fit(toy("toy", **data.shape), data, epochs=1, seed=s, **QUIET) for s in (0, 1))
    old.save(folder)
    child = os.fork()
    if not child:
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            new.save(folder)
        except GenonbError as e: code = 0 if "cannot write" in str(e) and e.do else 2
        finally: os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert load(folder, toy).model_hash == old.model_hash and os.listdir(tmp_path) == ["run"]


def test_places_where_no_run_can_be(data, tmp_path):
    run = fit(net, data, epochs=1, **QUIET)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for place in ("file", "full", "file/run"):
        with pytest.raises(GenonbError, match=r"run\.save\("): run.save(tmp_path / place)
    assert (tmp_path / "file").read_text() == (tmp_path / "full" / "thesis.txt").read_text() == "mine"
    with pytest.raises(ModelError, match="there is no run.json"): load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="names no registered builder"): load(run.save(tmp_path / "run"), toy)


# --- comparison and study ---------------------------------------------------------------------------------------------

def estimate(value, low, high): return Estimate(value, low, high, 50)

@pytest.mark.parametrize("differences, beats, matches", [
    ({"a": (.2, .1, .3), "b": (.1, .01, .2)}, True, True), ({"a": (.2, .1, .3), "b": (.1, -.01, .2)}, False, True),
    ({"a": (.2, .1, .3), "b": (-.1, -.2, -.01)}, False, False), ({"a": (-.1, -.2, 0.)}, False, True), ({"a": (.1, 0., .2)}, False, True), ({}, False, False),
    ({"a": (.2, .1, .3), "b": (float("nan"),) * 3}, True, True), ({"b": (float("nan"),) * 3}, False, False)])
def test_expectations(differences, beats, matches):
    c = Comparison("mcc", {}, {}, {k: estimate(*v) for k, v in differences.items()})
    assert (c.holds("beat"), c.beats_rivals, c.holds("match"), c.holds("show")) == (beats, beats, matches, True)


def test_study_pools_every_row_once(tmp_path):
    from genonb.data.split import by_group
    d = Data.from_table(table(), split=by_group("gene", folds=3), name="toy")
    heard = []
    s = study(d, lambda **shape: toy("toy", **shape), epochs=2, on_event=heard.append, about={"task": "motif"}, expect="show", seed=4)
    assert [run.data.fold for run in s.runs] == [0, 1, 2] and sorted(np.concatenate([run.data.test.rows for run in s.runs])) == list(range(120))
    assert s.comparison.scores["mcc"].n == 120 and set(s.comparison.rivals) == set(d.rivals("test"))
    line = json.loads(json.dumps(s.to_dict(), allow_nan=False))
    needed = "task set split model primary metrics rivals difference beats_rivals expect ok audit seconds device seed"
    assert set(needed.split()) <= set(line) and (line["task"], line["model"], line["seed"], line["ok"]) == ("motif", "toy", 4, True)
    assert set(line["metrics"]["mcc"]) >= {"value", "low", "high"} and "findings" in line["audit"]
    assert {e["fold"] for e in heard} == {1, 2, 3} and {e["folds"] for e in heard} == {3}
    assert list(s.table.index)[0] == "model" and repr(s) and s._repr_mimebundle_()
    again = study(d, lambda **shape: toy("toy", **shape), epochs=2, expect="show", seed=4)
    assert [r.model_hash for r in again.runs] == [r.model_hash for r in s.runs]
    assert load(s.runs[0].save(tmp_path / "run"), toy).model_hash == s.runs[0].model_hash


def test_an_interrupted_study_is_no_study(data):
    interrupt_after(0.3)
    with pytest.raises(KeyboardInterrupt): study(data, net, epochs=100_000)


# --- imports ----------------------------------------------------------------------------------------------------------

def test_lightning_waits_for_the_first_fit():
    done = subprocess.run([sys.executable, "-c", "import sys, genonb.train.study; print('lightning_fabric' in sys.modules)"], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr


# --- a card -----------------------------------------------------------------------------------------------------------

@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
@pytest.mark.parametrize("precision", ["auto", "32-true", "bf16-mixed", "16-mixed"])
def test_fit_on_a_card(data, precision):
    run = fit(net, data, epochs=10, lr=.02, device="cuda", precision=precision, rc=.5, shift=2, on_event=lambda event: None)
    assert run.status == "done" and run.device["kind"] == "cuda" and run.device["memory_free"] > 0
    assert {p.device.type for p in run.model.parameters()} == {"cpu"} and np.isfinite(run.predict(data.test.x)).all()
    assert np.allclose(run.predict(data.test.x), Run(run.model, data).predict(data.test.x), atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_nan_on_a_card_ends_within_a_step(data):
    bad = Faulty(15, lambda out: out * float("nan"))
    with pytest.raises(ModelError, match="the loss is nan") as caught: fit(bad, data, epochs=400, batch_size=32, device="cuda", **QUIET)
    assert all(torch.isfinite(t).all() for t in caught.value.run.model.state_dict().values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_memory_is_free_after_out_of_memory(data):
    class Greedy(nn.Module):
        def __init__(self): super().__init__(); self.inner, self.kept = net(), None
        def forward(self, x):
            if self.training: x = x + torch.zeros(2**50, device=x.device).sum()
            return self.inner(x)
    before = torch.cuda.memory_allocated()
    with pytest.raises(ModelError, match="Try batch_size=32"): fit(Greedy(), data, device="cuda", **QUIET)
    assert torch.cuda.memory_allocated() <= before + 2**20
    assert fit(net, data, epochs=1, device="cuda", **QUIET).status == "done"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_stop_on_a_card(data):
    run = start(net, data, epochs=100_000, device="cuda", **QUIET)
    time.sleep(1)
    began = time.monotonic()
    run.stop()
    assert run.wait().status == "stopped" and time.monotonic() - began < 2
