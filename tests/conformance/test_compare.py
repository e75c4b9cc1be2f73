"""The comparer finds every fault in what it compares, and nothing else: python3 -m unittest discover tests/conformance"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import compare

HERE = pathlib.Path(__file__).parent
SCENARIOS = json.loads((HERE / "go-session.json").read_text(encoding="utf-8"))
ERROR_DETAIL = r"(message|text|cause_code)$"
# Members of `expect` that an answer may have another value in.
FREE = {
    "load": re.compile(r"^(credentials\.)?error\." + ERROR_DETAIL + r"|\.s3_use_arn_region$|\.partition$"),
    "call": re.compile(r"^error\." + ERROR_DETAIL + r"|^request_id$"),
    "handlers": re.compile(r"(?!)"),
    "sign": re.compile(r"^headers\.(?!(authorization|x-amz-date|x-amz-security-token|x-amz-content-sha256)$)"),
}


def leaves(value, path=()):
    """The paths of all values that hold no others, of empty containers too."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from leaves(item, path + (key,))
    if path and (not isinstance(value, (dict, list)) or not value):
        yield path


def at(value, path):
    for key in path:
        value = value[key]
    return value


def spoilt(value):
    """Another value, of the same type where that can be."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) and value[:1] == "{":
        return '{"other": 1}'
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + 101
    return 7 if value is None else ["x"]


def with_fault(expected, path):
    answer = copy.deepcopy(expected)
    place = at(answer, path[:-1])
    place[path[-1]] = spoilt(place[path[-1]])
    return answer


def spelt(path):
    return ".".join(str(key) for key in path)


def is_free(scenario, path):
    """Whether a fault there may pass."""
    expected, name = scenario["expect"], spelt(path)
    if FREE[scenario["kind"]].search(name):
        return True
    if scenario["kind"] == "sign":
        return name == "url" and "X-Amz-Signature" not in expected["url"]
    # Without its code, an error is only known to be one; status and request id are compared where they say something.
    error = re.match(r"((credentials\.)?error)\.(status|request_id)$", name)
    if error:
        return not at(expected, path)
    if path[-1] == "headers" and not at(expected, path):
        return True
    if scenario["kind"] != "load":
        return False
    if path[0] == "requests" and "error" in expected["credentials"]:
        return True
    if name == "credentials.expires":
        return expected["credentials"]["provider"] in compare.EXPIRY_HIDDEN
    # A service's own constructor chooses a signing name that was not recorded.
    return path[-1] == "signing_name" and not at(expected, path)


class PerfectAnswers(unittest.TestCase):
    def test_pass(self):
        for scenario in SCENARIOS:
            self.assertEqual(compare.differences(scenario, scenario["expect"]), [], scenario["name"])

    def test_pass_without_what_is_unset(self):
        """Null and "" say the same of a setting."""
        for scenario in SCENARIOS:
            answer = copy.deepcopy(scenario["expect"])
            for config in [answer.get("config", {})] + answer.get("copies", []):
                for field in [field for field, value in config.items() if value in (None, "", -1)]:
                    del config[field]
            self.assertEqual(compare.differences(scenario, answer), [], scenario["name"])

    def test_pass_with_repeated_tries(self):
        for scenario in SCENARIOS:
            answer = copy.deepcopy(scenario["expect"])
            if scenario["kind"] == "load" and answer.get("requests"):
                answer["requests"] = [request for request in answer["requests"] for _ in range(3)]
                self.assertEqual(compare.differences(scenario, answer), [], scenario["name"])


class Faults(unittest.TestCase):
    def test_in_every_value(self):
        planted = 0
        for scenario in SCENARIOS:
            for path in leaves(scenario["expect"]):
                found = compare.differences(scenario, with_fault(scenario["expect"], path))
                place = f"{scenario['name']}: {spelt(path)}"
                if is_free(scenario, path):
                    self.assertEqual(found, [], place)
                else:
                    self.assertNotEqual(found, [], place)
                    planted += 1
        self.assertGreater(planted, 10_000)

    def test_in_the_shape(self):
        for scenario in SCENARIOS:
            for answer in (None, [], "x", 1):
                self.assertEqual(compare.differences(scenario, answer), ["not answered"])
            self.assertNotEqual(compare.differences(scenario, {}), [], scenario["name"])
            for key in scenario["expect"]:
                for other in (1, "x", [1], {"x": [1]}):
                    # Whatever it says, it must say so without falling over.
                    compare.differences(scenario, {**scenario["expect"], key: other})

    def test_in_the_number_of_things(self):
        for scenario in SCENARIOS:
            for key in ("copies", "clients", "trace", "results"):
                if scenario["expect"].get(key):
                    for other in (scenario["expect"][key][:-1], scenario["expect"][key] * 2):
                        found = compare.differences(scenario, {**scenario["expect"], key: other})
                        self.assertNotEqual(found, [], f"{scenario['name']}: {key}")


class Program(unittest.TestCase):
    def run_on(self, scenarios, answers, *options):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder, name) for name in ("scenarios.json", "answers.json")]
            for path, content in zip(paths, (scenarios, answers)):
                path.write_text(json.dumps(content), encoding="utf-8")
            run = subprocess.run([sys.executable, HERE / "compare.py", *paths, *options], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout.splitlines()

    def setUp(self):
        self.answers = [{"name": scenario["name"], "answer": scenario["expect"]} for scenario in SCENARIOS]

    def test_says_that_all_is_well(self):
        self.assertEqual(self.run_on(SCENARIOS, self.answers), (0, [f"{len(SCENARIOS)} passed, 0 failed"]))

    def test_says_what_is_missing(self):
        status, lines = self.run_on(SCENARIOS, self.answers[1:])
        self.assertEqual(status, 1)
        self.assertEqual(lines, [f"{SCENARIOS[0]['name']}: not answered", f"{len(SCENARIOS) - 1} passed, 1 failed"])

    def test_compares_some_kinds_only(self):
        signing = [scenario for scenario in SCENARIOS if scenario["name"].startswith("sign/")]
        answers = [answer for answer in self.answers if answer["name"].startswith("sign/")]
        self.assertEqual(self.run_on(SCENARIOS, answers, "--only", "sign"), (0, [f"{len(signing)} passed, 0 failed"]))
        self.assertEqual(self.run_on(SCENARIOS, answers, "--only", "sign,handlers")[0], 1)

    def test_does_not_pass_on_nothing(self):
        self.assertEqual(self.run_on(SCENARIOS, self.answers, "--only", "nosuchkind"), (1, ["0 passed, 0 failed"]))


if __name__ == "__main__":
    unittest.main()
