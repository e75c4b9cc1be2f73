"""The program that answers: its JSON, and what it makes of odd input. Builds the library: python3 -m unittest discover tests/conformance"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
# Texts with what JSON, UTF-8 and C strings care about.
TEXTS = ["", "a b", '"\\/\b\f\n\r\t', "\x00 inside", "\x01\x1f\x7f", "é", "€", "😀", "\ud7ff\ue000\uffff", "𐀀\U0010ffff", "${DIR}"]


def answer(document, environment=None):
    """The program's status and output."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(document)
        file.flush()
        run = subprocess.run([HERE / "answer", file.name], capture_output=True, check=False, env={**os.environ, **(environment or {})})
    return run.returncode, run.stdout


def answers(scenarios, environment=None):
    status, out = answer(json.dumps(scenarios).encode(), environment)
    assert status == 0, status
    return [entry["answer"] for entry in json.loads(out)]


class Json(unittest.TestCase):
    """A scenario's name is read and written, whatever it is."""

    def assert_survives(self, values, **options):
        status, out = answer(json.dumps([{"name": value} for value in values], **options).encode())
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(out), [{"name": value, "answer": None} for value in values])

    def test_texts_survive(self):
        self.assert_survives(TEXTS)
        self.assert_survives(TEXTS, ensure_ascii=False)

    def test_values_survive(self):
        self.assert_survives([None, True, False, 0, -1, 1.5, 1e300, 10**30, [], {}, [[], {}], {"a": [1, {"b": None}], "": ""}], indent=1)

    def test_the_last_of_equal_names_counts(self):
        self.assertEqual(json.loads(answer(b'[{"name": 1, "name": 2}]')[1]), [{"name": 2, "answer": None}])

    def test_half_a_surrogate_is_replaced(self):
        out = answer(rb'[{"name": "\ud800x \udc00 \ud800\ud83d\ude00"}]')[1]
        self.assertEqual(json.loads(out)[0]["name"], "\ufffdx \ufffd \ufffd😀")

    def test_what_is_no_json_is_refused(self):
        refused = ["", " ", "[", "]", "[1,]", "[,1]", "[1 2]", "[01]", "[+1]", "[.5]", "[1.]", "[1e]", "[-]", "[NaN]", "[tru]", "['a']", '["a]', '["\\x"]']
        refused += ['["\\u12"]', '["\\', '[{"a"}]', '[{"a":}]', '[{"a":1,}]', "[{1:2}]", "[1]x", '["\n"]', "[" * 101 + "]" * 101, "[" * 1_000_000]
        for document in [text.encode() for text in refused] + [b'["\xff"]', b'["\xc0\xaf"]', b'["\xed\xa0\x80"]', b'["\xf4\x90\x80\x80"]', b'["\xe2\x82"]']:
            self.assertEqual(answer(document), (2, b""), document[:20])

    def test_what_is_no_array_is_refused(self):
        for document in (b"{}", b"null", b'"x"'):
            self.assertEqual(answer(document), (2, b""))


class Answers(unittest.TestCase):
    def test_do_not_depend_on_the_expectations(self):
        scenarios = json.loads((HERE / "go-session.json").read_text(encoding="utf-8"))
        chosen = scenarios[::9]
        without = [{key: value for key, value in scenario.items() if key != "expect"} for scenario in chosen]
        self.assertEqual(answers(chosen), answers(without))

    def test_do_not_depend_on_the_environment(self):
        scenarios = [{"name": "x", "kind": "load", "env": {"AWS_EC2_METADATA_DISABLED": "true"}, "retrieve": True}]
        outside = {"AWS_REGION": "outside-1", "AWS_ACCESS_KEY_ID": "OUT", "AWS_SECRET_ACCESS_KEY": "OUT", "AWS_PROFILE": "nosuchprofile"}
        self.assertEqual(answers(scenarios), answers(scenarios, outside))

    def test_odd_scenarios(self):
        kinds = ("load", "call", "handlers", "sign")
        odd = [None, 1, "x", [], {}, {"kind": "nosuch"}, {"kind": 1}] + [{"kind": kind} for kind in kinds]
        for kind in kinds:
            for member in ("env", "files", "options", "http", "copies", "clients", "ops", "sign", "retrieve", "stop_on_error"):
                for value in (None, True, 1, "x", [], [None, 1, "x", [], {}], {}, {"a": None, "b": 1, "c": [], "config": 1, "files": 1}):
                    odd.append({"name": "odd", "kind": kind, "env": {"AWS_EC2_METADATA_DISABLED": "true"}, member: value})
        self.assertEqual(len(answers(odd)), len(odd))

    def test_write_only_into_their_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            names = ["../out", "/".join([".."] * 12) + folder + "/out", folder + "/out", "a/../../out", ".."]
            scenarios = [{"name": name, "kind": "load", "files": {name: "x"}} for name in names]
            self.assertEqual(answers(scenarios, {"TMPDIR": folder}), [None] * len(names))
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
