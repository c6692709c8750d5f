"""The walls of the house, read from its files: who may import whom, how long a function may be, what is never written.

Nothing here imports genonb. A rule is a table or a pattern at the top; a test names every line that breaks it.
"""
import ast
import configparser
import importlib.util
import json
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIB, NBS = ROOT / "genonb", ROOT / "nbs"

# ---- the rules -------------------------------------------------------------------------------------------------

GROUND = "core io seq region"
LOWER = f"{GROUND} data tasks models train interpret"
FRONT_DOOR = "door walk doctor bridge picking speed verbs cli all"
HOUSE = {  # wing: (floor, wings it may import besides itself)
    "core":      (0, ""),
    "io":        (0, "core seq"),
    "seq":       (0, "core"),
    "region":    (0, "core io seq"),
    "data":      (1, GROUND),
    "tasks":     (2, f"{GROUND} data"),
    "models":    (3, "core"),
    "train":     (4, f"{GROUND} data"),
    "interpret": (5, GROUND),
    "plot":      (6, "core seq"),
    "widgets":   (6, "core plot"),
    "reports":   (6, f"{LOWER} plot widgets"),   # `report` is the verb: a name of genonb cannot be a wing's
} | {w: (7, f"{LOWER} plot widgets reports {FRONT_DOOR}") for w in FRONT_DOOR.split()}   # the front door is one wing

COMMON = "numpy pandas"
HOMES = {  # library: wings that may import it
    "torch": f"data tasks models train interpret reports {FRONT_DOOR}",   # neither the ground nor the windows pay for it
    "pooch": "core",
    "gemmi": "io", "h5py": "io", "pybigtools": "io", "rdkit": "io data",
    "sklearn": "data", "scipy": "io data", "threadpoolctl": "data", "umap": "data",
    "transformers": "models", "peft": "models",
    "lightning_fabric": "train", "torchmetrics": "train", "optuna": "train", "dask": "train", "safetensors": "train",
    "captum": "interpret", "tangermeme": "interpret", "modiscolite": "interpret", "memelite": "interpret",
    "plotly": "plot", "matplotlib": "plot",
    "anywidget": "widgets", "ipywidgets": "widgets", "traitlets": "widgets",
    "nbclient": "reports", "nbconvert": "reports", "nbformat": "reports", "jinja2": "reports", "markupsafe": "reports",
    "IPython": f"widgets reports {FRONT_DOOR}", "jupyter_core": FRONT_DOOR,
}
DISTRIBUTION = {"sklearn": "scikit-learn", "umap": "umap-learn", "IPython": "ipykernel", "traitlets": "ipywidgets", "nbformat": "nbclient",
                "scipy": "scikit-learn", "markupsafe": "jinja2", "jupyter_core": "jupyterlab",
                "lightning_fabric": "lightning-fabric"}   # import name -> what declares it

BODY_MEDIAN, BODY_MOST, BODY_MAX, PARAMETERS = 8, 25, 50, 7
CELL_MOST, CELL_MAX, WHOLE_MAX = 25, 35, 65   # code lines of nine exported cells in ten, of any, of one that holds a class or a table: those are not cut in two
LINE_MAX = 220                                # characters, long words of data left out

NO_NOTEBOOK = {"__init__.py", "_modidx.py"}

FORBIDDEN = [  # (what, pattern, files, files where it is at home)
    ("innerHTML", r"\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write\b", ("*.js", "*.ts", "*.py"), ()),
    ("HTML in widget descriptions", r"description_allow_html\s*=\s*True", ("*.py", "*.ipynb"), ()),
    ("IPython.display.HTML", r"display\(\s*HTML\(", ("*.py",), ("genonb/core/display.py",)),
    ("pandas Styler", r"\bStyler\b|\.style\.(format|apply|map|background|bar)", ("*.py",), ()),
    ("pickle", r"\b(import|from) (pickle|dill|cloudpickle|joblib|shelve)\b|allow_pickle\s*=\s*True|weights_only\s*=\s*False|read_pickle|to_pickle|torch\.(load|save)\(", ("*.py",), ()),
    ("eval, exec, shell", r"(?<![\w.])(eval|exec)\(|shell\s*=\s*True|os\.system\(", ("*.py", "*.js", "*.ts"), ()),
    ("unfinished", r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError", ("*.py", "*.js", "*.ts", "*.css"), ()),
    ("a load from a URL", r"""(import|from|fetch|url|src|href)\s*[(=]?\s*["'(]?\s*(https?:)?//(?!www[.]w3[.]org)\w""", ("*.js", "*.css", "*.ts"), ()),
]
WRITERS = {"write_text", "write_bytes", "savez", "savez_compressed", "save_file"}
WRITES_AT_HOME = "genonb/core/files.py"

MACHINE = [  # (what, pattern) in any tracked text
    ("path of a machine", r"(?<![\w.])/(?:[r]oot|[w]ork|[h]ome/\w+|[U]sers/\w+|tmp/(?:tmp|ipykernel_|pytest-)\w+)/|\b[A-Z]:\\\\?[U]sers\\"),
    ("host of a registry", r"registry[.](?:npmjs|yarnpkg)[.]|pypi[.]org/simple|files[.]pythonhosted[.]org|download[.]pytorch[.]org|(?:extra-|^\s*)index-url"),
]
PAGE_MAX = 1_000_000   # bytes of a stored page

# ---- reading the house -----------------------------------------------------------------------------------------

MODULES = sorted(p for p in LIB.rglob("*.py") if not {"lab", "labextension", "__pycache__"} & set(p.relative_to(LIB).parts))
NOTEBOOKS = sorted(p for p in NBS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
FRONT = [p for p in LIB.rglob("*") if p.suffix in (".js", ".ts", ".css") and not {"node_modules", "labextension", "vendor"} & set(p.parts)]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def name_of(path): return path.relative_to(ROOT).as_posix()
def tree_of(path): return ast.parse(path.read_text("utf-8"))
def banner(path): return (re.search(r"File to edit: (?:\.\./)*(nbs/\S+\.ipynb)", path.read_text("utf-8")) or [None, None])[1]
def cells(path): return json.loads(path.read_text("utf-8"))["cells"]
def source(cell): return "".join(cell["source"])
def directives(cell): return re.findall(r"^#\|\s*(\S+)", source(cell), re.M)
def module_notebooks(): return [p for p in NOTEBOOKS if p.parent == NBS and p.name != "index.ipynb"]


def dotted(path):
    "`genonb/core/errors.py` -> ('genonb', 'core', 'errors'); a package gives its own name."
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def wing(parts): return parts[1] if len(parts) > 1 else "genonb"


def imports(path):
    """(line, dotted parts, depth) of everything `path` imports, in functions too; depth 0 is the module's top level.

    A string that names a genonb module counts: it is an import in disguise.
    """
    package = dotted(path) if path.name == "__init__.py" else dotted(path)[:-1]
    tree = tree_of(path)
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) for n in ast.walk(f)}
    for node in ast.walk(tree):
        depth = int(id(node) in inner)
        if isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(a.name.split(".")), depth) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            yield from ((node.lineno, base + (a.name,), depth) for a in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"genonb(\.\w+)+(:\w+)?", node.value):
            yield node.lineno, tuple(node.value.split(":")[0].split(".")), 0


def own(path): return [(line, parts, depth) for line, parts, depth in imports(path) if parts[0] == "genonb"]
def foreign(path): return [(line, parts[0]) for line, parts, _ in imports(path) if parts[0] != "genonb" and parts[0] not in sys.stdlib_module_names]


def functions(path):
    "(line, name, body lines without docstring and blank lines, parameters without self) of every function in `path`."
    text, tree = path.read_text("utf-8").splitlines(), tree_of(path)
    methods = {id(f) for c in ast.walk(tree) if isinstance(c, ast.ClassDef) for f in c.body if isinstance(f, ast.FunctionDef)}
    for f in ast.walk(tree):
        if not isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)): continue
        body = f.body[1:] if ast.get_docstring(f, clean=False) is not None else f.body
        lines = [x for x in text[body[0].lineno - 1:body[-1].end_lineno] if x.strip()] if body else []
        a = f.args
        static = any(getattr(d, "id", "") == "staticmethod" for d in f.decorator_list)
        bound = id(f) in methods and not static
        yield f.lineno, f.name, len(lines), len(a.posonlyargs + a.args + a.kwonlyargs) + bool(a.vararg) + bool(a.kwarg) - bound


def code_lines(text):
    "Lines of code in a cell: no blank lines, no directives, no docstrings, no comments of their own."
    tree = ast.parse(text)
    told = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
            told |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return [x for i, x in enumerate(text.splitlines(), 1) if x.strip() and not x.lstrip().startswith("#") and i not in told]


def tracked():
    "Text files of the repository: git's list where there is git, else all but hidden and built folders."
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [ROOT / x for x in listed.stdout.splitlines() if (ROOT / x).is_file()]
    skip = {".git", ".venv", "node_modules", "build", "dist", "__pycache__", ".pytest_cache", ".ipynb_checkpoints"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts) and not p.relative_to(ROOT).parts[0].startswith("genonb-")]


def text_of(path):
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def found(pattern, paths):
    "`file:line: text` of every match."
    return [f"{name_of(p)}:{i}: {line.strip()[:120]}" for p in paths for i, line in enumerate(text_of(p).splitlines(), 1) if re.search(pattern, line)]


def told(breaches): return "\n  " + "\n  ".join(map(str, breaches))


# ---- floors, walls, homes --------------------------------------------------------------------------------------

def test_there_is_a_house():
    assert len(MODULES) > 10 and len(module_notebooks()) > 5


def test_every_module_has_the_notebook_its_name_promises():
    breaches = []
    for path in MODULES:
        if path.name in NO_NOTEBOOK: continue
        nb = banner(path)
        if nb is None or not (ROOT / nb).is_file():
            breaches.append(f"{name_of(path)}: no notebook ({nb})")
            continue
        number, _, stem = Path(nb).stem.partition("_")
        if stem != ".".join(dotted(path)[1:]): breaches.append(f"{name_of(path)}: comes from {nb}")
        if not re.fullmatch(r"\d\d", number) or int(number[0]) != HOUSE.get(wing(dotted(path)), [None])[0]:
            breaches.append(f"{name_of(path)}: {nb} stands on floor {number[:1]}, its wing on {HOUSE.get(wing(dotted(path)), ['none'])[0]}")
    assert not breaches, told(breaches)


def test_every_module_notebook_makes_its_module():
    missing = [p.name for p in module_notebooks() if not LIB.joinpath(*p.stem.partition("_")[2].split(".")).with_suffix(".py").is_file()]
    assert not missing, told(missing)


def test_files_without_a_notebook_hold_no_library_code():
    "`__init__.py` of a wing re-exports at most; only the front door's own may hold functions."
    breaches = [f"{name_of(p)}:{n.lineno}" for p in MODULES if p.name == "__init__.py" and p.parent != LIB
                for n in ast.walk(tree_of(p)) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    assert not breaches, told(breaches)


def test_code_imports_downwards_only():
    breaches = []
    for path in MODULES:
        here = wing(dotted(path))
        if here in ("genonb", "_modidx"): continue
        allowed = {here, *HOUSE[here][1].split()}
        breaches += [f"{name_of(path)}:{line}: {here} may not know {'.'.join(parts)}" for line, parts, _ in own(path)
                     if wing(parts) not in allowed and parts != ("genonb", "__version__")]
    assert not breaches, told(breaches)


def test_the_table_of_the_house_holds_its_own_floors():
    "No wing is allowed a higher floor; on its own floor only what the design names."
    same = {("io", "core"), ("io", "seq"), ("seq", "core"), ("region", "core"), ("region", "io"), ("region", "seq"), ("widgets", "plot"), ("reports", "plot"), ("reports", "widgets")}
    breaches = [(w, other) for w, (floor, allowed) in HOUSE.items() for other in allowed.split()
                if HOUSE[other][0] > floor or HOUSE[other][0] == floor < 7 and (w, other) not in same]
    assert not breaches and not {("models", "plot"), ("interpret", "models"), ("plot", "interpret")} & {(w, o) for w in HOUSE for o in HOUSE[w][1].split()}


def test_own_modules_are_never_imported_late():
    late = [f"{name_of(p)}:{line}: {'.'.join(parts)}" for p in MODULES for line, parts, depth in own(p) if depth and p.parent != LIB]
    assert not late, told(late)


def test_no_import_cycle():
    paths = {dotted(p): p for p in MODULES}
    graph = {m: {q for _, parts, depth in own(p) for q in (parts, parts[:-1]) if q in paths and q != m and len(q) > 1} for m, p in paths.items()}
    done, path = set(), []

    def visit(m):
        assert m not in path, "import cycle: " + " -> ".join(".".join(x) for x in path[path.index(m):] + [m])
        if m in done: return
        path.append(m)
        for other in sorted(graph[m]): visit(other)
        done.add(path.pop())

    for m in graph: visit(m)
    assert done == set(graph)


def test_each_heavy_library_has_one_home():
    breaches = []
    for path in MODULES:
        here = wing(dotted(path))
        for line, library in foreign(path):
            if library in COMMON.split(): continue
            if library not in HOMES: breaches.append(f"{name_of(path)}:{line}: {library} has no home in the table")
            elif here not in HOMES[library].split(): breaches.append(f"{name_of(path)}:{line}: {library} is at home in {HOMES[library]}")
    assert not breaches, told(breaches)


def test_every_imported_library_is_declared():
    project = PYPROJECT["project"]
    wanted = project["dependencies"] + [x for extra in project["optional-dependencies"].values() for x in extra]
    declared = {re.match(r"[\w.-]+", x)[0].lower().replace("_", "-") for x in wanted}
    breaches = [f"{name_of(p)}:{line}: {lib}" for p in MODULES for line, lib in foreign(p)
                if DISTRIBUTION.get(lib, lib).lower().replace("_", "-") not in declared]
    assert not breaches, told(breaches)


HEAVY = ("torch", "pandas", "sklearn", "plotly", "matplotlib", "captum", "tangermeme", "lightning_fabric", "nbconvert", "IPython")
LIGHT = [("genonb", HEAVY + ("numpy",)), ("genonb.widgets", ("torch", "captum", "tangermeme", "lightning_fabric", "sklearn"))]


@pytest.mark.parametrize("module, never", LIGHT)
def test_an_import_pays_only_for_itself(module, never):
    if not LIB.joinpath(*module.split(".")[1:]).is_dir(): pytest.fail(f"{module} is not there")
    code = f"import sys, {module}; print(*[m for m in {never!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not loaded, f"import {module} loads {loaded}"


# ---- size ------------------------------------------------------------------------------------------------------

def test_functions_keep_the_budget():
    sizes = [(n, f"{name_of(p)}:{line}: {name} has {n} lines") for p in MODULES if p.name != "_modidx.py" for line, name, n, _ in functions(p)]
    lengths = sorted(n for n, _ in sizes)
    assert statistics.median(lengths) <= BODY_MEDIAN
    assert lengths[int(.9 * len(lengths))] < BODY_MOST
    assert not [what for n, what in sizes if n > BODY_MAX], told(what for n, what in sizes if n > BODY_MAX)


def test_functions_take_few_parameters():
    many = [f"{name_of(p)}:{line}: {name} takes {n}" for p in MODULES for line, name, _, n in functions(p) if n > PARAMETERS]
    assert not many, told(many)


def exported(path): return [c for c in cells(path) if c["cell_type"] == "code" and "export" in directives(c)]


def whole(text):
    "Whether a cell holds a class or one table: a display of a dozen or more items."
    tree = ast.parse(text)
    return any(isinstance(n, ast.ClassDef) or isinstance(n, (ast.Dict, ast.Tuple, ast.List)) and len(list(ast.iter_child_nodes(n))) > 12 for n in ast.walk(tree))


def test_exported_cells_fit_a_screen():
    sizes, breaches = [], []
    for path in module_notebooks():
        for cell in exported(path):
            n, limit = len(code_lines(source(cell))), WHOLE_MAX if whole(source(cell)) else CELL_MAX
            if limit == CELL_MAX: sizes.append(n)
            if n > limit: breaches.append(f"{path.name} #{cell['id']}: {n} lines of at most {limit}")
    assert not breaches, told(breaches)
    assert sorted(sizes)[int(.9 * len(sizes))] <= CELL_MOST, sorted(sizes)


def test_lines_are_not_endless():
    bare = lambda line: re.sub(r"""(["'])[^"']{100,}\1""", "''", line)
    long = [f"{name_of(p)}:{i}: {len(line)} characters" for p in MODULES if p.name != "_modidx.py"
            for i, line in enumerate(p.read_text("utf-8").splitlines(), 1) if len(bare(line)) > LINE_MAX and not line.startswith("__all__")]
    assert not long, told(long)


# ---- notebooks -------------------------------------------------------------------------------------------------

def nbdev(command, folder):
    tool = Path(sysconfig.get_path("scripts")) / command
    subprocess.run([str(tool)], cwd=folder, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    "A copy of what nbdev reads and writes."
    folder = tmp_path_factory.mktemp("house")
    for name in ("pyproject.toml", "settings.ini"): shutil.copy(ROOT / name, folder)
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "node_modules", "labextension", "_proc")
    for tree in (LIB, NBS): shutil.copytree(tree, folder / tree.name, ignore=ignore)
    return folder


def test_modules_are_what_the_notebooks_export(copy):
    nbdev("nbdev-export", copy)
    differ = [name_of(p) for p in MODULES if (copy / name_of(p)).read_bytes() != p.read_bytes()]
    new = [p.name for p in (copy / "genonb").rglob("*.py") if not (ROOT / p.relative_to(copy)).exists()]
    assert not differ + new, "run nbdev-export:" + told(differ + new)


def test_notebooks_are_clean(copy):
    nbdev("nbdev-clean", copy)
    dirty = [name_of(p) for p in NOTEBOOKS if (copy / name_of(p)).read_bytes() != p.read_bytes()]
    assert not dirty, "run nbdev-clean:" + told(dirty)


def test_a_module_notebook_begins_as_the_house_says():
    breaches = []
    for path in module_notebooks():
        first, second = cells(path)[:2]
        if source(first).strip() != f"#| default_exp {path.stem.partition('_')[2]}": breaches.append(f"{path.name}: first cell")
        if second["cell_type"] != "markdown" or not re.match(r"# .+\n\n?> .+", source(second)): breaches.append(f"{path.name}: title")
    assert not breaches, told(breaches)


def test_exported_imports_stand_alone():
    breaches = []
    for path in module_notebooks():
        for cell in exported(path):
            kinds = {isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.parse(source(cell)).body}
            if kinds == {True, False}: breaches.append(f"{path.name} #{cell['id']}")
    assert not breaches, told(breaches)


def test_no_page_is_a_bare_module():
    "A lesson for every three exported cells, at least."
    thin = []
    for path in module_notebooks():
        lessons = [c for c in cells(path) if c["cell_type"] == "code" and source(c).strip() and not {"export", "default_exp", "hide"} & set(directives(c))]
        if 3 * len(lessons) < len(exported(path)) - 1: thin.append(f"{path.name}: {len(lessons)} lessons for {len(exported(path))} exported cells")
    assert not thin, told(thin)


def test_no_error_is_stored():
    breaches = [f"{name_of(p)} #{c['id']}: {o['ename']}" for p in NOTEBOOKS for c in cells(p) for o in c.get("outputs", []) if o["output_type"] == "error"]
    assert not breaches, told(breaches)


def test_stored_pages_are_small():
    large = [f"{name_of(p)}: {p.stat().st_size:,} bytes" for p in tracked() if p.suffix in (".ipynb", ".html", ".svg") and p.stat().st_size >= PAGE_MAX]
    assert not large, told(large)


def test_star_imports_only_from_all():
    stars = [f"{name_of(p)}: {'.'.join(parts)}" for p in MODULES for _, parts, _ in imports(p) if parts[-1] == "*" and wing(dotted(p)) != "all"]
    for path in NOTEBOOKS:
        text = "\n".join(source(c) for c in cells(path) if c["cell_type"] == "code")
        stars += [f"{path.name}: {m}" for m in re.findall(r"^\s*from\s+(\S+)\s+import\s+\*", text, re.M) if m != "genonb.all"]
    assert not stars, told(stars)


# ---- what is never written -------------------------------------------------------------------------------------

@pytest.mark.parametrize("what, pattern, kinds, home", FORBIDDEN, ids=[x[0] for x in FORBIDDEN])
def test_never_in_the_library(what, pattern, kinds, home):
    paths = [p for p in MODULES + FRONT + NOTEBOOKS if any(p.match(k) for k in kinds) and name_of(p) not in home]
    hits = found(pattern, paths)
    assert not hits, what + told(hits)


def test_errors_are_ours():
    "No `assert` and no bare `Exception` for user input, no `except:` that hides one."
    breaches = []
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assert): breaches.append(f"{name_of(path)}:{node.lineno}: assert")
            if isinstance(node, ast.ExceptHandler) and node.type is None: breaches.append(f"{name_of(path)}:{node.lineno}: except:")
            raised = getattr(node.exc, "func", node.exc) if isinstance(node, ast.Raise) else None
            if getattr(raised, "id", "") in ("Exception", "BaseException"): breaches.append(f"{name_of(path)}:{node.lineno}: raise {raised.id}")
    assert not breaches, told(breaches)


def writes(tree):
    "Lines that write a file outside a `with atomic(...)` block; a buffer in memory is no file."
    buffers = {t.id for n in ast.walk(tree) if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call)
               and getattr(n.value.func, "attr", getattr(n.value.func, "id", "")) in ("BytesIO", "StringIO") for t in n.targets if isinstance(t, ast.Name)}
    safe = {id(n) for w in ast.walk(tree) if isinstance(w, ast.With) for i in w.items
            if getattr(getattr(i.context_expr, "func", None), "id", "") == "atomic" for n in ast.walk(w)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in safe or node.args and getattr(node.args[0], "id", "") in buffers: continue
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        modes = [a.value for a in node.args[-1:] + [k.value for k in node.keywords if k.arg == "mode"] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if called == "open" and any(re.fullmatch(r"[wax]\w*\+?\w*|r\w*\+\w*", m) for m in modes): yield node.lineno, "open for writing"
        elif isinstance(node.func, ast.Attribute) and called in WRITERS or called == "save_file": yield node.lineno, called


def test_files_are_written_in_one_place():
    breaches = [f"{name_of(p)}:{line}: {what}" for p in MODULES if name_of(p) != WRITES_AT_HOME for line, what in writes(tree_of(p))]
    assert not breaches, "use genonb.core.files.atomic:" + told(breaches)


@pytest.mark.parametrize("what, pattern", MACHINE, ids=[x[0] for x in MACHINE])
def test_no_machine_in_the_repository(what, pattern):
    hits = found(pattern, tracked())
    assert not hits, what + told(hits)


# ---- the metadata told twice -----------------------------------------------------------------------------------

def ini():
    parser = configparser.ConfigParser(interpolation=None, default_section="\0none")
    parser.read(ROOT / "settings.ini", encoding="utf-8")
    return parser


def test_settings_mirror_pyproject():
    project, mirror = PYPROJECT["project"], dict(ini()["DEFAULT"])
    version = re.search(r'__version__ = "(.+)"', (LIB / "__init__.py").read_text("utf-8"))[1]
    assert mirror == {
        "lib_name": project["name"], "lib_path": PYPROJECT["tool"]["nbdev"]["lib_path"], "nbs_path": PYPROJECT["tool"]["nbdev"]["nbs_path"],
        "version": version, "min_python": project["requires-python"].removeprefix(">="), "license": "apache2",
        "description": project["description"], "author": project["authors"][0]["name"], "keywords": " ".join(project["keywords"])}
    assert project["license"] == "Apache-2.0" and PYPROJECT["tool"]["nbdev"]["update_pyproject"] is False


def test_settings_sections_are_the_records_fields():
    "Every line of [genonb] is a field of `Settings` with its default; only `sample`, a switch of test runs, is not written there."
    record = next(n for n in tree_of(LIB / "core" / "settings.py").body if isinstance(n, ast.ClassDef) and n.name == "Settings")
    fields = {n.target.id: ast.literal_eval(n.value) for n in record.body if isinstance(n, ast.AnnAssign)}
    written = dict(ini()["genonb"])
    assert set(written) == set(fields) - {"sample"}
    assert written == {k: str(fields[k]) for k in written}


def test_the_release_is_told_once():
    version = re.search(r'__version__ = "(.+)"', (LIB / "__init__.py").read_text("utf-8"))[1]
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(version)})\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)


def test_constraints_pin_what_is_declared():
    pins = dict(x.split("==") for x in (ROOT / ".ci" / "constraints.txt").read_text("utf-8").split("\n") if "==" in x and not x.startswith("#"))
    wanted = PYPROJECT["project"]["dependencies"] + PYPROJECT["build-system"]["requires"] + PYPROJECT["project"]["optional-dependencies"]["test"]
    names = {re.match(r"[\w.-]+", x)[0].lower().replace("_", "-") for x in wanted} - {"genonb"}
    assert pins["torch"] == "2.13.0" and f"nbdev=={pins['nbdev']}" in PYPROJECT["project"]["optional-dependencies"]["nbdev"]
    assert names <= {p.lower().replace("_", "-") for p in pins}


def test_readme_is_made_from_its_notebook():
    spec = importlib.util.spec_from_file_location("readme", ROOT / ".ci" / "readme.py")
    readme = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(readme)
    assert (ROOT / "README.md").read_text("utf-8") == readme.build(NBS / "index.ipynb"), "run python .ci/readme.py"


def test_links_of_the_readme_lead_somewhere():
    dead = [x for x in re.findall(r"\]\((?!\w+:|#)([^)\s]+)\)", (ROOT / "README.md").read_text("utf-8")) if not (ROOT / x).exists()]
    assert not dead, told(dead)
