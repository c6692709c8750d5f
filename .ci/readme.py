"""Make README.md from nbs/index.ipynb: `python .ci/readme.py`. No Quarto: a notebook is JSON, and a README is text."""
import json
import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIRECTIVE = re.compile(r"^#\|[^\n]*\n?", re.M)
LINK = re.compile(r"\]\((?!\w+:|[/#])([^)\s]+)\)")


def build(path):
    "The README's text: markdown as it stands, shown code, text outputs; cells marked `#| hide` are left out."
    cells = json.loads(Path(path).read_text("utf-8"))["cells"]
    parts = [part for cell in cells if not re.search(r"^#\|\s*hide\s*$", source(cell), re.M) for part in blocks(cell, Path(path).parent.name)]
    return "<!-- Made from nbs/index.ipynb by .ci/readme.py: edit the notebook. -->\n\n" + "\n\n".join(parts) + "\n"


def source(cell): return "".join(cell["source"])


def blocks(cell, folder):
    "Markdown blocks of one cell; links of a notebook start in `folder`, those of the README beside it."
    text = DIRECTIVE.sub("", source(cell)).strip()
    if cell["cell_type"] == "markdown": return [LINK.sub(lambda m: f"]({posixpath.normpath(posixpath.join(folder, m[1]))})", text)]
    if cell["cell_type"] != "code" or not text: return []
    return [f"```python\n{text}\n```", *(f"```text\n{told}\n```" for o in cell["outputs"] if (told := output(o).strip("\n")))]


def output(out):
    "The text of an output; pictures stay in the notebook."
    return "".join(out.get("text") or out.get("data", {}).get("text/plain", ""))


if __name__ == "__main__":
    (ROOT / "README.md").write_text(build(ROOT / "nbs" / "index.ipynb"), encoding="utf-8")
