"""The benches at a tiny size: fields, equal answers, honest ratios. No time is asserted."""
import json

import numpy as np
import pytest
from genonb.cli import main
from genonb.core.errors import SpecError
from genonb.speed.bench import BENCHES, bench
from genonb.speed.clock import Contender, difference, hashed, present, race

FIELDS = {"name", "unit", "genonb", "peers", "ratio", "max_difference", "limit"}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_tells_its_fields_and_the_answers_are_equal(name):
    told = next(bench(name, scale=1e-5, repeats=2, memory=False))
    assert FIELDS <= told.keys() and told["name"] == name and told["genonb"] > 0
    assert not told["failed"] and (told["max_difference"] or 0) < 1e-3, told
    assert told["ratio"] == (told["genonb"] / max(told["peers"].values()) if told["peers"] else None)
    assert not set(told["missing"]) & set(told["peers"]) and "limit" not in told["peers"]
    json.dumps(told, allow_nan=False)


def test_memory_is_that_of_a_process_of_its_own():
    told = next(bench("vcf_read", scale=1e-3, repeats=1))
    assert set(told["memory_mb"]) == {"genonb", *told["peers"]}
    assert all(mb is None or np.isnan(mb) or 0 <= mb < 500 for mb in told["memory_mb"].values())


def test_the_command_line_prints_one_object_a_line(capsys):
    assert main(["bench", "codes", "gff_check", "--scale", "1e-4", "--repeats", "1", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [t["name"] for t in told] == ["codes", "gff_check"] and FIELDS <= told[0].keys()


def test_the_command_line_prints_a_table_for_people(capsys):
    assert main(["bench", "codes", "--scale", "1e-4"]) == 0
    assert "times the best peer" in capsys.readouterr().out


def test_unequal_answers_are_a_finding(capsys, monkeypatch):
    def wrong(folder, n): return n, {"genonb": Contender(lambda _: lambda: {"x": [1]}), "peer": Contender(lambda _: lambda: {"x": [2]})}
    monkeypatch.setitem(BENCHES, "codes", type(BENCHES["codes"])(wrong, "things/s", 10))
    assert main(["bench", "codes"]) == 1 and "differs by 1" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["bench", "bedread"], ["bench", "codes", "bedread"]])
def test_a_wrong_name_is_one_line_and_exit_2(argv, capsys):
    assert main(argv) == 2
    told = capsys.readouterr()
    assert "Did you mean 'bed_read'?" in told.err and told.out == ""


@pytest.mark.parametrize("options", [["--scale", "0"], ["--scale", "nan"], ["--scale", "x"], ["--repeats", "0"]])
def test_wrong_numbers_are_wrong_usage(options, capsys):
    with pytest.raises(SystemExit) as e: main(["bench", *options])
    assert e.value.code == 2 and "positive" in capsys.readouterr().err


def test_wrong_options_are_refused():
    with pytest.raises(SpecError): next(bench(scale=-1))


@pytest.mark.parametrize("a, b, expected", [
    ({"x": [1, 2]}, {"x": [1, 2.5]}, 0.5), ({"x": [1, 2]}, {"x": [1, 2, 3, 4]}, 2), ({"x": [np.nan]}, {"x": [np.nan]}, 0), ({"x": [np.nan]}, {"x": [0]}, 1),
    ({"x": hashed(["a"])}, {"x": hashed(["b"])}, 1), ({"x": hashed(["a"])}, {"x": hashed(["a"])}, 0), ({"x": []}, {"x": []}, 0), ({"x": 5}, {"x": 3}, 2)])
def test_differences(a, b, expected):
    assert difference(a, b) == expected


def test_who_is_not_installed_is_named_and_who_fails_is_out():
    def broken(): raise OSError("nothing there")
    calls, missing = present({"genonb": Contender(lambda _: lambda: {"x": 1}), "absent": Contender(lambda _: None, module="no_such_library.inner"), "broken": Contender(lambda _: broken)})
    run = race(calls, 3)
    assert missing == ["absent"] and run.failed == {"broken": "OSError: nothing there"} and run.differs == {}
