"""Tests of plot.py: python -m unittest discover -s Scripts"""

from __future__ import annotations

import contextlib
import io
import json
import math
import struct
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import plot


def make_log(clients: int = 5, rounds: int = 5, done: int | None = None, **own: Any) -> dict:
    """A log of our own; `own` replaces settings of its configuration."""
    done = rounds if done is None else done
    server = [0.5 + 0.4 * r / rounds for r in range(done)]
    configuration = {
        "experiment": 2, "clients": clients, "rounds": rounds, "samples": 600, "epochs": 10,
        "batchSize": 8, "learningRate": 0.01, "seed": 1, "dataset": "mnist",
        "model": "reference-cnn", "fixedShards": False,
    } | own
    return {
        "client number": clients, "experiment": configuration["experiment"], "max round": rounds,
        "clients acc": {str(c): [a - 0.001 * c for a in server] for c in range(clients)},
        "server acc": server, "final weight": [],
        "clients class counts": {
            str(c): [[60 + c % 7] * 10 for _ in range(done)] for c in range(clients)
        },
        "configuration": configuration, "outcome": "completed",
    }


def make_bare_log() -> dict:
    """What others write: none of our own keys."""
    keys = ["client number", "experiment", "max round", "clients acc", "server acc"]
    log = make_log()
    return {key: log[key] for key in keys} | {"final weight": [[0.5]]}


def png_size(path: Path) -> tuple[int, int]:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n", header
    return struct.unpack(">II", header[16:24])


class PlotTestCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def write(self, name: str, log: Any) -> Path:
        path = self.directory / name
        path.write_text(log if isinstance(log, str) else json.dumps(log), encoding="utf-8")
        return path

    def run_plot(self, *arguments: Any) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = plot.main([str(a) for a in arguments])
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue(), err.getvalue()

    def load(self, log: Any, name: str = "log.json") -> plot.Log:
        return plot.load_log(self.write(name, log))


class PictureTests(PlotTestCase):
    def assert_drawn(self, *arguments: Any, picture: Path) -> None:
        status, out, err = self.run_plot(*arguments)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, f"picture  {picture}\n")
        width, height = png_size(picture)
        self.assertGreaterEqual(width, 800)
        self.assertGreaterEqual(height, 400)
        # Nothing but the logs and the picture is left behind.
        self.assertEqual({p.suffix for p in self.directory.iterdir()}, {".json", ".png"})

    def test_one_log_is_drawn_beside_it(self) -> None:
        for clients, rounds in [(1, 1), (5, 5), (10, 20), (100, 1), (100, 40)]:
            with self.subTest(clients=clients, rounds=rounds):
                path = self.write("run.json", make_log(clients, rounds))
                self.assert_drawn("-n", path, picture=self.directory / "run.png")

    def test_a_log_without_our_keys_is_drawn_without_class_counts(self) -> None:
        path = self.write("bare.json", make_bare_log())
        self.assert_drawn("--name", path, picture=self.directory / "bare.png")
        self.assertEqual(len(plot.draw_run(plot.load_log(path), plot.LIGHT).axes), 1)

    def test_numbers_that_are_not_finite_leave_gaps(self) -> None:
        log = make_log()
        log["server acc"] = [None] * 5
        log["clients acc"]["0"][2] = None
        path = self.write("gaps.json", log)
        self.assert_drawn("-n", path, picture=self.directory / "gaps.png")

    def test_several_logs_are_compared(self) -> None:
        paths = [self.write(f"{s}.json", make_log(seed=s)) for s in range(9)]
        self.assert_drawn("-n", *paths, picture=self.directory / "0_compared.png")
        output = self.directory / "mine.png"
        self.assert_drawn("--dark", "-n", *paths[:2], "-o", output, picture=output)

    def test_one_legend_entry_stands_for_a_hundred_clients(self) -> None:
        figure = plot.draw_run(self.load(make_log(clients=100)), plot.LIGHT)
        accuracy = next(a for a in figure.axes if a.get_title("left") == "Accuracy by round")
        texts = [text.get_text() for text in accuracy.get_legend().get_texts()]
        self.assertEqual(texts, ["server: 82.00% after round 5", "100 clients: 72.10% to 82.00%"])

    def test_no_legend_covers_a_line(self) -> None:
        figures = [
            plot.draw_run(self.load(make_log()), plot.LIGHT),
            plot.draw_comparison([self.load(make_log(seed=s)) for s in range(8)], plot.LIGHT),
        ]
        for figure in figures:
            figure.canvas.draw()
            legends = figure.legends + [a.get_legend() for a in figure.axes if a.get_legend()]
            self.assertEqual(len(legends), 1)
            box = legends[0].get_window_extent()
            self.assertFalse(any(box.overlaps(a.get_window_extent()) for a in figure.axes))
            self.assertGreaterEqual(box.x0, 0)
            self.assertLessEqual(box.x1, figure.bbox.x1)
            self.assertGreaterEqual(box.y0, 0)

    def test_a_log_with_all_its_weights_is_drawn_within_seconds(self) -> None:
        log = make_log()
        log["final weight"] = [[0.123456789 + r] * 128 for r in range(9400)]
        path = self.write("large.json", log)
        begin = time.monotonic()
        self.assert_drawn("-n", path, picture=self.directory / "large.png")
        self.assertLess(time.monotonic() - begin, 20)


class WordTests(PlotTestCase):
    def title(self, log: dict) -> str:
        loaded = self.load(log)
        return " | ".join(plot.title_lines(plot.settings(loaded), plot.stop_words(loaded)))

    def test_the_title_tells_the_run(self) -> None:
        rest = "10 epochs · batch 8 · lr 0.01 · seed 1 · reference-cnn"
        for experiment, heading, size in [
            (1, "uniform", "600 samples · "), (2, "random, equal size", "600 samples · "),
            (3, "random, unequal size", "1 to 599 samples · "), (4, "skewed", ""),
        ]:
            self.assertEqual(
                self.title(make_log(experiment=experiment)),
                f"Experiment {experiment} · {heading} · MNIST | 5 clients · {size}{rest}",
            )
        self.assertEqual(self.title(make_bare_log()),
                         "Experiment 2 · random, equal size | 5 clients")

    def test_the_title_tells_of_a_run_that_stopped_early(self) -> None:
        log = make_log(rounds=20, done=7) | {"outcome": "interrupted"}
        self.assertTrue(self.title(log).endswith(" · interrupted after 7 of 20 rounds"))

    def test_a_long_title_is_broken(self) -> None:
        _, details = plot.title_lines({str(k): "twenty characters in" for k in range(9)})
        self.assertEqual([len(line) <= 125 for line in details.split("\n")], [True, True])

    def test_comparison_labels_name_what_differs(self) -> None:
        logs = [self.load(make_log(seed=s, epochs=e), f"{s}-{e}.json") for s in (1, 2)
                for e in (1, 5)]
        shared, labels = plot.comparison_words(logs)
        self.assertEqual(labels, ["1 epoch · seed 1", "5 epochs · seed 1", "1 epoch · seed 2",
                                  "5 epochs · seed 2"])
        self.assertEqual(shared["clients"], "5 clients")
        self.assertNotIn("seed", shared)

    def test_runs_alike_are_told_apart_by_their_files(self) -> None:
        logs = [self.load(make_log(), name) for name in ("a.json", "b.json")]
        self.assertEqual(plot.comparison_words(logs)[1], ["a", "b"])

    def test_settings_unknown_to_the_title_tell_runs_apart_too(self) -> None:
        logs = [self.load(make_log(evaluationFraction=f)) for f in (0.5, 1)]
        self.assertEqual(plot.comparison_words(logs)[1],
                         ["evaluation fraction 0.5", "evaluation fraction 1"])

    def test_clients_stand_in_the_order_of_their_numbers(self) -> None:
        loaded = self.load(make_log(clients=12))
        self.assertEqual(list(loaded.clients_accuracy), [str(c) for c in range(12)])

    def test_the_last_round_leaves_out_clients_that_had_no_part_in_it(self) -> None:
        log = make_log(clients=3, rounds=2)
        log["clients class counts"] = {"0": [[1, 2], [3, 4]], "1": [[5, 6], None], "2": [[7, 8]]}
        self.assertEqual(plot.last_counts(self.load(log)), (2, {"0": [3, 4], "1": None, "2": None}))

    def test_limits_show_every_value_and_little_else(self) -> None:
        for values in [[0.0, 1.0], [0.98, 0.99], [0.5], [1.0], [0.0], [0.1, math.nan, 0.9]]:
            low, high = plot.percent_limits(values)
            finite = [v for v in values if math.isfinite(v)]
            self.assertTrue(low < min(finite) and max(finite) < high, values)
            self.assertTrue(-0.05 < low and high < 1.05, values)
        self.assertEqual(plot.percent_limits([math.nan]), (0, 1))


class BadInputTests(PlotTestCase):
    def assert_refused(self, content: Any, sentence: str) -> None:
        path = self.write("bad.json", content)
        self.assertEqual(self.run_plot("-n", path), (1, "", f"plot.py: {path}: {sentence}\n"))
        self.assertFalse((self.directory / "bad.png").exists())

    def test_what_is_no_log_is_refused_with_one_line(self) -> None:
        self.assert_refused("", "not JSON: Expecting value (line 1, column 1)")
        self.assert_refused("[1]", "the log is [1]: expected an object")
        self.assert_refused({"experiment": 1}, "not a run's log: it has no 'client number', "
                            "'max round', 'clients acc', 'server acc'")
        self.assert_refused("[" * 100_000, "not JSON")

    def test_values_that_are_wrong_are_named(self) -> None:
        for change, sentence in [
            ({"server acc": [0.5, 97.5]},
             "'server acc', round 2, is 97.5: expected a fraction from 0 to 1"),
            ({"server acc": 1}, "'server acc' is 1: expected a list of accuracies"),
            ({"server acc": []}, "no round of it was finished, so there is nothing to draw"),
            ({"clients acc": {"3": ["x"]}}, "'clients acc' of client 3, round 1, is \"x\": "
             "expected a fraction from 0 to 1"),
            ({"clients acc": []}, "'clients acc' is []: expected an object"),
            ({"experiment": "1"}, "'experiment' is \"1\": expected an integer"),
            ({"clients class counts": {"0": [[-1]]}}, "'clients class counts' of client 0, "
             "round 1, is [-1]: expected a list of counts"),
        ]:
            with self.subTest(change=change):
                self.assert_refused(make_log() | change, sentence)

    def test_a_missing_file_is_refused(self) -> None:
        path = self.directory / "none.json"
        self.assertEqual(self.run_plot("-n", path),
                         (1, "", f"plot.py: {path}: No such file or directory\n"))

    def test_a_picture_that_cannot_be_written_is_refused(self) -> None:
        log = self.write("log.json", make_log())
        for output, sentence in [
            (self.directory / "none" / "a.png", "No such file or directory"),
            (self.directory / "a.xyz", "'.xyz' is no picture format that can be written: try .png"),
            (log, "the picture would overwrite the log"),
        ]:
            self.assertEqual(self.run_plot("-n", log, "-o", output),
                             (1, "", f"plot.py: {output}: {sentence}\n"))
        self.assertEqual([p.name for p in self.directory.iterdir()], ["log.json"])

    def test_usage_is_status_2(self) -> None:
        self.assertEqual(self.run_plot()[0], 2)
        self.assertEqual(self.run_plot("--nonsense")[0], 2)


if __name__ == "__main__":
    unittest.main()
