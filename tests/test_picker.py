"""The picker without a page: fences, hostile text, a million rows, and code that makes the same data."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE
from test_widgets import harmless

from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.picking import components, pick, sequence_features, sheet_of
from genonb.plot.svg import TONES
from genonb.tasks.planted import Plant, planted_table
from genonb.widgets.base import asset, styles
from genonb.widgets.crowd import DOTS, GAP, HIGH, WIDE, Crowd, Feature, Labels, binned, charts, cloud, edges_of, inside
from genonb.widgets.folder import Folder, entries, key_of, path_of, receive
from genonb.widgets.picker import ASKED, Errands, Hands, Picker, Sheet, literal, runs

SHORT = [t for t in HOSTILE if len(t) < 5000]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    "A folder with a few files, a secret beside it, and links that lead there; the working folder."
    (tmp_path / "secret.csv").write_text("sequence,label\nACGT,secret\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "deep.csv").write_text("a,b\n1,2\n")
    root = tmp_path / "lab"
    (root / "peaks").mkdir(parents=True)
    (root / "ok.csv").write_text("sequence,label\n" + "".join(f"ACGTACGTTGCAACGT{'ACGT'[i % 4]},{'ab'[i % 2]}\n" for i in range(40)))
    (root / "link_file.csv").symlink_to(tmp_path / "secret.csv")
    (root / "link_folder").symlink_to(tmp_path / "outside")
    (root / "link_up").symlink_to("..")
    (root / "peaks" / "loop").symlink_to("loop")
    (root / "good_link.csv").symlink_to("ok.csv")
    if hasattr(os, "mkfifo"): os.mkfifo(root / "pipe.csv")
    monkeypatch.chdir(root)
    return root


ESCAPES = ["..", "../secret.csv", "peaks/../../secret.csv", "./../secret.csv", "peaks/./../../secret.csv", "link_file.csv", "link_folder", "link_folder/deep.csv", "link_up/secret.csv", "link_up/lab/ok.csv/../../secret.csv",
           "peaks/loop", "pipe.csv", "/etc/passwd", "//etc/passwd", "/", "~", "~/x", "~root", "missing.csv", "ok.csv/x", "ok.csv\0", "\0", "a" * 5000, "peaks/" * 3000, "..\\secret.csv", "C:\\secret.csv", "file:///etc/passwd",
           "\u2024\u2024/secret.csv", "%2e%2e/secret.csv", "..%2fsecret.csv", "\ud800", "peaks\n/../../secret.csv", "/proc/self/environ", "/dev/stdin"]


# ---- the fence -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ESCAPES, ids=range(len(ESCAPES)))
def test_nothing_outside_can_be_named(lab, path):
    with pytest.raises(DataError): Folder(lab).inside(path)


@pytest.mark.parametrize("verb", ["open", "add", "remove", "browse"])
def test_a_page_that_lies_reads_nothing_outside(lab, verb):
    read = []
    p = Picker(Hands(lambda paths: read.extend(paths) or Sheet(pd.DataFrame({"a": [1]}), companions=("class",)), check=lambda path: read.append(path) or {"status": "ok", "messages": []}), lab)
    p.open("ok.csv")
    for path in ESCAPES:
        for key in (key_of(path) if "\ud800" not in path else "%ED%A0%80", path.replace("/", "%2F"), path.replace(".", "%2E"), path.replace("..", "%252e%252e")):
            p._hear(p, {"do": verb, "key": key, "role": "class"}, [])
            assert p.errands.wait(10)
    assert read and {f.parent for f in read} == {lab} and {f.name for f in read} == {"ok.csv"}
    assert p.desk.here == "" and "secret" not in json.dumps(p.place)


def test_the_list_holds_only_what_may_be_opened(lab):
    names = {e["name"] for e in entries(Folder(lab))[0]}
    assert names == {"ok.csv", "good_link.csv", "peaks"}
    assert Folder(lab).inside("good_link.csv") == lab / "ok.csv"


def test_a_long_folder_is_cut_and_searched(tmp_path):
    for i in range(1200): (tmp_path / f"f{i}.bed").touch()
    folder = Folder(tmp_path)
    found, more = entries(folder)
    assert (len(found), more) == (1000, 200) and [e["name"] for e in found[:3]] == ["f0.bed", "f1.bed", "f2.bed"]
    assert [e["name"] for e in entries(folder, words="F1199")[0]] == ["f1199.bed"]


def test_dropped_files_stay_inside_and_replace_nothing(lab):
    folder, before = Folder(lab), {p: p.read_bytes() for p in lab.rglob("*.csv") if p.is_file()}
    for name in [*ESCAPES, *SHORT, ".bashrc", "ok.csv", "CON", "a/b/../../c.csv", ".genonb-x", "...."]:
        made = receive(folder, "", name, b"new")
        assert made.parent == lab and not made.name.startswith((".", "-")) and made.read_bytes() == b"new" and re.fullmatch(r"[\w.+-]{1,180}", made.name), name
    assert {p: p.read_bytes() for p in before} == before and not (lab.parent / "secret-1.csv").exists()


def test_a_dropped_file_comes_in_pieces_and_is_opened(lab):
    p, text = pick(lab), (lab / "ok.csv").read_bytes()
    for i in range(0, len(text), 100):
        p._hear(p, {"do": "piece", "name": "../new.csv", "first": i == 0, "last": i + 100 >= len(text)}, [memoryview(text[i:i + 100])])
    assert p.errands.wait() and p.paper["name"] == "new.csv" and (lab / "new.csv").read_bytes() == text


def test_a_dropped_file_that_is_too_large_is_refused(lab, monkeypatch):
    monkeypatch.setattr("genonb.widgets.picker.LARGEST", 1000)
    p = pick(lab)
    for i in range(4): p._hear(p, {"do": "piece", "name": "big.csv", "first": i == 0, "last": i == 3}, [b"x" * 400])
    p.errands.wait()
    assert "too large" in p.said["words"] and not (lab / "big.csv").exists()


# ---- hostile text ----------------------------------------------------------------------------------------------

def state_of(p): return {k: v for k, v in p.get_state().items() if not k.startswith("_") and k not in ("layout", "counts", "cells")}


def test_hostile_names_travel_as_keys_and_open(tmp_path):
    names = sorted({t[:80].replace("/", "|").replace("\0", "") for t in SHORT} - {"", ".", ".."})
    kept = []
    for name in names:
        try: (tmp_path / name).write_text("sequence,label\n" + "ACGTACGTACGT,a\nGGGTACGTACGT,b\n" * 4)
        except (OSError, UnicodeEncodeError): continue
        if not name.startswith("."): kept.append(name)
    p = pick(tmp_path)
    assert len(kept) > 60 and len(p.place["entries"]) == len(kept)
    for e in p.place["entries"]:
        assert e["key"].isascii() and path_of(e["key"]) in kept
    for e in p.place["entries"][::6]:
        p._hear(p, {"do": "open", "key": e["key"]}, [])
        assert p.errands.wait(20) and p.paper["key"] == e["key"] and p.paper["rows"] == 8, (e["name"], p.said)
        compile(p.script, "cell", "exec")
    json.dumps(state_of(p), allow_nan=False).encode("utf-8")


def test_hostile_columns_labels_and_messages_stay_text(tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    for t in SHORT:
        table = pd.DataFrame({t or "empty": ["ACGT" * 5, "GGCC" * 5] * 4, "label": [t, "b"] * 4, "z": [t, None, *range(6)]})
        told = {"status": "warning", "records": 1, "messages": [{"level": t, "line": 1, "record": t, "found": t, "fix": t, "count": 2}]}
        p = Picker(Hands(lambda paths: sheet_of(table), lambda path: told, write=pick(tmp_path).desk.hands.write, names=lambda c: [{"name": t, "there": t, "rows": 1}]), tmp_path)
        p.open("x.csv")
        p.keep("label", [t])
        p.select([0, 2])
        assert len(p.selection) == 2
        json.dumps(state_of(p), allow_nan=False).encode("utf-8")
        harmless(p._repr_mimebundle_()["text/html"])
        compile(p.code(), "cell", "exec")


@pytest.mark.parametrize("text", SHORT, ids=range(len(SHORT)))
def test_a_literal_is_the_text_and_hides_nothing(text):
    code = literal(text)
    assert eval(code) == text
    assert "\n" not in code and code.isprintable() or "\x7f" in text


STRANGE = [None, [], "open", 3, {}, {"do": None}, {"do": "__init__"}, {"do": "data"}, {"do": "close"}, {"do": "open"}, {"do": "open", "key": None}, {"do": "open", "key": 3}, {"do": "open", "key": {}}, {"do": "choose"},
           {"do": "choose", "role": "x", "at": 99}, {"do": "choose", "role": "__class__", "at": 0}, {"do": "choose", "role": "y", "at": "0"}, {"do": "keep", "at": -99, "kept": [0]}, {"do": "keep", "at": 0, "kept": [99]}, {"do": "keep", "at": 0, "kept": "ab"},
           {"do": "between", "at": 0, "low": "x", "high": None}, {"do": "between", "at": 0, "low": 5, "high": 1}, {"do": "between", "at": 0, "low": float("nan"), "high": 1}, {"do": "lasso", "polygon": [], "how": "replace"}, {"do": "lasso", "polygon": "abc", "how": 1},
           {"do": "lasso", "polygon": [[0, 0], [1, None], [1, 1]], "how": "add"}, {"do": "look", "window": [1, 0, 0, 1]}, {"do": "look", "window": [0]}, {"do": "look", "window": [0, float("inf"), 0, 1]}, {"do": "take", "at": 10**9}, {"do": "take", "at": "x"},
           {"do": "add", "key": "ok.csv", "role": "genome"}, {"do": "remove", "key": "ok.csv"}, {"do": "piece"}, {"do": "piece", "last": True}, {"do": "cancel"}, {"do": "browse", "key": "ok.csv"}, {"do": "browse", "key": "", "words": {}}]


def test_strange_messages_change_nothing_and_stop_nothing(lab):
    p = pick(lab)
    for content in STRANGE: p._hear(p, content, [])       # with nothing open
    assert p.errands.wait()
    p.open("ok.csv")
    before = p.code()
    for content in STRANGE:
        p._hear(p, content, [])
        assert p.errands.wait(10), content
    json.dumps(state_of(p), allow_nan=False)
    if p.paper.get("name") != "ok.csv": p.open("ok.csv")
    p._hear(p, {"do": "clear"}, [])
    assert p.errands.wait() and p.code() == before


# ---- the thread ------------------------------------------------------------------------------------------------

def test_a_slow_reader_leaves_the_kernel_free_and_is_given_up(lab):
    gate, seen = threading.Event(), []
    def preview(paths, tell):
        seen.append(paths[0].name)
        if paths[0].name == "slow.csv": gate.wait(10)
        tell("read")
        return sheet_of(pd.read_csv(paths[0]))
    (lab / "slow.csv").write_text("a,b\n1,2\n")
    p = Picker(Hands(preview), lab)
    p._hear(p, {"do": "open", "key": "slow.csv"}, [])
    while not seen: time.sleep(.005)
    assert p.busy["words"] == "reading slow.csv" and p.heard == 1
    p._hear(p, {"do": "open", "key": "ok.csv"}, [])
    assert p.errands.wait(10) and p.paper["name"] == "ok.csv"
    gate.set()
    time.sleep(.1)
    assert p.paper["name"] == "ok.csv" and p.busy == {} and seen == ["slow.csv", "ok.csv"]


def test_a_cancelled_audit_brings_nothing(lab):
    gate, begun = threading.Event(), threading.Event()
    def audit(c):
        begun.set()
        gate.wait(10)
        return {"ok": True, "findings": [], "matrix": {}, "sizes": {}}
    hands = pick(lab).desk.hands
    p = Picker(Hands(hands.preview, write=hands.write, audit=audit), lab)
    p.open("ok.csv")
    p._hear(p, {"do": "audit"}, [])
    assert begun.wait(10)
    p._hear(p, {"do": "cancel"}, [])
    gate.set()
    time.sleep(.1)
    assert p.verdict == {} and p.busy == {}


def test_what_waits_twice_is_done_once_and_an_error_ends_nothing():
    done, failed, gate = [], [], threading.Event()
    errands = Errands(lambda words: None, failed.append)
    errands.ask("first", lambda tell: gate.wait(10))
    for i in range(50): errands.ask("brush", lambda tell, i=i: done.append(i))
    errands.ask("wrong", lambda tell: [][0])
    errands.ask("last", lambda tell: done.append("last"))
    gate.set()
    assert errands.wait(10) and done == [49, "last"] and [type(e) for e in failed] == [IndexError]
    errands.ask("again", lambda tell: done.append("again"))
    assert errands.wait(10) and done[-1] == "again"


# ---- a million rows --------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def million():
    draw, n = np.random.default_rng(0), 1_000_000
    chrom = [f"chr{i}" for i in range(1, 23)]
    table = pd.DataFrame({"chrom": pd.Categorical.from_codes(draw.integers(0, 22, n), chrom).astype(str), "start": draw.integers(0, 10**8, n), "name": np.array(["enhancer", "promoter", "insulator"])[draw.integers(0, 3, n)]})
    table["end"] = table.start + draw.integers(50, 5000, n)
    table["score"] = draw.normal(500, 150, n).round(3)
    return sheet_of(table)


def heavy(p):
    "Bytes that `p` sends from now on, as a list that grows."
    sent = []
    def send(msg, buffers=None):
        sent.append(len(json.dumps(msg, default=str)) + sum(memoryview(b).nbytes for b in buffers or ()))
    p._send = send
    return sent


def test_a_million_rows_cost_the_page_little(million, tmp_path):
    (tmp_path / "x.tsv").write_text("a\n")
    p = Picker(Hands(lambda paths: million, write=lambda c: "\n".join(c.steps)), tmp_path)
    sent = heavy(p)
    p.open("x.tsv")
    opened = sum(sent)
    for act in (lambda: p.between("score", 400, 600), lambda: p.keep("name", ["enhancer"]), lambda: p.lasso([(0, 300), (4000, 300), (4000, 700), (0, 700)]), lambda: p.look((100, 3000, 350, 600)), p.clear):
        sent.clear()
        act()
        assert 0 < sum(sent) < 150_000
    assert opened < 300_000
    full = p.get_state()
    assert len(json.dumps({k: v for k, v in full.items() if k not in ("counts", "cells", "_esm", "_css")}, default=str)) + len(full["counts"]) + len(full["cells"]) < 200_000, "what a reload costs"
    assert len(p._repr_mimebundle_()["text/html"]) < 100_000


def test_many_columns_and_long_cells_stay_small(tmp_path):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3000)), columns=[f"gene{i}" for i in range(3000)]).assign(label=["a" * 100_000, "b" * 100_000] * 150)
    (tmp_path / "x.csv").write_text("a\n")
    p = Picker(Hands(lambda paths: sheet_of(table), write=lambda c: ""), tmp_path)
    sent = heavy(p)
    p.open("x.csv")
    assert sum(sent) < 500_000 and p.paper["more"] == 3001 - len(p.paper["columns"])


# ---- counts ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(25))
def test_every_row_is_in_one_bin(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 5000))
    v = [lambda: draw.normal(size=n), lambda: draw.integers(0, draw.integers(1, 3000), n).astype(float), lambda: draw.integers(1, 81, n) / 81, lambda: np.exp(draw.normal(0, 3, n)), lambda: np.full(n, 7.), lambda: draw.normal(size=n) * 10.**draw.integers(-12, 12)][seed % 6]()
    v[draw.random(n) < .1] = np.nan
    if seed % 5 == 0: v[0] = np.inf
    f = Feature("v", v, "")
    edges = edges_of(v, f.whole)
    at = binned(v, edges)
    known = np.isfinite(v)
    assert (np.diff(edges) > 0).all() and 2 <= len(edges) <= 65 and (at[known] < len(edges) - 1).all() and (at[~known] == GAP).all()
    crowd = Crowd(n, [f, Feature("w", draw.normal(size=n), "")], [Labels.of("l", draw.integers(0, draw.integers(1, 90), n))])
    crowd.colour = "l"
    i = int(draw.integers(0, len(edges) - 1))
    crowd.between("v", edges[i], edges[-1])
    told, counts = charts(crowd)
    rows, start = crowd.picked, 0
    for bar in told:
        block = counts[start:start + 7 * bar["bins"]].reshape(7, -1)
        start += block.size
        values = crowd.features[bar["name"]].values if bar["kind"] == "numbers" else np.zeros(n)
        assert block[0].sum() == np.isfinite(values).sum() and block[1:].sum() == (rows & np.isfinite(values)).sum() and (block[1:].sum(0) <= block[0]).all()
    assert start == len(counts)
    told, data = cloud(crowd, v, crowd.features["w"].values)
    assert len(data) == (9 * told["rows"] if told["mode"] == "dots" else 3 * WIDE * HIGH) <= max(9 * DOTS, 3 * WIDE * HIGH)


@pytest.mark.parametrize("seed", range(20))
def test_inside_is_what_matplotlib_says(seed):
    from matplotlib.path import Path as Outline
    draw = np.random.default_rng(seed)
    polygon, points = draw.normal(size=(draw.integers(3, 90), 2)), draw.normal(size=(4000, 2))
    crossings = inside(*points.T, polygon)
    if seed < 10:       # no line crosses itself: the two rules agree
        angle = np.sort(draw.uniform(0, 2 * np.pi, len(polygon)))
        polygon = np.c_[np.cos(angle), np.sin(angle)] * draw.uniform(.3, 2, (len(angle), 1))
        assert (inside(*points.T, polygon) == Outline(polygon).contains_points(points)).mean() > .999
    else: assert 0 < crossings.sum() < len(points) or len(polygon) < 5


def test_a_cached_view_is_never_stale():
    draw = np.random.default_rng(0)
    crowd = Crowd(9000, [Feature(c, draw.normal(size=9000), "") for c in "ab"], [Labels.of("l", draw.integers(0, 3, 9000))])
    for i in range(60):
        crowd.rows = draw.random(9000) < .5 if i % 3 else None
        crowd.kept = {"l": [i % 3]} if i % 2 else {}
        crowd.colour = "l" if i % 4 else None
        want = np.ones(9000, bool) if crowd.rows is None else crowd.rows.copy()
        if i % 2: want &= crowd.labels["l"].codes == i % 3
        assert np.array_equal(crowd.picked, want)
        told, counts = charts(crowd)
        assert counts[:7 * told[0]["bins"]].reshape(7, -1)[1:].sum() == want.sum()
        x, y = draw.normal(size=(2, 9000))
        data = np.frombuffer(cloud(crowd, x, y)[1], np.uint8).reshape(3, HIGH, WIDE)
        assert ((data[1] > 0).sum() > 0) == bool(want.any()) and (data[1] <= data[0]).all()


# ---- code and data ---------------------------------------------------------------------------------------------

def table_of(n=240):
    table = planted_table({"promoter": (n // 2, [Plant("TATAAT", 10, 30, .05)]), "other": (n // 2, [])}, 60, seed=5).drop(columns="planted")
    draw = np.random.default_rng(1)
    return table.assign(gene=[f"g{i % 31}" for i in range(n)], score=draw.normal(size=n), copies=draw.integers(1, 30, n), part=draw.choice(["train", "test", "dev"], n), chrom=draw.choice(["chr1", "chr2", "chr3", "chrX"], n))


def same(a, b):
    "Whether two `Data` hold the same rows in the same parts under the same rule."
    assert a.recipe["split"] == b.recipe["split"] and a.recipe["arguments"] == b.recipe["arguments"]
    assert [s["sha256"] for s in a.recipe["sources"]] == [s["sha256"] for s in b.recipe["sources"]]
    for part in ("train", "valid", "test"):
        x, y = getattr(a, part), getattr(b, part)
        assert x.ids == y.ids and np.array_equal(x.rows, y.rows) and np.array_equal(np.asarray(x.y), np.asarray(y.y)) and list(x.x.keys) == list(y.x.keys)
    pd.testing.assert_frame_equal(a.table, b.table)


def executed(code):
    "The `d` that a cell of `code` makes."
    space = {}
    exec(compile(code, "cell", "exec"), space)
    return space["d"]


CHOICES = {
    "as it is": lambda p: None, "group": lambda p: p.choose(split="group:gene"), "kin": lambda p: p.choose(group="gene"), "cluster": lambda p: p.choose(split="cluster"), "random": lambda p: p.choose(split="random"),
    "given": lambda p: p.choose(split="given:part"), "numbers": lambda p: p.choose(y="score", split="random"), "GC": lambda p: p.between("GC", .3, .55), "from": lambda p: p.between("score", -1), "up to": lambda p: p.between("copies", None, 20.7),
    "class and chromosomes": lambda p: (p.keep("chrom", ["chr1", "chrX", "chr3"]), p.between("score", -1.5, 2.25)), "few rows": lambda p: p.select(range(5, 200)), "many rows": lambda p: p.select(np.arange(0, 240, 2) // 2 * 2 + np.arange(120) % 2),
    "lasso": lambda p: (p.choose(across="GC", up="score"), p.lasso([(0, -2), (1, -2), (1, 1), (.4, 3), (0, 1)])), "added": lambda p: (p.select(range(100)), p.desk.caught(np.arange(240) > 150, "add"), p._show("rows")),
    "all at once": lambda p: (p.embed(), p.lasso([(-1, -1), (1, -1), (1, 1), (-1, 1)]), p.lasso([(0, 0), (.02, 0), (.02, .02), (0, .02)], "take"), p.keep("gene", [f"g{i}" for i in range(25)]), p.between("copies", 2, 29), p.choose(split="group:gene", group="chrom")),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_code_makes_the_same_data(lab, name):
    table_of().to_csv("promoters.csv", index=False)
    p = pick(lab)
    p.open("promoters.csv")
    CHOICES[name](p)
    d = p.data()
    same(d, executed(p.code()))
    assert p.script == p.code() and len(d.table) == len(p.selection) == len(p.frame) == p.value["rows"] == p.picked["rows"]


def test_hostile_names_make_code_that_runs(lab):
    odd = 'a"b\'c\\\n\u202e{x}] #'
    table = table_of().rename(columns={"label": odd, "sequence": "seq'); raise SystemExit #"})
    table[odd] = table[odd].map({"promoter": "p\"); 1/0 #", "other": "o\u2028'\\"})
    table.to_csv("odd name'\".csv", index=False)
    p = pick(lab)
    p.open("odd name'\".csv")
    p.choose(x="seq'); raise SystemExit #", y=next(c for c in table.columns if c.startswith('a"b')))
    p.keep(p.desk.roles["y"], list(p.desk.crowd.labels[p.desk.roles["y"]].names))
    p.between("GC", .2, .6)
    same(p.data(), executed(p.code()))


def test_many_rows_are_written_once_and_under_the_root(lab):
    table_of(4000).to_csv("promoters.csv", index=False)
    p = pick(lab)
    p.open("promoters.csv")
    p.select(np.flatnonzero(np.random.default_rng(0).random(4000) < .5))
    before = set(lab.iterdir())
    assert "np.r_" not in p.script and set(lab.iterdir()) == before
    code = p.code()
    made, = set(lab.iterdir()) - before
    assert made.name in code and code == p.script and len(pd.read_csv(made)) == len(p.selection)
    same(p.data(), executed(code))


def test_classes_of_fasta_files(lab):
    table = table_of()
    for label, rows in table.groupby("label"): (lab / f"{label}.fa").write_text("".join(f">{i}\n{s}\n" for i, s in zip(rows.id, rows.sequence)))
    p = pick(lab)
    p.open("promoter.fa")
    assert "Choose y=, or add a second file" in p.script and len(p.frame) == 120
    with pytest.raises(SpecError, match="second file"): p.data()
    p.add("other.fa")
    same(p.data(), executed(p.code()))
    p.between("GC", .3, .6)
    same(p.data(), executed(p.code()))
    p.remove("other.fa")
    assert p.value["files"] == {} and p.paper["rows"] == 120


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("y, negatives, narrow", [("type", None, False), ("type", None, True), (None, "gc", False), (None, "shuffle", True)])
def test_regions_on_a_genome_of_other_names(lab, y, negatives, narrow):
    draw = np.random.default_rng(2)
    peaks = pd.DataFrame({"chrom": draw.choice(["chr1", "chr2", "chr3"], 300), "start": draw.integers(100, 5000, 300), "type": draw.choice(["a", "b"], 300)})
    peaks.assign(end=peaks.start + draw.integers(20, 90, 300))[["chrom", "start", "end", "type"]].to_csv("peaks.tsv", sep="\t", index=False)
    (lab / "genome.fa").write_text("".join(f">{c}\n{''.join(draw.choice(list('ACGT'), 150_000))}\n" for c in "123"))
    p = pick(lab)
    p.open("peaks.tsv")
    assert "Add the FASTA file" in p.script
    p.add("genome.fa", "genome")
    assert {r["name"]: r["there"] for r in p.names["rows"]} == {"chr1": "1", "chr2": "2", "chr3": "3"}
    p.choose(y=y, negatives=negatives, length=100, split="stratified")
    if narrow: p.between("length", 30, 80)
    same(p.data(), executed(p.code()))


def test_a_table_that_teaches_nothing_stays_a_table(lab):
    pd.DataFrame({"note": ["a", "b"] * 9, "n": range(18)}).to_csv("notes.csv", index=False)
    p = pick(lab)
    p.open("notes.csv")
    assert "Data" not in p.script and list(p.desk.sheet.options) == ["y"] and len(p.frame) == 18
    with pytest.raises(SpecError, match="to learn from"): p.data()


def test_tables_of_numbers(lab):
    draw = np.random.default_rng(0)
    pd.DataFrame(draw.normal(size=(90, 12)).round(4), columns=[f"gene{i}" for i in range(12)]).assign(label=["a", "b", "b"] * 30).to_csv("matrix.csv", index=False)
    p = pick(lab)
    p.open("matrix.csv")
    assert p.value["kind"] == "matrix" and p.desk.sheet.maps
    a, b = p.data(), executed(p.code())
    assert a.recipe["split"] == b.recipe["split"] and np.array_equal(a.train.x[:].numpy(), b.train.x[:].numpy())
    p.embed()
    assert p.desk.axes == ["map 1", "map 2"]


@pytest.mark.parametrize("split, narrow", [(None, False), ("cluster", False), ("random", True), (None, True)])
def test_tasks_of_the_catalogue(lab, split, narrow):
    p = pick(lab)
    p.take("planted_motif")
    if split: p.choose(split=split)
    if narrow: p.between("GC", .4, .6)
    a, b = p.data(), executed(p.code())
    assert a.test.ids == b.test.ids and a.recipe["split"] == b.recipe["split"] and len(a.table) == len(b.table) == len(p.selection)


def test_features_are_what_their_code_says():
    draw = np.random.default_rng(0)
    strings = ["".join(draw.choice(list("ACGTUNRYacgtn-"), draw.integers(1, 50), p=np.r_[np.full(4, .2), np.full(10, .02)])) for _ in range(500)]
    table = pd.DataFrame({"s q": [None if i % 50 == 7 else s for i, s in enumerate(strings)]})
    for f in sequence_features(table, "s q"):
        np.testing.assert_array_equal(f.values, eval(f.code, {"table": table}).to_numpy(float, na_value=np.nan))


@pytest.mark.parametrize("seed", range(10))
def test_runs_are_the_rows(seed):
    draw = np.random.default_rng(seed)
    rows = np.flatnonzero(draw.random(400) < (.05, .5, .98)[seed % 3])
    assert not runs(rows) or np.array_equal(eval(f"np.r_[{runs(rows)}]", {"np": np}), rows)
    assert runs(np.zeros(0, int)) == "" and runs(np.arange(10**6)) == "0:1000000"


# ---- buttons and methods ---------------------------------------------------------------------------------------

PRESSED = [({"do": "between", "at": 1, "low": .3, "high": .5}, lambda p: p.between("GC", .3, .5)), ({"do": "keep", "at": 0, "kept": [1]}, lambda p: p.keep("label", [p.desk.crowd.labels["label"].names[1]])),
           ({"do": "keep", "at": 0, "kept": None}, lambda p: p.keep("label", None)), ({"do": "choose", "role": "split", "at": 1}, lambda p: p.choose(split=p.desk.sheet.options["split"][1])), ({"do": "choose", "role": "colour", "at": 0}, lambda p: p.choose(colour=None)),
           ({"do": "embed"}, lambda p: p.embed()), ({"do": "lasso", "polygon": [[-1, -1], [0, -1], [0, 1], [-1, 1]], "how": "replace"}, lambda p: p.lasso([(-1, -1), (0, -1), (0, 1), (-1, 1)])), ({"do": "look", "window": [-.1, .1, -.1, .1]}, lambda p: p.look((-.1, .1, -.1, .1))),
           ({"do": "release"}, lambda p: p.select(None)), ({"do": "audit"}, lambda p: p.audit()), ({"do": "browse", "key": "peaks"}, lambda p: p.browse("peaks")), ({"do": "clear"}, lambda p: p.clear()), ({"do": "save"}, lambda p: p.code())]


def test_buttons_and_methods_do_the_same(lab):
    table_of().to_csv("promoters.csv", index=False)
    pressed, called = pick(lab), pick(lab)
    assert {m["do"] for m, _ in PRESSED} | {"open", "take", "add", "remove"} == set(ASKED)
    for p in (pressed, called): p.open("promoters.csv")
    for message, method in PRESSED:
        pressed._hear(pressed, message, [])
        assert pressed.errands.wait(60)
        method(called)
        if "verdict" not in message and pressed.verdict != called.verdict: called.audit()      # the page audits small data unasked
        states = [state_of(p) | {"verdict": 0, "said": 0, "heard": 0, "view_id": 0, "counts": p.counts, "cells": p.cells} for p in (pressed, called)]
        assert states[0] == states[1], message
    assert pressed.said == {} and np.array_equal(pressed.selection, called.selection)


def test_selection_and_value_can_be_watched(lab):
    table_of().to_csv("promoters.csv", index=False)
    p, seen = pick(lab), []
    p.open("promoters.csv")
    p.observe(lambda change: seen.append((change["name"], len(change["new"]))), ["selection"])
    p.keep("label", ["other"])
    assert seen == [("selection", 120)] and set(p.frame.label) == {"other"} and list(p.frame) == ["sequence", "label"]
    assert p.value["labels"] == {"label": ["other"]} and json.dumps(p.value)


def test_wrong_words_name_the_right_ones(lab):
    p = pick(lab)
    with pytest.raises(SpecError, match="Open a file"): p.code()
    p.open("ok.csv")
    for act, hint in ((lambda: p.choose(y="lable"), "label"), (lambda: p.choose(spilt="random"), "split"), (lambda: p.keep("label", ["A"]), "a"), (lambda: p.between("GCC", 0, 1), "GC"), (lambda: p.select([999]), "0"), (lambda: p.take("planted"), "planted_motif")):
        with pytest.raises(GenonbError, match=hint): act()


def test_a_refused_file_tells_its_line_and_leaves_no_table(lab):
    (lab / "bad.csv").write_text("sequence,label\nACGT,1\nAC,GT,0\n")
    p = pick(lab)
    p.open("ok.csv")
    with pytest.raises(DataError, match="line 3"): p.open("bad.csv")
    assert p.checked["status"] == "refused" and p.checked["messages"][0]["line"] == 3 and p.paper["refused"] and p.desk.sheet is None and p.script == "" and len(p.selection) == 0
    p._hear(p, {"do": "open", "key": "bad.csv"}, [])
    assert p.errands.wait() and p.said == {}, "told once, with its line"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not os.environ.get("GENONB_FORMATS"), reason="GENONB_FORMATS names no folder of test files")
def test_files_of_many_kinds_open_or_are_refused():
    root = Path(os.environ["GENONB_FORMATS"])
    p, told = pick(root), []
    for folder in sorted(f for f in root.iterdir() if f.is_dir()):
        for path in sorted(f for f in folder.iterdir() if f.stat().st_size < 200_000)[::5]:
            try: p.open(path.relative_to(root).as_posix())
            except DataError: refused = True
            else: refused = False
            assert refused == (p.checked["status"] == "refused") == (p.desk.sheet is None), path.name
            json.dumps(state_of(p), allow_nan=False)
            if p.script: compile(p.script, "cell", "exec")
            told.append(p.checked["status"])
    assert len(told) > 60 and {"ok", "refused"} <= set(told)


def test_a_map_keeps_neighbours_together():
    draw = np.random.default_rng(0)
    x = np.concatenate([draw.normal(0, 1, (200, 30)), draw.normal(3, 1, (200, 30))]).astype(np.float32)
    xy = components(x)
    assert xy.shape == (400, 2) and abs(xy[:200, 0].mean() - xy[200:, 0].mean()) > 5 * xy[:200, 0].std()
    assert components(x[:, :1]).shape == (400, 2)


# ---- the module ------------------------------------------------------------------------------------------------

def test_the_module_is_one_string_that_loads_nothing():
    module, sheet = asset("picker.js", TONES=TONES), styles("picker.css")
    assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|WebSocket|https?:|\beval\b|new Function|HTML\b(?!\w*Element)", re.sub(r"HTML\w*Element", "", module), re.M)
    assert module.count("export default") == 1 and "export " not in module.replace("export default", "") and not re.search(r"url\(|@import|https?:", sheet)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_module_parses():
    done = subprocess.run(["node", "--input-type=module", "--check"], input=asset("picker.js", TONES=TONES), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_picker_itself_loads_none_of_the_heavy_libraries():
    code = "import sys, genonb.widgets.picker; print({'torch', 'captum', 'lightning_fabric', 'sklearn', 'plotly', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"
