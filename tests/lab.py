"""A JupyterLab of its own and a browser that watches every request: the hands of the browser tests."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import genonb

PACKAGE = Path(genonb.__file__).parent
LOCAL = {"127.0.0.1", None}                 # data: has no host
NOT_OURS = "jupyterlab-manager/static"      # ipywidgets' manager throws on a notebook that has no kernel
SETTINGS = {                                # nothing that would ask the network, a dialog or a moving target
    "apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True},
    "docmanager-extension/plugin": {"autosave": False},
    "completer-extension/manager": {"autoCompletion": False},
}


def free_port():
    "A TCP port of 127.0.0.1 that is free now."
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    "`jupyter lab` on 127.0.0.1 over the folder `home / 'work'`, with settings, runtime files and genonb's extension of its own."

    def __init__(self, home):
        self.home, self.work, self.log = home, home / "work", home / "server.log"
        self.port, self.token = free_port(), secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{self.port}/lab"
        self.work.mkdir(parents=True)
        for name, values in SETTINGS.items():
            path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        link_extension(home / "share" / "labextensions")

    def env(self):
        "The server's environment: its own Jupyter folders, this genonb, and no way out for Python's HTTP clients."
        own = {"JUPYTER_PATH": "share", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython"}
        shut = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        return os.environ | {k: str(self.home / v) for k, v in own.items()} | shut | {
            "no_proxy": "127.0.0.1,localhost", "PYTHONPATH": str(PACKAGE.parent), "OMP_NUM_THREADS": "1"}

    def start(self, patience=60):
        "Start and wait until the page answers."
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={self.port}",
                   "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.work}",
                   "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
                   "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=self.home, env=self.env(), stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + patience
        while time.monotonic() < until and self.process.poll() is None:
            try:
                return urlopen(f"http://127.0.0.1:{self.port}/api", timeout=2).close()
            except (URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def stop(self):
        "End the server; it ends its kernels."
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def link_extension(folder):
    "Lay a checkout's extension and its quickstart into `folder`, as the wheel would; an installed genonb has them already."
    built = PACKAGE / "labextension"
    if not built.is_dir(): return
    shutil.copytree(built, folder / "genonb")
    shutil.copy(PACKAGE.parent / "nbs" / "tutorials" / "quickstart.ipynb", folder / "genonb")


@contextmanager
def chromium():
    "Headless Chromium that cannot resolve any name but this machine's."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        args = ["--no-sandbox", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=args)
        yield browser
        browser.close()


class Tab:
    "One page of JupyterLab; `requests` holds every address it asked for, `errors` what its scripts threw."

    def __init__(self, browser, server, width=1280, height=1000):
        self.server, self.requests, self.errors = server, [], []
        self.context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        self.context.on("request", lambda r: self.requests.append(r.url))
        self.page = self.context.new_page()
        self.page.on("websocket", lambda w: self.requests.append(w.url))
        self.page.on("pageerror", lambda e: NOT_OURS in (e.stack or "") or self.errors.append(e.stack))
        self.page.set_default_timeout(60_000)
        self.load()

    def load(self):
        "Load JupyterLab with an empty workspace."
        self.page.goto(f"{self.server.url}?reset&token={self.server.token}")
        self.page.wait_for_function("() => window.jupyterapp && document.body.dataset.genonbLab")
        self.page.evaluate("async () => { await window.jupyterapp.restored }")
        self.page.locator(".jp-Launcher").wait_for()

    def clear(self):
        "Close every notebook and end every kernel; a test that failed leaves dialogs, so load afresh."
        self.page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll() }")
        self.errors.clear()
        self.load()

    def foreign(self):
        "Requests that left this machine."
        return [u for u in self.requests if urlsplit(u.removeprefix("blob:")).hostname not in LOCAL]

    def command(self, name, args=None, wait=True):
        "Execute a JupyterLab command; with `wait=False` do not wait for its end."
        self.page.evaluate("async ([name, args, wait]) => { const done = window.jupyterapp.commands.execute(name, args); if (wait) await done; }",
                           [name, args or {}, wait])

    def theme(self, name):
        "Switch to 'JupyterLab Dark' or 'JupyterLab Light'."
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function("dark => (document.body.dataset.jpThemeLight === 'false') === dark", arg="Dark" in name)

    def open(self, name, kernel=True):
        "Open the notebook `name` of the server's folder; `kernel=False` leaves it without one."
        self.page.evaluate("""async ([path, kernel]) => {
            const options = kernel ? {} : { shouldStart: false, canStart: false, autoStartDefault: false };
            await window.jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook', kernelPreference: options });
        }""", [name, kernel])
        notebook = Notebook(self, name)
        if kernel: notebook.idle()
        return notebook

    def current(self):
        "The notebook at hand, once there is one."
        self.page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
        notebook = Notebook(self, self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path"))
        notebook.idle()
        return notebook

    def shot(self, path):
        self.page.screenshot(path=str(path))
        return path


class Notebook:
    "An open notebook of a `Tab`; cells are counted as in the file."
    HERE = "const panel = [...window.jupyterapp.shell.widgets('main')].find(w => w.context?.path === path); const nb = panel.content;"

    def __init__(self, tab, path):
        self.tab, self.page, self.path = tab, tab.page, path
        self.js("await panel.context.ready; await panel.revealed; return null")
        self.activate()
        self.panel = self.page.locator(".jp-NotebookPanel:visible")

    def js(self, body, arg=None):
        "The value of a JavaScript body that sees `panel`, its notebook `nb` and `arg`."
        return self.page.evaluate(f"async ([path, arg]) => {{ {self.HERE} {body} }}", [self.path, arg])

    def activate(self):
        "Make this the notebook at hand."
        self.js("window.jupyterapp.shell.activateById(panel.id); return null")
        self.page.wait_for_function(f"path => {{ {self.HERE} return window.jupyterapp.shell.currentWidget === panel && panel.node.contains(document.activeElement) }}", arg=self.path)

    def cell(self, i):
        "Cell `i`, scrolled to."
        self.activate()
        self.js("nb.activeCellIndex = arg; await nb.scrollToItem(arg, 'smart'); return null", i)
        return self.panel.locator(f".jp-Cell[data-windowed-list-index='{i}']")

    def begin(self, i):
        "Start cell `i` and come back at once."
        self.cell(i)
        self.tab.command("notebook:run-cell", wait=False)

    def run(self, i, patience=60):
        "Run cell `i` to its end; its outputs. An error in it is ours."
        self.begin(i)
        self.idle(patience)
        return self.checked(i)

    def idle(self, patience=60):
        "Wait until the kernel is idle and no cell waits for it."
        self.page.wait_for_function(f"""path => {{ {self.HERE}
            const kernel = panel.sessionContext.session?.kernel;
            return kernel?.status === 'idle' && ![...nb.widgets].some(c => c.model.executionState === 'running' || c.promptNode?.textContent.includes('*'));
        }}""", arg=self.path, timeout=patience * 1000)

    def busy(self):
        "Wait until the kernel works."
        self.page.wait_for_function(f"path => {{ {self.HERE} return panel.sessionContext.session?.kernel?.status === 'busy' }}", arg=self.path)

    def outputs(self, i):
        "Outputs of cell `i` as nbformat dicts."
        return self.js("return nb.model.cells.get(arg).outputs?.toJSON() ?? []", i)

    def checked(self, i):
        "The outputs of cell `i`, none of which is an error."
        outputs = self.outputs(i)
        wrong = [o for o in outputs if o["output_type"] == "error"]
        assert not wrong, wrong[0]["ename"] + ": " + wrong[0]["evalue"]
        return outputs

    def text(self, i):
        "What cell `i` printed and returned, as plain text."
        return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in self.outputs(i))

    def code(self):
        "Numbers of the code cells."
        return self.js("return [...nb.model.cells].map((c, i) => c.type === 'code' ? i : -1).filter(i => i >= 0)")

    def source(self, i): return self.js("return nb.model.cells.get(arg).sharedModel.getSource()", i)
    def length(self): return self.js("return nb.model.cells.length")
    def save(self): self.js("await panel.context.save(); return null")


def write_notebook(path, *sources):
    "A notebook of code cells."
    import nbformat
    nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}})
    nb.cells = [nbformat.v4.new_code_cell(s) for s in sources]
    nbformat.write(nb, path)
    return path.name
