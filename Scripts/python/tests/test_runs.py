"""Runs that are started, read, drawn, and stopped; and logs and settings that are wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import unittest
from pathlib import Path

import numpy
import pandas

import federated
from federated.checksum import xxh3_128
from federated.errors import LogError, ProgramError, SettingsError

from .support import MODULE, QUICK, FolderTestCase



class RunTests(FolderTestCase):
    def run_one(self, **own: object) -> federated.Run:
        return federated.run(log_dir=self.folder / "Logs", progress=False, **(QUICK | own))

    def test_a_run_is_started_read_and_drawn(self) -> None:
        run = self.run_one(clients=3, learning_rate=numpy.float64(0.05), fixedShards=True)
        self.assertEqual(run.outcome, "completed")
        self.assertEqual(run.settings["learning_rate"], 0.05)
        self.assertEqual(list(run.rounds["round"]), [1, 2])
        self.assertEqual(list(run.clients["client"]), [0, 1, 2] * 2)
        self.assertEqual(run.clients["samples"].sum(), 120)
        self.assertEqual(run.class_counts[list(range(10))].to_numpy().sum(), 120)
        self.assertEqual(float(run.rounds["accuracy"].iloc[-1]), run.accuracy)
        again = federated.read("last", store=self.folder / "Logs" / "federated.sqlite")
        pandas.testing.assert_frame_equal(again.clients, run.clients)
        self.assertEqual(again.name, run.name)
        arrays = federated.model(run)
        self.assertEqual([a.shape for a in arrays], [(784, 10), (10,)])
        self.assertEqual(arrays.names, ["dense1/kernel", "dense1/bias"])
        for one, other in zip(arrays, federated.model(again)):
            numpy.testing.assert_array_equal(one, other)
        table = federated.runs(self.folder / "Logs")
        self.assertEqual(list(table["run"]), [run.name])
        self.assertEqual(table["accuracy"][0], run.accuracy)
        self.assertEqual(table["rounds"][0], 2)
        if importlib.util.find_spec("matplotlib"):
            import matplotlib
            matplotlib.use("Agg")
            figure = federated.plot(run, again)
            self.assertEqual([len(axes.lines) for axes in figure.axes], [2, 2])
            federated.plot(run, over="seconds")

    def test_cohorts_have_rows_for_those_that_took_part(self) -> None:
        run = self.run_one(clients=50, cohort=0.1, rounds=4)
        self.assertEqual(list(run.clients.groupby("round").size()), [5] * 4)

    def test_a_sweep_is_a_table(self) -> None:
        table = federated.sweep(output=self.folder / "sweep.csv", log_dir=self.folder, progress=False,
                                **(QUICK | {"clients": [2, 3], "seed": range(1, 3)}))
        self.assertEqual(len(table), 4)
        self.assertEqual(sorted(set(table["clients"])), [2, 3])

    def test_a_server_is_started_and_ends_with_its_with(self) -> None:
        class Same(federated.Client):
            def fit(self, parameters: list, config: dict) -> object:
                return parameters, 20, {}

        own = QUICK | {"clients": 1}
        with federated.serve(log_dir=self.folder / "Logs", **own) as server:
            with self.assertRaisesRegex(ProgramError, r"is not over after 0\.1 s, but after round 0"):
                server.result(seconds=0.1)
            self.assertTrue(Same().join(server.url, 0, on_event=None).succeeded)
            run = server.result(seconds=60)
        self.assertEqual((run.outcome, len(run.rounds)), ("completed", 2))
        self.assert_nothing_runs()
        with federated.serve(log_dir=self.folder / "Logs", **own) as server:
            server._process.kill()
            with self.assertRaisesRegex(ProgramError, "ended with status -9 and no word"):
                server.result()
        for more, words in [({"rounds": 0}, "rounds is 0"), ({"port": 70000}, "--port must be 0 to 65535"),
                            ({"arguments": ["--tls-cert", "none.pem"]}, "--tls-cert and --tls-key go together")]:
            with self.assertRaisesRegex(federated.FederatedError, words):
                federated.serve(log_dir=self.folder / "Logs", **(own | more))

    def test_digits_are_those_of_a_run(self) -> None:
        digits = federated.digits()
        self.assertEqual([array.shape for array in digits],
                         [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)])
        self.assertEqual(list(numpy.bincount(digits.y_train)), [6000] * 10)
        self.assertEqual(list(numpy.bincount(digits.y_test)), [1000] * 10)
        # A run's model knows them, which it would not if pixels and labels were read as another's.
        weights, biases = federated.model(self.run_one(clients=2, samples=1000, rounds=5))
        guesses = (digits.x_test.reshape(-1, 784) / 255 @ weights + biases).argmax(axis=1)
        run = federated.read("last", store=self.folder / "Logs" / "federated.sqlite")
        self.assertAlmostEqual(float(numpy.mean(guesses == digits.y_test)), run.accuracy, places=3)
        self.assertGreater(run.accuracy, 0.5)

    def test_settings_are_checked_before_anything_starts(self) -> None:
        for own, words in [
            ({"learning_rat": 1}, "there is no setting 'learning_rat': did you mean 'learning_rate'?"),
            ({"rounds": 0}, "rounds is 0: expected a number at least 1"),
            ({"rounds": 2.5}, "rounds is 2.5: expected a whole number"),
            ({"rounds": True}, "rounds is True: expected a whole number"),
            ({"learning_rate": float("nan")}, "learning_rate is nan: expected a number"),
            ({"momentum": 1}, "momentum is 1: expected a number below 1"),
            ({"strategy": "fedsomething"}, "expected one of 'fedavg'"),
            ({"fixed_shards": "yes"}, "fixed_shards is 'yes': expected True or False"),
            ({"partition": 3}, "partition is 3: expected a text"),
            ({"learning_rate": 1, "learningRate": 1}, "is given twice"),
        ]:
            with self.subTest(own=own), self.assertRaises(SettingsError) as raised:
                self.run_one(**own)
            self.assertIn(words, str(raised.exception))
            with self.assertRaises(SettingsError):
                federated.sweep(log_dir=self.folder, progress=False, **(QUICK | own))
        with self.assertRaisesRegex(SettingsError, "seed is an empty list"):
            federated.sweep(log_dir=self.folder, seed=[])
        # What only the program knows, it says.
        with self.assertRaisesRegex(ProgramError, "mu"):
            self.run_one(mu=0.1)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_interrupt_stops_the_run_which_goes_on_later(self) -> None:
        script = textwrap.dedent(f"""
            import federated, sys
            try:
                federated.run(log_dir={str(self.folder)!r}, **{QUICK | {"rounds": 150}!r})
            except federated.RunInterrupted as stopped:
                print(stopped.run, stopped.store, stopped.rounds, flush=True)
                assert "goes on with it" in str(stopped)
            """)
        python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                                  env=os.environ | {"PYTHONPATH": str(MODULE)})
        self.addCleanup(python.kill)
        self.wait_for_rounds()
        python.send_signal(signal.SIGINT)
        said, _ = python.communicate(timeout=60)
        name, store, rounds = said.split()
        self.assertEqual(python.returncode, 0)
        self.assertGreater(int(rounds), 0)
        self.assert_nothing_runs()
        kept = federated.runs(store)
        self.assertEqual((kept["run"][0], kept["state"][0]), (name, "unfinished"))
        run = federated.run(resume=name, store=store, log_dir=self.folder, progress=False)
        self.assertEqual((run.outcome, len(run.rounds)), ("completed", 150))

    def test_an_interrupt_stops_a_sweep(self) -> None:
        script = textwrap.dedent(f"""
            import federated
            try:
                federated.sweep(log_dir={str(self.folder)!r}, **{QUICK | {"rounds": 5, "seed": list(range(500))}!r})
            except federated.RunInterrupted:
                print("stopped", flush=True)
            """)
        python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                                  env=os.environ | {"PYTHONPATH": str(MODULE)})
        self.addCleanup(python.kill)
        table, until = self.folder / "sweep.csv", time.monotonic() + 60
        while time.monotonic() < until and not (table.is_file() and table.read_text().count("\n") > 2):
            time.sleep(0.05)
        python.send_signal(signal.SIGINT)
        self.assertEqual((python.communicate(timeout=60)[0], python.returncode), ("stopped\n", 0))
        self.assert_nothing_runs()
        self.assertIn(len(pandas.read_csv(table)), range(2, 500))

    def test_a_background_job_s_run_ends_with_it(self) -> None:
        """Which a shell has told not to listen to interrupts."""
        script = textwrap.dedent(f"""
            import federated, time
            with federated.serve(log_dir={str(self.folder)!r}, **{QUICK | {"clients": 1}!r}):
                began = time.monotonic()
            print(time.monotonic() - began, flush=True)
            federated.run(log_dir={str(self.folder)!r}, **{QUICK | {"rounds": 10**5}!r})
            """)
        python = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(MODULE)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.addCleanup(python.stdout.close)
        self.addCleanup(python.kill)
        self.assertLess(float(python.stdout.readline()), 20)
        self.wait_for_rounds()
        python.kill()
        python.wait()
        self.assert_nothing_runs()

    def test_a_run_ends_with_the_python_that_started_it(self) -> None:
        script = f"import federated; federated.run(log_dir={str(self.folder)!r}, **{QUICK | {'rounds': 10**5}!r})"
        python = subprocess.Popen([sys.executable, "-c", script],
                                  env=os.environ | {"PYTHONPATH": str(MODULE)})
        self.wait_for_rounds()
        python.kill()
        python.wait()
        self.assert_nothing_runs()

    def wait_for_rounds(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if federated.runs(self.folder)["rounds"].sum() > 0:
                    return
            except LogError:
                pass
            time.sleep(0.05)
        self.fail("no round was committed")

    def assert_nothing_runs(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if not any(str(self.folder).encode() in command for command in commands()):
                return
            time.sleep(0.05)
        self.fail("the program still runs")


def commands() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            pass
    return [command for command in found if b"python" not in command.split(b"\0")[0]]


class ChecksumTests(unittest.TestCase):
    def test_published_ways_of_all_lengths(self) -> None:
        """Of bytes 7 i mod 251, as the reference implementation has them."""
        for length, wanted in [
            (17, "263f67af63088041735fe434ded90c3c"), (64, "d547448717805e49ab83f2ba7371c91f"),
            (65, "4545962d25065c6689fdc8cc6c5a9fbc"), (128, "381610c474b8adfb2dfb73305de1f91a"),
            (129, "4e05eed4427255d51f8b5092c9ba3be8"), (200, "5451071ed36ad47079ad90815b45bbd9"),
            (240, "17ffe035d71c1ec8e6bf81617aad6c4a"), (241, "29bc1e9cffb6d79bc614c8c3575348c1"),
            (1024, "07fe8eadab1cf098f22ef3dc84ff47ea"), (1025, "c89d767cdacc7c7643f869a83769a435"),
            (5000, "5ecbf80121973a82ce29a19460ee1bfc"),
        ]:
            self.assertEqual(xxh3_128(bytes(i * 7 % 251 for i in range(length))).hex(), wanted, length)
        with self.assertRaises(ValueError):
            xxh3_128(b"short")


if __name__ == "__main__":
    unittest.main()
