"""Tests of plot_partition.py: python -m unittest discover -s Scripts"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import plot
import plot_partition
from tests.test_plot import png_size


def make_division(clients: int = 10, **own: Any) -> dict:
    """What federated partition --json prints; `own` replaces members of it."""
    counts = [[(client * 7 + label * 3) % 60 for label in range(10)] for client in range(clients)]
    return {
        "name": "dirichlet:0.5", "summary": "Dirichlet: each class in proportions of Dir(0.5)",
        "dataset": "MNIST", "images": sum(map(sum, counts)), "seed": 1, "clients": clients,
        "sizes": [sum(row) for row in counts], "class_counts": counts,
    } | own


class DivisionTestCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def write(self, value: Any) -> Path:
        path = self.directory / "division.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    def run_script(self, *arguments: Any) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = plot_partition.main([str(a) for a in arguments])
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue(), err.getvalue()

    def figure(self, clients: int) -> Any:
        division = plot_partition.load_division(self.write(make_division(clients)))
        return plot_partition.draw(division, plot.LIGHT)


class PictureTests(DivisionTestCase):
    def test_any_number_of_clients_is_drawn(self) -> None:
        for clients in [1, 2, 10, 20, 21, 100, 101, 5000]:
            with self.subTest(clients=clients):
                path = self.write(make_division(clients))
                picture = self.directory / "division.png"
                self.assertEqual(self.run_script("-n", path), (0, f"picture  {picture}\n", ""))
                width, height = png_size(picture)
                self.assertEqual(width, 1100)
                self.assertTrue(350 <= height <= 950, height)
        self.assertEqual({p.suffix for p in self.directory.iterdir()}, {".json", ".png"})

    def test_divisions_of_earlier_versions_are_read(self) -> None:
        earlier = {key.replace("_", " "): value for key, value in make_division(3).items()}
        self.assertIn("class counts", earlier)
        self.assertEqual(plot_partition.parse_division(earlier),
                         plot_partition.parse_division(make_division(3)))

    def test_equal_parts_and_dark_are_drawn(self) -> None:
        picture = self.directory / "mine.png"
        equal = make_division(300, **{"class_counts": [[6] * 10] * 300})
        for value in [equal, make_division(5, **{"class_counts": [[0] * 9 + [1]] * 5})]:
            status, _, err = self.run_script("--dark", "-n", self.write(value), "-o", picture)
            self.assertEqual((status, err), (0, ""))

    def test_what_is_the_same_for_all_is_a_sentence(self) -> None:
        for counts, sentence in [
            ([[60] * 10] * 5, "Each client has 60 images of each of the 10 classes, 600 in all"),
            ([[1] * 2] * 300, "Each client has 1 image of each of the 2 classes, 2 in all"),
            ([[60] * 10], "The client has 60 images of each of the 10 classes, 600 in all"),
            ([[60] * 10] * 4 + [[60] * 9 + [61]], None),
        ]:
            division = plot_partition.load_division(
                self.write(make_division(len(counts), **{"class_counts": counts})))
            axes = plot_partition.draw(division, plot.LIGHT).axes
            if sentence:
                self.assertEqual([[text.get_text() for text in a.texts] for a in axes], [[sentence]])
            else:
                self.assertGreater(len(axes), 1)

    def test_few_clients_have_numbers_and_a_bar_each(self) -> None:
        figure = self.figure(10)
        heat, sizes = figure.axes[:2]
        division = make_division(10)
        numbers = [t.get_text() for t in heat.texts]
        self.assertEqual(numbers, [str(c) for row in division["class_counts"] for c in row if c])
        self.assertEqual([bar.get_width() for bar in sizes.patches], division["sizes"])
        self.assertEqual([t.get_text() for t in heat.get_yticklabels()],
                         [str(c) for c in range(10)])

    def test_many_clients_have_a_bar_each_and_no_numbers(self) -> None:
        figure = self.figure(100)
        heat, sizes = figure.axes[:2]
        self.assertEqual(len(heat.texts), 0)
        self.assertEqual(len(sizes.patches), 100)
        self.assertEqual([t.get_text() for t in heat.get_yticklabels()],
                         [str(c) for c in range(0, 100, 10)])

    def test_more_clients_than_rows_have_a_histogram_that_counts_them_all(self) -> None:
        heat, sizes = self.figure(250).axes[:2]
        self.assertEqual(heat.images[0].get_array().shape, (100, 10))
        self.assertEqual(heat.get_title("left"), "Images of each class, clients 0 to 99")
        self.assertEqual(sum(bar.get_height() for bar in sizes.patches), 250)

    def test_nothing_is_written_over_the_title_or_beyond_the_edge(self) -> None:
        for clients in [1, 10, 100, 250]:
            figure = self.figure(clients)
            figure.canvas.draw()
            lowest = min(text.get_window_extent().y0 for text in figure.texts)
            for axes in figure.axes:
                box = axes.get_tightbbox()
                self.assertLessEqual(box.y1, lowest + 1, clients)
                self.assertTrue(box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, clients)


class WordTests(DivisionTestCase):
    def details(self, **own: Any) -> str:
        return plot_partition.details(
            plot_partition.load_division(self.write(make_division(2, **own))))

    def test_the_details_tell_what_was_divided(self) -> None:
        counts = {"class_counts": [[1000] * 10, [500] * 10]}
        self.assertEqual(self.details(images=15_000, summary="IID", **counts),
                         "IID\nMNIST · 2 clients · 15,000 images · seed 1")
        self.assertEqual(self.details(images=60_000, summary="IID", **counts),
                         "IID\nMNIST · 2 clients · 15,000 of 60,000 images · seed 1")
        self.assertEqual(self.details(images=60_000, samples=600, summary="any", **counts),
                         "any\nMNIST · 2 clients · round 1 draws 15,000 of 60,000 images · seed 1")
        self.assertEqual(self.details(**{"class_counts": [[3]], "images": 3, "summary": "a"}),
                         "a\nMNIST · 1 client · 3 images · seed 1")


class BadInputTests(DivisionTestCase):
    def assert_refused(self, value: Any, sentence: str) -> None:
        path = self.write(value)
        self.assertEqual(self.run_script("-n", path),
                         (1, "", f"plot_partition.py: {path}: {sentence}\n"))
        self.assertFalse((self.directory / "division.png").exists())

    def test_what_is_no_division_is_refused_with_one_line(self) -> None:
        self.assert_refused("", "not JSON: Expecting value (line 1, column 1)")
        self.assert_refused("[" * 100_000, "not JSON: its lists are nested too deeply")
        self.assert_refused([1], "it is [1]: expected an object")
        self.assert_refused({"name": "iid", "images": 3}, "not a division among clients: it has no "
                            "'summary', 'dataset', 'seed', 'class_counts'")
        for change, sentence in [
            ({"name": 1}, "'name' is 1: expected a string"),
            ({"images": -1}, "'images' is -1: expected a count"),
            ({"samples": True}, "'samples' is true: expected a count"),
            ({"seed": 2**64}, "'seed' is 18446744073709551616: expected a count"),
            ({"class_counts": [[2**60], [1]]},
             "'class_counts' of client 0 is [1152921504606846976]: expected a list of counts"),
            ({"class_counts": []}, "'class_counts' is []: expected a list of clients"),
            ({"class_counts": [[1], [1.5]]},
             "'class_counts' of client 1 is [1.5]: expected a list of counts"),
            ({"class_counts": [[1], [1, 2]]},
             "'class_counts' of client 1 has 2 classes: expected 1 as for client 0"),
        ]:
            with self.subTest(change=change):
                self.assert_refused(make_division() | change, sentence)

    def test_files_that_cannot_be_read_or_written_are_refused(self) -> None:
        missing = self.directory / "none.json"
        self.assertEqual(self.run_script("-n", missing),
                         (1, "", f"plot_partition.py: {missing}: No such file or directory\n"))
        path = self.write(make_division())
        self.assertEqual(
            self.run_script("-n", path, "-o", path),
            (1, "", f"plot_partition.py: {path}: the picture would overwrite the file it is made "
             "from\n"))
        self.assertEqual(self.run_script()[0], 2)


if __name__ == "__main__":
    unittest.main()
