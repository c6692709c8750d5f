"""The command line keeps its contract: exit codes, one JSON object a line, errors in one line on stderr."""

import json
import os
import subprocess
import sys

import pytest
from genonb.cli import main


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    "Tasks give their offline sample; a fit takes at most two seconds."
    monkeypatch.setenv("GENONB_SAMPLE", "1")
    monkeypatch.setenv("GENONB_TIME_BUDGET", "2")


def lines(capsys):
    "What was printed on stdout, each line a JSON object; and stderr."
    told = capsys.readouterr()
    return [json.loads(line) for line in told.out.splitlines()], told.err


def test_tasks_are_one_object_a_line(capsys):
    assert main(["tasks", "--json"]) == 0
    told, err = lines(capsys)
    assert not err and {"promoter_ecoli", "splice_uci", "expression_ecoli"} <= {t["name"] for t in told}
    for t in told: assert {"name", "covers", "input", "target", "data", "split", "metric", "page"} <= set(t)


@pytest.mark.parametrize("argv, said", [
    (["tasks", "promotor_ecoli"], "Did you mean 'promoter_ecoli'?"),
    (["run", "promoter_ecoli", "--model", "cnnn"], "Did you mean 'cnn'?"),
    (["run", "expression_ecoli/hossain"], "has no set 'hossain'"),
    (["lab", "no-such.ipynb"], "there is no notebook no-such.ipynb")])
def test_an_error_is_one_line_and_exit_2(argv, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and told.out == "" and "Traceback" not in told.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("argv", [["run"], ["tasks", "--epochs", "3"], ["run", "splice_uci", "--epochs", "0"], ["nothing"]])
def test_wrong_usage_is_exit_2(argv, capsys):
    with pytest.raises(SystemExit) as e: main(argv)
    assert e.value.code == 2 and "usage" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["splice_uci", "expression_ecoli/lafleur"])
def test_run_tells_a_line_a_seed_and_a_summary(task, capsys, tmp_path):
    code = main(["run", task, "--epochs", "2", "--model", "dnn", "--seeds", "2", "--json", "--out", str(tmp_path)])
    told, _ = lines(capsys)
    *seeds, summary = told
    assert [r["seed"] for r in seeds] == [0, 1] and summary["summary"] and summary["seeds"] == [0, 1]
    for r in seeds:
        assert (r["task"] + "/" + r["set"]).rstrip("/") == task and r["model"] == "dnn" and r["seconds"] > 0
        assert {"low", "high", "value"} <= set(r["metrics"][r["primary"]]) and {"low", "high"} <= set(r["difference"])
        assert all(r["primary"] in m for m in r["rivals"].values()) and isinstance(r["audit"]["findings"], list)
        assert r["beats_rivals"] == (r["difference"]["low"] > 0) and r["expect"] == "beat" and r["ok"] == r["beats_rivals"]
        assert os.path.isfile(os.path.join(r["run"], "weights.safetensors"))
        assert os.path.isfile(r["explain"]["file"]) and r["explain"]["completeness_error"] < 1e-3
    primary = summary["primary"]
    assert summary["metrics"][primary]["value"] == pytest.approx(sum(r["metrics"][primary]["value"] for r in seeds) / 2)
    assert code == (0 if all(r["ok"] for r in seeds) else 1)


def test_a_saved_run_predicts_again(capsys, tmp_path):
    import genonb as gb
    main(["run", "splice_uci", "--epochs", "1", "--json", "--out", str(tmp_path)])
    told, _ = lines(capsys)
    run = gb.load(told[0]["run"])
    assert run.predict(["ACGT" * 15]).shape == (1, 3)


def test_doctor_tells_what_it_found_and_what_to_do(capsys):
    code = main(["doctor", "--json"])
    (told,), _ = lines(capsys)
    assert {c["name"] for c in told["checks"]} >= {"python", "torch", "device", "lab extension", "stop", "data", "mirror", "disk"}
    assert all(set(c) == {"name", "ok", "found", "fix"} and bool(c["fix"]) != c["ok"] for c in told["checks"])
    assert code == (0 if all(c["ok"] for c in told["checks"]) else 1)


def table(path, rows):
    "A table of sequences and labels."
    path.write_text("sequence,label\n" + "".join(f"{s},{y}\n" for s, y in rows))
    return str(path)


def test_audit_names_the_twins_of_a_foreign_split(capsys, tmp_path):
    import numpy as np
    draw = np.random.default_rng(0)
    rows = [("".join(draw.choice(list("ACGT"), 60)), "yes" if i % 2 else "no") for i in range(260)]
    train, clean, leaking = (table(tmp_path / f"{name}.csv", r) for name, r in (("train", rows[:200]), ("clean", rows[200:]), ("leak", rows[190:])))
    assert main(["audit", "--train", train, "--test", clean, "--json"]) == 0
    assert "exact_twins" not in [f["trap"] for f in lines(capsys)[0][0]["findings"]]
    assert main(["audit", "--train", train, "--test", leaking, "--json"]) == 1
    found = {f["trap"]: f for f in lines(capsys)[0][0]["findings"]}
    assert found["exact_twins"]["count"] == 10 and {"trap", "count", "of", "level", "examples", "fix"} <= set(found["exact_twins"])


@pytest.mark.parametrize("argv, said", [
    (["audit"], "no data given"), (["audit", "splice_uci", "--table", "x.csv"], "task and table given"),
    (["audit", "--table", "no.csv"], "there is no file no.csv"), (["audit", "--fasta", "a.fa"], "Write LABEL=FILE"),
    (["audit", "splice_uci", "--split", "clusters"], "Did you mean 'cluster'?")])
def test_audit_says_what_it_needs(argv, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and not told.out


def test_audit_of_a_task(capsys):
    assert main(["audit", "splice_uci", "--json"]) in (0, 1)
    (told,), _ = lines(capsys)
    assert set(told) == {"findings"}


RESULT = set("task set model split primary metrics rivals difference beats_rivals expect ok seconds device seed run".split())


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    "A folder with one's own files of every kind, all from a planted genome; the working folder of the tests that ask for it."
    import numpy as np
    import pandas as pd
    import genonb as gb
    from genonb.tasks.planted import planted_fragments, planted_genome
    at = tmp_path_factory.mktemp("desk")
    sizes, draw = {f"chr{i}": 4_800 for i in range(1, 6)}, np.random.default_rng(0)
    records, sites = planted_genome(sizes, "TTACCCGG", every=240)
    gb.write_fasta(at / "genome.fa", records)
    for i, name in enumerate(records.id): gb.write_fasta(at / f"{name}.fa", records.iloc[[i]])
    cover = gb.Coverage(planted_fragments(sites, sizes, 2_400), sizes)
    gb.write_bigwig(at / "open.bw", sizes, {c: np.log2(1 + cover[c]) for c in cover})
    gb.write_bigwig(at / "gaps.bw", sizes, {c: np.where(np.arange(4_800) < 2_400, cover[c], np.nan) for c in cover})
    windows = gb.tile(sizes, 100, 80).assign(name="w", score=0, strand=lambda f: np.where(f.index % 2, "-", "+"))
    gb.write_bed(at / "windows.bed", windows)
    gb.write_bed(at / "some.bed", windows.iloc[:40])
    inner = sites[sites.start.between(60, 4_700)]
    gb.write_bed(at / "peaks.bed", inner.assign(start=inner.start - 40, end=inner.end + 40)[["chrom", "start", "end"]])
    for name, n in (("reads", 160), ("more", 60)):
        strings = np.array(["".join(draw.choice(list("ACGT"), 40)) for _ in range(n)], object)
        strings[::2] = [t[:10] + "TTACCCGG" + t[18:] for t in strings[::2]]
        frame = pd.DataFrame({"id": [f"{name}{i}" for i in range(n)], "sequence": strings, "label": np.where(np.arange(n) % 2, "no", "yes")})
        frame.to_csv(at / f"{name}.csv", index=False)
        for label, part in frame.groupby("label"): gb.write_fasta(at / f"{name}_{label}.fa", part)
        x = draw.normal(size=(n, 12))
        pd.DataFrame(x, columns=[f"g{i}" for i in range(12)]).assign(value=2 * x[:, 0] + x[:, 1]).to_csv(at / f"{name}_numbers.csv", index=False)
        pd.DataFrame({"left": strings, "right": strings[::-1], "label": np.arange(n) // 2 % 2}).to_csv(at / f"{name}_pairs.csv", index=False)
    return at


@pytest.fixture(scope="module")
def trained(desk):
    "The record of a fit by its name, each trained once."
    known = {}
    def record(name, capsys):
        if name not in known:
            assert main(["fit", *WAYS[name][0], "--epochs", "2", "--json", "--out", f"runs-{name}"]) == 0
            (known[name],), _ = lines(capsys)
        return known[name]
    return record


GENOME = ["--genome", "genome.fa"]
WAYS = {      # how a fit is asked for, and new rows of the same kind
    "table": (["--table", "reads.csv"], ["--table", "more.csv"]),
    "train": (["--train", "reads.csv", "--test", "more.csv"], ["--table", "more.csv"]),
    "fasta": (["--fasta", "yes=reads_yes.fa", "no=reads_no.fa"], ["--fasta", "yes=more_yes.fa", "no=more_no.fa"]),
    "fasta-test": (["--fasta", "yes=reads_yes.fa", "no=reads_no.fa", "--test", "yes=more_yes.fa", "no=more_no.fa"], ["--fasta", "yes=more_yes.fa", "no=more_no.fa"]),
    "numbers": (["--table", "reads_numbers.csv", "--y", "value"], ["--table", "more_numbers.csv", "--y", "value"]),
    "pairs": (["--table", "reads_pairs.csv", "--x", "left,right"], ["--table", "more_pairs.csv"]),
    "signal": (["--bed", "windows.bed", *GENOME, "--signal", "open.bw"], ["--bed", "some.bed", *GENOME, "--signal", "open.bw"]),
    "bins": (["--bed", "windows.bed", *GENOME, "--signal", "open.bw", "--bins", "5"], ["--bed", "some.bed", *GENOME, "--signal", "open.bw"]),
    "files": (["--bed", "windows.bed", "--genome", *(f"chr{i}.fa" for i in range(1, 6)), "--signal", "open.bw"], ["--bed", "some.bed", *GENOME, "--signal", "open.bw"]),
    "peaks": (["--bed", "peaks.bed", *GENOME, "--length", "60", "--negatives", "gc"], ["--bed", "peaks.bed", *GENOME]),
    "alone": (["--bed", "peaks.bed", *GENOME], ["--bed", "peaks.bed", *GENOME])}


@pytest.mark.parametrize("way", WAYS)
def test_own_files_are_fitted_scored_and_predicted(way, desk, trained, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    fitted, new = trained(way, capsys), WAYS[way][1]
    assert RESULT | {"audit", "explain"} <= set(fitted) and fitted["ok"] and fitted["rivals"]
    assert os.path.isfile(os.path.join(fitted["run"], "weights.safetensors"))
    assert main(["score", fitted["run"], *new, "--json"]) == 0
    (scored,), err = lines(capsys)
    assert RESULT <= set(scored) and scored["primary"] == fitted["primary"] and scored["split"] == "new rows"
    assert bool(scored["rivals"]) == ("--test" not in WAYS[way][0]), "tables in memory cannot be read again"
    assert main(["predict", fitted["run"], *new, "-o", f"{way}.csv", "--json"]) == 0
    (told,), _ = lines(capsys)
    head, *rows = (desk / f"{way}.csv").read_text().splitlines()
    assert told == {"rows": len(rows), "file": f"{way}.csv"} and head.startswith("id,")


def test_several_files_are_one_genome(desk, trained, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    one, several = trained("signal", capsys), trained("files", capsys)
    assert one["metrics"] == several["metrics"] and one["rivals"] == several["rivals"]
    assert one["split"] == "chrom" and one["metrics"]["r2"]["low"] < one["metrics"]["r2"]["high"], "one chromosome is drawn by its rows"


def test_rows_that_the_run_knows_are_told(desk, trained, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    run = trained("table", capsys)["run"]
    for file, known in (("reads.csv", True), ("more.csv", False)):
        main(["score", run, "--table", file, "--json"])
        assert ("rows stand among those that the run was trained on" in lines(capsys)[1]) == known


def test_a_bigwig_is_averaged_and_turned_back(desk, trained, capsys, monkeypatch):
    import numpy as np
    import pandas as pd
    import genonb as gb
    monkeypatch.chdir(desk)
    run = trained("signal", capsys)["run"]
    both = pd.DataFrame({"chrom": "chr1", "start": [200, 260, 1_000], "end": [300, 360, 1_100], "name": "w", "score": 0, "strand": ["+", "-", "-"]})
    gb.write_bed("both.bed", both)
    assert main(["explain", run, "--bed", "both.bed", *GENOME, "-o", "why.bw", "--json"]) == 0
    (told,), _ = lines(capsys)
    assert set(told) == {"rows", "file", "certificate"} and told["rows"] == 3
    main(["explain", run, "--bed", "both.bed", *GENOME, "-o", "why.npz"])
    per = np.load("why.npz")["attribution"].sum(1)
    found = gb.read("why.bw").values(["chr1"], [200], [1_100])[0]
    assert np.allclose(found[:60], per[0, :60], atol=1e-5) and np.allclose(found[800:], per[2, ::-1], atol=1e-5)
    assert np.allclose(found[60:100], (per[0, 60:] + per[1, ::-1][:40]) / 2, atol=1e-5) and np.allclose(found[100:160], per[1, ::-1][40:], atol=1e-5)
    assert np.isnan(found[160:800]).all()


def test_predictions_as_tracks_and_regions(desk, trained, capsys, monkeypatch):
    import numpy as np
    import pandas as pd
    import genonb as gb
    monkeypatch.chdir(desk)
    run = trained("bins", capsys)["run"]
    for out in ("binned.csv", "binned.bw"): assert main(["predict", run, "--bed", "some.bed", *GENOME, "-o", out]) == 0
    table, bed = pd.read_csv("binned.csv"), gb.read("some.bed")
    found = gb.read("binned.bw").values(["chr1"], [0], [180])[0]
    first, second = table.iloc[0, 1:].to_numpy(float), table.iloc[1, 1:].to_numpy(float)[::-1]
    assert bed.strand[1] == "-" and np.allclose(found[:80:20], first[:4], atol=1e-4) and np.allclose(found[100:160:20], second[1:4], atol=1e-4)
    assert np.allclose(found[80:100], (first[4] + second[0]) / 2, atol=1e-4)
    run = trained("peaks", capsys)["run"]
    assert main(["predict", run, "--bed", "peaks.bed", *GENOME, "-o", "scored.bed"]) == 0
    told = gb.read("scored.bed")
    assert (told.end - told.start == 60).all() and told.score.between(0, 1_000).all() and set(told.strand) == {"."}


@pytest.mark.parametrize("argv, said", [
    (["fit"], "no data given"), (["fit", "--bed", "windows.bed"], "--bed without --genome"), (["fit", "--table", "no.csv"], "there is no file no.csv"),
    (["fit", "--table", "reads.csv", "--y", "lable"], "Did you mean 'label'?"), (["fit", "--table", "reads.csv", "--model", "cnnn"], "Did you mean 'cnn'?"),
    (["fit", "--table", "reads.csv", "--test", "more.csv", "--split", "random"], "--split and --test"), (["fit", "--table", "reads.csv", "--test", "a", "b"], "Give one file"),
    (["fit", "--fasta", "=reads_yes.fa"], "Write LABEL=FILE"), (["fit", "--bed", "windows.bed", *GENOME, "--signal", "gaps.bw"], "have no data"),
    (["fit", "--bed", "windows.bed", *GENOME, "--signal", "open.bw", "--at", "sumit"], "Did you mean 'summit'?"), (["fit", "--bed", "windows.bed", *GENOME, "--negatives", "gcc"], "Did you mean 'gc'?"),
    (["fit", "--bed", "broken.bed", *GENOME], "line 3"), (["fit", "--bed", "far.bed", *GENOME, "--negatives", "gc"], "chr1"),
    (["predict", "no-run", "--table", "more.csv", "-o", "x.csv"], "there is no run.json"), (["predict", "RUN", "--table", "more.csv", "-o", "x.txt"], "End its name in one of .csv, .bed, .bw"),
    (["predict", "RUN", "--table", "more.csv", "-o", "x.bw"], "needs places on a genome"), (["predict", "RUN", "--table", "short.csv", "-o", "x.csv"], "40"),
    (["predict", "RUN", "-o", "x.csv"], "no data given"), (["score", "RUN", "--table", "short.csv"], "40"), (["score", "RUN", "--table", "more.csv", "--y", "lbl"], "no column 'lbl'"),
    (["explain", "RUN", "--table", "more.csv", "-o", "x.npz", "--method", "ismm"], "Did you mean 'ism'?"), (["explain", "RUN", "--table", "more.csv", "-o", "x.csv"], "End its name"),
    (["fetch"], "nothing to fetch"), (["fetch", "atac-yeats"], "Did you mean 'atac-yeast'?"), (["check", "no.bed"], "there is no file no.bed")])
def test_what_cannot_be_used_is_one_line_exit_2_and_no_file(argv, said, desk, trained, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    run = trained("table", capsys)["run"]
    (desk / "broken.bed").write_text("chr1\t10\t110\nchr1\t20\t120\nchr1\t300\t200\n")
    (desk / "far.bed").write_text("chr1\t7950\t8050\nchr1\t20\t120\n")
    (desk / "short.csv").write_text("sequence,label\nACGT,yes\n")
    before = sorted(desk.rglob("*"))
    assert main([run if a == "RUN" else a for a in argv] + (["--out", "x-runs"] if argv[0] == "fit" else [])) == 2
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and "Traceback" not in told.err and told.out == ""
    assert sorted(desk.rglob("*")) == before


def test_what_a_reader_finds_odd_is_one_line(desk, trained, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    run = trained("signal", capsys)["run"]
    (desk / "plain.bed").write_text("".join(f"{i}\t100\t200\n" for i in range(1, 6)))
    assert main(["predict", run, "--bed", "plain.bed", *GENOME, "-o", "plain.csv"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("genonb predict: warning: plain.bed: 5 of 5 names were read in another spelling: 1 as chr1")


def test_check_tells_a_file_a_line(desk, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    (desk / "broken.bed").write_text("chr1\t10\t110\nchr1\t20\t120\nchr1\t300\t200\n")
    assert main(["check", "windows.bed", "genome.fa", "open.bw", "--json"]) == 0
    told, err = lines(capsys)
    assert [t["status"] for t in told] == ["ok"] * 3 and not err and all(set(t) == {"file", "kind", "status", "records", "messages"} for t in told)
    assert main(["check", "windows.bed", "broken.bed", "--json"]) == 1
    (_, bad), _ = lines(capsys)
    assert bad["status"] == "refused" and bad["messages"][0]["line"] == 3 and {"level", "line", "record", "found", "fix"} <= set(bad["messages"][0])


def test_fetch_copies_what_a_class_needs(capsys, tmp_path):
    from genonb.core.settings import settings
    if not settings().mirror: pytest.skip("GENONB_MIRROR names no folder of data sets")
    assert main(["fetch", "golub-leukaemia", "--class", str(tmp_path / "kit"), "--json"]) == 0
    told, _ = lines(capsys)
    assert told and all(set(t) == {"file", "sha256", "ok"} and t["ok"] and os.path.isfile(t["file"]) for t in told)
    assert len((tmp_path / "kit" / "SHA256SUMS").read_text().splitlines()) == len(told)


@pytest.mark.slow
def test_demo_leaves_a_notebook_a_page_and_a_score(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("GENONB_TIME_BUDGET")
    assert main(["demo", "--json", "--out", str(tmp_path)]) == 0
    (told,), _ = lines(capsys)
    assert os.path.isfile(told["notebook"]) and os.path.isfile(told["html"]) and told["seconds"] > 0
    assert told["score"] > .75, "the planted motif should be found"


def fresh(code):
    "What `code` prints in a fresh interpreter."
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_door_imports_nothing_heavy():
    assert fresh("import sys, genonb; print(*{'torch', 'numpy', 'pandas', 'lightning_fabric', 'captum', 'plotly'} & set(sys.modules))") == []


def test_widgets_load_neither_engine_nor_interpreter():
    code = "import sys, genonb.widgets.monitor, genonb.widgets.logo; print(*{'torch', 'lightning_fabric', 'captum', 'tangermeme', 'plotly'} & set(sys.modules))"
    assert fresh(code) == []


def test_every_public_name_opens_its_room():
    import genonb as gb
    from genonb.door import NAMES
    for name in NAMES: assert getattr(gb, name) is not None
    with pytest.raises(AttributeError, match="Did you mean 'explain'"): gb.explian
