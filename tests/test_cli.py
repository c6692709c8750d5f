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
