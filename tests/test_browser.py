"""genonb in JupyterLab under headless Chromium: what a person sees and presses."""

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
    began = time.monotonic()
    notebook.idle(10)
    return time.monotonic() - began


def interrupted(notebook, i):
    return [o["ename"] for o in notebook.outputs(i) if o["output_type"] == "error"] == ["KeyboardInterrupt"]


# ---- the extension ---------------------------------------------------------------------------------------------

def test_the_launcher_card_opens_a_copy_of_the_tour(tab):
    card = tab.page.locator(".jp-LauncherCard", has_text="genonb tour")
    assert card.locator("svg").count() == 1
    card.click()
    tab.page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
    first = tab.server.work / "genonb-quickstart.ipynb"
    first.write_text(first.read_text() + "\n")
    kept = first.read_bytes()
    tab.command("genonb:new-tour")
    assert (tab.server.work / "genonb-quickstart-1.ipynb").is_file() and first.read_bytes() == kept


def test_the_palette_holds_our_commands(tab):
    tab.open(write_notebook(tab.server.work / "palette.ipynb", "1"))
    tab.command("apputils:activate-command-palette")
    tab.page.locator(".lm-CommandPalette-input:visible").fill("genonb")
    for label in ("Open the genonb Tour", "Stop Training", "Insert the Five-Line Walk of a Task"):
        tab.page.locator(".lm-CommandPalette-item:not(.lm-mod-disabled)", has_text=label).wait_for()
    tab.page.keyboard.press("Escape")


def test_the_walk_is_written_into_a_new_cell(tab):
    notebook = tab.open(write_notebook(tab.server.work / "walk.ipynb", "1"))
    notebook.idle()
    tab.command("genonb:insert-walk", wait=False)
    dialog = tab.page.locator(".jp-Dialog")
    dialog.locator("select").select_option(label=dialog.locator("option", has_text="splice_uci").inner_text())
    dialog.get_by_role("button", name="Insert").click()
    dialog.wait_for(state="detached")
    assert notebook.length() == 2 and notebook.source(0) == "1"
    assert 't    = gb.task("splice_uci")' in notebook.source(1) and "gb.report(run, why)" in notebook.source(1)


def test_without_a_kernel_the_walk_is_that_of_the_sample(tab):
    notebook = tab.open(write_notebook(tab.server.work / "walk.ipynb", "1"), kernel=False)
    tab.command("genonb:insert-walk")
    assert 't    = gb.task("planted_motif")' in notebook.source(1)


def test_a_stop_event_interrupts_the_kernel_it_means_and_no_other(tab):
    other, notebook = (tab.open(write_notebook(tab.server.work / f"{x}.ipynb", BLOCKING)) for x in ("other", "stop"))
    kernels = [n.js("await panel.sessionContext.ready; return panel.sessionContext.session.kernel.id") for n in (other, notebook)]
    for n in (other, notebook):
        n.begin(0)
        n.busy()
    assert not tab.page.evaluate(STOP, ["body", {}]), "an event from nowhere was taken for ours"
    assert not tab.page.evaluate(STOP, ["body", {"kernel_id": "0" * 36}])
    assert tab.page.evaluate(STOP, [".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", {}])
    assert seconds_until_idle(notebook) < 2 and interrupted(notebook, 0)
    other.busy()
    assert tab.page.evaluate(STOP, ["body", {"kernel_id": kernels[0]}])
    assert seconds_until_idle(other) < 2 and interrupted(other, 0)


def test_stop_training_of_the_palette(tab):
    notebook = tab.open(write_notebook(tab.server.work / "stop.ipynb", BLOCKING, BACKGROUND, "job.wait(2).status"))
    notebook.idle()
    notebook.begin(0)
    notebook.busy()
    tab.command("genonb:stop-training")
    assert seconds_until_idle(notebook) < 2 and interrupted(notebook, 0)
    assert notebook.run(1) and notebook.text(1) == "'running'"
    tab.command("genonb:stop-training")
    assert notebook.run(2) and notebook.text(2) == "'stopped'"
