"""Server rules in Python, behind real runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest.mock
from pathlib import Path

import numpy

import federated
from tests.support import QUICK, SMALL, FolderTestCase, end, free_port, wait_for_port

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RUN = [*SMALL, "--model", "logistic-regression", "--rounds", "4"]


class RuleTestCase(FolderTestCase):
    def setUp(self) -> None:
        """Rules run by this Python, with this module."""
        super().setUp()
        own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
               "PYTHONPATH": str(Path(federated.__file__).parent.parent)}
        change = unittest.mock.patch.dict(os.environ, own)
        change.start()
        self.addCleanup(change.stop)

    def federated(self, *arguments: str, status: int = 0) -> str:
        result = subprocess.run(
            [federated.find_program(), *arguments], cwd=self.folder, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stderr

    def written(self, folder: str = "Logs") -> tuple[list[numpy.ndarray], dict]:
        """The only run's model and log."""
        (model,), (log,) = ((self.folder / folder).glob(f"*.{kind}") for kind in ("safetensors", "json"))
        return federated.model(model), json.loads(log.read_text())

    def rule(self, body: str) -> str:
        (self.folder / "rule.py").write_text("import time\nimport numpy\nfrom federated import rule\n" + body)
        return "exec:rule.py"


class TestRules(RuleTestCase):
    def test_averaging_is_ours(self) -> None:
        self.federated("run", *RUN)
        self.federated("run", *RUN, "--log-dir", "own", "--server-rule", f"exec:{EXAMPLES}/fedavg_rule.py")
        (ours, log), (own, own_log) = self.written(), self.written("own")
        self.assertEqual(len(ours), len(own))
        for one, other in zip(ours, own):
            self.assertLessEqual(float(numpy.abs(one - other).max()), 1e-7)
        self.assertEqual(log["server acc"], own_log["server acc"])
        self.assertIs(own_log["reproducible"], False)
        self.assertIn("--server-rule", own_log["why"])
        self.assertEqual(len(own_log["server_rule_fingerprint"]), 64)

    def test_a_run_from_python_has_its_rule_run_by_that_python(self) -> None:
        self.rule("import pathlib, sys\npathlib.Path('prefix').write_text(sys.prefix)\n"
                  "rule.serve(lambda round: rule.Next(round.mean(), metrics={'here': 1}))\n")
        # As where no environment is activated: a kernel of Jupyter's, for one.
        there = os.getcwd()
        self.addCleanup(os.chdir, there)
        program = os.path.abspath(federated.find_program())
        os.chdir(self.folder)
        with unittest.mock.patch.dict(os.environ, {"PATH": "/usr/bin:/bin", "FEDERATED": program}):
            run = federated.run(progress=False, server_rule="exec:rule.py", **QUICK)
        self.assertEqual((self.folder / "prefix").read_text(), sys.prefix)
        self.assertEqual(list(run.rounds["here"]), [1, 1])

    def test_a_round_is_what_it_says(self) -> None:
        self.federated("run", *RUN, "--rounds", "1", "--server-rule", self.rule(
            "def f(r):\n"
            "    assert r.updates.shape == (5, 7850) and r.updates.dtype == numpy.float32, r.updates\n"
            "    assert list(r.clients) == [0, 1, 2, 3, 4] and list(r.weights) == [50] * 5, r.weights\n"
            "    assert (r.number, r.population, r.seed) == (1, 5, 1) and not r.state\n"
            "    kernel, bias = r.arrays(r.model)\n"
            "    assert kernel.shape == (784, 10) and bias.shape == (10,) and r.layout[1][1] == (10,)\n"
            "    assert not r.updates.flags.writeable\n"
            "    mean = numpy.average(r.updates.astype(float), axis=0, weights=r.weights)\n"
            "    assert numpy.abs(mean - r.mean()).max() < 1e-7\n"
            "    return r.arrays(r.mean())\n"
            "rule.serve(f)\n"))

    def test_a_killed_run_goes_on_with_what_the_rule_kept(self) -> None:
        source = (EXAMPLES / "trimmed_momentum_rule.py").read_text()
        path = self.folder / "momentum.py"
        path.write_text(source)
        arguments = ["run", *RUN, "--rounds", "6", "--server-rule", "exec:momentum.py"]
        self.federated(*arguments, "--log-dir", "whole")
        path.write_text(source.replace("def step(round: rule.Round) -> rule.Next:",
                                       "def step(round: rule.Round) -> rule.Next:\n    import time; time.sleep(0.2)"))
        process = self.start(*arguments)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            listed = subprocess.run(
                [federated.find_program(), "runs", "--json"], cwd=self.folder, capture_output=True, text=True)
            rounds = [row["rounds"] for row in json.loads(listed.stdout or "[]")]
            if rounds and rounds[0] >= 2:
                break
            time.sleep(0.05)
        process.kill()
        process.wait()
        path.write_text(source)
        said = subprocess.run(
            [federated.find_program(), "run", "--resume", "last"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("momentum.py has changed since run", said.stdout)
        (whole, log), (resumed, again) = self.written("whole"), self.written()
        for one, other in zip(whole, resumed):
            numpy.testing.assert_array_equal(one, other)
        self.assertEqual(log["round_metrics"],
                         again["round_metrics"])

    def test_clients_elsewhere(self) -> None:
        port = free_port()
        server = self.start("serve", "--port", str(port), *RUN, "--clients", "2", "--rounds", "2",
                            "--server-rule", f"exec:{EXAMPLES}/fedavg_rule.py", "--once")
        wait_for_port(server, port)
        for client in range(2):
            self.start("join", f"http://127.0.0.1:{port}", "--id", str(client))
        self.assertEqual(server.wait(60), 0)
        served, _ = self.written()
        self.federated("run", *RUN, "--clients", "2", "--rounds", "2", "--log-dir", "memory",
                       "--server-rule", f"exec:{EXAMPLES}/fedavg_rule.py")
        for one, other in zip(served, self.written("memory")[0]):
            numpy.testing.assert_array_equal(one, other)


class TestWrongRules(RuleTestCase):
    def test_the_round_is_not_committed(self) -> None:
        for body, sentence in [
            ("def f(r):\n    if r.number == 3: 1 / 0\n    return r.mean()\nrule.serve(f)\n",
             "failed: round 3: the server rule rule.py ended with status 1 in round 3: ZeroDivisionError: "
             "division by zero; the log of 2 rounds"),
            ("def f(r):\n    m = r.mean()\n    if r.number == 3: m[9] = numpy.nan\n    return m\nrule.serve(f)\n",
             "diverged: the global model of round 3: parameter 9 (dense1/kernel, element 9) of the new global "
             "model is NaN; a finite number was expected; the log of 2 rounds"),
            ("def f(r):\n    if r.number == 3: time.sleep(1000)\n    return r.mean()\nrule.serve(f)\n",
             "failed: round 3: the server rule rule.py did not answer in round 3 within 3 s, and was ended: "
             "--server-rule-seconds gives it more; the log of 2 rounds"),
            ("rule.serve(lambda r: r.mean() if r.number < 3 else r.model[1:])\n",
             "RuleError: the rule returned the shape (7849,) for the model: expected (7850,); the log of 2 "
             "rounds"),
            ("rule.serve(lambda r: r.mean() if r.number < 3 else None)\n",
             "RuleError: the rule returned nothing for the model: expected 7850 numbers; the log of 2 rounds"),
        ]:
            with self.subTest(body):
                shutil.rmtree(self.folder / "Logs", ignore_errors=True)
                said = self.federated("run", *RUN, "--server-rule", self.rule(body),
                                      "--server-rule-seconds", "3", status=1)
                self.assertIn(sentence, said)
                _, log = self.written()
                self.assertEqual(len(log["server acc"]), 2)
                name, = re.findall(r"; federated run --resume (\w+) tries again", said)
                self.assertIn(f"--resume {name} tries its round again", self.federated("run", "--resume", status=1))
                # The same again, and then mended: to the bits of a run that nothing went wrong with.
                self.assertIn(sentence, self.federated("run", "--resume", name, status=1))
                self.rule("rule.serve(lambda r: r.mean())\n")
                self.federated("run", "--resume", name)
                (resumed, again), (whole, other) = self.written(), self.whole()
                numpy.testing.assert_array_equal(resumed[0], whole[0])
                self.assertEqual(again["server acc"], other["server acc"])

    def whole(self) -> tuple[list[numpy.ndarray], dict]:
        if not (self.folder / "whole").exists():
            (self.folder / "mean.py").write_text((self.folder / "rule.py").read_text())
            self.federated("run", *RUN, "--log-dir", "whole", "--server-rule", "exec:mean.py")
        return self.written("whole")

    def test_nothing_is_trained_without_a_program(self) -> None:
        for rule, status, sentence in [
            ("exec:nowhere.py", 1, "--server-rule names nowhere.py, which cannot be run: No such file or directory"),
            ("exec:.", 1, "--server-rule names ., which cannot be run: it is no file"),
            ("exec:", 64, "--server-rule must be exec:FILE, a program, not “exec:”"),
            ("python", 64, "--server-rule must be exec:FILE, a program, not “python”"),
            (self.rule("def f(:\n"), 1, "rule.py ended with status 1 at its start: SyntaxError: invalid syntax"),
        ]:
            with self.subTest(rule):
                self.assertIn(sentence, self.federated("run", *RUN, "--server-rule", rule, status=status))
                self.assertEqual(list(self.folder.glob("Logs/*.json")), [])
        said = self.federated("run", *RUN, "--strategy", "fedadam", "--server-rule", "exec:rule.py", status=64)
        self.assertIn("--server-rule belongs to fedavg, fedsgd, fedprox: the strategy is fedadam", said)

    def test_it_does_not_outlive_its_run(self) -> None:
        for number in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(number):
                (self.folder / "process").unlink(missing_ok=True)
                process = self.start("run", *RUN, "--server-rule", self.rule(
                    "import os\n"
                    "def f(r):\n"
                    "    if r.number == 1: return r.mean()\n"
                    "    open('process', 'w').write(str(os.getpid()))\n"
                    "    time.sleep(1000)\n"
                    "rule.serve(f)\n"))
                rule = self.wait_for_text(self.folder / "process")
                process.send_signal(number)
                began = time.monotonic()
                process.wait(20)
                while Path(f"/proc/{rule}").exists() and time.monotonic() < began + 10:
                    time.sleep(0.02)
                self.assertFalse(Path(f"/proc/{rule}").exists())
                if number == signal.SIGTERM:
                    (log,) = (self.folder / "Logs").glob("*.json")
                    self.assertEqual(json.loads(log.read_text())["outcome"], "interrupted")
                end(process)

    def wait_for_text(self, path: Path) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if path.exists() and path.read_text():
                return path.read_text()
            time.sleep(0.02)
        raise AssertionError("the rule was not asked")
