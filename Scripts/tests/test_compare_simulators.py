"""Tests of the comparison with simulators without simulators: rows, counts, ratios, sentences."""

from __future__ import annotations

import contextlib
import io
import json
import stat
import subprocess
import sys
import tempfile
import unittest
from math import ceil
from pathlib import Path
from unittest import mock

import compare_peers
import compare_simulators
import simulator_session
from common import Failure
from simulator_counts import Counts
from simulator_modes import MODES
from simulator_ours import measure_ours
from simulator_plan import Mismatch, cohorts, drawn, matched, steps_of
from simulator_results import left_out, summarise, table, ways
from simulator_rows import NAMES, ROWS, TARGETS, SimulatorRow, rows_named

# Our command's part: a report of one row.
STUB = """#!{python}
import json, sys
words = sys.argv[1:]
assert words[:2] == ["bench", "published"] and words[-1] == "--json", words
rounds = int(words[words.index("--rounds") + 1])
row = dict(id=words[3], parameters={parameters}, clients=100, cohort=100, rounds=rounds,
           trainingImages=250000 * rounds, steps=5000 * rounds, secondsPerRound=2.5,
           evaluationThreadSeconds=1.0 * rounds)
print(json.dumps(dict(cpu="Abacus", blasCore="Beads", simd="none", rows=[row])))
"""


def row(name: str) -> SimulatorRow:
    return next(row for row in ROWS if row.id == name)


class Plans(unittest.TestCase):
    def test_images_and_steps_come_out_exactly(self) -> None:
        for setting in ROWS:
            for seed in range(3):
                sizes = drawn(setting, 3 * setting.cohort, seed)
                images, steps = sum(sizes) * setting.epochs, steps_of(setting, sizes)
                other = cohorts(setting, 3, images, steps, seed + 100)
                flat = [size for cohort in other for size in cohort]
                self.assertEqual([len(cohort) for cohort in other], [setting.cohort] * 3)
                self.assertEqual(sum(flat) * setting.epochs, images)
                self.assertEqual(steps_of(setting, flat), steps)
                self.assertGreaterEqual(min(flat), 1)

    def test_every_possible_count_can_be_matched(self) -> None:
        setting = row("S1")
        for steps in (3, 5, 9):
            for images in range(max(3, steps * 10 - 27), steps * 10 + 1):
                sizes = matched(setting, [4, 40, 9], images, steps)
                batches = sum(ceil(size / 10) for size in sizes)
                self.assertEqual((sum(sizes), batches, min(sizes) > 0), (images, steps, True))

    def test_impossible_counts_are_refused(self) -> None:
        with self.assertRaisesRegex(Mismatch, "31 images in 3 batches of 10 are impossible"):
            matched(row("S1"), [10, 10, 10], 31, 3)
        with self.assertRaisesRegex(Mismatch, "no multiple of 5 epochs"):
            cohorts(row("S3"), 1, 250_001, 5000, 1)

    def test_equal_clients_stay_equal(self) -> None:
        self.assertEqual(cohorts(row("S4"), 2, 5000, 500, 1), [[50] * 50] * 2)


class Rows(unittest.TestCase):
    def test_rows_come_in_the_tables_order(self) -> None:
        self.assertEqual([row.id for row in rows_named("s3, S1")], ["S1", "S3"])
        with self.assertRaisesRegex(ValueError, "there is no row “S9”: expected some of S1, S2"):
            rows_named("S1,S9")

    def test_every_program_has_a_target_and_ways_for_two_cores(self) -> None:
        self.assertEqual(TARGETS.keys(), NAMES.keys())
        self.assertEqual(MODES.keys(), NAMES.keys())
        for mode in (mode for modes in MODES.values() for mode in modes):
            self.assertEqual(mode.workers * mode.threads, 2)


class Results(unittest.TestCase):
    turns = [
        {"ours": Counts(2, 2000, 200, ours), "pfl": Counts(1, 1000, 100, theirs)}
        for ours, theirs in [(2.0, 4.0), (1.0, 6.0), (4.0, 18.0)]
    ]

    def test_ratios_are_of_rates_and_within_a_turn(self) -> None:
        result = summarise(row("S1"), "pfl", self.turns)
        assert result
        self.assertEqual(result["ratios"], [4.0, 12.0, 9.0])
        self.assertEqual((result["median"], result["reached"]), (9.0, True))
        self.assertEqual((result["oursPerRound"], result["peerPerRound"]), (1.0, 6.0))
        line = list(table([result]))[1]
        self.assertRegex(line, r"pfl-research +1,000 +167 +1\.00 s +6\.00 s")
        self.assertRegex(line, r" 4\.00 +9\.00 +12\.00 +≥ 5  reached$")

    def test_a_program_without_turns_has_no_result(self) -> None:
        self.assertIsNone(summarise(row("S1"), "flower", self.turns))

    def test_who_is_left_out_is_told_once_for_each_reason(self) -> None:
        missing = {("blazefl", row.id): "no Python 3.14" for row in ROWS}
        missing["pfl", "S2"] = "it took too long"
        self.assertEqual(
            list(left_out(missing, ROWS)),
            [
                "BlazeFL is left out: no Python 3.14",
                "pfl-research is left out of S2: it took too long",
            ],
        )

    def test_the_ways_tried_are_told(self) -> None:
        fast, slow = MODES["pfl"]
        lines = ways({("pfl", "S1"): fast}, {("pfl", "S1"): {fast.text: 2000.0, slow.text: 900.0}})
        self.assertEqual(
            list(lines),
            [
                "S1 pfl-research: 2 processes of one thread of PyTorch each (2,000 images/s in a "
                "trial; one worker, 2 threads of PyTorch 900)"
            ],
        )


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stub = self.folder / "federated"
        self.write(62_006)

    def write(self, parameters: int) -> None:
        self.stub.write_text(STUB.format(python=sys.executable, parameters=parameters))
        self.stub.chmod(self.stub.stat().st_mode | stat.S_IXUSR)

    def run_main(self, workers: mock.Mock, *arguments: str) -> tuple[int, str]:
        """The command without environments; `workers` answers in the simulators' place."""
        words = ["--simulators", "--federated", str(self.stub), *arguments]
        with (
            contextlib.redirect_stdout(io.StringIO()) as output,
            mock.patch.object(compare_simulators, "make_environment"),
            mock.patch.object(simulator_session, "run_workers", workers),
        ):
            return compare_peers.main(words), output.getvalue()

    @staticmethod
    def worker(
        kind: str, count: int, spec: dict[str, object], *_: object
    ) -> list[dict[str, object]]:
        if kind == "flower_simulation":
            raise Failure("it ended with status 1: no Ray here")
        plan = spec["plan"]
        assert isinstance(plan, list)
        sizes = [size for cohort in plan for size in cohort]
        epochs = spec["epochs"]
        assert isinstance(epochs, int)
        images, steps = epochs * sum(sizes), epochs * steps_of(row("S3"), sizes) // 5
        if kind == "blazefl":
            steps -= 1
        # Processes share the work, and two of them are twice as fast.
        answer = {
            "images": images // count,
            "steps": steps // count,
            "seconds": 20.0 / count,
            "about": f"{kind} 1",
        }
        return [answer] * count

    def test_tests_are_taken_off_ours(self) -> None:
        counts, machine = measure_ours(self.stub, row("S3"), 2)
        self.assertEqual(counts, Counts(2, 500_000, 10_000, 4.0))
        self.assertEqual(machine["cpu"], "Abacus")

    def test_another_model_of_ours_is_refused(self) -> None:
        self.write(44_426)
        with self.assertRaisesRegex(Failure, "our S3 has 44,426 parameters, not 62,006"):
            measure_ours(self.stub, row("S3"), 2)

    def test_who_fails_is_left_out_and_the_rest_goes_on(self) -> None:
        out = self.folder / "out.json"
        workers = mock.Mock(side_effect=self.worker)
        status, output = self.run_main(workers, "--rows", "S3", "--json", str(out))
        self.assertEqual(status, 0)
        self.assertRegex(output, r"S3 +pfl-research +125,000 +25,000 +2\.00 s +10\.00 s +5\.00")
        self.assertIn("Flower is left out: it ended with status 1: no Ray here", output)
        self.assertIn(
            "BlazeFL is left out: it trained 50,000 images in 999 steps, "
            "not 50,000 in 1,000",
            output,
        )
        document = json.loads(out.read_text())
        self.assertEqual([found["ratios"] for found in document["rows"]], [[5.0] * 3])
        self.assertEqual(len(document["leftOut"]), 2)

    def test_the_fastest_way_counts(self) -> None:
        workers = mock.Mock(side_effect=self.worker)
        self.run_main(workers, "--rows", "S3", "--repeats", "1")
        counts = [call.args[1] for call in workers.call_args_list if call.args[0] == "pfl"]
        self.assertEqual(counts, [2, 1, 2])

    def test_our_own_failure_ends_it(self) -> None:
        self.stub.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            status, _ = self.run_main(mock.Mock(), "--rows", "S1")
        self.assertEqual(status, 1)
        self.assertRegex(errors.getvalue(), r"\Acompare_peers: federated bench .* broken\n\Z")

    def test_bad_arguments(self) -> None:
        for arguments, words in [
            (["--repeats", "0"], "--repeats must be at least 1, not 0"),
            (["--rows", "S3,X"], "--rows: there is no row “X”"),
            (["--federated", "nowhere"], "nowhere is no program (make build makes it)"),
            (["--json", "no/such/folder.json"], "--json: there is no folder"),
        ]:
            with self.subTest(arguments), contextlib.redirect_stderr(io.StringIO()) as errors:
                with self.assertRaises(SystemExit) as caught:
                    compare_simulators.parse(["--federated", str(self.stub), *arguments])
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(words, errors.getvalue())

    def test_an_environment_that_cannot_be_made_is_named(self) -> None:
        script = compare_simulators.PROJECT / "Scripts" / "setup" / "venv.sh"
        result = subprocess.run([script, "other"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("there is no environment “other”", result.stderr)


if __name__ == "__main__":
    unittest.main()
