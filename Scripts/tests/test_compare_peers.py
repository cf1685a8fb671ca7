"""Tests of compare_peers.py without its peers: rows, ratios, the table, what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import compare_peers
import results
import rows

SCRIPT = Path(compare_peers.__file__).resolve()
# Our command's part: a bench on two threads that answers at once.
STUB = """#!{python}
import json, sys
if sys.argv[1] != "bench" or "--json" not in sys.argv:
    sys.exit("unexpected: " + " ".join(sys.argv[1:]))
speeds = [dict(batchSize=8, threads=n, training=1000.0 * n, evaluation=5000.0 * n) for n in (1, 2)]
peak = [dict(threads=n, flops=4e10 * n) for n in (1, 2)]
print(json.dumps(dict(cpu="Abacus", blasCore="Beads", simd="none", trainingFlops=1e8,
                      speeds=speeds, sgemmPeak=peak)))
"""


def row(number: int) -> rows.Row:
    return next(row for row in rows.ROWS if row.number == number)


class Ratios(unittest.TestCase):
    def test_the_best_of_each_side_counts(self) -> None:
        evaluation = row(4)
        turn = {figure: 100.0 + i for i, figure in enumerate(evaluation.ours)}
        turn |= {figure: 10.0 + i for i, figure in enumerate(evaluation.theirs)}
        self.assertEqual(evaluation.values(turn), (101.0, 15.0, 101 / 15))

    def test_of_times_the_shorter_is_the_faster(self) -> None:
        run = row(7)
        turn = {run.ours[0]: 5.0, run.theirs[0]: 60.0}
        self.assertEqual(run.values(turn), (5.0, 60.0, 12.0))

    def test_ratios_are_taken_within_a_turn(self) -> None:
        first = row(1)
        turns = [
            {first.ours[0]: ours, first.theirs[0]: theirs}
            for ours, theirs in [(800.0, 100.0), (4000.0, 400.0), (900.0, 100.0)]
        ]
        result = results.summarise(first, turns)
        self.assertEqual(
            (result["minimum"], result["median"], result["maximum"]), (8.0, 9.0, 10.0)
        )
        self.assertTrue(result["reached"])
        line = list(results.table([result]))[1]
        self.assertRegex(line, r"900 +100 +8\.00 +9\.00 +10\.00 +≥ 8 +reached$")

    def test_ours_and_the_peers_take_turns(self) -> None:
        jobs = list(rows.jobs_of(rows.ROWS))
        self.assertEqual(len(jobs), len(set(jobs)))
        for before, job in zip(jobs, jobs[1:]):
            if job.program in ("bench", "run"):
                self.assertIsNotNone(before.peer, f"{before} and {job} are both ours")

    def test_a_missing_peer_takes_its_rows_with_it(self) -> None:
        self.assertEqual(row(4).peers, {"torch", "keras"})
        self.assertEqual(row(6).peers, set())


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stub = self.folder / "federated"
        self.stub.write_text(STUB.format(python=sys.executable))
        self.stub.chmod(self.stub.stat().st_mode | stat.S_IXUSR)

    def run_script(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), "--federated", str(self.stub), *arguments]
        environment = os.environ | {"OPENBLAS_CORETYPE": "Beads"}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def test_a_row_without_peers(self) -> None:
        out = self.folder / "out.json"
        result = self.run_script("--only", "6", "--repeats", "3", "--json", str(out))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("Abacus", result.stdout)
        self.assertIn("BLAS core Beads (OPENBLAS_CORETYPE: Beads), vectors none", result.stdout)
        self.assertRegex(result.stdout, r"2,000 +800 +2\.50 +2\.50 +2\.50 +≥ 2\.5 +reached")
        document = json.loads(out.read_text())
        self.assertEqual([row["ratios"] for row in document["rows"]], [[2.5, 2.5, 2.5]])

    def test_our_own_failure_ends_it(self) -> None:
        self.stub.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
        result = self.run_script("--only", "6")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Acompare_peers: federated bench .* failed: broken\n\Z")

    def test_bad_arguments(self) -> None:
        for arguments, words in [
            (["--repeats", "0"], "--repeats must be at least 1, not 0"),
            (["--seconds", "nan"], "--seconds must be above 0 and at most 600, not nan"),
            (["--only", "99"], "invalid choice: 99"),
            (["--federated", "nowhere"], "nowhere is no program (make build makes it)"),
            (["--data-dir", str(self.folder)], "does not have MNIST's four IDX files"),
            (["--json", "no/such/folder.json"], "--json: there is no folder"),
        ]:
            with self.subTest(arguments), contextlib.redirect_stderr(io.StringIO()) as errors:
                with self.assertRaises(SystemExit) as caught:
                    compare_peers.parse(["--federated", str(self.stub), *arguments])
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(words, errors.getvalue())


if __name__ == "__main__":
    unittest.main()
