"""Pictures and widgets: hostile text in every still, messages of a strange front end, the modules as a browser runs them."""

import base64
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from hostile import HOSTILE

from genonb.core.errors import SpecError
from genonb.plot.chart import Chart, Dots, Heat, Interval, Line, Panel, Rule
from genonb.plot.logo import GLYPHS, attribution_svg, certificate, far_and_near, glyph, logo_svg, pooled, rows_of, show_attribution, stacks
from genonb.plot.scores import ahead, confusion, curves, roc, scatter, scores, show_run, show_study
from genonb.plot.svg import AMINO, BASES, TONES, Picture, decimate, picture, text, ticks, tints
from genonb.plot.theme import figure, show_chart
from genonb.widgets.base import asset, plain, styles
from genonb.widgets.logo import COLUMNS, Logo, window
from genonb.widgets.monitor import Monitor, Story, narrate

SHORT = [t for t in HOSTILE if len(t) < 5000]
MODULES = {"monitor.js": {"TONES": TONES}, "logo.js": {"GLYPHS": GLYPHS}}

# ---- what a page may hold --------------------------------------------------------------------------------------

HTML_TAGS = set("style div img table caption thead tbody tr th td".split())
SVG_TAGS = set("svg title g path rect circle text style".split())


class Page(HTMLParser):
    "The tags, attributes and SVG documents of an HTML fragment."

    def __init__(self, fragment):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.pictures, self.words = set(), [], [], []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag == "img": self.pictures.append(dict(attrs)["src"])

    def handle_data(self, data): self.words.append(data)


def harmless_svg(svg):
    "The words of an SVG, after making sure that it is well-formed and made of shapes and text alone."
    root = ElementTree.fromstring(svg)
    names = {e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in root.iter()}
    assert names <= SVG_TAGS, names - SVG_TAGS
    for e in root.iter():
        for key, value in e.attrib.items():
            assert not key.lower().startswith("on") and "href" not in key and "javascript" not in value, (key, value)
    return [e.text or "" for e in root.iter() if e.tag.endswith("}text")]


def harmless(html):
    "All words of a still: of its pictures and its tables; no tag, attribute or address may come from data."
    page = Page(html)
    assert page.tags <= HTML_TAGS, page.tags - HTML_TAGS
    assert {k for k, _ in page.attributes} <= {"class", "alt", "src", "width"}
    words = list(page.words)
    for src in page.pictures:
        head, _, data = src.partition(",")
        assert head == "data:image/svg+xml;base64"
        words += harmless_svg(base64.b64decode(data))
    return words


def attribution(name, n=2, length=30):
    draw = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[draw.integers(4, size=(n, length))].transpose(0, 2, 1)
    return SimpleNamespace(values=x * draw.normal(size=(n, 1, length)), x=x, letters="ACGT", ids=[name] * n, method=name, error=.1, warnings=[name])


def comparison(name):
    e = {"value": .8, "low": .7, "high": .9}
    return SimpleNamespace(primary=name, scores={name: e}, rivals={name: {name: e}}, differences={name: e})


def run_named(name):
    history = [{"epoch": i, "train_loss": 1 / i, "valid_loss": 1 / i, f"valid_{name}": .5} for i in (1, 2)]
    return SimpleNamespace(card=lambda: [(name, name)], history={k: [r[k] for r in history] for k in history[0]}, valid_rivals={name: .4}, comparison=comparison(name), target=SimpleNamespace(primary=name))


def story_of(name, upto="end"):
    events = [dict(event="start", name=name, epochs=2, batches=3, samples=10, primary=name, better="higher", blocking=False, device={"kind": name, "name": name, "precision": name}),
              dict(event="rivals", part="valid", metric=name, scores={name: .5}),
              dict(event="progress", epoch=1, step=3, steps=6, seconds=1., rate=3., eta=1., loss=np.ones(3, np.float32), at=np.arange(3), paused=False),
              dict(event="epoch", epoch=1, train_loss=1., valid_loss=1., valid={name: .6}, best=True),
              dict(event="end", status=name, best_epoch=1, seconds=2., message=name, scores={name: {"value": .5, "low": .4, "high": .6}}, rivals={name: {name: {"value": .4, "low": .3, "high": .5}}})]
    return events[:[e["event"] for e in events].index(upto) + 1]


def monitored(name):
    monitor = Monitor()
    for event in story_of(name): monitor.update(event)
    return monitor


HEAT = np.array([[0., 1.], [1., 0.]])
STILLS = {
    "picture": lambda t: picture(text(0, 0, t), 10, 10, t).html,
    "logo_svg": lambda t: logo_svg(np.ones((4, 9)), names=[t], title=t, notes=[t, "!" + t]).html,
    "attribution": lambda t: show_attribution(attribution(t))["text/html"],
    "long attribution": lambda t: show_attribution(attribution(t, 1, 400))["text/html"],
    "chart": lambda t: Chart((Panel((Line([1, 2], [1, 2], t), Dots([1], [1], t, words=(t,)), Rule(1., t)), t, t, t), Panel((Interval(0, 1., .5, 2., t),), t, y_names=(t,)),
                              Panel((Heat(HEAT, np.array([[t, t], [t, t]], object)),), x_names=(t, t), y_names=(t, t))), t).svg.html,
    "curves": lambda t: curves([{"epoch": 1, "train_loss": 1., t: .5}, {"epoch": 2, "train_loss": .5, t: .6}], {t: .4}, t).svg.html,
    "scores": lambda t: scores({t: .5}, {t: {t: .4}}, name=t).svg.html,
    "ahead": lambda t: ahead({t: .5}, t).svg.html,
    "roc": lambda t: roc([0, 1, 1], [.1, .9, .4], (t, t)).svg.html,
    "confusion": lambda t: confusion([0, 1], HEAT, (t, t)).svg.html,
    "scatter": lambda t: scatter([1., 2.], [1., 3.], (t,)).svg.html,
    "run": lambda t: show_run(run_named(t))["text/html"],
    "study": lambda t: show_study(SimpleNamespace(card=lambda: [(t, t)], comparison=comparison(t), runs=[run_named(t)] * 2))["text/html"],
    "monitor": lambda t: monitored(t)._repr_mimebundle_()["text/html"],
    "logo widget": lambda t: Logo(attribution(t), title=t)._repr_mimebundle_()["text/html"],
}


def bare(words):
    "`words` without blanks and without anything beyond ASCII, which `escape` may have replaced."
    return re.sub(r"[^\x21-\x7e]", "", words)


@pytest.mark.parametrize("surface", STILLS)
def test_hostile_text_stays_text_in_every_still(surface):
    for t in SHORT:
        words = harmless(STILLS[surface](t))
        sign = bare(t)[:8]
        if len(sign) > 3: assert any(sign in bare(w) for w in words), (t, words[:9])


@pytest.mark.parametrize("surface", STILLS)
def test_a_name_of_a_megabyte_is_cut(surface):
    assert len(STILLS[surface]("A" * 1_000_000)) < 120_000


def test_plotly_gets_no_markup_and_no_tex():
    for t in SHORT:
        chart = Chart((Panel((Line([1, 2], [1, 2], t), Dots([1], [1], t, words=(t,)), Rule(1., t), Interval(0, 1., .5, 2., t)), t, t, t, x_names=(t,), y_names=(t,)),
                       Panel((Heat(HEAT, np.array([[t, t], [t, t]], object)),))), t)
        said = json.dumps(chart.plotly, ensure_ascii=False)
        assert "<" not in said.replace("<b>", "").replace("</b>", "") and "$" not in said and "hovertemplate" not in said
        json.dumps(plain(show_chart(chart)), allow_nan=False).encode("utf-8")


def test_a_chart_is_a_figure_of_plotly_with_the_same_numbers():
    chart = curves([{"epoch": i, "train_loss": 1 / i, "valid_loss": 2 / i, "valid_mcc": .1 * i} for i in range(1, 6)], {"GC": .3}, "mcc")
    drawn = figure(chart)
    assert [list(t.y) for t in drawn.data[:2]] == [[round(1 / i, 6) for i in range(1, 6)], [round(2 / i, 6) for i in range(1, 6)]]
    assert drawn.data[3].name == "GC" and set(drawn.data[3].y) == {.3}
    bundle = show_chart(chart)
    assert bundle["application/vnd.plotly.v1+json"]["config"]["plotlyServerURL"] == "" and "<img" in bundle["text/html"]


# ---- logos -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("shape, found", [((4, 7), (1, 4, 7)), ((7, 4), (1, 4, 7)), ((4, 4), (1, 4, 4)), ((3, 4, 7), (3, 4, 7)), ((0, 4, 7), (0, 4, 7)), ((4, 0), (1, 4, 0))])
def test_rows_come_in_any_form(shape, found):
    assert rows_of(np.ones(shape)).shape == found
    logo_svg(np.ones(shape))


@pytest.mark.parametrize("shape", [(4,), (5, 7), (2, 3, 7), (1, 2, 4, 7), ()])
def test_other_shapes_are_named(shape):
    with pytest.raises(SpecError, match=re.escape(f"shape {shape}")): rows_of(np.ones(shape))


def test_letters_of_a_column_never_overlap():
    v = np.random.default_rng(0).normal(size=(4, 200))
    base, tip = stacks(v)
    assert np.allclose(tip - base, v)
    for j in range(200):
        for side in (1, -1):
            spans = sorted((side * base[i, j], side * tip[i, j]) for i in range(4) if v[i, j] * side > 0)
            assert not spans or np.isclose(spans[0][0], 0)
            assert all(np.isclose(a[1], b[0]) and a[1] - a[0] <= b[1] - b[0] + 1e-9 for a, b in zip(spans, spans[1:]))


def test_pooling_keeps_the_strongest():
    v = np.random.default_rng(1).normal(size=(4, 10_000)) * .1
    v[2, 7777] = 9
    few, step = pooled(v, 800)
    assert few.shape[1] <= 800 and few[2].max() == 9 and few[2].argmax() == 7777 // step


@pytest.mark.parametrize("length", [1, 30, 168, 169, 846, 847, 5000, 100_000])
def test_a_logo_stays_small_and_well_formed(length):
    svg = logo_svg(np.random.default_rng(0).normal(size=(4, length)), spans=[(0, 1)])
    assert len(svg) < 300_000
    harmless_svg(svg)


def test_numbers_that_are_none_do_not_reach_the_picture():
    svg = logo_svg(np.array([[np.nan, np.inf, -np.inf, 1.]] * 4))
    assert "nan" not in svg and "inf" not in svg


def test_every_letter_has_an_outline_that_turns_over():
    for letter in {*BASES, *AMINO}:
        up, down = glyph(letter, 0, 100, 100, 0), glyph(letter, 0, 100, 0, 100)
        assert up.count("M") == down.count("M") >= 1 and up != down
    assert glyph("?", 0, 10, 10, 0) == "M0 0L10 0L10 10L0 10Z"


@pytest.mark.parametrize("error, words", [(.004, "0.4 %"), (5e-8, "below 0.001 %"), (np.nan, "without a sum"), (None, "")])
def test_the_certificate_stands_in_the_picture(error, words):
    a = attribution("x")
    a.error, a.warnings = error, ["<i>high"]
    assert words in certificate(a)[0] and words in attribution_svg(a) and "&lt;i&gt;high" in attribution_svg(a)


def test_far_and_near():
    row = np.zeros((4, 1000)) + .01
    row[0, 600:620] = 5
    whole, near = far_and_near(row)
    assert whole.values.shape[1] == 1000 and near.start <= 600 and near.start + near.values.shape[1] >= 620 and len(far_and_near(row[:, :100])) == 1


def test_scales_and_points():
    assert ticks(0, 1, 4) == [0, .2, .4, .6, .8, 1] and ticks(3, 3) == [3] and ticks(np.nan, 1) != []
    draw = np.random.default_rng(2)
    for n in (0, 1, 5, 399, 400, 401, 4000, 123_457):
        y = draw.normal(size=n)
        if n > 10: y[n // 2] = np.nan
        x, few = decimate(np.arange(n), y, 400)
        assert len(x) <= 400 or n <= 400
        assert n == 0 or (np.nanmin(few) == np.nanmin(y) and np.nanmax(few) == np.nanmax(y) and (np.diff(x) > 0).all() and (x[0], x[-1]) == (0, n - 1))


def test_a_picture_is_one_image():
    p = logo_svg(np.ones((4, 3)))
    assert isinstance(p, Picture) and p.html.count("<img") == 1 and "script" not in p.html
    harmless(p.html)


# ---- the monitor's story ---------------------------------------------------------------------------------------

def test_a_story_survives_events_in_any_order_and_with_gaps():
    whole = story_of("a")
    draw = np.random.default_rng(3)
    for _ in range(50):
        story = Story()
        for i in draw.permutation(len(whole)): story.hear(whole[i])
        story.hear({"event": "progress"}), story.hear({"event": "end"}), story.hear({"event": "later"})
        json.dumps(plain(story.facts), allow_nan=False)


def test_a_million_steps_stay_two_thousand_points():
    story = Story()
    for i in range(100): _, _, new = story.hear(dict(event="progress", loss=np.full(10_000, i, np.float32), at=np.arange(10_000) + 10_000 * i))
    assert len(new) <= 400 and len(story.points) <= Story.LIMIT and story.points[-1, 0] == 999_999


def test_nan_losses_and_missing_rivals_are_shown_as_gaps():
    monitor = Monitor()
    for event in story_of("mcc", "rivals"): monitor.update(event)
    monitor.update(dict(event="progress", epoch=1, step=1, loss=np.array([np.nan, np.inf, 1.], np.float32), at=np.arange(3)))
    monitor.update(dict(event="epoch", epoch=1, train_loss=float("nan"), valid_loss=None, valid={"mcc": None}, best=False))
    monitor.update(dict(event="end", status="failed", message="the loss is nan", scores={}, rivals={"GC": {"mcc": {"value": None}}}))
    json.dumps({k: v for k, v in monitor.get_state(["facts", "rounds"]).items()}, allow_nan=False)
    assert "failed" in repr(monitor) and "rival" not in monitor.story.facts
    harmless(monitor._repr_mimebundle_()["text/html"])


def test_epochs_that_came_too_fast_all_arrive():
    story = Story()
    story.hear(dict(event="start", primary="mcc", epochs=3, batches=1))
    rounds = [dict(event="epoch", epoch=i, train_loss=1., valid_loss=1., valid={"mcc": .1 * i}, best=i == 2) for i in (1, 2, 3)]
    story.hear(rounds[2] | {"earlier": rounds[:2]})
    assert [r["epoch"] for r in story.rounds] == [1, 2, 3] and story.facts["best"] == {"epoch": 2, "value": .2}


@pytest.mark.parametrize("content", [None, [], "stop", {}, {"do": None}, {"do": "__init__"}, {"do": "save"}, {"need": {}}])
def test_a_strange_message_does_nothing(content):
    said = []
    monitor = Monitor(SimpleNamespace(stop=lambda: said.append("stop"), save=lambda: said.append("save")))
    monitor._heard(monitor, content, [])
    assert said == []


def test_buttons_and_methods_do_the_same():
    said = []
    run = SimpleNamespace(**{verb: lambda verb=verb: said.append(verb) for verb in ("stop", "pause", "resume")})
    monitor = Monitor(run)
    for verb in ("pause", "resume", "stop"):
        monitor._heard(monitor, {"do": verb}, [])
        getattr(monitor, verb)()
    assert said == ["pause", "pause", "resume", "resume", "stop", "stop"]
    Monitor().stop()


def test_the_narrator_says_beginning_and_end():
    said, story = [], Story()
    for event in story_of("promoters"): narrate(event, said.append, story)
    assert len(said) == 2 and "2 epochs" in said[0] and "best rival" in said[1]


# ---- the logo explorer -----------------------------------------------------------------------------------------

def test_selection_and_region_are_kept_inside():
    logo = Logo(np.ones((3, 4, 50)), ids=["a", "b", "c"])
    logo.select("b", -5, 900)
    assert logo.selection == {"item": 1, "start": 0, "end": 50} and logo.selected.shape == (4, 50)
    logo.region = [10, 400]
    assert logo.region == [10, 50]
    for wrong in ((3, 0, 5), ("d", 0, 5), (0, 9, 9), (0, 60, 70), (None, 0, 5)):
        with pytest.raises(SpecError): logo.select(*wrong)
    assert logo.selection["item"] == 1


@pytest.mark.parametrize("need", [{"item": -1, "start": 0, "end": 5}, {"item": 10**9, "start": 0, "end": 5}, {"item": "a'; x", "start": 0, "end": 5}, {"start": 0}, {"item": 0, "start": 5, "end": 5}])
def test_a_strange_window_is_refused(need):
    logo = Logo(np.ones((1, 4, 50)))
    with pytest.raises(SpecError): logo._heard(logo, {"need": need}, [])


def test_a_large_input_stays_in_the_kernel():
    values = np.random.default_rng(0).normal(size=(2, 4, 50_000)).astype(np.float32)
    logo = Logo(values)
    assert logo.data == b"" and len(logo.limits) == 16
    content, (numbers, codes) = window(logo.shelf, 1, 0, 50_000)
    got = np.frombuffer(numbers, np.float32).reshape(4, -1)
    assert got.shape[1] == content["columns"] <= COLUMNS and np.abs(got).sum(0).max() == np.abs(values[1]).sum(0).max() and codes == b""
    content, (numbers, codes) = window(logo.shelf, 1, 100, 200)
    assert np.array_equal(np.frombuffer(numbers, np.float32).reshape(4, -1), values[1, :, 100:200]) and len(codes) == 100


def test_letters_come_from_the_sequence_not_from_the_values():
    a = attribution("x", 1, 12)
    a.values = a.values * 0
    logo = Logo(a)
    assert list(logo.codes) == list(a.x[0].argmax(0)) and logo.shelf.limits.tolist() == [[0, 1]]
    a.x[0, :, 3] = .25
    assert Logo(a).codes[3] == 255


@pytest.mark.parametrize("values, ids", [(np.ones((2, 4, 9)), ["one"]), (np.zeros((0, 4, 9)), None), (np.zeros((4, 0)), None), (np.ones((3, 9)), None)])
def test_an_explorer_without_anything_to_explore(values, ids):
    with pytest.raises(SpecError, match="Logo\\(\\)|logo"): Logo(values, ids=ids)


def test_protein_letters_have_their_own_colours():
    assert tints("ACDEFGHIKLMNPQRSTVWY")["A"] != tints("ACGT")["A"]
    Logo(np.ones((20, 6)), letters="ACDEFGHIKLMNPQRSTVWY")


# ---- the modules -----------------------------------------------------------------------------------------------

def test_windows_load_none_of_the_heavy_libraries():
    code = "import sys, genonb.widgets.monitor, genonb.widgets.logo; print({'torch', 'captum', 'lightning_fabric', 'sklearn', 'plotly', 'matplotlib', 'pandas'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
@pytest.mark.parametrize("name", ["shared.js", *MODULES])
def test_modules_parse(name):
    for source in (asset(name, **MODULES.get(name, {})), asset(name)):
        done = subprocess.run(["node", "--input-type=module", "--check"], input=source, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_one_string_that_loads_nothing(name):
    module, sheet = asset(name, **MODULES[name]), styles(name.replace(".js", ".css"))
    assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|WebSocket|https?:|\beval\b|new Function|HTML\b(?!\w*Element)(?!Canvas)", re.sub(r"HTML\w*Element", "", module), re.M)
    assert module.count("export default") == 1 and not re.search(r"url\(|@import|https?:", sheet)


def test_display_holds_the_picture_and_is_renewed_at_the_end():
    from nbclient import NotebookClient
    from nbformat import v4
    code = ("from genonb.widgets.monitor import watch\non_event = watch(None)\n"
            "on_event(dict(event='start', name='promoters', epochs=1, batches=1, primary='mcc', better='higher', blocking=True))\n"
            "print(on_event.__self__.story.facts['way'], sorted(on_event.__self__.address))\n"
            "on_event(dict(event='end', status='stopped', message='by hand'))")
    nb = v4.new_notebook(cells=[v4.new_code_cell(code)])
    NotebookClient(nb, timeout=60, kernel_name="python3", store_widget_state=False).execute()
    shown, said = [o for o in nb.cells[0].outputs if o.output_type == "display_data"], [o for o in nb.cells[0].outputs if o.output_type == "stream"]
    assert [sorted(o.data) for o in shown] == [["text/html", "text/plain"]] and said[0].text.startswith("interrupt ['comm_id'")
    assert any("promoters: stopped" in w for w in harmless(shown[0].data["text/html"]))


# ---- the modules in a browser, with a model made of plain values ------------------------------------------------

FAKE = """
class Model {
  constructor(state) { this.state = state; this.heard = {}; this.sent = []; this.saved = 0; }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; for (const f of this.heard[`change:${name}`] ?? []) f(); }
  save_changes() { this.saved += 1; }
  send(content) { this.sent.push(content); }
  on(name, f) { (this.heard[name] ??= []).push(f); }
  off(name, f) { this.heard[name] = (this.heard[name] ?? []).filter((g) => g !== f); }
  tell(name, ...given) { for (const f of [...(this.heard[name] ?? [])]) f(...given); }
  get ears() { return Object.values(this.heard).flat().length; }
}
window.bytes = (numbers) => new DataView(new Float32Array(numbers).buffer);
window.begin = async (source, state) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.model = new Model(state);
  window.widget = (await import(url)).default();
};
window.pause = (ms = 60) => new Promise((done) => setTimeout(done, ms));
"""
PLACE = """async () => {
  const place = document.body.appendChild(document.createElement("div"));
  place.className = "genonb-still genonb-at-mark";
  place.append(document.createElement("img"));
  await pause();
}"""
RENDER = "async () => { window.end = widget.render({ model, el: document.body.appendChild(document.createElement('div')) }); await pause(); }"


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    "A blank page that knows the fake model; a script error or a request to anywhere fails the test."
    page, wrong = chromium.new_page(viewport={"width": 1000, "height": 700}), []
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith(("blob:", "about:", "data:")) else wrong.append(r.url))
    page.set_content("<body style='color:#111'></body>")
    page.add_script_tag(content=FAKE)
    page.add_style_tag(content=styles("logo.css") + styles("monitor.css"))
    yield page
    page.close()
    assert wrong == []


def begin_logo(page, ids=("a", "b"), length=200, whole=True):
    "A model of a logo of `len(ids)` items on `page`; without `whole`, its values have to be asked for."
    logo = Logo(np.random.default_rng(0).normal(size=(len(ids), 4, length)).astype(np.float32), ids=list(ids))
    state = {"view_id": "mark", "meta": logo.meta, "item": 0, "region": [0, length], "selection": {}, "codes": None}
    page.evaluate("async ([source, state, values, limits]) => begin(source, { ...state, data: values && bytes(values), limits: bytes(limits) })",
                  [asset("logo.js", GLYPHS=GLYPHS), state, logo.shelf.values.ravel().tolist() if whole else None, logo.shelf.limits.ravel().tolist()])


def begin_monitor(page):
    page.evaluate("async (source) => begin(source, { view_id: 'mark', facts: {}, rounds: [], curve: null, address: { kernel_id: 'k', comm_id: 'c' } })", asset("monitor.js", TONES=TONES))


def news(page, facts=None, rounds=(), points=(), fresh=False):
    page.evaluate("([facts, rounds, points, fresh]) => model.tell('msg:custom', { kind: 'news', facts, rounds, fresh }, [bytes(points)])", [plain(facts or {}), plain(list(rounds)), list(points), fresh])


RUNNING = {"status": "running", "name": "promoters", "epochs": 4, "epoch": 1, "batches": 10, "step": 10, "steps": 40, "primary": "mcc", "way": "message", "pausable": True, "rivals": {"GC": .3}}


@pytest.mark.browser
def test_a_view_takes_the_place_of_the_still_and_gives_it_back(page):
    begin_logo(page)
    ears = page.evaluate("async () => { window.end = widget.initialize({ model }); return model.ears; }")
    for _ in range(3): page.evaluate(PLACE)
    assert page.locator(".genonb-logo").count() == 3 and page.locator("img").count() == 0
    page.evaluate("async () => { document.querySelector('.genonb-at-mark').remove(); await pause(); }")
    assert page.locator(".genonb-logo").count() == 2
    page.evaluate("end()")
    assert page.locator(".genonb-logo").count() == 0 and page.locator("img").count() == 2 and page.evaluate("model.ears") == ears


@pytest.mark.browser
def test_hostile_ids_and_names_are_text_in_the_live_views(page):
    begin_logo(page, SHORT)
    page.evaluate(RENDER)
    options = page.locator("option").evaluate_all("all => all.map(o => [o.textContent, o.children.length])")
    assert len(options) == len(SHORT) and not any(children for _, children in options)
    begin_monitor(page)
    page.evaluate(RENDER)
    for t in SHORT:
        news(page, RUNNING | {"name": t, "primary": t, "device": t, "message": t, "score": t, "rival": t, "rivals": {t: .5}}, [{"epoch": 1, "train_loss": 1., "valid_loss": 1., "valid": {t: .5}}])
    news(page, {"status": "done"})
    tags = page.evaluate("[...new Set([...document.querySelectorAll('.genonb-widget *')].map(e => e.localName))].sort()")
    assert set(tags) <= set("div span strong button canvas select option code figure figcaption".split()) and not page.evaluate("'pwned' in window")


@pytest.mark.browser
def test_two_views_of_one_logo_agree_and_leave_nothing_behind(page):
    begin_logo(page)
    page.evaluate("async () => { window.ends = [1, 2].map(() => widget.render({ model, el: document.body.appendChild(document.createElement('div')) })); await pause(); }")
    first, second = page.locator(".genonb-logo").all()
    first.get_by_role("button", name="zoom in", exact=True).click()
    page.wait_for_function("model.get('region')[1] - model.get('region')[0] === 100")
    page.wait_for_timeout(60)
    assert first.locator(".gb-span").inner_text() == second.locator(".gb-span").inner_text() == "50\u2013150 of 200"
    canvas = first.locator(".gb-main")
    canvas.focus()
    for key in ("ArrowRight", "+", "s", "Shift+ArrowRight", "ArrowDown"): canvas.press(key)
    assert page.evaluate("model.get('selection')") == {"item": 0, "start": 85, "end": 136} and page.evaluate("model.get('item')") == 1
    assert second.locator(".gb-code").inner_text() == ".select(0, 85, 136)" and second.locator("select").input_value() == "1"
    canvas.press("Home")
    canvas.press("Escape")
    page.wait_for_function("model.get('region')[1] === 200 && !model.get('selection').end")
    page.evaluate("ends.forEach((end) => end())")
    assert page.evaluate("model.ears") == 0 and page.locator("canvas").count() == 0


@pytest.mark.browser
def test_a_large_input_is_asked_for_once(page):
    begin_logo(page, whole=False)
    page.evaluate(RENDER)
    asked = page.evaluate("model.sent")
    assert asked == [{"need": {"item": 0, "start": 0, "end": 200}}]
    page.evaluate("async () => { model.tell('msg:custom', { kind: 'window', item: 0, start: 0, end: 200, step: 1, columns: 200 }, [bytes(new Array(800).fill(.5)), new DataView(new ArrayBuffer(200))]); await pause(); }")
    canvas = page.locator(".gb-main")
    canvas.hover(position={"x": 500, "y": 60})
    page.wait_for_timeout(60)
    assert "A 0.5" in page.locator(".gb-tip").inner_text() and len(page.evaluate("model.sent")) == 1


@pytest.mark.browser
def test_the_wheel_scrolls_the_page_until_the_logo_is_chosen(page):
    begin_logo(page)
    page.evaluate(RENDER)
    page.evaluate("() => { document.body.style.height = '3000px'; }")
    canvas = page.locator(".gb-main")
    canvas.hover()
    page.mouse.wheel(0, 50)
    page.wait_for_function("scrollY > 0")
    assert "Click" in page.locator(".gb-hint").inner_text() and page.evaluate("model.get('region')") == [0, 200]
    canvas.click()
    page.mouse.wheel(0, -240)
    page.wait_for_function("model.get('region')[1] - model.get('region')[0] < 120")


@pytest.mark.browser
def test_the_monitor_says_which_way_stop_works_and_goes_it(page):
    begin_monitor(page)
    page.evaluate(RENDER)
    stop, pause, foot = page.get_by_role("button", name="Stop"), page.get_by_role("button", name=re.compile("Pause|Resume")), page.locator(".gb-foot")
    assert stop.is_hidden()
    news(page, RUNNING, fresh=True)
    assert "kernel is free" in foot.inner_text()
    pause.click()
    news(page, {"status": "paused"})
    pause.click()
    stop.click()
    assert page.evaluate("model.sent.map((m) => m.do)") == ["pause", "resume", "stop"] and stop.is_disabled()

    news(page, RUNNING | {"way": "interrupt", "pausable": False}, fresh=True)        # a blocking cell: nobody hears
    assert "interrupts this cell" in foot.inner_text() and pause.is_disabled()
    stop.click()
    assert "toolbar" in foot.inner_text()
    page.evaluate("document.addEventListener('genonb:stop', (e) => { window.call = e.detail; e.preventDefault(); })")      # the lab extension hears
    stop.click()
    assert page.evaluate("call") == {"kernel_id": "k", "comm_id": "c"} and "Asked to stop" in foot.inner_text()
    page.evaluate("model.tell('comm_live_update')")
    assert "kernel is gone" in foot.inner_text() and stop.is_hidden()
    news(page, {"status": "stopped", "message": "stopped in epoch 2"})
    assert foot.inner_text() == "stopped in epoch 2"


@pytest.mark.browser
def test_the_monitor_keeps_its_curve_small(page):
    begin_monitor(page)
    page.evaluate(RENDER)
    news(page, RUNNING | {"batches": 100_000}, fresh=True)
    for i in range(60): news(page, {"step": 400 * i}, points=[v for j in range(400) for v in (400 * i + j, 1.)])
    news(page, {}, [{"epoch": 1, "train_loss": .5, "valid_loss": None, "valid": {"mcc": .4}}])
    page.wait_for_timeout(60)
    assert "epoch 1: mcc 0.4" in page.locator(".gb-said").inner_text() and page.locator("canvas").first.get_attribute("aria-label").startswith("Loss: train 0.5")
