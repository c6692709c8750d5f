"""Binary and native formats: what is sound is read right; what is cut, flipped, hostile or of another kind is one DataError, and nobody dies.

GENONB_FUZZ=20000 sets the number of mutated files a reader gets; the seed of each is in the message of a failure.
"""
import gzip
import io
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from genonb.core import child
from genonb.core.child import Broken, pack, probe, unpack
from genonb.core.errors import DataError, GenonbError, SpecError
from genonb.io.bigwig import BigWig, read_bigwig, scan_bigwig, write_bigwig
from genonb.io.cooler import read_cooler, scan_cooler
from genonb.io.h5ad import read_h5ad, scan_h5ad
from genonb.io.hdf5 import contents, read_hdf5
from genonb.io.notes import DataWarning
from genonb.io.rdata import read_rdata
from genonb.io.structure import betas, chains, contacts, distances, read_structure, torsions

CORPUS = Path(os.environ.get("GENONB_FORMATS") or Path(__file__).parents[2] / "shared" / "formats")
MIRROR = Path(os.environ.get("GENONB_MIRROR") or "nowhere")
FUZZ = int(os.environ.get("GENONB_FUZZ", 40))


def put(folder, name, data):
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name


def quietly(reader, *args, **options):
    "(result, warnings) of a reader."
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = reader(*args, **options)
    assert all(w.category is DataWarning for w in told), [w.message for w in told]
    return result, [str(w.message) for w in told]


# -- sound files of every kind ----------------------------------------------------------------------------------------

def make_h5ad(path, cells=6, genes=4, **change):
    "A sound h5ad; a `change` is a callable on the open file, called after it was written."
    rng = np.random.default_rng(0)
    counts = sparse.random(cells, genes, 0.5, "csr", np.float32, rng)
    text = h5py.string_dtype()
    with h5py.File(path, "w") as f:
        f.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for table, lead, n in (("obs", "cell", cells), ("var", "gene", genes)):
            f.create_dataset(f"{table}/_index", data=[f"{lead}{i}" for i in range(n)], dtype=text)
            f[f"{table}/n"] = np.arange(n)
            f.create_dataset(f"{table}/kind/categories", data=["a", "b"], dtype=text)
            f[f"{table}/kind/codes"] = np.arange(n, dtype="i1") % 2
            f[f"{table}/kind"].attrs.update({"encoding-type": "categorical", "ordered": False})
            f[table].attrs.update({"encoding-type": "dataframe", "_index": "_index"})
            f[table].attrs.create("column-order", ["n", "kind"], dtype=text)
        for name in ("X", "layers/raw_counts"):
            for part in ("data", "indices", "indptr"): f[f"{name}/{part}"] = getattr(counts, part)
            f[name].attrs.update({"encoding-type": "csr_matrix", "shape": [cells, genes]})
        f["obsm/X_umap"] = np.zeros((cells, 2))
        f["uns/note"] = 1
        for edit in change.values(): edit(f)
    return path


def make_cooler(path, **change):
    with h5py.File(path, "w") as f:
        f.attrs.update({"format": "HDF5::Cooler", "bin-size": 10, "storage-mode": "symmetric-upper"})
        f["chroms/name"], f["chroms/length"] = np.array(["I", "II"], "S"), [35, 20]
        f["bins/chrom"], f["bins/start"], f["bins/end"] = [0, 0, 0, 0, 1, 1], [0, 10, 20, 30, 0, 10], [10, 20, 30, 35, 10, 20]
        f["bins/weight"] = np.array([1, .5, 2, np.nan, 1, 1])
        f["pixels/bin1_id"], f["pixels/bin2_id"], f["pixels/count"] = [0, 0, 1, 2, 4], [0, 4, 2, 2, 5], [5, 1, 7, 9, 3]
        f["indexes/bin1_offset"], f["indexes/chrom_offset"] = [0, 2, 3, 4, 4, 5, 5], [0, 4, 6]
        for edit in change.values(): edit(f)
    return path


def make_bigwig(path):
    rng = np.random.default_rng(1)
    values = {c: np.repeat(rng.random(n // 10).astype("f4"), 10) for c, n in (("chr1", 60_000), ("chr2", 30_000))}
    values["chr1"][500:900] = np.nan
    return write_bigwig(path, {"chr1": 60_000, "chr2": 30_000, "chr3": 50}, values)


CARD = "{:6s}{:5d} {:4s}{:1s}{:3s} {:1s}{:4d}{:1s}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}          {:>2s}\n"


def atom(serial, name, resname, number, xyz, chain="A", alt=" ", insertion=" ", occupancy=1.0, record="ATOM"):
    return CARD.format(record, serial, name, alt, resname, chain, number, insertion, *xyz, occupancy, 20.0, name.strip()[0])


def make_pdb(path, residues=("ALA", "GLY", "TRP", "SER")):
    lines, serial = "HEADER    TEST                                    01-JAN-26   1TST              \n", 0
    for i, name in enumerate(residues):
        for j, a in enumerate((" N  ", " CA ", " C  ", " O  ", " CB ")):
            if name == "GLY" and a == " CB ": continue
            serial += 1
            lines += atom(serial, a, name, i + 1, (3.8 * i + .4 * j, 1.5 * (j % 2), .3 * j))
    return put(path.parent, path.name, lines + "TER\nEND\n")


def make_cif(path):
    rows = "".join(f"ATOM {i + 1} {a[0]} {a} . {r} A 1 {n} ? {i}.5 {i % 3}.0 1.25 1.00 10.0 {n + 10} A 1\n"
                   for i, (n, r, a) in enumerate((n, r, a) for n, r in ((1, "ALA"), (2, "MSE"), (5, "TRP")) for a in ("N", "CA", "C", "CB")))
    tags = "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_entity_id label_seq_id pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z " \
           "occupancy B_iso_or_equiv auth_seq_id auth_asym_id pdbx_PDB_model_num"
    return put(path.parent, path.name, "data_1TST\n#\nloop_\n" + "".join(f"_atom_site.{t}\n" for t in tags.split()) + rows + "#\n")


def xdr(kind, *parts, attributes=b""): return struct.pack(">i", kind | (0x200 if attributes else 0)) + b"".join(parts) + attributes
def strings(*texts): return xdr(16, struct.pack(">i", len(texts)), *(struct.pack(">ii", 9 | 64 << 12, len(t)) + t.encode() for t in texts))
def integers(*values, attributes=b""): return xdr(13, struct.pack(f">i{len(values)}i", len(values), *values), attributes=attributes)
def reals(*values, attributes=b""): return xdr(14, struct.pack(f">i{len(values)}d", len(values), *values), attributes=attributes)
def items(*values, attributes=b""): return xdr(19, struct.pack(">i", len(values)), *values, attributes=attributes)
def pairs(**values):
    out = struct.pack(">i", 254)
    for tag, value in reversed(values.items()):
        name = tag.replace("_", ".").encode()
        out = struct.pack(">i", 2 | 0x400) + xdr(1, struct.pack(">ii", 9, len(name)) + name) + value + out
    return out


def make_rdata(path, **objects):
    frame = items(strings("TP53", "BRCA1", "MYC"), reals(1.5, 2.5, float("nan")), integers(1, 2, -2**31),
                  integers(1, 2, 1, attributes=pairs(levels=strings("a", "b"), **{"class": strings("factor")})),
                  attributes=pairs(names=strings("gene", "value", "count", "kind"), row_names=integers(-2**31, -3), **{"class": strings("data.frame")}))
    return put(path.parent, path.name, b"RDX2\nX\n" + struct.pack(">3i", 2, 0x40000, 0x20300) + pairs(**(objects or {"genes": frame})))


def touch_h5ad(path):
    cells = read_h5ad(path)
    return cells.X.sum(), cells.rows([0]).sum()


def touch_bigwig(path):
    track = read_bigwig(path)
    scan_bigwig(path)
    chrom, size = max(track.sizes.items(), key=lambda x: x[1])
    return track.values(chrom, [0], [min(size, 5000)]), track.means(chrom, [0], [size], bins=3)


KINDS = {"cells.h5ad": (make_h5ad, touch_h5ad), "map.cool": (make_cooler, lambda p: read_cooler(p).matrix()), "signal.bw": (make_bigwig, touch_bigwig),
         "fold.pdb": (make_pdb, read_structure), "fold.cif": (make_cif, read_structure), "genes.RData": (make_rdata, read_rdata), "plain.h5": (None, read_hdf5)}


def make_plain(path):
    with h5py.File(path, "w") as f: f["x"], f["y"] = np.eye(4), np.arange(4)
    return path


KINDS["plain.h5"] = (make_plain, read_hdf5)
BINARY = [k for k in KINDS if not k.startswith("fold")]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    "{name: path} of one sound file of each kind."
    folder = tmp_path_factory.mktemp("sound")
    return {name: make(folder / name) for name, (make, _) in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_sound_files_are_read_in_silence(sound, name):
    result, told = quietly(KINDS[name][1], sound[name])
    assert result is not None and not told


@pytest.mark.parametrize("name", BINARY)
def test_cut_files_are_never_accepted(sound, name, tmp_path):
    whole, rng = sound[name].read_bytes(), random.Random(7)
    for at in {len(whole) // 10, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 1, *(rng.randrange(len(whole)) for _ in range(20))}:
        with pytest.raises(DataError, match=name): quietly(KINDS[name][1], put(tmp_path, name, whole[:at]))


@pytest.mark.parametrize("name", ["fold.pdb", "fold.cif"])
def test_cut_structures_are_never_silent(sound, name, tmp_path):
    whole, rng = sound[name].read_bytes(), random.Random(7)
    for at in {len(whole) // 10, len(whole) // 2, len(whole) * 9 // 10, *(rng.randrange(len(whole) - 4) for _ in range(20))}:
        try: told = quietly(KINDS[name][1], put(tmp_path, name, whole[:at]))[1]
        except DataError: continue
        assert told, f"cut at {at}"


@pytest.mark.parametrize("name", KINDS)
def test_packed_files_that_are_cut_are_never_accepted(sound, name, tmp_path):
    whole = gzip.compress(sound[name].read_bytes())
    if name != "signal.bw": assert quietly(KINDS[name][1], put(tmp_path, f"{name}.gz", whole))[0] is not None
    for at in (len(whole) // 10, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        with pytest.raises(DataError, match=name): KINDS[name][1](put(tmp_path, f"{name}.gz", whole[:at]))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("what", [b"", b"\0" * 400, b"chr1\t0\t10\n" * 40, b"\n \n", b"PK\x03\x04" + b"\0" * 99])
def test_other_content_under_the_name(name, what, tmp_path):
    with pytest.raises(DataError, match=name): KINDS[name][1](put(tmp_path, name, what))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_one_kind_under_the_name_of_another(sound, name, other, tmp_path):
    if {name, other} in ({"fold.pdb", "fold.cif"}, {name}): return
    with pytest.raises(DataError, match=name): KINDS[name][1](put(tmp_path, name, sound[other].read_bytes()))


@pytest.mark.parametrize("name, harmless", [("cells.h5ad", 0), ("map.cool", 0), ("plain.h5", 0), ("signal.bw", 2)])
def test_a_flipped_byte_in_the_first_64(sound, name, harmless, tmp_path):
    "Only the size of a buffer, a hint to readers, may be too large in a bigWig."
    whole, passed = bytearray(sound[name].read_bytes()), []
    for at in range(64):
        data = bytes(whole[:at]) + bytes([whole[at] ^ 255]) + bytes(whole[at + 1:])
        try: KINDS[name][1](put(tmp_path, name, data))
        except DataError: continue
        passed.append(at)
    assert len(passed) <= harmless and set(passed) <= {52, 53}, passed


# -- mutated files ----------------------------------------------------------------------------------------------------

def mutated(data, seed):
    "`data` with some of its bytes changed, cut out, repeated or moved."
    rng, data = random.Random(seed), bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at, size = rng.randrange(len(data)), min(rng.choice((1, 1, 4, 8, 64, 512)), len(data))
        match rng.randrange(7):
            case 0: data[at] ^= 1 << rng.randrange(8)
            case 1: data[at] = rng.randrange(256)
            case 2: data[at:at + size] = bytes(rng.choice((0, 255)) for _ in range(1)) * size
            case 3: del data[at:at + size]
            case 4: data[at:at] = data[at:at + size]
            case 5: data[at:at + 8] = struct.pack("<q", rng.choice((0, -1, 2**31, 2**62, rng.randrange(2**40))))
            case 6: data[at:at + size] = data[(there := rng.randrange(len(data))):there + size]
        if not data: data = bytearray(b"\0")
    return bytes(data)


@pytest.mark.parametrize("name", KINDS)
def test_mutated_files_raise_nothing_foreign(sound, name, tmp_path):
    whole = sound[name].read_bytes()
    for seed in range(FUZZ):
        path, began = put(tmp_path, name, mutated(whole, seed)), time.monotonic()
        try: quietly(KINDS[name][1], path)
        except GenonbError: pass
        except Exception as e: pytest.fail(f"{name}, seed {seed}: {type(e).__name__}: {e}")
        assert time.monotonic() - began < 5, f"{name}, seed {seed} hangs"


# -- the child --------------------------------------------------------------------------------------------------------

def test_values_travel_as_they_are():
    sent = {"a": [np.arange(3), np.zeros((0, 4)), np.float32([[1, np.nan]])], "b": {"c": "\u00e9\ud83d\ude00"[:1], "d": None, "e": [True, 1.5, -7]}, "f": np.bool_([True, False])}
    back = unpack(io.BytesIO(b"".join(pack(sent))))
    assert back["b"] == sent["b"] and back["f"].dtype == bool and back["a"][1].shape == (0, 4)
    np.testing.assert_array_equal(back["a"][2], sent["a"][2])


@pytest.mark.parametrize("bad", [b"", b"\0" * 4, struct.pack("<Q", 2**40), struct.pack("<Q", 6) + b"{}", *(struct.pack("<Q", len(t)) + t for t in (
    b'{"\\u0000array": ["<f8", 1000000000000]}', b'{"\\u0000array": ["<f8", -5]}', b'{"\\u0000array": ["|O", 5]}', b'{"\\u0000array": ["<f8", 5]}'))])
def test_nonsense_from_the_child_is_refused(bad):
    with pytest.raises((Broken, TypeError, ValueError)): unpack(io.BytesIO(bad), limit=1 << 20)


@pytest.mark.parametrize("how, says", [("die", "died"), ("eat", "needs more than"), ("raise", "KeyError")])
def test_the_child_may_fail_and_the_next_call_works(how, says, tmp_path):
    path = put(tmp_path, "odd.bin", b"12345678")
    for _ in range(3):
        with pytest.raises(DataError, match=f"odd.bin.*{says}|{says}.*odd.bin"): probe(path, how)
        assert bytes(probe(path)) == b"12345678"


def test_a_hang_ends(tmp_path):
    path, began = put(tmp_path, "odd.bin", b"12345678"), time.monotonic()
    with pytest.raises(DataError, match="more than 0.3 s on .*odd.bin"): probe(path, "hang", seconds=0.3)
    assert time.monotonic() - began < 4 and bytes(probe(path)) == b"12345678"


def test_only_marked_functions_run():
    for name in ("os:system", "core.child:serve", "core.files:write_bytes", "core.child:_marked"):
        with pytest.raises((DataError, KeyError, ImportError)): child._HELPER.ask({"do": name, "args": ["x"], "options": {}, "seconds": 5, "memory": 1 << 28})


def test_threads_take_turns(tmp_path):
    paths = [put(tmp_path, f"{i}.bin", bytes([i]) * 8) for i in range(8)]
    found = {}
    def ask(i): found[i] = [bytes(probe(paths[i])) for _ in range(10)]
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert all(found[i] == [bytes([i]) * 8] * 10 for i in range(8))


def test_a_killed_helper_comes_back(tmp_path):
    path = put(tmp_path, "odd.bin", b"12345678")
    probe(path)
    child._HELPER.process.kill()
    time.sleep(0.1)
    assert bytes(probe(path)) == b"12345678"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_no_process_survives_the_parent(tmp_path):
    path = put(tmp_path, "odd.bin", b"12345678")
    code = "import sys, threading, time\nfrom genonb.core import child\nchild.probe(sys.argv[1])\nprint(child._HELPER.process.pid, flush=True)\nchild.probe(sys.argv[1], 'hang')"
    parent = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    helper = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.kill()
    parent.wait()
    for _ in range(50):
        try: os.kill(helper, 0)
        except ProcessLookupError: return
        time.sleep(0.1)
    os.kill(helper, signal.SIGKILL)
    pytest.fail("the helper outlived its parent")


def test_the_helper_reads_without_a_fork(tmp_path, monkeypatch):
    "As on macOS and Windows: the helper itself reads, dies, is started again."
    path, helper = put(tmp_path, "odd.bin", b"12345678"), child._Helper()
    monkeypatch.setattr(child, "_START", child._START.replace("serve; serve()", "serve; import genonb.core.child as c; c._FORKS = False; serve()"))
    ask = lambda how: helper.ask({"do": "core.child:probe", "args": [path, how], "options": {}, "seconds": 5, "memory": 1 << 28})
    try:
        assert bytes(ask("")) == b"12345678"
        with pytest.raises(DataError, match="died on .*odd.bin"): ask("die")
        assert bytes(ask("")) == b"12345678"
    finally: helper.end()


# -- hostile HDF5 -----------------------------------------------------------------------------------------------------

def replace(name, data, **options):
    def edit(f):
        if name in f: del f[name]
        f.create_dataset(name, data=data, **options)
    return edit


def attribute(name, key, value): return lambda f: f[name].attrs.__setitem__(key, value)


def external(name, secret):
    def edit(f):
        if name in f: del f[name]
        f.create_dataset(name, (8,), "u1", external=[(str(secret), 0, 8)])
    return edit


def virtual(name, secret):
    def edit(f):
        layout = h5py.VirtualLayout((8,), "u1")
        layout[:] = h5py.VirtualSource(str(secret), "x", (8,))
        f.create_virtual_dataset(name, layout)
    return edit


def bomb(f): f.create_dataset("uns/bomb", (30_000_000,), "u1", chunks=(10_000_000,), compression=9, fillvalue=0)
def opaque(f): f["obs"].create_dataset("thing", data=np.array([b"\x80\x04"] * 6, "V2")); f["obs"].attrs.create("column-order", ["thing"], dtype=h5py.string_dtype())
def vlen(f):
    d = f["obs"].create_dataset("thing", (6,), h5py.vlen_dtype(np.uint8))
    d[0] = np.frombuffer(b"\x80\x04N.", np.uint8)
    f["obs"].attrs.create("column-order", ["thing"], dtype=h5py.string_dtype())
def cycle(f): f["uns/loop"] = f["/"]
def soft(f): f["uns/a"], f["uns/b"] = h5py.SoftLink("/uns/b"), h5py.SoftLink("/uns/a")
def dangling(f): f["obs/more"] = h5py.SoftLink("/nowhere")
def deep(f): f.create_group("uns/" + "/".join("d" * 90))
def wide(f):
    for i in range(10_050): f["uns"].attrs[f"a{i}"] = i
def swollen(f): f.create_group("uns/big", track_order=True).attrs.create("a", np.zeros(20 << 20, "u1"))
def huge_chunks(f): f.create_dataset("uns/chunky", (4,), "u1", maxshape=(None,), chunks=(1 << 31,))
def drop(*names):
    def edit(f):
        for n in names: del f[n]
    return edit


INDPTR, INDICES, DATA = "X/indptr", "X/indices", "X/data"
HOSTILE = {    # name -> (edit of a sound file, or a callable of the secret that gives one; what is said)
    "external data in uns": (lambda s: external("uns/leak", s), "another file"), "external data as X": (lambda s: external("X/data", s), "another file"),
    "external data as names": (lambda s: external("obs/_index", s), "another file"), "external link": (lambda s: lambda f: f.__setitem__("uns/leak", h5py.ExternalLink(str(s), "/x")), "another file"),
    "external link as X": (lambda s: lambda f: (f.__delitem__("X"), f.__setitem__("X", h5py.ExternalLink(str(s), "/x"))), "another file"),
    "external link as obs": (lambda s: lambda f: (f.__delitem__("obs"), f.__setitem__("obs", h5py.ExternalLink(str(s), "/x"))), "another file"),
    "virtual data": (lambda s: virtual("uns/leak", s), "virtual"), "virtual data here": (lambda s: virtual("uns/leak", "."), "virtual"),
    "soft links in a circle": (soft, "nowhere"), "a soft link to nothing": (dangling, "nowhere"), "too deep": (deep, "deep"), "attributes without end": (wide, "attributes"),
    "a swollen attribute": (swollen, "attribute"), "a petabyte": (lambda s: lambda f: f.create_dataset("uns/x", (10**15,), "u1", chunks=True), "claims"),
    "a trillion counts": (lambda s: lambda f: (f.__delitem__("X"), f.create_dataset("X", (10**6, 10**6), "f4", chunks=True)), "claims"),
    "a bomb of zeros": (bomb, "claims|chunks"), "chunks of 2 GB": (huge_chunks, "chunks"), "opaque column": (opaque, "pickle"), "pickled column": (vlen, "pickle"),
    "wrong encoding of obs": (attribute("obs", "encoding-type", "pickle"), "pickle"), "wrong encoding of X": (attribute("X", "encoding-type", "dataframe"), "no matrix"),
    "wrong encoding of a column": (attribute("obs/kind", "encoding-type", "rec-array"), "rec-array"), "wrong encoding of all": (attribute("/", "encoding-type", "raw"), "raw"),
    "indptr falls": (replace(INDPTR, [0, 4, 2, 6, 8, 9, 12]), "monotone"), "indptr negative": (replace(INDPTR, [0, -1, 2, 6, 8, 9, 12]), "monotone"),
    "indptr beyond": (replace(INDPTR, [0, 2, 4, 6, 8, 9, 1 << 40]), "values at"), "indptr too short": (replace(INDPTR, [0, 12]), "for 6 rows"),
    "index beyond": (replace(INDICES, np.full(12, 2**31 - 1)), "outside"), "index negative": (replace(INDICES, np.full(12, -1)), "outside"),
    "index NaN": (replace(INDICES, np.full(12, np.nan)), "whole numbers"), "fewer indices": (replace(INDICES, [0, 1]), "values at"),
    "data as text": (replace(DATA, np.array([b"x"] * 12)), "numbers"), "shape negative": (attribute("X", "shape", [-6, 4]), "shape"), "shape of another": (attribute("X", "shape", [6, 9]), "6 x 9"),
    "shape of three": (attribute("X", "shape", [6, 4, 1]), "shape"), "no X": (drop("X"), "no X"), "no obs": (drop("obs/_index"), "lacks"), "no var": (drop("var"), "not h5ad|no var"),
    "a column is gone": (drop("obs/n"), "lacks"), "names repeat": (replace("obs/_index", ["c"] * 6), "more than once"), "genes repeat": (replace("var/_index", ["a", "b", "b", "c"]), "more than once"),
    "names are NaN": (replace("obs/_index", np.full(6, np.nan)), "neither text"), "a name is empty": (replace("obs/_index", ["a", "b", "", "d", "e", "f"]), "no name"),
    "a code too large": (replace("obs/kind/codes", np.int8([0, 1, 2, 0, 1, 0])), "outside its"), "a code too small": (replace("obs/kind/codes", np.int8([0, 1, -2, 0, 1, 0])), "outside its"),
    "columns of other lengths": (replace("obs/n", [1, 2]), "values for"), "a column of two dimensions": (replace("obs/n", np.zeros((6, 2))), "dimensions"),
    "a layer of another shape": (attribute("layers/raw_counts", "shape", [6, 3]), "6 x 3|outside"), "rows of an embedding": (replace("obsm/X_umap", np.zeros((3, 2))), "for 6 cells"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_h5ad(name, tmp_path):
    secret = put(tmp_path, "secret.txt", "TOPSECRET" * 100)
    edit, says = HOSTILE[name]
    if edit.__name__ == "<lambda>" and edit.__code__.co_varnames[:1] == ("s",): edit = edit(secret)
    path = make_h5ad(tmp_path / "cells.h5ad", edit=edit)
    with pytest.raises(DataError, match=f"cells.h5ad.*({says})") as e: touch_h5ad(path)
    assert "TOPSECRET" not in str(e.value) and "84, 79, 80" not in str(e.value)


def test_a_hard_link_to_the_root_ends_the_walk(tmp_path):
    assert read_h5ad(make_h5ad(tmp_path / "cells.h5ad", edit=cycle)).shape == (6, 4)


# -- h5ad -------------------------------------------------------------------------------------------------------------

def test_cells_are_what_was_written(tmp_path):
    cells = read_h5ad(make_h5ad(tmp_path / "c.h5ad"))
    want = sparse.random(6, 4, 0.5, "csr", np.float32, np.random.default_rng(0)).toarray()
    assert sparse.issparse(cells.X) and cells.shape == (6, 4) and len(cells) == 6 and cells.layers == ["raw_counts"] and cells.obsm == ["X_umap"] and cells.uns == ["note"]
    np.testing.assert_array_equal(cells.X.toarray(), want)
    assert list(cells.obs.columns) == ["n", "kind"] and list(cells.obs["kind"]) == list("ababab") and list(cells.var.index) == [f"gene{i}" for i in range(4)]
    fresh = read_h5ad(tmp_path / "c.h5ad")
    for rows in ([3], [5, 0, 0, 4], [], [-1], np.arange(6) % 2 == 0, slice(1, 4)): np.testing.assert_array_equal(fresh.rows(rows).toarray(), want[rows])
    assert fresh._X is None and fresh.matrix("obsm/X_umap").shape == (6, 2) and scan_h5ad(tmp_path / "c.h5ad") == 6
    np.testing.assert_array_equal(read_h5ad(tmp_path / "c.h5ad", layer="raw_counts").X.toarray(), want)
    with pytest.raises(DataError, match="its layers are raw_counts"): read_h5ad(tmp_path / "c.h5ad", layer="counts")
    with pytest.raises(SpecError, match="duplicates"): read_h5ad(tmp_path / "c.h5ad", duplicates="mean")


def test_dense_and_csc_matrices(tmp_path):
    want = np.arange(24, dtype="f4").reshape(6, 4)
    dense = read_h5ad(make_h5ad(tmp_path / "d.h5ad", edit=replace("X", want)))
    for rows in ([4, 1, 1], [], np.arange(6) > 3): np.testing.assert_array_equal(dense.rows(rows), want[rows])
    np.testing.assert_array_equal(dense.X, want)
    columns = sparse.csc_matrix(want)
    def edit(f):
        for part in ("data", "indices", "indptr"): replace(f"X/{part}", getattr(columns, part))(f)
        f["X"].attrs["encoding-type"] = "csc_matrix"
    cells = read_h5ad(make_h5ad(tmp_path / "s.h5ad", edit=edit))
    assert cells.X.format == "csr"
    np.testing.assert_array_equal(cells.X.toarray(), want)
    np.testing.assert_array_equal(cells.rows([2]).toarray(), want[[2]])


def test_genes_of_one_name(tmp_path):
    path = make_h5ad(tmp_path / "c.h5ad", edit=replace("var/_index", ["a", "b", "a", "a"]))
    want = sparse.random(6, 4, 0.5, "csr", np.float32, np.random.default_rng(0)).toarray()
    summed = read_h5ad(path, duplicates="sum")
    assert list(summed.var.index) == ["a", "b"] and summed.shape == (6, 2)
    np.testing.assert_allclose(summed.X.toarray(), np.c_[want[:, [0, 2, 3]].sum(1), want[:, 1]], rtol=1e-6)
    np.testing.assert_array_equal(read_h5ad(path, duplicates="first").X.toarray(), want[:, :2])
    assert list(read_h5ad(path, duplicates="rename").var.index) == ["a", "b", "a-1", "a-2"]


def test_the_layout_of_anndata_06(tmp_path):
    "Compound obs and var, categories in uns, h5sparse attributes."
    with h5py.File(tmp_path / "old.h5ad", "w") as f:
        f["obs"] = np.array([(b"c1", 0, 5.0), (b"c2", 1, 6.0)], [("index", "S4"), ("kind", "i1"), ("n", "f4")])
        f["var"] = np.array([(b"g1",), (b"g2",), (b"g3",)], [("index", "S4")])
        f["uns/kind_categories"] = np.array([b"B", b"T"])
        f["X/data"], f["X/indices"], f["X/indptr"] = np.float32([1, 2]), [0, 2], [0, 1, 2]
        f["X"].attrs.update({"h5sparse_format": b"csr", "h5sparse_shape": [2, 3]})
        f["obsm"] = np.zeros(2, [("X_pca", "f4", 3)])
    cells = read_h5ad(tmp_path / "old.h5ad")
    assert list(cells.obs["kind"]) == ["B", "T"] and list(cells.obs["n"]) == [5, 6] and list(cells.var.index) == ["g1", "g2", "g3"] and cells.obsm == ["X_pca"]
    np.testing.assert_array_equal(cells.X.toarray(), [[1, 0, 0], [0, 0, 2]])


def test_the_layout_of_anndata_07(tmp_path):
    "Categories hang on a reference."
    def edit(f):
        f["obs/__categories/kind"] = np.array([b"B", b"T"])
        replace("obs/kind", np.int8([0, 1, 0, -1, 1, 0]))(f)
        f["obs/kind"].attrs["categories"] = f["obs/__categories/kind"].ref
    cells = read_h5ad(make_h5ad(tmp_path / "old.h5ad", edit=edit))
    assert list(cells.obs["kind"].astype(object))[:3] == ["B", "T", "B"] and cells.obs["kind"].isna().tolist() == [False] * 3 + [True] + [False] * 2


def test_nullable_columns(tmp_path):
    def edit(f):
        del f["obs/n"]
        f["obs/n/values"], f["obs/n/mask"] = np.arange(6), np.arange(6) == 2
        f["obs/n"].attrs["encoding-type"] = "nullable-integer"
    n = read_h5ad(make_h5ad(tmp_path / "c.h5ad", edit=edit)).obs["n"]
    assert str(n.dtype) == "Int64" and n.isna().tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize("make, says", [
    (lambda f: [f.create_dataset(f"matrix/{n}", data=[0]) for n in ("barcodes", "data", "indices", "indptr", "shape")], "10x"),
    (lambda f: [f.create_group(n) for n in ("row_attrs", "col_attrs")] + [f.create_dataset("matrix", data=np.eye(2))], "loom"),
    (lambda f: [f.create_group(n) for n in ("mod", "obs", "var")], "h5mu"), (lambda f: f.create_dataset("x", data=[1]), "HDF5")])
def test_other_kinds_are_named(make, says, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as f: make(f)
    with pytest.raises(DataError, match=f"other.h5 is {says}.*not h5ad"): read_h5ad(tmp_path / "other.h5")


# -- HDF5 tables ------------------------------------------------------------------------------------------------------

def test_tables_of_several_makers(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as f:
        g = f.create_group("frame")
        g.attrs.update({"pandas_type": b"frame_table"})
        g["table"] = np.array([(0, [1.5, 2.5], b"a"), (1, [3, 4], b"b")], [("index", "i8"), ("values_block_0", "f8", 2), ("gene", "S3")])
        g["table"].attrs["values_block_0_kind"] = np.bytes_(b"(lp0\nVx\np1\naVy\np2\na.")
        g = f.create_group("fixed")
        g.attrs.update({"pandas_type": b"frame", "nblocks": 1})
        g["axis0"], g["axis1"], g["block0_items"], g["block0_values"] = np.bytes_(["p", "q"]), [0, 1], np.bytes_(["p", "q"]), [[1, 2], [3, 4]]
        g["block0_values"].attrs["transposed"] = True
        f["rows"] = np.array([(7, b"r")], [("pos", "i4"), ("name", "S2")])
        f["group/x"], f["group/y"] = np.eye(2), [0, 1]
        f["cube"] = np.zeros((2, 3, 4))
    with pytest.raises(DataError, match="holds 4 tables.*fixed.*frame.*group.*rows"): read_hdf5(tmp_path / "t.h5")
    assert read_hdf5(tmp_path / "t.h5", key="frame").to_dict("list") == {"x": [1.5, 3], "y": [2.5, 4], "gene": ["a", "b"]}
    assert read_hdf5(tmp_path / "t.h5", key="/fixed").to_dict("list") == {"p": [1, 3], "q": [2, 4]}
    assert read_hdf5(tmp_path / "t.h5", key="rows").to_dict("list") == {"pos": [7], "name": ["r"]}
    assert list(read_hdf5(tmp_path / "t.h5", key="group")) == ["x_0", "x_1", "y"] and list(read_hdf5(tmp_path / "t.h5", key="group/y")) == ["y"]
    for key in ("cube", "gruop"):
        with pytest.raises(DataError, match="no table"): read_hdf5(tmp_path / "t.h5", key=key)
    assert len(contents(tmp_path / "t.h5")) == 12


def test_pickles_and_filters_are_refused(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as f:
        f.create_dataset("x", (2,), h5py.vlen_dtype(np.uint8))
    with pytest.raises(DataError, match="pickle"): read_hdf5(tmp_path / "p.h5", key="x")
    with h5py.File(tmp_path / "q.h5", "w") as f:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((4,))
        plan.set_filter(1, h5py.h5z.FLAG_OPTIONAL, (6,))
        h5py.h5d.create(f.id, b"x", h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((4,)), plan)
    data = (tmp_path / "q.h5").read_bytes()
    at = data.index(struct.pack("<HHHH", 1, 8, 1, 1)) if struct.pack("<HHHH", 1, 8, 1, 1) in data else None
    if at is None: pytest.skip("this HDF5 writes its filters otherwise")
    with pytest.raises(DataError, match="filter 32015"): contents(put(tmp_path, "q.h5", data[:at] + struct.pack("<H", 32015) + data[at + 2:]))


# -- cooler -----------------------------------------------------------------------------------------------------------

def test_a_map_is_what_was_written(tmp_path):
    c = read_cooler(make_cooler(tmp_path / "m.cool"))
    whole = np.zeros((6, 6), "f4")
    for i, j, n in ((0, 0, 5), (0, 4, 1), (1, 2, 7), (2, 2, 9), (4, 5, 3)): whole[i, j] = whole[j, i] = n
    np.testing.assert_array_equal(c.matrix(), whole)
    np.testing.assert_array_equal(c.matrix("I"), whole[:4, :4])
    np.testing.assert_array_equal(c.matrix("II", "I:5-20"), whole[4:, :2])
    np.testing.assert_array_equal(c.matrix(("I", 10, 30)), whole[1:3, 1:3])
    balanced = c.matrix("I", balanced=True)
    assert balanced[1, 2] == 7 and np.isnan(balanced[3]).all() and c.resolution == 10 and c.sizes == {"I": 35, "II": 20} and scan_cooler(tmp_path / "m.cool") == 5
    assert c.pixels("I").to_dict("list") == {"bin1": [0, 1, 2], "bin2": [0, 2, 2], "count": [5, 7, 9]} and c.bins["chrom"].tolist() == ["I"] * 4 + ["II"] * 2
    for region in ("chrI", "I:0-99", "I:9-3", ("I", -1, 5)):
        with pytest.raises(DataError): c.matrix(region)


@pytest.mark.parametrize("edit, says", [
    (replace("pixels/bin2_id", [0, 4, 2, 2, 6]), "outside"), (replace("pixels/bin2_id", [0, 4, 0, 2, 5]), "below the diagonal"), (replace("pixels/bin1_id", [0, 2, 1, 2, 4]), "rising|bin1_offset"),
    (replace("pixels/count", [1, 2]), "parts"), (replace("pixels/count", np.bytes_(["a"] * 5)), "no numbers"), (replace("indexes/bin1_offset", [0, 2, 1, 4, 4, 5, 5]), "monotone"),
    (replace("indexes/bin1_offset", [0, 1, 3, 4, 4, 5, 5]), "bin1_offset"), (replace("indexes/chrom_offset", [0, 3, 6]), "chrom_offset"), (replace("bins/start", [0, 10, 20, 30, 0, 25]), "chromosome|order"),
    (replace("bins/chrom", [0, 0, 0, 0, 1, 2]), "outside"), (replace("bins/end", [10, 20, 30, 99, 10, 20]), "chromosome"), (replace("bins/chrom", [0, 0, 0, 1, 0, 1]), "chromosome|order"),
    (replace("chroms/name", np.bytes_(["I", "I"])), "chromosomes"), (drop("indexes"), "lacks"), (drop("pixels/count"), "missing")])
def test_a_map_that_does_not_fit_is_refused(edit, says, tmp_path):
    with pytest.raises(DataError, match=f"m.cool.*({says})"): read_cooler(make_cooler(tmp_path / "m.cool", edit=edit))


# -- bigWig -----------------------------------------------------------------------------------------------------------

def test_signal_is_what_was_written(tmp_path):
    rng = np.random.default_rng(3)
    truth = {c: np.where(rng.random(n) < .3, np.nan, rng.integers(0, 4, n)).astype("f4") for c, n in (("a", 7000), ("b", 300))}
    write_bigwig(tmp_path / "s.bw", {"b": 300, "a": 7000}, truth)
    track = read_bigwig(tmp_path / "s.bw")
    chroms, starts = np.where(rng.random(200) < .2, "b", "a"), rng.integers(0, 250, 200)
    starts[chroms == "a"] *= 27
    got = track.values(chroms, starts, starts + 50)
    np.testing.assert_array_equal(got, [truth[c][s:s + 50] for c, s in zip(chroms, starts)])
    means = track.means(chroms, starts, starts + 50, bins=7)
    edges = 50 * np.arange(8) // 7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")    # bins without a value
        want = [[np.nanmean(v[i:j]) for i, j in zip(edges, edges[1:])] for v in got]
    np.testing.assert_allclose(means, want, rtol=1e-5)
    table = track.intervals("b")
    assert list(table) == ["chrom", "start", "end", "value"] and (table["start"][1:].to_numpy() >= table["end"][:-1].to_numpy()).all()
    again = write_bigwig(tmp_path / "t.bw", {"b": 300}, table)
    np.testing.assert_array_equal(read_bigwig(again).values("b", [0], [300])[0], truth["b"])
    assert track.values("a", [], []).shape == (0, 0) and track.sizes == {"a": 7000, "b": 300}


@pytest.mark.parametrize("chroms, starts, ends, says", [("x", [0], [5], "no chromosome"), ("chr2", [29_990], [30_010], "does not lie"), ("chr1", [-1], [5], "does not lie"), ("chr1", [5], [5], "does not lie")])
def test_windows_that_do_not_fit(sound, chroms, starts, ends, says):
    with pytest.raises(DataError, match=says): read_bigwig(sound["signal.bw"]).values(chroms, starts, ends)


def test_windows_of_several_lengths(sound):
    with pytest.raises(SpecError, match="5 to 6 bases"): read_bigwig(sound["signal.bw"]).values("chr1", [0, 0], [5, 6])


def test_a_bigwig_with_a_broken_tree_of_names_is_refused(tmp_path):
    "A tree without leaves, and a chromosome with the number 4,294,967,295, for which no table is made."
    data = make_bigwig(tmp_path / "s.bw").read_bytes()
    tree, = struct.unpack_from("<Q", data, 8)
    leafless = data[:tree + 32] + struct.pack("<2BH", 0, 0, 0) + data[tree + 36:]
    numbered = data.replace(b"chr2" + struct.pack("<2I", 1, 30_000), b"chr2" + struct.pack("<2I", 2**32 - 1, 30_000))
    assert data not in (leafless, numbered)
    for broken in (leafless, numbered):
        with pytest.raises(DataError, match="names of chromosomes are damaged"): read_bigwig(put(tmp_path, "b.bw", broken))


def test_a_changed_bigwig_is_not_read_on(tmp_path):
    track = read_bigwig(make_bigwig(tmp_path / "s.bw"))
    put(tmp_path, "s.bw", (tmp_path / "s.bw").read_bytes() + b"\0")
    with pytest.raises(DataError, match="changed"): track.values("chr1", [0], [5])


@pytest.mark.parametrize("table, says", [([("a", 0, 5), ("a", 3, 8)], "overlaps"), ([("a", 5, 5)], "no interval"), ([("a", -1, 5)], "no interval"), ([("a", 0, 11)], "no interval"), ([("A", 0, 1)], "no length")])
def test_signal_that_cannot_be_written(table, says, tmp_path):
    frame = pd.DataFrame(table, columns=["chrom", "start", "end"]).assign(value=1.0)
    with pytest.raises(SpecError, match=says): write_bigwig(tmp_path / "n.bw", {"a": 10}, frame)
    assert not list(tmp_path.iterdir())


def test_big_endian_uncompressed_and_steps(tmp_path):
    "A file by hand: three sections of three types, nothing packed, the other byte order."
    sections = [struct.pack(">5I2BH", 0, 0, 20, 0, 0, 1, 0, 2) + struct.pack(">2If2If", 0, 5, 1.0, 10, 20, 2.0),
                struct.pack(">5I2BH", 0, 30, 44, 0, 4, 2, 0, 2) + struct.pack(">IfIf", 30, 3.0, 40, 4.0), struct.pack(">5I2BH", 0, 50, 63, 5, 3, 3, 0, 3) + struct.pack(">3f", 5, 6, 7)]
    chroms = struct.pack(">4I2Q", 0x78CA8C91, 1, 4, 8, 1, 0) + struct.pack(">2BH4s2I", 1, 0, 1, b"chrX", 0, 100)
    data_at = 64 + len(chroms)
    data, places = struct.pack(">Q", 3), []
    for s in sections:
        places.append((data_at + len(data), len(s)))
        data += s
    index_at = data_at + len(data)
    index = struct.pack(">2IQ4IQ2I", 0x2468ACE0, 4, 3, 0, 0, 0, 63, index_at, 1, 0) + struct.pack(">2BH", 1, 0, 3)
    for (at, size), (a, b) in zip(places, ((0, 20), (30, 44), (50, 63))): index += struct.pack(">4I2Q", 0, a, 0, b, at, size)
    head = struct.pack(">I2H3Q2H2QIQ", 0x888FFC26, 4, 0, 64, data_at, index_at, 0, 0, 0, 0, 0, 0)
    track = read_bigwig(put(tmp_path, "hand.bw", head + chroms + data + index + head[:4]))
    want = np.full(100, np.nan, "f4")
    for a, b, v in ((0, 5, 1), (10, 20, 2), (30, 34, 3), (40, 44, 4), (50, 53, 5), (55, 58, 6), (60, 63, 7)): want[a:b] = v
    np.testing.assert_array_equal(track.values("chrX", [0], [100])[0], want)
    assert scan_bigwig(tmp_path / "hand.bw") == 7


# -- structures -------------------------------------------------------------------------------------------------------

def pdb(folder, text, name="x.pdb"): return put(folder, name, text + ("" if text.endswith("END\n") else "TER\nEND\n"))


def test_the_likeliest_conformer_is_kept_whole(tmp_path):
    text = "".join(atom(i, n, "SER", 1, (i, 0, 0), alt=a, occupancy=o) for i, (n, a, o) in enumerate(((" N  ", " ", 1), (" CA ", "A", .3), (" CA ", "B", .7), (" C  ", "A", .3), (" C  ", "B", .7)), 1))
    frame, told = quietly(read_structure, pdb(tmp_path, text))
    assert not told and frame.loc[0, ["altloc", "x", "c_x"]].tolist() == ["B", 3, 5] and np.isnan(frame["cb_x"][0])


def test_insertion_codes_hetero_residues_and_waters(tmp_path):
    text = atom(1, " CA ", "GLY", 52, (0, 0, 0)) + atom(2, " CA ", "SER", 52, (3.8, 0, 0), insertion="A") + atom(3, " CA ", "MSE", 53, (7.6, 0, 0), record="HETATM")
    text += "TER\n" + atom(4, " O  ", "HOH", 101, (9, 9, 9), record="HETATM") + atom(5, "CA  ", " CA", 102, (5, 5, 5), record="HETATM") + atom(6, " CA ", "GLU", 103, (5, 9, 5), record="HETATM") + "END\n"
    frame = read_structure(pdb(tmp_path, text))
    assert "".join(frame["letter"]) == "GSM" and frame["number"].tolist() == [52, 52, 53] and frame["insertion"].tolist() == ["", "A", ""] and frame["gap"].sum() == 0
    assert len(read_structure(tmp_path / "x.pdb", level="atom")) == 6


def test_the_first_model_and_its_end(tmp_path):
    one, two = atom(1, " CA ", "GLY", 1, (0, 0, 0)), atom(1, " CA ", "GLY", 1, (9, 9, 9))
    whole = f"MODEL        1\n{one}ENDMDL\nMODEL        2\n{two}ENDMDL\nEND\n"
    frame, told = quietly(read_structure, put(tmp_path, "m.pdb", whole))
    assert not told and frame["x"].tolist() == [0] and frame["model"].tolist() == [1]
    with pytest.raises(DataError, match="ENDMDL"): read_structure(put(tmp_path, "m.pdb", whole[:whole.rindex("ENDMDL")]))


@pytest.mark.parametrize("old, new, says", [
    ("   0.400   1.500   0.300", "   0.4x0   1.500   0.300", r"line 3.*x coordinate is '0.4x0'"), ("   0.400   1.500   0.300", "     nan   1.500   0.300", "line 3.*x coordinate"),
    ("   0.400   1.500   0.300", "           1.500   0.300", "line 3.*x coordinate"), ("A   1       0.400", "A  1x       0.400", "line 3.*residue number"), ("  1.00 20.00", "  1.0a 20.00", "occupancy"),
    ("  1.00 20.00", "  1.00  b.00", "B factor"), ("   0.400   1.500   0.300", "   0_400   1.500   0.300", "x coordinate"), ("   0.400   1.500   0.300  1.00 20.00           C", "   0.400   1.500", "line 3.*ends in column 46"),
    ("ATOM      2  CA  ALA", "ATOM\t2\tCA\tALA", "line 3")])
def test_cards_that_hold_no_atom(sound, old, new, says, tmp_path):
    text = sound["fold.pdb"].read_text()
    assert old in text
    with pytest.raises(DataError, match=f"fold.pdb.*{says}"): read_structure(put(tmp_path, "fold.pdb", text.replace(old, new, 1)))


@pytest.mark.parametrize("text, says", [
    ("HEADER    X\nREMARK   2 NOTHING\nEND\n", "no atoms"), ("data_x\n_cell_length_a 5\nloop_\n_atom_site_label\n_atom_site_fract_x\nC1 0.5\n", "small molecule"), ("data_r\nloop_\n_refln.index_h\n_refln.F_meas_au\n1 2.5\n", "structure factors"),
    ("data_G\nloop_\n_chem_comp_atom.comp_id\nGLC\n", "chemical component"), ("data_x\nloop_\n_atom_site.Cartn_x\n1 2 3\n", "no atoms"), ("data_x\n_a 'unclosed\n", "CIF"), ("hello world\n", "no atoms")])
def test_what_holds_no_atoms_says_what_it_is(text, says, tmp_path):
    with pytest.raises(DataError, match=f"odd.cif.*{says}"): read_structure(put(tmp_path, "odd.cif", text))


@pytest.mark.parametrize("old, new, says", [("2.5 2.0 1.25", "x 2.0 1.25", "atom 3.*|x coordinate"), ("1.00 10.0 11 A", "1.00 10.0 1x A", "number is '1x'"), ("#\nloop_", "#\nloop_\n_atom_site.extra", "CIF|line")])
def test_mmcif_that_does_not_hold(sound, old, new, says, tmp_path):
    text = sound["fold.cif"].read_text()
    assert old in text
    with pytest.raises(DataError, match=f"fold.cif.*({says})"): read_structure(put(tmp_path, "fold.cif", text.replace(old, new, 1)))


def test_mmcif_numbers_and_gaps(sound):
    frame = read_structure(sound["fold.cif"])
    assert frame["number"].tolist() == [11, 12, 15] and frame["label"].tolist() == [1, 2, 5] and frame["gap"].tolist() == [0, 0, 2]
    assert chains(frame).iloc[0].to_dict() == {"chain": "A", "kind": "protein", "residues": 3, "missing": 2, "sequence": "AMW", "gapped": "AM--W"}


def test_oddities_are_told_once(tmp_path):
    text = "HEADER    X\nWRONG  a record\nWRONG  again\n" + atom(1, " CA ", "GLY", 1, (0, 0, 0)) + atom(2, " CA ", "GLY", 1, (0, 0, 1)) + atom(3, " CA ", "SER", 2, (3.8, 0, 0)).replace("  1.00 20.00", "      20.00".rjust(12))
    frame, told = quietly(read_structure, put(tmp_path, "odd.pdb", text))
    assert len(frame) == 2 and len(told) == 4 and all("odd.pdb, line" in t for t in told)
    assert "no record" in told[0] and "there already" in " ".join(told) and "occupancy is blank" in " ".join(told) and "END" in " ".join(told)


def test_geometry(sound):
    frame = read_structure(sound["fold.pdb"])
    assert np.isfinite(betas(frame)).all() and frame["cb_x"].isna().tolist() == [False, True, False, False]
    far = distances(frame)
    np.testing.assert_allclose(far, np.linalg.norm(betas(frame)[:, None] - betas(frame)[None], axis=2), atol=1e-3)
    assert (contacts(frame, below=5.0) == (far < 5)).all() and torsions(frame).shape == (4, 3)
    flat = pd.DataFrame({"chain": "A", "gap": 0, "kind": "protein"}, index=range(2))    # a trans peptide in the plane: omega is 180
    for lead, points in {"n_": [(0, 0, 0), (3.2, 1.9, 0)], "": [(1.2, -.8, 0), (3.3, 3.4, 0)], "c_": [(2.3, .9, 0), (4.6, 4.2, 1)], "cb_": [(np.nan,) * 3] * 2}.items():
        for axis, values in zip("xyz", zip(*points)): flat[lead + axis] = values
    assert abs(abs(torsions(flat)["omega"][0]) - 180) < 1e-6 and np.isnan(torsions(flat)["phi"][0])


# -- R ----------------------------------------------------------------------------------------------------------------

def test_a_data_frame_of_r(sound, tmp_path):
    table = read_rdata(sound["genes.RData"])
    assert list(table["gene"]) == ["TP53", "BRCA1", "MYC"] and table["value"].isna().tolist() == [False, False, True] and str(table["count"].dtype) == "Int64" and list(table["kind"]) == ["a", "b", "a"]


def test_matrices_lists_and_keys(tmp_path):
    matrix = reals(1, 2, 3, 4, attributes=pairs(dim=integers(2, 2), dimnames=items(strings("s1", "s2"), strings("g1", "g2"))))
    both = items(matrix, strings("a", "b"), attributes=pairs(names=strings("x", "y")))
    path = make_rdata(tmp_path / "l.rda", data=both, f=struct.pack(">i", 253))
    with pytest.raises(DataError, match=r"l.rda holds 2 tables: data\$x, data\$y"): read_rdata(path)
    assert read_rdata(path, key="data$x").to_dict("list") == {"row": ["s1", "s2"], "g1": [1, 2], "g2": [3, 4]}
    with pytest.raises(DataError, match="no table 'data'"): read_rdata(path, key="data")
    with pytest.raises(DataError, match="holds no table: f"): read_rdata(make_rdata(tmp_path / "l.rda", f=struct.pack(">i", 253)))


@pytest.mark.parametrize("body, says", [
    (struct.pack(">2i", 14, 2**31 - 1), "claims"), (struct.pack(">4i", 14, -1, 2**20, 0), "claims"), (struct.pack(">2i", 19, 1) * 5000, "deep"), (struct.pack(">i", 77), "type 77"), (struct.pack(">i", 255 | 9 << 8), "refers"),
    (items(integers(1, 5, attributes=pairs(levels=strings("a"), **{"class": strings("factor")})), attributes=pairs(names=strings("k"), **{"class": strings("data.frame")})), "without a level"),
    (reals(1, 2, 3, attributes=pairs(dim=integers(2, 2))), "2 x 2"), (items(reals(1), reals(1, 2), attributes=pairs(names=strings("a", "b"), **{"class": strings("data.frame")})), "different lengths"),
    (xdr(238, pairs(compact_intseq=struct.pack(">i", 254)), reals(1e12, 1, 1), struct.pack(">i", 254)), "kind|claims")])
def test_r_data_that_do_not_hold(body, says, tmp_path):
    with pytest.raises(DataError, match=f"h.rds.*({says})"): read_rdata(put(tmp_path, "h.rds", b"X\n" + struct.pack(">3i", 2, 0, 0) + body))


def test_a_packed_bomb_of_r_is_capped(tmp_path):
    bomb = gzip.compress(b"X\n" + struct.pack(">5i", 2, 0, 0, 14, 2**28 - 1) + bytes(1 << 28), 9)
    with pytest.raises(DataError, match="b.rds"): read_rdata(put(tmp_path, "b.rds", bomb))


@pytest.mark.parametrize("start", [b"RDA3\nA\n3\n", b"A\n3\n"])
def test_text_formats_of_r_are_named(start, tmp_path):
    with pytest.raises(DataError, match="ascii=FALSE"): read_rdata(put(tmp_path, "t.rda", start + b"262144\n" * 30))


# -- files of others --------------------------------------------------------------------------------------------------

READERS = {"bigwig": touch_bigwig, "h5ad": touch_h5ad, "pdb": read_structure}


def manifest():
    if not (CORPUS / "MANIFEST.tsv").is_file(): return [pytest.param("", "", "", marks=pytest.mark.skip(reason="no corpus: set GENONB_FORMATS"))]
    rows = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text().splitlines() if not line.startswith("#")]
    return [(kind, name, expected) for kind, name, _, expected, *_ in rows if kind in READERS and expected != "-"]


@pytest.mark.parametrize("kind, name, expected", manifest())
def test_corpus(kind, name, expected):
    try: result, told = quietly(READERS[kind], CORPUS / kind / name)
    except DataError as e:
        assert "refusal" in expected and name in str(e)
        return
    assert expected.startswith("reads") or expected == "warning or refusal" and told


@pytest.mark.skipif(not MIRROR.is_dir(), reason="no data sets: set GENONB_MIRROR")
@pytest.mark.parametrize("name, key, shape", [("gravier-breast-prognosis/gravier.RData", "gravier$x", (168, 2905)), ("wheat-genomic-selection/wheat.RData", "wheat.X", (599, 1279)),
                                              ("breast-tcga-multiomics/breast.TCGA.rda", "breast.TCGA$data.train$mrna", (150, 201)), ("sorlie-breast-subtypes/sorlie.RData", "sorlie$x", (85, 456))])
def test_data_sets_of_r(name, key, shape):
    assert read_rdata(MIRROR / name, key=key).shape == shape


@pytest.mark.skipif(not MIRROR.is_dir(), reason="no data sets: set GENONB_MIRROR")
def test_data_sets_in_hdf5():
    cells = read_h5ad(MIRROR / "pbmc68k-reduced" / "10x_pbmc68k_reduced.h5ad")
    assert cells.shape == (700, 765) and cells.obs["bulk_labels"].value_counts()["Dendritic"] == 240 and read_h5ad(cells.path, layer="raw").X.nnz == 174_400
    yeast = read_cooler(MIRROR / "hic-yeast-10kb" / "yeast.10kb.cool")
    assert len(yeast) == 728_311 and len(yeast.bins) == 1226 and yeast.resolution == 10_000
    assert read_hdf5(MIRROR / "gbsg-survival" / "gbsg_cancer_train_test.h5", key="train").shape == (1546, 9)


@pytest.mark.skipif(not MIRROR.is_dir(), reason="no data sets: set GENONB_MIRROR")
def test_data_sets_of_structures():
    ubiquitin = read_structure(MIRROR / "kortemme-ddg-structures" / "1UBQ.pdb")
    assert chains(ubiquitin)["sequence"][0].startswith("MQIFVKTLTGKTITLEVEPSDTIENVK") and len(ubiquitin) == 76
    angles = torsions(ubiquitin)
    np.testing.assert_allclose(angles.loc[1, ["phi", "psi"]], [-91.0, 138.3], atol=0.2)
    assert (angles["omega"].dropna().abs() > 165).all() and contacts(ubiquitin).sum() > 76
