"""The page: nothing from data becomes markup, nothing is loaded, nothing runs, and every promised fact stands in it."""
import copy
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from genonb.core.display import escape
from genonb.core.errors import ModelError
from genonb.data.audit import Audit, Finding
from genonb.data.data import Data
from genonb.data.metrics import Estimate
from genonb.data.target import Binary, OneOf
from genonb.interpret.attribution import Attribution
from genonb.models.dnn import dnn
from genonb.reports.page import embedded, limits, render, report, session, verdict
from genonb.train.compare import Comparison
from genonb.train.run import Run, fit, load
from genonb.models.build import build
from hostile import HOSTILE

PLAIN = "plain words"


class Reader(HTMLParser):
    "Tags with their attributes, and the text of each element outside `<style>` and `<script>`."

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.comments, self._open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag: pass

    def handle_data(self, data):
        if not {"style", "script"} & set(self._open): self.words.append(data)

    def handle_comment(self, data): self.comments.append(data)
    handle_decl = handle_pi = unknown_decl = handle_comment

    def count(self): return sum(tag != "g" for tag, _ in self.tags)    # a note that begins with "!" is drawn in a group of its own

    @property
    def kinds(self): return {(tag, name) for tag, attrs in self.tags for name in attrs or [None]}


def estimates(*values): return {m: Estimate(v, v - .05, v + .05, 40) for m, v in zip(("mcc", "auroc", "auprc", "accuracy", "brier"), values)}


@pytest.fixture(scope="module")
def run():
    "A small run on data in memory."
    draw = np.random.default_rng(0)
    rows = [("".join(draw.choice(list("ACGT"), 20)), k) for k in ("no", "yes") * 60]
    table = pd.DataFrame([(s if k == "no" else s[:6] + "TATAAT" + s[12:], k) for s, k in rows], columns=["sequence", "label"])
    data = Data.from_table(table, name="toy", seed=0)
    return fit(dnn(**data.shape), data, epochs=2, seed=0, on_event=lambda event: None)


def attribution(words=PLAIN, error=.02):
    x = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]].T[None]
    values = x * np.array([.1, -.2, .3, .4, 0], np.float32)
    return Attribution(values=values, x=x, method=words, output=[1.], baseline=[1 - values.sum() - error], at=words, ids=[words], warnings=[words], meta={"seed": 3, "implementation": words})


def told(run, words):
    "`run` with `words` in every place where data, files or people may put text."
    a = copy.copy(run)
    a.name, a.message, a.device = words, words, run.device | {"name": words}
    a.target = Binary(words, labels=(words, words + "2"))
    a.env, a.recipe = run.env | {"platform": words, words: words}, {"reader": words, "sources": [{"path": words, "sha256": words}], "split": {"split": words, words: words}, "seed": words,
                                                                 "note": words, "model": {"model": words, "options": {words: words}}, words: words}
    a.spec = {"inputs": {"kind": words, "length": 20, "column": words, "padded": True}}
    a.comparison = Comparison("mcc", estimates(.9, .9, .9, .9, .1), {words: estimates(.5, .5, .5, .5, .2)}, {words: Estimate(.4, .3, .5, 40)})
    a.valid_rivals = {words: .5}
    a.predict = lambda x: np.linspace(0, 1, len(x))
    found = Audit([Finding("exact_twins", "error", 3, 40, (words, words), words)], {words: pd.DataFrame(np.eye(3, dtype=int), list("abc"), list("abc"))}, dict.fromkeys("abc", 9))
    a.data = SimpleNamespace(test=run.data.test, train=run.data.train, valid=run.data.valid, audit=lambda: found)
    return a


def hostile_page(run, words): return render(told(run, words), attribution(words), title=words, notes=words, code=[words, words])


@pytest.fixture(scope="module")
def plain(run): return Reader(hostile_page(run, PLAIN))


def test_the_list_is_long_enough():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_text_stays_text(run, plain, words):
    text = hostile_page(run, words)
    found = Reader(text)
    assert found.kinds <= plain.kinds, found.kinds - plain.kinds
    assert found.count() <= plain.count()
    assert [c for c in found.comments if c != "doctype html"] == []
    assert all(v.startswith("#") for _, a in found.tags for k, v in a.items() if k in ("href", "src", "xlink:href"))
    assert all(re.fullmatch(r"--share: [\d.]+", a["style"]) for _, a in found.tags if "style" in a)
    assert {a["id"] for _, a in found.tags if "id" in a} <= {a["id"] for _, a in plain.tags if "id" in a}
    if words.strip():
        shown = html.unescape(escape(words))
        assert shown in "".join(found.words) and ("h1", {}) in found.tags
    recipe = re.search(r'id="genonb-recipe">(.*?)</script>', text, re.S)[1]
    assert json.loads(recipe)["reader"] == words
    text.encode("utf-8")


def test_hostile_labels_of_many_classes(run):
    words = "<b>many</b>"
    a = told(run, words)
    a.target = OneOf(words, labels=(words, words + "2", words + "3"))
    a.predict = lambda x: np.eye(3)[np.arange(len(x)) % 3]
    assert "<b>" not in render(a, code="")


PROMISED = ["toy", "dnn", "mcc", "held-out", "majority", "kmer", "train, ", "stratified(", "exact twins", "near duplicates", "epochs=2", "weights, sha256", "torch", "python", "seed of training", "not re-runnable: pass source="]


def test_what_was_promised_stands_there(run):
    words = " ".join(Reader(render(run, attribution(), code=["x = 1"])).words)
    missing = [p for p in PROMISED + [run.model_hash, run.data_hash, "x = 1", "completeness error"] if p.casefold() not in words.casefold()]
    assert not missing


def test_every_score_has_its_interval_and_every_rival_its_difference(run):
    text = " ".join(" ".join(Reader(render(run, code="")).words).split())
    for told in (run.scores, *run.rivals.values()):
        for e in told.values(): assert str(e) in text
    for e in run.comparison.differences.values(): assert str(e) in text


def test_the_file_is_what_the_report_says(run, tmp_path):
    told = report(run, path=tmp_path / "a.html", code="")
    data = told.path.read_bytes()
    assert (told.bytes, told.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"] and len(data) < 1_000_000
    assert "report.html" not in repr(told) and "a.html" in repr(told)


def test_a_loaded_run_has_a_page_without_data(run, tmp_path):
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", build)
    words = " ".join(Reader(render(again, code="")).words)
    assert "loaded from its folder" in words and again.model_hash in words and "exact twins" not in words


def test_policy_and_contents(run):
    found = Reader(render(run, attribution(), code="", notes="one\n\ntwo"))
    policy = next(a["content"] for t, a in found.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;") and "script-src" not in policy
    first = [t for t, _ in found.tags].index("meta")
    assert [t for t, _ in found.tags][:first] == ["html", "head"] and not {"link", "script"} & {t for t, _ in found.tags[:found.tags.index(("body", {}))]}
    ids = {a["id"] for t, a in found.tags if t == "section"}
    assert [a["href"][1:] for t, a in found.tags if t == "a" and a["href"] != "#scores"] == [i for i in ("notes", "data", "training", "why", "limits", "record") if i in ids]
    assert all(a.get("role") == "img" for t, a in found.tags if t == "svg") and [t for t, _ in found.tags].count("h1") == 1


VERDICTS = [((.1, .05, .2), "good"), ((.1, -.05, .2), "warn"), ((-.1, -.2, -.05), "warn"), ((np.nan, np.nan, np.nan), "")]


@pytest.mark.parametrize("interval, level", VERDICTS)
def test_verdict(interval, level):
    assert verdict(Comparison("mcc", {}, {}, {"kmer": Estimate(*interval, 40)}))[1] == level


LIMITS = [(dict(status="stopped"), "stopped"), (dict(device={"kind": "cuda"}), "GPU"), (dict(recipe={"sources": [{"path": "a", "sha256": "b"}]}), None)]


@pytest.mark.parametrize("change, word", LIMITS)
def test_limits(run, change, word):
    a = SimpleNamespace(**{k: getattr(run, k) for k in ("status", "device", "recipe", "config", "message")} | change)
    told = limits(a, run.comparison, run.data.audit(), attribution())
    assert word is None and not any("not re-runnable" in t.casefold() for t in told) or any(word in t for t in told)


def test_undefined_is_said(run):
    a = copy.copy(run)
    a.comparison = Comparison("mcc", estimates(np.nan, .9), {}, {})
    words = " ".join(Reader(render(a, code="")).words)
    assert "Undefined on these rows: mcc." in words and "No trivial rival could be scored" in words


def test_an_attribution_without_a_sum(run):
    a = replace(attribution(), baseline=None, scale=None)
    words = " ".join(Reader(render(run, a, code="")).words)
    assert "promises no sum" in words and "nan" not in words.casefold().split()


def test_a_run_that_has_not_ended_is_refused(run, tmp_path):
    with pytest.raises(ModelError, match=r"report\(\): the run is new\. Wait for it"): report(Run(run.model, run.data), path=tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


def test_code_is_quoted_whole(run):
    cell = "\n".join(f"x_{i} = {i}" for i in range(2000))
    assert "x_1999 = 1999" in "".join(Reader(render(run, code=[cell])).words)
    assert session() == []          # no IPython here
    assert "Code of the session" not in render(run, code="")


JSON = [({"a": float("nan"), "b": float("inf")}, {"a": None, "b": None}), ({1: np.float32(.5), "n": np.int64(3)}, {"1": .5, "n": 3}), ([{"x"}, (1, 2), None, True], [["x"], [1, 2], None, True])]


@pytest.mark.parametrize("value, plain", JSON)
def test_embedded(value, plain):
    assert json.loads(embedded(value)) == plain


@pytest.mark.browser
def test_in_a_browser(run, tmp_path):
    "Every hostile page from file://, light and dark: one request, no script, no dialog, no complaint, the words literally."
    from lab import chromium
    asked, said = [], []
    with chromium() as browser:
        tab = browser.new_page()
        tab.on("request", lambda r: asked.append(r.url))
        tab.on("console", lambda m: said.append(m.text))
        tab.on("dialog", lambda d: (said.append(d.message), d.dismiss()))
        tab.on("pageerror", lambda e: said.append(str(e)))
        for i, words in enumerate(HOSTILE):
            path = tmp_path / f"{i}.html"
            path.write_text(hostile_page(run, words), encoding="utf-8")
            tab.emulate_media(color_scheme=("light", "dark")[i % 2])
            tab.goto(path.as_uri())
            assert tab.evaluate("[window.pwned, document.images.length, document.forms.length, frames.length]") == [None, 0, 0, 0], words
            if words.strip(): assert " ".join(tab.text_content("h1").split()) == " ".join(html.unescape(escape(words)).split())
        assert asked == [(tmp_path / f"{i}.html").as_uri() for i in range(len(HOSTILE))]
        assert said == []


@pytest.mark.browser
def test_in_a_sandboxed_frame_on_paper_and_on_a_phone(run, tmp_path):
    from lab import chromium
    path = tmp_path / "a.html"
    report(run, attribution(), path=path, code=["x = 1"])
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        tab.emulate_media(media="print")
        assert not tab.is_visible("nav") and tab.is_visible("#limits")
        tab.set_content(f'<iframe sandbox srcdoc="{html.escape(path.read_text("utf-8"))}" width=900 height=900></iframe>')
        assert tab.frame_locator("iframe").locator("h1").text_content() == "toy"
