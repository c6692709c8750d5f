"""genonb in JupyterLab under headless Chromium: what a person sees and presses."""

import ast
import re
import time

import pytest
from lab import write_notebook

pytestmark = pytest.mark.browser

BLOCKING = "import time\nfor i in range(400): time.sleep(.1)"
BACKGROUND = """
from genonb.train.job import Job
import time
class Loop(Job):
    def work(self):
        while self.turn(): time.sleep(.02)
        return "stopped"
job = Loop()
job.begin(job.work).status"""
STOP = """([selector, detail]) => {
    const event = new CustomEvent('genonb:stop', { bubbles: true, cancelable: true, composed: true, detail });
    return !document.querySelector(selector).dispatchEvent(event);
}"""


def seconds_until_idle(notebook):
    "How long the kernel of `notebook` goes on."
    began = time.monotonic()
    notebook.idle(10)
    return time.monotonic() - began


def interrupted(notebook, i):
    "Whether cell `i` ended in an interrupt."
    return [o["ename"] for o in notebook.outputs(i) if o["output_type"] == "error"] == ["KeyboardInterrupt"]


# ---- the extension ---------------------------------------------------------------------------------------------

def test_the_launcher_card_opens_a_copy_of_the_tour(tab):
    card = tab.page.locator(".jp-LauncherCard", has_text="genonb tour")
    assert card.locator("svg").count() == 1
    card.click()
    first = tab.server.work / tab.current().path
    assert first.name == "genonb-quickstart.ipynb" and '"outputs": []' in first.read_text("utf-8")
    first.write_text("mine")
    tab.command("genonb:new-tour")
    assert tab.current().path == "genonb-quickstart-1.ipynb" and first.read_text() == "mine"


def test_a_request_that_would_leave_the_machine_is_seen(tab):
    tab.page.evaluate("fetch('http://genonb.invalid/').catch(() => null)")
    assert tab.foreign() == ["http://genonb.invalid/"]
    tab.requests.clear()


def test_the_palette_holds_our_commands(tab):
    tab.open(write_notebook(tab.server.work / "palette.ipynb", "1"))
    tab.command("apputils:activate-command-palette")
    tab.page.locator(".lm-CommandPalette-input:visible").fill("genonb")
    for label in ("Open the genonb Tour", "Stop Training", "Insert the Five-Line Walk of a Task"):
        tab.page.locator(".lm-CommandPalette-item:not(.lm-mod-disabled)", has_text=label).wait_for()
    tab.page.keyboard.press("Escape")


def test_the_walk_is_written_into_a_new_cell(tab):
    notebook = tab.open(write_notebook(tab.server.work / "walk.ipynb", "import sys; sys.modules['genonb.bridge'] = None"))
    tab.command("genonb:insert-walk", wait=False)
    dialog = tab.page.locator(".jp-Dialog")
    dialog.locator("select").select_option(label=dialog.locator("option", has_text="splice_uci").inner_text())
    dialog.get_by_role("button", name="Insert").click()
    dialog.wait_for(state="detached")
    assert notebook.length() == 2
    assert 't    = gb.task("splice_uci")' in notebook.source(1) and "gb.report(run, why)" in notebook.source(1)
    notebook.run(0)     # now the kernel has no genonb: nobody answers
    tab.command("genonb:insert-walk")
    assert notebook.length() == 3 and 'gb.task("planted_motif")' in notebook.source(1)


def test_without_a_kernel_the_walk_is_that_of_the_sample(tab):
    notebook = tab.open(write_notebook(tab.server.work / "walk.ipynb", "1"), kernel=False)
    tab.command("genonb:insert-walk")
    assert 't    = gb.task("planted_motif")' in notebook.source(1)


def test_a_stop_event_interrupts_the_kernel_it_means_and_no_other(tab):
    other, notebook = (tab.open(write_notebook(tab.server.work / f"{x}.ipynb", BLOCKING)) for x in ("other", "stop"))
    kernel_id = other.js("return panel.sessionContext.session.kernel.id")
    for n in (other, notebook):
        n.begin(0)
        n.busy()
    tab.page.wait_for_timeout(500)    # a kernel that is busy with what comes before the cell forgets an interrupt
    assert not tab.page.evaluate(STOP, ["body", {}]), "an event from nowhere was taken for ours"
    assert not tab.page.evaluate(STOP, ["body", {"kernel_id": "0" * 36}])
    assert tab.page.evaluate(STOP, [".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", {}])
    assert seconds_until_idle(notebook) < 2 and interrupted(notebook, 0)
    other.busy()
    assert tab.page.evaluate(STOP, ["body", {"kernel_id": kernel_id}])
    assert seconds_until_idle(other) < 2 and interrupted(other, 0)


def test_stop_training_of_the_palette(tab):
    notebook = tab.open(write_notebook(tab.server.work / "stop.ipynb", BLOCKING, BACKGROUND, "job.wait(2).status"))
    notebook.begin(0)
    notebook.busy()
    tab.page.wait_for_timeout(500)    # a kernel that is busy with what comes before the cell forgets an interrupt
    tab.command("genonb:stop-training")
    assert seconds_until_idle(notebook) < 2 and interrupted(notebook, 0)
    assert notebook.run(1) and notebook.text(1) == "'running'"
    tab.command("genonb:stop-training")
    assert notebook.run(2) and notebook.text(2) == "'stopped'"


# ---- the quickstart --------------------------------------------------------------------------------------------

def test_the_quickstart_cell_by_cell(tab):
    tab.command("genonb:new-tour")
    notebook = tab.current()
    for i in notebook.code():
        outputs, last = notebook.run(i, patience=240), ast.parse(notebook.source(i)).body[-1]
        assert outputs or not isinstance(last, ast.Expr), f"cell {i} shows nothing"
    cell = lambda words: next(i for i in notebook.code() if words in notebook.source(i))
    notebook.cell(cell("gb.fit(")).locator(".genonb-monitor [data-status=done]").wait_for()
    notebook.cell(cell("gb.Logo(")).locator(".genonb-logo canvas").first.wait_for()
    assert all((tab.server.work / name).exists() for name in ("quickstart.html", "quickstart-run"))
    notebook.save()
    report = tab.context.new_page()
    report.goto((tab.server.work / "quickstart.html").as_uri())
    assert report.locator("svg, img, canvas").count() > 2 and not tab.foreign()
    report.close()

    tab.clear()
    notebook = tab.open(notebook.path, kernel=False)
    for words in ("gb.fit(", "gb.Logo("):
        still = notebook.cell(cell(words)).locator(".genonb-still img").first
        still.wait_for()
        wait_for(lambda: still.evaluate("i => i.complete && i.naturalWidth") > 100)
    assert notebook.panel.locator(".genonb-widget").count() == 0


# ---- training, as it is watched and stopped --------------------------------------------------------------------

SETUP = """
import genonb as gb
t = gb.task("planted_motif")
d = t.data()
model = lambda: gb.cnn(**d.shape, **t.options)"""
WAYS = {"fit": "run = gb.fit(model(), d, epochs=500)",
        "start": "run = gb.start(model(), d, epochs=500)",
        "await": "run = gb.start(model(), d, epochs=500)\nawait run;"}
TOLD = "run.status, len(run.history) > 0, run.predict(d.test.x[:2]).shape[0]"


def epoch(monitor):
    "The epoch that the monitor shows, 0 before it shows one."
    shown = re.search(r"epoch\s+(\d+) of", monitor.locator(".gb-facts").inner_text())
    return int(shown[1]) if shown else 0


def wait_for(what, patience=20):
    "Wait until `what()` is true."
    until = time.monotonic() + patience
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(.05)


def picture(canvas):
    "What a canvas shows, as text that changes when it does."
    return canvas.evaluate("c => c.toDataURL()")


def begun(notebook, i):
    "The monitor of cell `i`, started, at its second epoch; its curve has been seen to move while the run goes on."
    notebook.begin(i)
    monitor = notebook.cell(i).locator(".genonb-monitor")
    curve = monitor.locator("canvas").first
    curve.wait_for()
    wait_for(lambda: epoch(monitor) >= 2)
    before = picture(curve)
    wait_for(lambda: picture(curve) != before)
    monitor.locator("[data-status=running]").wait_for()
    return monitor


def seconds_to_stop(notebook, monitor):
    "From the press of Stop until the run has stopped and the kernel is free."
    began = time.monotonic()
    monitor.get_by_role("button", name="Stop").click()
    monitor.locator("[data-status=stopped]").wait_for()
    notebook.idle()
    return time.monotonic() - began


def test_stop_works_within_two_seconds_in_fit_start_and_await(tab):
    notebook = tab.open(write_notebook(tab.server.work / "train.ipynb", SETUP, *WAYS.values(), *[TOLD] * 3))
    notebook.run(0)
    took = {}
    for i, way in enumerate(WAYS, 1):
        took[way] = seconds_to_stop(notebook, begun(notebook, i))
        notebook.checked(i)
        notebook.run(3 + i)
        assert notebook.text(3 + i) == "('stopped', True, 2)", way
    assert max(took.values()) < 2, took


def test_pause_resume_and_a_stop_from_a_second_view(tab):
    notebook = tab.open(write_notebook(tab.server.work / "views.ipynb", SETUP, WAYS["start"], WAYS["fit"]))
    notebook.run(0)
    monitor = begun(notebook, 1)
    monitor.get_by_role("button", name="Pause").click()
    monitor.locator("[data-status=paused]").wait_for()
    monitor.get_by_role("button", name="Resume").click()
    monitor.locator("[data-status=running]").wait_for()
    tab.command("genonb:stop-training")
    monitor.locator("[data-status=stopped]").wait_for()

    begun(notebook, 2)
    tab.command("notebook:create-output-view")
    second = tab.page.locator(".jp-LinkedOutputView .genonb-monitor")
    second.get_by_role("button", name="Stop").click()
    second.locator("[data-status=stopped]").wait_for()
    notebook.activate()
    notebook.idle()
    notebook.checked(2)


# ---- the logo --------------------------------------------------------------------------------------------------

LOGO = """
import numpy as np
import genonb as gb
draw = np.random.default_rng(0)
one_hot = np.eye(4, dtype=np.float32)[draw.integers(0, 4, (3, 200))].transpose(0, 2, 1)
logo = gb.Logo(one_hot * draw.normal(0, .3, (3, 1, 200)))
logo"""
WHERE = "print(*logo.region, *logo.selection.values(), logo.selected is not None and logo.selected.shape[1])"


def test_the_logo_zooms_and_a_brush_arrives_in_python(tab):
    notebook = tab.open(write_notebook(tab.server.work / "logo.ipynb", LOGO, WHERE, "logo.select(2, 40, 60); logo.go_to(2, 30, 70)"))
    notebook.run(0)
    explorer = notebook.cell(0).locator(".genonb-logo")
    canvas = explorer.locator("canvas.gb-main")
    box = canvas.bounding_box()
    across = lambda share: (box["x"] + share * box["width"], box["y"] + 90)
    whole = picture(canvas)

    tab.page.mouse.click(*across(.5))
    for _ in range(3):
        tab.page.mouse.wheel(0, -240)
    wait_for(lambda: (notebook.run(1), notebook.text(1))[1] != "0 200 False\n")
    start, end = map(int, notebook.text(1).split()[:2])
    assert 10 <= end - start <= 60 and start < 100 < end and picture(canvas) != whole

    tab.page.keyboard.down("Shift")
    tab.page.mouse.move(*across(.3))
    tab.page.mouse.down()
    tab.page.mouse.move(*across(.5), steps=4)
    tab.page.mouse.up()
    tab.page.keyboard.up("Shift")
    notebook.run(1)
    *shown, item, first, last, width = map(int, notebook.text(1).split())
    assert shown == [start, end] and item == 0 and start < first < last < end and width == last - first

    for _ in range(10): explorer.get_by_role("button", name="zoom in").click()
    wait_for(lambda: (notebook.run(1), int(notebook.text(1).split()[1]) - int(notebook.text(1).split()[0]))[1] <= 2)

    notebook.run(2)     # and the other way: Python moves the view
    explorer.locator(".gb-span", has_text="30\u201370 of 200").wait_for()
    assert explorer.locator("select").input_value() == "2" and explorer.locator(".gb-code").inner_text() == ".select(2, 40, 60)"


def test_a_saved_notebook_shows_still_pictures_without_a_kernel(tab):
    notebook = tab.open(write_notebook(tab.server.work / "still.ipynb", LOGO))
    notebook.run(0)
    notebook.cell(0).locator(".genonb-logo canvas").first.wait_for()
    notebook.save()
    tab.clear()
    notebook = tab.open("still.ipynb", kernel=False)
    still = notebook.cell(0).locator(".genonb-still img")
    still.wait_for()
    wait_for(lambda: still.evaluate("i => i.complete && i.naturalWidth") > 100)
    assert still.bounding_box()["width"] > 300 and notebook.panel.locator(".genonb-widget").count() == 0


def test_light_and_dark(tab):
    notebook = tab.open(write_notebook(tab.server.work / "theme.ipynb", LOGO))
    notebook.run(0)
    explorer = notebook.cell(0).locator(".genonb-logo")
    canvas = explorer.locator("canvas.gb-main")
    canvas.wait_for()
    light, ink = picture(canvas), explorer.evaluate("e => getComputedStyle(e).color")
    tab.theme("JupyterLab Dark")
    try:
        wait_for(lambda: picture(canvas) != light)
        assert brightness(explorer.evaluate("e => getComputedStyle(e).color")) > 180 > 80 > brightness(ink)
    finally:
        tab.theme("JupyterLab Light")
    wait_for(lambda: picture(canvas) == light)


def brightness(colour):
    "Of `rgb(r, g, b)`, 0 to 255."
    red, green, blue = (float(x) for x in colour.strip("rgba()").split(",")[:3])
    return .299 * red + .587 * green + .114 * blue
