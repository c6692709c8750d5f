"""The picker in JupyterLab: files of several kinds, a brush, a lasso, the audit, and the code cell."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE
from lab import write_notebook

from genonb.tasks.planted import Plant, planted_table

pytestmark = pytest.mark.browser

PICK = "from genonb.picking import pick\np = pick('data')\np"
ASK = "print(p.value['path'], len(p.selection), p.value['ranges'], p.value['labels'], p.checked.get('status'))"


def wait_for(what, patience=30):
    "Wait until `what()` is true; return it."
    until = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(.05)
    return found


def picture(canvas): return canvas.evaluate("c => c.toDataURL()")


@pytest.fixture
def data(tab):
    "A folder of files of several kinds, some with names that try to be markup."
    root = tab.server.work / "data"
    if root.exists(): return root
    root.mkdir()
    table = planted_table({"promoter": (300, [Plant("TATAAT", 10, 30, .05)]), "other": (300, [])}, 60, seed=1).drop(columns="planted").assign(gene=[f"g{i % 40}" for i in range(600)])
    table.to_csv(root / "promoters.csv", index=False)
    (root / "broken.csv").write_text("sequence,label\nACGT,1\nAC,GT,0\n")
    for label, rows in table.groupby("label"): (root / f"{label}.fa").write_text("".join(f">{i}\n{s}\n" for i, s in zip(rows.id, rows.sequence)))
    draw = np.random.default_rng(0)
    peaks = pd.DataFrame({"chrom": draw.choice(["chr1", "chr2", "chrUn"], 200), "start": draw.integers(0, 1000, 200)})
    peaks.assign(end=peaks.start + draw.integers(20, 200, 200)).to_csv(root / "peaks.tsv", sep="\t", index=False)
    (root / "genome.fa").write_text("".join(f">{c}\n{'ACGT' * 400}\n" for c in ("1", "2")))
    n = 300_000
    pd.DataFrame({"a": draw.normal(size=n).round(4), "b": draw.normal(size=n).round(4), "label": draw.choice(["x", "y"], n)}).to_csv(root / "many.csv", index=False)
    odd = root / "odd"
    odd.mkdir()
    for i, t in enumerate(HOSTILE[:58]):
        name = f"{i:02d} {t[:70].replace('/', '|')}.csv"
        pd.DataFrame({"sequence": ["ACGTACGTACGTAC", "GGGTACGTACGTAC"] * 4, t: [f"{t}!", "b"] * 4, "score": range(8)}).to_csv(odd / name, index=False)
    return root


@pytest.fixture
def picker(tab, data):
    "(notebook, picker in its second cell), with a cell below that tells what Python knows."
    notebook = tab.open(write_notebook(tab.server.work / "pick.ipynb", "import warnings; warnings.simplefilter('ignore')", PICK, ASK))
    notebook.run(0)
    notebook.run(1)
    box = notebook.cell(1).locator(".genonb-picker")
    box.locator(".gb-entry").first.wait_for()
    return notebook, box


def opened(box, name):
    "Click the file `name` and wait until it lies open, checked."
    box.locator(".gb-entry", has=box.page.locator(f".gb-entry-name:text-is('{name}')")).click()
    box.locator(".gb-name", has_text=name).wait_for()
    box.locator(".gb-paper-head .gb-state:visible").wait_for()
    return box


def told(notebook):
    notebook.run(2)
    return notebook.text(2)


def chart(box, name): return box.locator(".gb-chart", has=box.page.locator(f"strong:text-is('{name}')")).locator("canvas")


def test_a_walk_from_the_file_to_the_code_cell(tab, picker):
    notebook, box = picker
    opened(box, "promoters.csv")
    assert box.locator(".gb-head-table tbody tr").count() == 8 and box.locator(".gb-base-A").count() > 10
    assert [box.locator(".gb-role").nth(i).inner_text() for i in range(2)] == ["x", "y"]
    box.locator(".gb-matrix").first.wait_for()      # small data are audited unasked

    gc = chart(box, "GC")
    before, at = picture(gc), gc.bounding_box()
    tab.page.mouse.move(at["x"] + .3 * at["width"], at["y"] + 40)
    tab.page.mouse.down()
    tab.page.mouse.move(at["x"] + .6 * at["width"], at["y"] + 40, steps=5)
    tab.page.mouse.up()
    wait_for(lambda: "'GC'" in told(notebook))
    assert picture(gc) != before
    box = notebook.cell(1).locator(".genonb-picker")
    box.get_by_label("lay the rows out").click()
    cloud = box.locator("canvas.gb-cloud")
    wait_for(lambda: "map 1" in (cloud.get_attribute("aria-label") or ""))
    cloud.scroll_into_view_if_needed()
    at = cloud.bounding_box()
    circle = [(at["x"] + at["width"] * (.5 + .25 * math.cos(a / 8)), at["y"] + at["height"] * (.5 + .35 * math.sin(a / 8))) for a in range(51)]
    tab.page.mouse.move(*circle[0])
    tab.page.mouse.down()
    for point in circle[1:]: tab.page.mouse.move(*point)
    tab.page.mouse.up()
    box.locator(".gb-free", has_text="lasso:").wait_for()
    box.locator("label", has_text="split").locator("select").select_option("group:gene")
    box.locator(".gb-script", has_text="by_group").wait_for()
    n = int(box.locator(".gb-rows").inner_text().split()[0])
    assert 20 < n < 580

    box.get_by_label("write this code").click()
    box.locator(".gb-note", has_text="written below").wait_for()
    assert "gb.read(" in notebook.source(2) and "by_group" in notebook.source(2) and notebook.length() == 4
    notebook.run(2, patience=120)
    assert f"rows={n}" in notebook.text(2).replace(",", "")


def test_files_of_several_kinds(tab, picker):
    notebook, box = picker
    box.locator(".gb-entry", has_text="broken.csv").click()
    message = box.locator(".gb-message[data-level=error]")
    message.wait_for()
    assert "line 3" in message.inner_text() and box.locator(".gb-state[data-status=refused]").is_visible() and not box.locator(".gb-foot").is_visible()

    opened(box, "promoter.fa")
    row = box.locator(".gb-row", has_text="other.fa")
    row.hover()
    row.get_by_role("button", name="add other.fa as class").click()
    box.locator(".gb-script", has_text="from_fasta").wait_for()
    assert "600 rows" in box.locator(".gb-facts").inner_text()

    opened(box, "peaks.tsv")
    row = box.locator(".gb-row", has_text="genome.fa")
    row.hover()
    row.get_by_role("button", name="add genome.fa as genome").click()
    names = box.locator(".gb-names")
    names.locator(".gb-chip").first.wait_for()
    assert "chr1 \u2192 1" in names.inner_text() and "chrUn \u2192 not there" in names.inner_text()
    box.locator(".gb-script", has_text="from_regions").wait_for()

    box.get_by_role("tab", name="Tasks").click()
    box.locator(".gb-task", has_text="planted_motif").click()
    box.locator(".gb-script", has_text='gb.task("planted_motif")').wait_for()
    assert "2,400 of 2,400 rows" in box.locator(".gb-rows").inner_text()


def test_labels_are_kept_and_dropped_by_mouse_and_by_key(tab, picker):
    notebook, box = picker
    opened(box, "promoters.csv")
    label = chart(box, "label")
    at = label.bounding_box()
    tab.page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] * .25)
    box.locator(".gb-rows", has_text="300 of 600").wait_for()
    label.focus()
    tab.page.keyboard.press("Escape")
    box.locator(".gb-rows", has_text="600 of 600").wait_for()
    for key in ("ArrowDown", "ArrowDown", "Enter"): tab.page.keyboard.press(key)
    box.locator(".gb-rows", has_text="300 of 600").wait_for()
    box.get_by_label("undo all narrowing").click()
    box.locator(".gb-rows", has_text="600 of 600").wait_for()
    chart(box, "GC").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"): tab.page.keyboard.press(key)
    wait_for(lambda: not box.locator(".gb-rows").inner_text().startswith("600"))


def test_many_rows_answer_at_once(tab, picker):
    notebook, box = picker
    opened(box, "many.csv")
    cloud = box.locator("canvas.gb-cloud")
    before, at = picture(cloud), chart(box, "a").bounding_box()
    took = time.monotonic()
    tab.page.mouse.move(at["x"] + .4 * at["width"], at["y"] + 40)
    tab.page.mouse.down()
    tab.page.mouse.move(at["x"] + .5 * at["width"], at["y"] + 40, steps=3)
    tab.page.mouse.up()
    wait_for(lambda: picture(cloud) != before and not box.locator(".gb-rows").inner_text().startswith("300,000"))
    assert time.monotonic() - took < 5
    cloud.scroll_into_view_if_needed()
    cloud.click()
    zoomed = picture(cloud)
    tab.page.mouse.wheel(0, -600)
    wait_for(lambda: picture(cloud) != zoomed)


def test_hostile_names_and_headers_are_shown_as_they_are(tab, picker):
    notebook, box = picker
    box.locator(".gb-entry", has_text="odd").click()
    wait_for(lambda: box.locator(".gb-entry").count() == 58)
    shown = box.locator(".gb-entry-name").all_inner_texts()
    assert sum("<" in name for name in shown) > 40
    for i in range(0, 58, 9):
        name = box.locator(".gb-entry-name").nth(i)
        words = name.text_content()
        name.click()
        wait_for(lambda: box.locator(".gb-paper-head .gb-name").text_content() == words)
        wait_for(lambda: box.locator(".gb-head-table th").count() == 3)
        header = box.locator(".gb-head-table th").nth(1).text_content()
        assert HOSTILE[int(words[:2])].strip()[:20] in header, (header, words)
    assert tab.page.evaluate("window.pwned") is None and box.locator("img, script, iframe, object, embed, form, a, style, link, svg").count() == 0


def test_a_file_is_dropped(tab, picker):
    notebook, box = picker
    tab.page.evaluate("""() => {
        const files = new DataTransfer();
        files.items.add(new File(["sequence,label\\n" + "ACGTACGTACGTACG,a\\nTTGTACGTACGTACG,b\\n".repeat(60000)], "../dropped <b>.csv"));
        document.querySelector(".genonb-picker").dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }""")
    box.locator(".gb-paper-head .gb-name", has_text="dropped-b-.csv").wait_for()
    box.locator(".gb-rows", has_text="120,000").wait_for()
    (tab.server.work / "data" / "dropped-b-.csv").unlink()


def test_two_views_reload_and_the_still(tab, picker):
    notebook, box = picker
    opened(box, "promoters.csv")
    tab.command("notebook:create-output-view")
    second = tab.page.locator(".jp-LinkedOutputView .genonb-picker")
    second.locator(".gb-name", has_text="promoters.csv").wait_for()
    second.locator("label", has_text="split").locator("select").select_option("random")
    notebook.activate()
    box = notebook.cell(1).locator(".genonb-picker")
    box.locator(".gb-script", has_text="gb.random()").wait_for()
    notebook.save()
    tab.clear()
    notebook = tab.open("pick.ipynb", kernel=False)
    still = notebook.cell(1).locator(".genonb-still img")
    still.wait_for()
    wait_for(lambda: still.evaluate("i => i.complete && i.naturalWidth") > 100)
    assert notebook.panel.locator(".genonb-picker").count() == 0 and "promoters.csv" in notebook.cell(1).locator(".genonb-still").inner_text()


def test_the_picker_says_that_the_kernel_is_busy(tab, picker):
    notebook, box = picker
    notebook.js("nb.model.cells.get(2).sharedModel.setSource('import time\\nfor i in range(60): time.sleep(.1)')")
    notebook.begin(2)
    notebook.busy()
    box = notebook.cell(1).locator(".genonb-picker")
    box.locator(".gb-entry", has_text="promoters.csv").click()
    box.locator(".gb-busy[data-state=late], .gb-name:has-text('promoters.csv')").first.wait_for()
    notebook.idle()
    box.locator(".gb-name", has_text="promoters.csv").wait_for()
    wait_for(lambda: box.locator(".gb-busy").get_attribute("data-state") == "")


def test_light_and_dark(tab, picker):
    notebook, box = picker
    opened(box, "promoters.csv")
    cloud = chart(box, "GC")
    light = wait_for(lambda: picture(cloud))
    tab.theme("JupyterLab Dark")
    try:
        wait_for(lambda: picture(cloud) != light)
        ink = [float(x) for x in box.evaluate("e => getComputedStyle(e).color").strip("rgba()").split(",")[:3]]
        assert min(ink) > 150
    finally:
        tab.theme("JupyterLab Light")
