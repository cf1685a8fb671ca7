"""Tests of plot.py: python -m unittest discover -s Scripts"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import struct
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import plot
import plot_axes
import plot_clients
import plot_counts
import plot_curves
import plot_log
import plot_words


def make_log(clients: int = 5, rounds: int = 5, done: int | None = None, **own: Any) -> dict:
    """A log of our own; `own` replaces settings of its configuration."""
    done = rounds if done is None else done
    server = [0.5 + 0.4 * r / rounds for r in range(done)]
    configuration = {
        "experiment": 2, "clients": clients, "rounds": rounds, "samples": 600, "epochs": 10,
        "batch_size": 8, "learning_rate": 0.01, "seed": 1, "dataset": "mnist",
        "model": "reference-cnn", "fixed_shards": False,
    } | own
    return {
        "client number": clients, "experiment": configuration["experiment"], "max round": rounds,
        "clients acc": {str(c): [a - 0.001 * c for a in server] for c in range(clients)},
        "server acc": server, "final weight": [],
        "clients_class_counts": {
            str(c): [[60 + c % 7] * 10 for _ in range(done)] for c in range(clients)
        },
        "configuration": configuration, "outcome": "completed",
        "timings": {"round_seconds": [2.0] * done},
    }


def make_curve(accuracies: list[float | None], seconds: list[float] | None = None,
               **own: Any) -> dict:
    """A log of one client with these accuracies of the server."""
    log = make_log(1, len(accuracies), **own)
    log["server acc"] = accuracies
    log["timings"] = {"round_seconds": seconds or [1.0] * len(accuracies)}
    return log


def make_cohort_log(clients: int = 100, cohort: int = 10, rounds: int = 40, **own: Any) -> dict:
    """A log in which other clients take part in each round."""
    log = make_log(clients, rounds, cohort=str(cohort), partition="shards:2", **own)
    for client in range(clients):
        absent = [r for r in range(rounds) if (client - r * cohort) % clients >= cohort]
        for r in absent:
            log["clients acc"][str(client)][r] = None
            log["clients_class_counts"][str(client)][r] = []
    return log


def parts_only(log: dict) -> dict:
    """The same with each client's own rounds in place of lists of all rounds."""
    parts = {}
    for client, counts in log["clients_class_counts"].items():
        own = [r for r, c in enumerate(counts) if c]
        parts[client] = {
            "rounds": [r + 1 for r in own], "samples": [sum(counts[r]) for r in own],
            "acc": [log["clients acc"][client][r] for r in own],
            "class_counts": [counts[r] for r in own],
        }
    return log | {"clients acc": {}, "clients_class_counts": {}, "clients_rounds": parts}


def make_bare_log() -> dict:
    """What others write: none of our own keys."""
    keys = ["client number", "experiment", "max round", "clients acc", "server acc"]
    log = make_log()
    return {key: log[key] for key in keys} | {"final weight": [[0.5]]}


def with_losses(log: dict) -> dict:
    """The same with a loss for each accuracy."""
    return log | {
        "server_loss": [2 - a for a in log["server acc"]],
        "clients_loss": {c: [None if a is None else 2.1 - a for a in own]
                         for c, own in log["clients acc"].items()},
    }


def legends_of(figure: Any) -> list[Any]:
    """Those of a figure, of its parts and of its axes."""
    return [*figure.legends, *(legend for part in figure.subfigs for legend in part.legends),
            *(a.get_legend() for a in figure.axes if a.get_legend())]


def png_size(path: Path) -> tuple[int, int]:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n", header
    return struct.unpack(">II", header[16:24])


class PlotTestCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.addCleanup(lambda: plot.load_pyplot(plot.LIGHT).close("all"))

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

    def load(self, log: Any, name: str = "log.json") -> plot_log.Log:
        return plot_log.load_log(self.write(name, log))

    def legend(self, figure: Any) -> list[str]:
        """The legend's texts, line breaks and all spaces as one."""
        legends = legends_of(figure)
        self.assertEqual(len(legends), 1)
        return [" ".join(text.get_text().split()) for text in legends[0].get_texts()]


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
        self.assertEqual(len(plot.draw_run(plot_log.load_log(path), plot.LIGHT).axes), 1)

    def test_logs_of_earlier_versions_are_read_alike(self) -> None:
        log = make_log(fixed_shards=True, learning_rate_decay=0.5)
        log |= {"server_loss": [1.0] * 5, "confusion_matrix": [[1, 0], [0, 1]], "class_names": ["a", "b"]}
        parts = log | {"clients acc": {}, "clients_class_counts": {}, "clients_rounds": {
            "3": {"rounds": [2], "acc": [0.5], "samples": [9], "class_counts": [[9]]}}}
        for now in (log, parts):
            earlier = {key.replace("_", " "): value for key, value in now.items()}
            earlier["timings"] = {"round seconds": now["timings"]["round_seconds"]}
            earlier["configuration"] = {
                re.sub("_(.)", lambda match: match[1].upper(), key): value
                for key, value in now["configuration"].items()}
            if "clients rounds" in earlier:
                earlier["clients rounds"] = {"3": {
                    key.replace("_", " "): value for key, value in now["clients_rounds"]["3"].items()}}
            self.assertNotIn("_", json.dumps(earlier))
            path = Path("run.json")
            found, expected = plot_log.parse_log(path, earlier), plot_log.parse_log(path, now)
            if "clients rounds" in earlier:
                self.assertEqual((found.clients_accuracy["3"][1], found.class_counts["3"][1]), (0.5, [9]))
            else:
                self.assertEqual(found, expected)

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

    def test_gridlines_are_labelled_with_their_own_values(self) -> None:
        for values in [[0.7, 0.8], [0.69, 0.74], [0.1, 0.975], [0.9, 0.93], [0.98, 0.985], [0.5],
                       [0.97, 0.9701]]:
            axes = plot.draw_run(self.load(make_curve(values)), plot.LIGHT).axes[0]
            axes.figure.canvas.draw()
            shown = {tick.get_loc(): tick.label1.get_text() for tick in axes.yaxis.get_major_ticks()}
            for place, label in shown.items():
                self.assertAlmostEqual(float(label.removesuffix("%")), 100 * place, places=4)
            self.assertEqual(len(set(shown.values())), len(shown))

    def test_no_line_is_hidden_by_the_servers(self) -> None:
        same, other = [0.5, 0.6, 0.7], [0.4, 0.5, 0.6]
        for clients, words in [
            ([same], ["client 0, 70.00%, the same as the server"]),
            ([[0.5, None, 0.7]], ["client 0, 70.00%, the same as the server"]),
            ([other], ["client 0, 60.00%"]),
            ([same, same], ["2 clients: all 70.00%, the same as the server"]),
            ([same, other], ["worst: client 1, 60.00%",
                             "best: client 0, 70.00%, the same as the server"]),
            ([[0.5, 0.6, 0.8], same, other],
             ["worst: client 2, 60.00%", "best: client 0, 80.00%",
              "1 other client: 70.00%, the same as the server"]),
        ]:
            log = make_curve(same)
            log["clients acc"] = {str(index): line for index, line in enumerate(clients)}
            log["clients_class_counts"] = {}
            figure = plot.draw_run(self.load(log), plot.LIGHT)
            *lines, server = figure.axes[0].lines
            for line, values in zip(lines, clients, strict=True):
                is_above = line.get_zorder() > server.get_zorder()
                self.assertTrue(is_above or values != same, words)
                self.assertNotEqual(line.get_color(), server.get_color())
            self.assertEqual(self.legend(figure)[1:], words)

    def test_loss_stands_beside_accuracy_and_not_where_there_is_none(self) -> None:
        log = self.load(with_losses(make_log()))
        accuracy, loss, *_ = plot.draw_run(log, plot.LIGHT).axes
        self.assertEqual([a.get_title("left") for a in (accuracy, loss)],
                         ["Accuracy by round", "Loss by round"])
        self.assertEqual(list(loss.lines[-1].get_ydata()), log.server_loss)
        self.assertEqual(len(loss.lines), len(accuracy.lines))
        several = plot.draw_comparison([log, self.load(with_losses(make_log(epochs=1)))], plot.LIGHT)
        self.assertEqual([len(a.lines) for a in several.axes], [2, 2])
        without = make_log() | {"server_loss": [None] * 5}
        self.assertNotIn("Loss by round", [
            a.get_title("left") for a in plot.draw_run(self.load(without), plot.LIGHT).axes])

    def test_losses_that_run_away_leave_the_small_ones_to_be_seen(self) -> None:
        log = make_curve([0.1, 0.2, 0.3]) | {"server_loss": [0.5, 2.0, 1e6]}
        loss = plot.draw_run(self.load(log), plot.LIGHT).axes[1]
        self.assertEqual(loss.get_yscale(), "log")
        log["server_loss"] = [0.5, 2.0, 1e40]  # beyond what can be drawn: as if not finite
        loss = plot.draw_run(self.load(log), plot.LIGHT).axes[1]
        self.assertEqual((loss.get_yscale(), loss.get_ylim()[1] < 3), ("linear", True))

    def test_worst_best_and_smallest_are_named(self) -> None:
        log = make_log(12, 3)
        log["clients_class_counts"] = {
            str(c): [[10 * (c + 1), 5]] * 3 for c in range(12)}
        named = plot_clients.named_clients(self.load(log), plot.LIGHT)
        self.assertEqual([(one.client, one.roles) for one in named],
                         [("11", ("worst",)), ("0", ("best", "smallest"))])
        texts = self.legend(plot.draw_run(self.load(log), plot.LIGHT))
        self.assertEqual(texts[1:], [
            "worst: client 11, 75.57%", "best, smallest: client 0 (15 samples), 76.67%, "
            "the same as the server", "10 other clients: 75.67% to 76.57%"])
        self.assertEqual(
            plot_clients.named_clients(self.load(make_cohort_log(rounds=5)), plot.LIGHT), [])

    def test_ticks_are_1_2_or_5_apart(self) -> None:
        for values in [[0.7, 0.8], [0.69, 0.74], [0.1, 0.975], [0.9, 0.93], [0.98, 0.985]]:
            log = with_losses(make_curve(values)) | {"score": "R²"}
            for axes in plot.draw_run(self.load(log), plot.LIGHT).axes[:2]:
                axes.figure.canvas.draw()
                places = axes.get_yticks()
                step = places[1] - places[0]
                lead = round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6)
                self.assertIn(lead, (1, 2, 5), places)
                for tick in axes.yaxis.get_major_ticks():
                    self.assertAlmostEqual(float(tick.label1.get_text()), tick.get_loc(), places=9)

    def test_long_names_fit(self) -> None:
        name = "/data/" + "a_name_that_goes_on_and_on_" * 8 + ".csv"
        log = make_log(partition=f"csv:{name}", dataset=name, model=name, label=name)
        figure = plot.draw_run(self.load(with_losses(log)), plot.LIGHT)
        figure.canvas.draw()
        for text in figure.texts:
            self.assertLessEqual(text.get_window_extent().x1, figure.bbox.x1)

    def test_equal_counts_are_a_sentence_in_place_of_a_picture(self) -> None:
        log = make_log(5)
        log["clients_class_counts"] = {str(client): [[60] * 10] * 5 for client in range(5)}
        figure = plot.draw_run(self.load(log), plot.LIGHT)
        self.assertEqual(len(figure.axes), 1)
        self.assertIn("each client has 60 images of each of the 10 classes, 600 in all",
                      " ".join(text.get_text() for text in figure.texts).replace("\n", " · "))
        log["clients_class_counts"]["3"][-1] = [60] * 9 + [61]
        self.assertEqual(len(plot.draw_run(self.load(log), plot.LIGHT).axes), 3)
        # Sizes alone that are equal are in the title.
        log["clients_class_counts"]["3"][-1] = [60] * 8 + [59, 61]
        _, heat = plot.draw_run(self.load(log), plot.LIGHT).axes
        self.assertEqual(heat.get_title("left"),
                         "Images of each class, round 5 · each client has 600")

    def test_of_ten_thousand_clients_a_hundred_rows_are_drawn(self) -> None:
        title, counts = plot_counts.shown_counts(self.load(make_log(10_000, 1) | {"clients acc": {"0": [0.5]}}))
        self.assertEqual((title, len(counts)),
                         ("Images of each class, round 1: clients 0 to 99 of 10,000", 100))

    def test_one_legend_entry_stands_for_a_hundred_clients(self) -> None:
        figure = plot.draw_run(self.load(make_log(clients=100)), plot.LIGHT)
        self.assertEqual(self.legend(figure), [
            "server: 82.00% after round 5", "worst: client 99, 72.10%",
            "best, smallest: client 0 (600 samples), 82.00%, the same as the server",
            "100 clients: lowest to highest, the middle half darker"])

    def test_no_legend_covers_a_line(self) -> None:
        figures = [
            plot.draw_run(self.load(make_log()), plot.LIGHT),
            plot.draw_run(self.load(with_losses(make_cohort_log())), plot.LIGHT),
            plot.draw_comparison([self.load(make_log(seed=s)) for s in range(8)], plot.LIGHT),
        ]
        for figure in figures:
            figure.canvas.draw()
            legends = legends_of(figure)
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
        return " | ".join(plot_words.title_lines(plot_words.settings(loaded), plot_words.stop_words(loaded)))

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
        _, details = plot_words.title_lines({str(k): "twenty characters in" for k in range(9)})
        first, second = details.split("\n")
        self.assertTrue(len(second) <= len(first) <= 125)
        self.assertLess(len(first) - len(second), 30)  # and no line has one word alone

    def compared(self, *logs: dict) -> tuple[dict[str, str], list[str]]:
        loaded = [self.load(log, f"{'abcdefgh'[i]}.json") for i, log in enumerate(logs)]
        return plot_words.comparison_words(plot_curves.grouped(loaded))

    def test_comparison_labels_name_what_differs(self) -> None:
        shared, labels = self.compared(make_log(epochs=1), make_log(epochs=5, momentum=0.9),
                                       make_log(epochs=5, strategy="fedprox", mu=0.1, momentum=0))
        self.assertEqual(labels, ["1 epoch", "5 epochs · momentum 0.9",
                                  "FedProx · 5 epochs · momentum 0 · μ 0.1"])
        self.assertEqual(shared["clients"], "5 clients")
        self.assertEqual(shared["seed"], "seed 1")

    def test_runs_alike_but_for_the_seed_are_one_group(self) -> None:
        logs = [make_log(seed=s, epochs=e) for s in (2, 10, 1) for e in (1, 5)]
        shared, labels = self.compared(*logs)
        self.assertEqual(labels, ["1 epoch", "5 epochs"])
        self.assertEqual(shared["seed"], "seeds 1, 2, 10")
        # Where threads differ, nothing does; where the rounds do, something.
        self.assertEqual(len(self.compared(make_log(seed=1, threads=1),
                                           make_log(seed=2, threads=2))[1]), 1)
        self.assertEqual(self.compared(make_log(rounds=5), make_log(rounds=6, seed=2))[1],
                         ["seed 1 · 5 rounds", "seed 2 · 6 rounds"])

    def test_runs_alike_are_told_apart_by_their_files(self) -> None:
        self.assertEqual(self.compared(make_log(), make_log())[1], ["a", "b"])
        # So are three of which two have the same seed: they are no three repetitions.
        self.assertEqual(self.compared(make_log(), make_log(), make_log(seed=2))[1],
                         ["seed 1 · a", "seed 1 · b", "seed 2"])

    def test_settings_unknown_to_the_title_tell_runs_apart_too(self) -> None:
        self.assertEqual(self.compared(make_log(evaluation_fraction=0.5),
                                       make_log(evaluation_fraction=1))[1],
                         ["evaluation fraction 0.5", "evaluation fraction 1"])

    def test_the_title_tells_partition_cohort_and_algorithm(self) -> None:
        log = make_log(100, partition="dirichlet:0.5", cohort="0.1", strategy="fedadam",
                       server_learning_rate=0.01, momentum=0.9, weight_decay=0, epochs=None, steps=7,
                       batch_size="all", learning_rate_decay=1)
        self.assertEqual(
            self.title(log),
            "Partition dirichlet:0.5 · MNIST | FedAdam · 100 clients · 0.1 of them a round · "
            "7 steps · batch all\nlr 0.01 · momentum 0.9 · server lr 0.01 · seed 1 · reference-cnn")

    def test_clients_stand_in_the_order_of_their_numbers(self) -> None:
        loaded = self.load(make_log(clients=12))
        self.assertEqual(list(loaded.clients_accuracy), [str(c) for c in range(12)])

    def test_clients_count_from_0_whatever_a_log_counts_from(self) -> None:
        counts = {"1": [[1, 2]], "10": [[3, 4]]}
        early = {"version": "0.1.0", "outcome": "failed: client 10 in round 1: its loss is nan"}
        for own, ids, outcome in [
            # An earlier version of ours; this one; other programs, whose logs have no version.
            (early, ["0", "9"], "failed: client 9 in round 1: its loss is nan"),
            (early | {"client_ids_from": 1}, ["0", "9"], "failed: client 9 in round 1: its loss is nan"),
            (early | {"client_ids_from": 0}, ["1", "10"], early["outcome"]),
            ({}, ["1", "10"], "completed"),
        ]:
            with self.subTest(own=own):
                log = self.load(make_log(1, 1) | {
                    "clients acc": {"10": [0.5], "1": [0.25]}, "clients_class_counts": counts} | own)
                self.assertEqual(list(log.clients_accuracy), ids)
                self.assertEqual(list(log.class_counts), ids)
                self.assertEqual(log.outcome, outcome)
        with_zero = self.load(make_log(3, 1) | {"version": "0.1.0"})
        self.assertEqual(list(with_zero.clients_accuracy), ["0", "1", "2"])

    def test_the_last_round_leaves_out_clients_that_had_no_part_in_it(self) -> None:
        log = make_log(clients=3, rounds=2)
        log["clients_class_counts"] = {"0": [[1, 2], [3, 4]], "1": [[5, 6], None], "2": [[7, 8]]}
        self.assertEqual(plot_counts.last_counts(self.load(log)), (2, {"0": [3, 4], "1": None, "2": None}))

    def test_limits_show_every_value_and_little_else(self) -> None:
        for values in [[0.0, 1.0], [0.98, 0.99], [0.5], [1.0], [0.0], [0.1, math.nan, 0.9]]:
            low, high = plot_axes.score_limits(values)
            finite = [v for v in values if math.isfinite(v)]
            self.assertTrue(low < min(finite) and max(finite) < high, values)
            self.assertTrue(-0.05 < low and high < 1.05, values)
        self.assertEqual(plot_axes.score_limits([math.nan]), (0, 1))


class CurveTests(PlotTestCase):
    def curve(self, accuracies: list[float | None], over: str = "rounds",
              seconds: list[float] | None = None) -> plot_curves.Curve:
        return plot_curves.curve_of(self.load(make_curve(accuracies, seconds)), over)

    def test_the_crossing_is_of_the_best_so_far_and_interpolated(self) -> None:
        for accuracies, target, place in [
            ([0.5, 0.9, 0.8, 0.95], 0.94, 3.8),  # the best until round 3 is 0.9
            ([0.5, 0.7], 0.6, 1.5),
            ([0.5, 0.7], 0.7, 2),
            ([0.8, 0.9], 0.5, 1),  # there is nothing before the first test
            ([None, 0.5, None, None, 0.8], 0.6, 3),  # rounds 3 and 4 are bridged
            ([0.5, 0.7], 0.71, None),
            ([None, None], 0.1, None),
        ]:
            with self.subTest(accuracies=accuracies, target=target):
                found = self.curve(accuracies).crossing(target)
                if place is None:
                    self.assertIsNone(found)
                else:
                    self.assertAlmostEqual(found, place)

    def test_seconds_are_those_until_a_round_ends(self) -> None:
        curve = self.curve([0.5, None, 0.7], "seconds", [1, 2, 4])
        self.assertEqual((curve.places, curve.values), ([1, 7], [0.5, 0.7]))
        self.assertAlmostEqual(curve.crossing(0.6), 4)

    def test_mean_and_band_by_hand(self) -> None:
        curves = [self.curve([0.2, 0.4, 0.6]), self.curve([0.4, None, 0.8]), self.curve([0.6])]
        summary = plot_curves.summarized(curves, "rounds")
        # The second is 0.6 in round 2, which was not tested; the third keeps its 0.6.
        self.assertEqual(summary.mean.places, [1, 2, 3])
        for found, wanted in [(summary.mean.values, [0.4, 1.6 / 3, 2 / 3]),
                              (summary.lows, [0.2, 0.4, 0.6]), (summary.highs, [0.6, 0.6, 0.8])]:
            for one, other in zip(found, wanted, strict=True):
                self.assertAlmostEqual(one, other)
        one = plot_curves.summarized(curves[:1], "rounds")
        self.assertEqual((one.mean, one.lows, one.highs), (curves[0], [], []))
        none = plot_curves.summarized([], "rounds")
        self.assertEqual((none.mean.places, none.lows), ([], []))

    def test_curves_over_seconds_are_averaged_at_the_same_seconds(self) -> None:
        curves = [self.curve([0.2, 0.6], "seconds", [1, 4]),
                  self.curve([0.4, 0.8], "seconds", [2, 2])]
        summary = plot_curves.summarized(curves, "seconds")
        self.assertEqual((summary.mean.places[0], summary.mean.places[-1]), (2, 5))
        # At 2 s the first is a quarter of the way from 0.2 to 0.6; after 4 s the second has ended.
        self.assertAlmostEqual(summary.mean.values[0], 0.35)
        self.assertAlmostEqual(summary.mean.values[-1], 0.7)

    def test_a_common_target_is_that_of_the_runs(self) -> None:
        loads = [self.load(make_log(target_accuracy=t)) for t in (0.9, 0.9, 0.8)]
        self.assertEqual(plot_curves.common_target(loads[:2]), 0.9)
        self.assertIsNone(plot_curves.common_target(loads))
        self.assertIsNone(plot_curves.common_target([self.load(make_log())]))
        self.assertIsNone(plot_curves.common_target([self.load(make_log(target_accuracy=[1]))]))


class LegendTests(PlotTestCase):
    def test_the_legend_tells_mean_seeds_and_crossings(self) -> None:
        logs = [self.load(make_curve(c, seed=s), f"{s}.json")
                for s, c in [(1, [0.5, 0.7, 0.9]), (2, [0.5, 0.6, 0.7])]]
        figure = plot.draw_comparison(logs, plot.LIGHT, "rounds", 0.75)
        self.assertEqual(self.legend(figure), [
            "80.00%, mean of 2 seeds from 70.00% to 90.00% · 75% at round 2.7, its seeds from 2.2 "
            "to 2.2 (1 of 2 got there)"])
        self.assertEqual(figure.legends[0].get_title().get_text(),
                         "bands: lowest to highest of the seeds")
        axes, = figure.axes
        self.assertEqual(len(axes.collections), 1)  # the band
        self.assertEqual([text.get_text() for text in axes.texts], ["target 75%"])
        self.assertLess(axes.get_ylim()[0], 0.75)

    def test_a_target_line_is_within_the_picture(self) -> None:
        for draw, log in [(plot.draw_run, self.load(make_log())),
                          (plot.draw_comparison, [self.load(make_log(epochs=e)) for e in (1, 2)])]:
            for over in ("rounds", "seconds"):
                axes = draw(log, plot.DARK, over, 0.99).axes[0]
                low, high = axes.get_ylim()
                self.assertTrue(low < 0.99 < high)

    def test_one_run_tells_its_crossing_and_its_own_target(self) -> None:
        log = self.load(make_curve([0.5, 0.7], [3, 3], target_accuracy=0.6))
        self.assertEqual(self.legend(plot.draw_run(log, plot.LIGHT))[0],
                         "server: 70.00% after round 2 · 60% at round 1.5")
        self.assertEqual(self.legend(plot.draw_run(log, plot.LIGHT, "seconds", 0.68))[0],
                         "server: 70.00% after round 2 · 68% at 5.70 s")
        self.assertEqual(self.legend(plot.draw_run(log, plot.LIGHT, "seconds", 0.9))[0],
                         "server: 70.00% after round 2 · 90% not reached")

    def test_rounds_not_tested_are_bridged(self) -> None:
        log = self.load(make_curve([None, 0.5, None, 0.7, None]))
        figure = plot.draw_run(log, plot.LIGHT)
        server = figure.axes[0].lines[-1]
        self.assertEqual((list(server.get_xdata()), list(server.get_ydata())),
                         ([2, 4], [0.5, 0.7]))
        self.assertEqual(self.legend(figure)[0], "server: 70.00% when last tested")

    def test_runs_that_ended_early_are_told_of(self) -> None:
        logs = [self.load(make_log(seed=s, rounds=5, done=d)) for s, d in [(1, 5), (2, 3)]]
        title = plot.draw_comparison(logs, plot.LIGHT).legends[0].get_title().get_text()
        self.assertEqual(title, "bands: lowest to highest of the seeds; a run that ended before "
                         "others counts with its last accuracy")


class CohortTests(PlotTestCase):
    def test_a_cohort_is_a_band_and_not_a_hundred_lines(self) -> None:
        log = self.load(make_cohort_log())
        self.assertTrue(log.has_cohorts)
        figure = plot.draw_run(log, plot.LIGHT)
        accuracy = next(a for a in figure.axes if a.get_title("left") == "Accuracy by round")
        self.assertEqual(len(accuracy.lines), 1)
        self.assertEqual(len(accuracy.collections), 1)
        self.assertEqual(self.legend(figure)[1],
                         "100 clients that took part: lowest to highest of each round; in round 40 "
                         "client 99 79.10%, client 90 80.00%")
        self.assertFalse(self.load(make_log(100)).has_cohorts)

    def test_a_log_of_parts_is_drawn_as_one_of_whole_lists(self) -> None:
        for log in [make_cohort_log(rounds=5), make_cohort_log(300, 10, 30),
                    make_cohort_log(600, 200, 3)]:
            whole, parts = self.load(log), self.load(parts_only(log))
            self.assertEqual(parts.has_cohorts, whole.has_cohorts)
            for client, accuracies in whole.clients_accuracy.items():
                self.assertEqual(json.dumps(list(parts.clients_accuracy[client])),
                                 json.dumps(accuracies))
            self.assertEqual(
                {c: [k or None for k in rounds] for c, rounds in parts.class_counts.items()},
                {c: [k or None for k in rounds] for c, rounds in whole.class_counts.items()})
            self.assertEqual(plot_counts.shown_counts(parts), plot_counts.shown_counts(whole))
            figures = [plot.draw_run(log, plot.LIGHT) for log in (parts, whole)]
            self.assertEqual(*(self.legend(figure) for figure in figures))
            bands = [next(a for a in figure.axes if a.get_title("left") == "Accuracy by round")
                     .collections[0].get_paths()[0].vertices.tolist() for figure in figures]
            self.assertEqual(*bands)

    def test_a_hundred_thousand_clients_of_parts_take_memory_for_what_there_is(self) -> None:
        log = make_cohort_log(10, 1, 1000)
        log["client number"] = 100_000
        log["clients acc"] = log["clients_class_counts"] = {}
        log["clients_rounds"] = {
            str(c): {"rounds": [c % 1000 + 1], "acc": [0.5], "samples": [3],
                     "class_counts": [[1, 2]]}
            for c in range(60_000)
        }
        loaded = self.load(log)
        self.assertTrue(loaded.has_cohorts)
        self.assertEqual(sum(len(a.values) for a in loaded.clients_accuracy.values()), 60_000)
        self.assertEqual(self.legend(plot.draw_run(loaded, plot.LIGHT))[1],
                         "60,000 clients that took part: lowest to highest of each round")

    def test_parts_that_make_no_sense_are_named(self) -> None:
        cases = [
            (["x"], "'clients_rounds' is [\"x\"]: expected an object"),
            ({"3": []}, "'clients_rounds' of client 3 is []: expected an object"),
            ({"3": {"samples": [1]}}, "'rounds' in 'clients_rounds' of client 3 is null: expected a "
             "list of rounds from 1 to 5"),
            ({"3": {"rounds": [6]}}, "'rounds' in 'clients_rounds' of client 3 is [6]: expected a "
             "list of rounds from 1 to 5"),
            ({"3": {"rounds": [1], "acc": [2]}}, "'acc' in 'clients_rounds' of client 3, round 1, is "
             "2: expected a fraction from 0 to 1"),
            ({"3": {"rounds": [1], "acc": []}}, "'clients_rounds' of client 3 is {\"rounds\": [1], "
             "\"acc\": []}: expected lists as long as its 'rounds'"),
        ]
        for parts, sentence in cases:
            log = parts_only(make_cohort_log(rounds=5)) | {"clients_rounds": parts}
            with self.assertRaises(plot.LogError) as raised:
                self.load(log)
            self.assertIn(sentence, str(raised.exception))

    def test_clients_that_were_not_tested_are_in_no_legend(self) -> None:
        log = make_cohort_log()
        for accuracies in log["clients acc"].values():
            accuracies[:] = [None] * len(accuracies)
        self.assertEqual(len(self.legend(plot.draw_run(self.load(log), plot.LIGHT))), 1)

    def test_the_heat_map_shows_clients_that_took_part(self) -> None:
        title, counts = plot_counts.shown_counts(self.load(make_cohort_log(rounds=5)))
        self.assertEqual(title, "Images of each class, 50 clients that took part")
        self.assertEqual(list(counts), [str(c) for c in range(50)])
        # More than can be told apart: those of the last round.
        title, counts = plot_counts.shown_counts(self.load(make_cohort_log(300, 10, 30)))
        self.assertEqual(title, "Images of each class, clients of round 30")
        self.assertEqual(list(counts), [str(c) for c in range(290, 300)])
        title, counts = plot_counts.shown_counts(self.load(make_cohort_log(600, 200, 3)))
        self.assertEqual(title, "Images of each class, clients of round 3: 100 of 200")
        self.assertEqual(list(counts), [str(c) for c in range(400, 500)])
        # Shards drawn anew each round say nothing of other rounds.
        anew = make_cohort_log(rounds=5)
        anew["configuration"]["partition"] = None
        title, counts = plot_counts.shown_counts(self.load(anew))
        self.assertEqual(title, "Images of each class, clients of round 5")
        self.assertEqual(len(counts), 10)


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
        self.assert_refused("[" * 100_000, "not JSON: its lists are nested too deeply")

    def test_values_that_are_wrong_are_named(self) -> None:
        for change, sentence in [
            ({"server acc": [0.5, 97.5]},
             "'server acc', round 2, is 97.5: expected a fraction from 0 to 1"),
            ({"server acc": 1}, "'server acc' is 1: expected a list of accuracies"),
            ({"server acc": []}, "no round of it was finished, so there is nothing to draw"),
            ({"clients acc": {"3": ["x"]}}, "'clients acc' of client 3, round 1, is \"x\": "
             "expected a fraction from 0 to 1"),
            ({"clients acc": []}, "'clients acc' is []: expected an object"),
            ({"client_ids_from": 2}, "'client_ids_from' is 2: expected 0 or 1"),
            ({"experiment": "1"}, "'experiment' is \"1\": expected an integer"),
            ({"clients_class_counts": {"0": [[-1]]}}, "'clients_class_counts' of client 0, "
             "round 1, is [-1]: expected a list of counts"),
        ]:
            with self.subTest(change=change):
                self.assert_refused(make_log() | change, sentence)

    def test_odd_logs_are_drawn_or_refused_with_a_sentence(self) -> None:
        """Whatever other programs write: a picture and status 0, or one line and status 1."""
        values: list[Any] = [
            None, True, -1, 0, 7, 0.5, 10**299, math.nan, math.inf, "", "x", "ä\x00\x1b[2J\ud800",
            "long " * 5000, [], [[]], [None], [True], [[1]], [[[1]]], ["x"], [10**299], [0.1] * 9, {},
            {"": []}, {"0": []}, {"0": [[]]}, {"0": [None]}, {"0": [0.5]}, {"9" * 5000: [0.5]},
            {"0": [[10**299]]}, {"0": [[1], [2]], "1": [[1, 2, 3]]}, {"a": {"b": [1]}},
        ]
        keys = list(make_log(2, 2))
        settings = ["cohort", "partition", "samples", "seed", "epochs", "learning_rate", "dataset",
                    "model", "strategy", "target_accuracy", "fixed_shards", "unknown"]
        logs = [(f"{key} = {str(value)[:30]}", make_log(2, 2) | {key: value})
                for key in keys for value in values]
        logs += [(f"{key} = {str(value)[:30]}", make_log(2, 2, **{key: value}))
                 for key in settings for value in values]
        logs += [(f"no {key}", {k: v for k, v in make_log(2, 2).items() if k != key})
                 for key in keys]
        for index, (name, log) in enumerate(logs):
            with self.subTest(name):
                try:
                    loaded = self.load(log)
                    plot_words.title_lines(plot_words.settings(loaded),
                                           plot_words.stop_words(loaded))
                    plot_words.comparison_words(plot_curves.grouped([loaded, loaded]))
                    plot_counts.equal_share(list(plot_counts.shown_counts(loaded)[1].values()))
                    # Drawing takes most of the time: every 24th, and all odd counts of classes.
                    if index % 24 == 0 or "class_counts" in name:
                        plot.draw_run(loaded, plot.LIGHT).canvas.draw()
                except plot.LogError as error:
                    self.assertRegex(str(error), r"log\.json: .+")
                    self.assertNotIn("\n", str(error))
                plot.load_pyplot(plot.LIGHT).close("all")

    def test_seeds_of_any_kind_are_compared(self) -> None:
        seeds: list[Any] = [1, 2.5, "3", [4], {"5": 6}, True, 10**299]
        for pair in [(a, b) for a in seeds for b in seeds]:
            logs = [self.load(make_log(2, 2, seed=seed), f"{n}.json")
                    for n, seed in enumerate(pair)]
            shared, labels = plot_words.comparison_words(plot_curves.grouped(logs))
            alike = json.dumps(pair[0]) == json.dumps(pair[1])
            self.assertEqual(len(labels), 2 if alike else 1)

    def test_texts_that_are_nearly_json_are_drawn_or_refused(self) -> None:
        text = json.dumps(make_log(2, 2))
        path = self.write("odd.json", "\ufeff" + text)
        self.assertEqual(self.run_plot("-n", path)[0], 0)
        (self.directory / "odd.png").unlink()
        digits = "9" * 5000
        for content, sentence in [
            (text.replace('"max round": 2', f'"max round": {digits}'),
             "a whole number of 5,000 digits is in it, 99999999999999999999…: expected at most 300"),
            (text[:-9], None), (text + "}", None), (text.replace(":", "=", 1), None),
        ]:
            path = self.write("odd.json", content)
            status, out, err = self.run_plot("-n", path)
            self.assertEqual((status, out), (1, ""))
            self.assertEqual(err.count("\n"), 1)
            if sentence:
                self.assertEqual(err, f"plot.py: {path}: {sentence}\n")
        path.write_bytes(text.encode("utf-16"))
        self.assertEqual(self.run_plot("-n", path),
                         (1, "", f"plot.py: {path}: not JSON: it is no text in UTF-8\n"))

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

    def test_seconds_that_are_not_there_or_wrong_are_named(self) -> None:
        path = self.write("bare.json", make_bare_log())
        self.assertEqual(
            self.run_plot("-n", path, "--over", "seconds"),
            (1, "", f"plot.py: {path}: its 'timings' have no 'round_seconds', which "
             "--over seconds needs\n"))
        for seconds, sentence in [
            ([1], "'round_seconds' of 'timings' is [1]: expected one number for each of the 5 "
             "rounds"),
            ([1, 1, -1, 1, 1], "'round_seconds' of 'timings', round 3, is -1: expected seconds"),
            ([1, 1, "x", 1, 1], "'round_seconds' of 'timings', round 3, is \"x\": expected "
             "seconds"),
        ]:
            self.assert_refused(make_log() | {"timings": {"round_seconds": seconds}}, sentence)

    def test_usage_is_status_2(self) -> None:
        self.assertEqual(self.run_plot()[0], 2)
        self.assertEqual(self.run_plot("--nonsense")[0], 2)
        log = self.write("log.json", make_log())
        self.assertEqual(self.run_plot("-n", log, "--over", "miles")[0], 2)
        for target in ("0", "1.1", "nan", "high"):
            status, _, err = self.run_plot("-n", log, "--target", target)
            self.assertEqual(status, 2)
            self.assertIn(f"argument --target: must be above 0 and at most 1, not {target}", err)



class ConfusionTests(PlotTestCase):
    def matrix(self, classes: int) -> list[list[int]]:
        return [[90 if row == column else (row + column) % 3 for column in range(classes)]
                for row in range(classes)]

    def test_any_number_of_classes_has_a_picture(self) -> None:
        for classes in (1, 2, 10, 33, 70):
            log = make_log() | {"confusion_matrix": self.matrix(classes)}
            if classes == 2:
                log["class_names"] = ["no\x1b[31m", "a very long name of a class"]
            path = self.write(f"{classes}.json", log)
            status, _, errors = self.run_plot("--confusion", "-n", path)
            self.assertEqual((status, errors), (0, ""))
            self.assertGreater(min(png_size(path.with_suffix(".png"))), 300)

    def test_a_class_without_samples(self) -> None:
        path = self.write("log.json", make_log() | {"confusion_matrix": [[0, 0], [1, 2]]})
        self.assertEqual(self.run_plot("--confusion", "-n", path)[0], 0)

    def test_what_cannot_be_drawn_is_named(self) -> None:
        plain = self.write("plain.json", make_log())
        status, _, errors = self.run_plot("--confusion", "-n", plain)
        self.assertEqual((status, errors),
                         (1, f"plot.py: {plain}: it has no 'confusion_matrix'\n"))
        status, _, errors = self.run_plot("--confusion", "-n", plain, plain)
        self.assertEqual((status, errors), (1, "plot.py: --confusion is of one log, not of 2\n"))
        for wrong in ([[1, 2]], [[1], [2, 3]], [], 7, [[1, -1], [0, 1]]):
            path = self.write("wrong.json", make_log() | {"confusion_matrix": wrong})
            status, _, errors = self.run_plot("--confusion", "-n", path)
            self.assertEqual(status, 1)
            self.assertIn("'confusion_matrix'", errors)


class ScoreTests(PlotTestCase):
    def test_r2_may_be_below_zero(self) -> None:
        log = make_curve([-3.5, 0.25, 0.75]) | {"score": "R²"}
        log["clients acc"] = {"0": [-4, 0.1, 0.5]}
        path = self.write("log.json", log)
        self.assertEqual(self.run_plot("-n", path)[0], 0)
        self.assertEqual(plot_log.load_log(path).score, "R²")
        low, high = plot_axes.score_limits([-3.5, 0.75], "R²")
        self.assertLess(low, -3.5)
        self.assertEqual(plot_words.score_words(-0.5, "R²"), "-0.5000")
        self.assertEqual(plot_words.crossing_words(0.9, 2.0, "rounds", "R²"), "R² 0.9 at round 2.0")

    def test_accuracy_may_not(self) -> None:
        path = self.write("log.json", make_curve([-0.5, 0.25]))
        self.assertIn("expected a fraction from 0 to 1", self.run_plot("-n", path)[2])

    def test_one_axis_has_one_measure(self) -> None:
        one = self.write("one.json", make_curve([0.5]))
        two = self.write("two.json", make_curve([0.5]) | {"score": "R²"})
        status, _, errors = self.run_plot("-n", one, two)
        self.assertEqual(status, 1)
        self.assertIn("its models are measured by R², those of", errors)


if __name__ == "__main__":
    unittest.main()
