"""core.files: whole or absent under kills, full disks and interrupts; downloads that hold their promise"""
import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from genonb.core import files
from genonb.core.errors import DataError, FetchError, GenonbError, SpecError
from genonb.core.files import Source, atomic, existing, fetch, read_json, sha256, sweep, write_bytes, write_json, write_text

BODY = np.random.default_rng(0).bytes(300_000)


def source(body=BODY, local="demo/reads.fa", **more):
    return Source("genonb/none", "0" * 40, "data/reads.fa", local, hashlib.sha256(body).hexdigest(), len(body), **more)


# -- writing ----------------------------------------------------------------------------------------------------------

def names(folder):
    return sorted(p.name for p in Path(folder).rglob("*") if p.is_file())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path, error):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(error):
        with atomic(tmp_path / "a.txt") as tmp:
            tmp.write_text("new, unfinished")
            raise error
    assert (tmp_path / "a.txt").read_text() == "old" and names(tmp_path) == ["a.txt"]


def test_a_link_keeps_pointing_and_the_mode_stays(tmp_path):
    write_text(tmp_path / "real" / "a.txt", "old")
    os.chmod(tmp_path / "real" / "a.txt", 0o640)
    (tmp_path / "link").symlink_to("real/a.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "a.txt").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real" / "a.txt").stat().st_mode) == 0o640
    assert names(tmp_path / "real") == ["a.txt"]


def test_a_new_file_obeys_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_a_dangling_link_is_filled(tmp_path):
    (tmp_path / "link").symlink_to("deep/new.txt")
    write_text(tmp_path / "link", "x")
    assert (tmp_path / "deep" / "new.txt").read_text() == "x"


def test_what_cannot_be_written_is_one_error(tmp_path):
    write_text(tmp_path / "file", "x")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "b.txt", tmp_path / "folder", tmp_path / ("x" * 300) / "c"):
        with pytest.raises(GenonbError, match="cannot write"): write_text(path, "y")
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_full_disk_keeps_the_old_file(tmp_path):
    code = f"""
import resource, signal
from genonb.core.files import write_bytes
from genonb.core.errors import GenonbError
path = {str(tmp_path / 'model.bin')!r}
write_bytes(path, b'old' * 100)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try: write_bytes(path, b'new' * 100_000)
except GenonbError as e: print(e)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.startswith("cannot write") and (tmp_path / "model.bin").read_bytes() == b"old" * 100
    assert names(tmp_path) == ["model.bin"]


def kill_while_writing(folder, moment):
    code = f"""
import json, itertools
from genonb.core.files import write_json
for i in itertools.count(): write_json({str(folder / 'state.json')!r}, [i] * 50_000); print(i, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    child.stdout.readline()
    time.sleep(moment)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    state = read_json(folder / "state.json")
    assert len(state) == 50_000 and len(set(state)) == 1


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_leaves_old_or_new_and_strays_are_swept(tmp_path, kills):
    for moment in np.random.default_rng(kills).uniform(0, 0.1, kills): kill_while_writing(tmp_path, moment)
    sweep(tmp_path)
    assert names(tmp_path) == ["state.json"]


def test_sweep_spares_the_living_and_the_foreign(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    stray = tmp_path / f".genonb-{files._HOST}-{dead.pid}-aa.npz"
    living = tmp_path / f".genonb-{files._HOST}-{os.getppid()}-bb.npz"
    foreign, old = tmp_path / ".genonb-00000000-1-cc.npz", tmp_path / ".genonb-00000000-1-dd.npz"
    young, other = tmp_path / f".genonb-{files._HOST}-{dead.pid}-ee.part", tmp_path / ".genonb-notes"
    for path in (stray, living, foreign, old, young, other): path.write_text("x")
    os.utime(old, (0, 0))
    assert sorted(sweep(tmp_path)) == sorted([stray.name, old.name])
    assert sweep(tmp_path / "absent") == []


# -- text and JSON ----------------------------------------------------------------------------------------------------

def test_json_takes_what_science_has(tmp_path):
    value = {"f": np.float32(0.5), "nan": np.nan, "inf": -np.inf, "i": np.int64(3), "b": np.bool_(True), 7: None,
             "a": np.array([[1.0, np.nan]]), "t": (1, 2), "s": {"b", "a"}, "p": Path("x"), "u": "Å\ud800", np.int64(2): []}
    path = write_json(tmp_path / "v.json", value)
    assert read_json(path) == {"f": 0.5, "nan": None, "inf": None, "i": 3, "b": True, "7": None, "a": [[1.0, None]],
                               "t": [1, 2], "s": ["a", "b"], "p": "x", "u": "Å\ud800", "2": []}
    assert path.read_bytes() == write_json(tmp_path / "w.json", value).read_bytes()


@pytest.mark.parametrize("value, place", [({"a": [1, 1j]}, r"v\.a\[1\]"), ({(1, 2): 3}, "key"), (object(), "v is a object")])
def test_what_json_cannot_hold_is_named_and_nothing_is_written(tmp_path, value, place):
    with pytest.raises(SpecError, match=place): write_json(tmp_path / "v.json", value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": \x00}'])
def test_damaged_json_is_a_data_error(tmp_path, data):
    (tmp_path / "v.json").write_bytes(data)
    with pytest.raises(DataError, match="v.json"): read_json(tmp_path / "v.json")


def test_json_with_a_byte_order_mark(tmp_path):
    (tmp_path / "v.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(tmp_path / "v.json") == [1]


def test_existing_names_the_nearest(tmp_path):
    write_text(tmp_path / "genome.fa", ">a\nA\n")
    with pytest.raises(DataError, match="Did you mean 'genome.fa'"): existing(tmp_path / "genom.fa")
    with pytest.raises(DataError, match="is a folder"): existing(tmp_path)
    with pytest.raises(DataError, match="there is no file"): existing(tmp_path / "no" / "such" / "file")
    with pytest.raises(DataError, match="there is no file"): existing(tmp_path / "genome.fa" / "x")
    with pytest.raises(DataError, match="cannot be opened"): existing("a\0b")
    assert existing(str(tmp_path / "genome.fa")) == tmp_path / "genome.fa"


def test_sha256(tmp_path):
    assert sha256(write_bytes(tmp_path / "x", BODY)) == hashlib.sha256(BODY).hexdigest()


# -- sources ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("local", ["x", "", "/etc/passwd", "a/../b", "../a/b", "a//b", "a/.", "C:/a", "a\\b/c", "a/b\0", "a/ "])
def test_a_source_stays_inside_its_folder(local):
    with pytest.raises(SpecError, match="local"): source(local=local)


def test_a_source_needs_a_real_hash():
    with pytest.raises(SpecError, match="sha256"): Source("a/b", "0", "x", "a/b", "abc", 1)


def test_a_source_is_frozen_and_shows_its_address():
    with pytest.raises(AttributeError): source().local = "x"
    assert "raw.githubusercontent.com/genonb/none" in source()._repr_mimebundle_()["text/html"]


# -- fetching ---------------------------------------------------------------------------------------------------------

class Handler(BaseHTTPRequestHandler):
    "Serves `server.body`; the fields of the server say how it misbehaves."

    def do_GET(self):
        s = self.server
        s.seen.append((self.path, self.headers.get("Range")))
        if self.path.startswith("/moved/"): return self.redirect("/m/" + self.path.removeprefix("/moved/"))
        if s.status: return self.send_error(s.status)
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if s.ranges else 0
        if start >= len(s.body) > 0: return self.send_error(416)
        self.send_response(206 if start else 200)
        if start: self.send_header("Content-Range", f"bytes {start}-{len(s.body) - 1}/{len(s.body)}")
        self.send_header("Content-Length", str(len(s.body) - start))
        self.end_headers()
        self.wfile.write(s.body[start:start + s.cut] if s.cut else s.body[start:])

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args): pass


@pytest.fixture
def server(monkeypatch):
    s = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    s.body, s.cut, s.status, s.ranges, s.seen = BODY, 0, 0, True, []
    thread = threading.Thread(target=s.serve_forever, args=(0.01,))
    thread.start()
    s.mirror = f"http://127.0.0.1:{s.server_port}/m"
    monkeypatch.setattr(Source, "url", property(lambda self: f"http://127.0.0.1:{s.server_port}/origin/{self.path}"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield s
    s.shutdown()
    thread.join()
    s.server_close()


def test_a_mirror_folder_is_used_in_place(tmp_path):
    write_bytes(tmp_path / "mirror" / "demo" / "reads.fa", BODY)
    for mirror in (tmp_path / "mirror", (tmp_path / "mirror").as_uri()):
        assert fetch(source(), tmp_path / "data", mirror) == tmp_path / "mirror" / "demo" / "reads.fa"
    assert not (tmp_path / "data").exists()


def test_a_wrong_file_in_a_mirror_folder_is_refused_and_left(tmp_path):
    write_bytes(tmp_path / "mirror" / "demo" / "reads.fa", BODY[:-1])
    with pytest.raises(FetchError, match="demo/reads.fa.*expected") as e: fetch(source(), tmp_path / "data", tmp_path / "mirror")
    assert source().sha256 in str(e.value) and hashlib.sha256(BODY[:-1]).hexdigest() in str(e.value)
    assert (tmp_path / "mirror" / "demo" / "reads.fa").exists()


def test_download_then_cache(tmp_path, server):
    path = fetch(source(), tmp_path, server.mirror)
    assert path.read_bytes() == BODY and names(tmp_path) == ["reads.fa"]
    assert server.seen == [("/m/demo/reads.fa", None)]
    assert fetch(source(), tmp_path, server.mirror) == path and len(server.seen) == 1


def test_settings_name_mirror_and_folder(tmp_path, server, monkeypatch):
    monkeypatch.setenv("GENONB_MIRROR", server.mirror)
    monkeypatch.setenv("GENONB_DATA", str(tmp_path))
    assert fetch(source()) == tmp_path / "demo" / "reads.fa"


def test_without_a_mirror_the_own_address_is_asked(tmp_path, server):
    assert fetch(source(), tmp_path, "").read_bytes() == BODY
    assert server.seen[0][0] == "/origin/data/reads.fa"


def test_what_the_mirror_lacks_comes_from_the_own_address(tmp_path, server):
    assert fetch(source(), tmp_path, "http://127.0.0.1:9/none").read_bytes() == BODY


def test_a_redirect_is_followed_and_resumed(tmp_path, server):
    server.cut = 200_000
    assert fetch(source(), tmp_path, server.mirror.replace("/m", "/moved")).read_bytes() == BODY
    assert server.seen[-1][1] is not None


def test_a_cached_file_that_changed_is_fetched_anew(tmp_path, server):
    write_bytes(tmp_path / "demo" / "reads.fa", BODY[::-1])
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY


def test_a_broken_transfer_goes_on_where_it_broke(tmp_path, server):
    server.cut = 100_000
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY
    starts = [int(r[6:-1]) for _, r in server.seen[1:]]
    assert starts == sorted(set(starts)) and len(starts) >= 2 and starts[0] > 0


def test_a_server_without_ranges_that_breaks_is_an_error_and_no_file(tmp_path, server):
    server.cut, server.ranges = 100_000, False
    with pytest.raises(FetchError, match="GENONB_MIRROR"): fetch(source(), tmp_path, server.mirror)
    assert not (tmp_path / "demo" / "reads.fa").exists()
    server.cut = 0
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY


def leave_part(folder, body, pid):
    return write_bytes(folder / "demo" / f".genonb-{files._HOST}-{pid}-{source().sha256[:16]}.part", body)


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return child.pid


def test_what_a_killed_process_left_is_continued(tmp_path, server):
    leave_part(tmp_path, BODY[:250_000], dead_pid())
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY
    assert server.seen == [("/m/demo/reads.fa", "bytes=250000-")] and names(tmp_path) == ["reads.fa"]


@pytest.mark.parametrize("left", [BODY[::-1][:250_000], BODY[::-1], BODY + b"x", BODY])
def test_a_wrong_beginning_is_dropped(tmp_path, server, left):
    leave_part(tmp_path, left, dead_pid())
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY
    assert names(tmp_path) == ["reads.fa"]


def test_what_a_living_process_writes_is_not_touched(tmp_path, server):
    other = leave_part(tmp_path, BODY[:250_000], os.getppid())
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY
    assert other.exists() and server.seen[0][1] is None


WRONG = {"one bit": bytes([BODY[0] ^ 1]) + BODY[1:], "short": BODY[:-1], "long": BODY + b"x", "far too long": BODY * 20, "empty": b"",
         "page": b"<html>log in</html>"}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_content_is_deleted_and_named(tmp_path, server, kind):
    server.body = WRONG[kind]
    with pytest.raises(FetchError, match="demo/reads.fa") as e: fetch(source(), tmp_path, server.mirror)
    assert ("expected" in str(e.value) or "promised" in str(e.value)) and "deleted" in str(e.value)
    assert names(tmp_path) == []
    server.body = BODY
    assert fetch(source(), tmp_path, server.mirror).read_bytes() == BODY


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_refusal_is_told_with_both_addresses(tmp_path, server, status):
    server.status = status
    with pytest.raises(FetchError, match=f"HTTP {status}") as e: fetch(source(), tmp_path, server.mirror)
    assert "/m/demo/reads.fa" in str(e.value) and "/origin/" in str(e.value) and names(tmp_path) == []


def test_no_network_names_address_and_setting(tmp_path, monkeypatch):
    def refuse(*args, **kwargs): raise OSError("network is down")
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(FetchError) as e: fetch(source(), tmp_path, tmp_path / "no mirror")
    for word in ("fetch('demo/reads.fa')", source().url, "no mirror", "GENONB_MIRROR", "settings.ini"): assert word in str(e.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("mirror", ["http://", "gopher://x/y", "http://[::1", "http://" + "a" * 300 + ".org"])
def test_a_malformed_mirror_is_told(tmp_path, server, mirror):
    server.status = 404
    with pytest.raises(FetchError, match="not to be had"): fetch(source(), tmp_path, mirror)


def test_a_read_only_data_folder_is_told(tmp_path, server):
    write_text(tmp_path / "demo", "a file where the folder should be")
    with pytest.raises(GenonbError, match="cannot write"): fetch(source(), tmp_path, server.mirror)


def test_threads_download_once(tmp_path, server):
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(source(), tmp_path, server.mirror))) for _ in range(8)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert len(set(found)) == 1 and len(found) == 8 and len(server.seen) == 1


def test_an_empty_file_can_be_promised(tmp_path, server):
    server.body = b""
    assert fetch(source(b""), tmp_path, server.mirror).read_bytes() == b""


def test_import_is_cheap():
    code = "import sys, genonb.core.files; print([m for m in ('pooch', 'requests', 'pandas', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
