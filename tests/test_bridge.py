"""The bridge answers every request, however odd, with JSON, and runs none."""

import json
import subprocess
import sys

import pytest

from genonb.bridge import VERBS, handle

ODD = [None, True, 0, 1.5, "", "ping", [], ["ping"], {}, {"verb": None}, {"verb": 0}, {"verb": []}, {"verb": {"verb": "ping"}}, {"verb": ""}, {"Verb": "ping"},
       {"verb": "PING "}, {"verb": "_ping"}, {"verb": "__class__"}, {"verb": "handle"}, {"verb": "../../etc/passwd"}, {"verb": "__import__('os').system('true')"},
       {"verb": "genonb.bridge:VERBS"}, {"verb": "ping\x00"}, {"verb": "\ud800"}, {"verb": "x" * 1_000_000}, {"verb": "ping", "name": 1}, {"verb": "ping", "": 1},
       {"verb": "stop", "__class__": "x"}, {"verb": "stop", "self": 1}, {1: 2, "verb": "stop"}, object(), handle, b"ping"]


@pytest.mark.parametrize("request_", ODD, ids=lambda r: repr(r)[:40].encode("ascii", "replace").decode())
def test_an_odd_request_gets_a_sentence(request_):
    answer = handle(request_)
    assert answer["ok"] is False and set(answer) == {"ok", "error"}
    assert answer["error"].startswith("SpecError: ") and len(json.dumps(answer)) < 2_000


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_answers_in_json(verb):
    answer = handle({"verb": verb})
    assert answer["ok"] is True and json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_an_answer_that_fails_is_told(monkeypatch):
    monkeypatch.setitem(VERBS, "ping", lambda: 1 / 0)
    assert handle({"verb": "ping"}) == {"ok": False, "error": "ZeroDivisionError: division by zero"}


def test_the_bridge_itself_costs_little():
    code = "import sys, genonb.bridge as b; b.handle({'verb': 'ping'}); b.handle({'verb': 'stop'}); print(*{'torch', 'pandas', 'plotly'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
