"""Tests of plot_mistakes.py: python -m unittest discover -s Scripts"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import plot
import plot_mistakes
from tests.test_plot import png_size


def data_url(values: Any) -> str:
    """Numbers from 0 to 1 as a PNG."""
    pyplot = plot.load_pyplot(plot.LIGHT)
    buffer = io.BytesIO()
    pyplot.imsave(buffer, values, cmap="gray", vmin=0, vmax=1, format="png")
    return plot_mistakes.PNG + base64.b64encode(buffer.getvalue()).decode()


def make_mistake(**own: Any) -> dict:
    return {"index": 17, "truth": 3, "guess": 5, "confidence": 0.9996,
            "image": data_url([[0.0, 1.0], [0.5, 0.25]])} | own


class MistakeTests(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.addCleanup(lambda: plot.load_pyplot(plot.LIGHT).close("all"))

    def run_script(self, value: Any, *more: str) -> tuple[int, str, str]:
        path = self.directory / "mistakes.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_mistakes.main(["-n", str(path), *more])
        return status, out.getvalue(), err.getvalue().replace(str(path), "FILE")

    def test_any_number_is_drawn(self) -> None:
        picture = self.directory / "mistakes.png"
        for count in (0, 1, 7, 24, 60):
            value = {"mistakes": [make_mistake()] * count, "classNames": []}
            self.assertEqual(self.run_script(value), (0, f"picture  {picture}\n", ""))
            self.assertGreater(min(png_size(picture)), 200)

    def test_each_says_what_it_is_and_what_it_was_taken_for(self) -> None:
        found = plot_mistakes.read_mistakes({
            "mistakes": [make_mistake(), make_mistake(guess=0, image=None, confidence=1)],
            "classNames": ["a\x1b[31m class of a very long name", "", "", "cat"]})
        figure = plot_mistakes.draw(*found, plot.DARK)
        self.assertEqual([axes.get_title("left") for axes in figure.axes[:2]], [
            "5, 99.9%\nis cat\nsample 17", "a\ufffd[31m c…ng name, 100%\nis cat\nsample 17"])
        self.assertEqual(figure.axes[0].images[0].get_array().shape[:2], (2, 2))
        self.assertEqual(figure.axes[1].texts[0].get_text(), "no image")

    def test_what_is_wrong_is_named_in_one_line(self) -> None:
        for value, sentence in [
            ([], "what is to be drawn is []: expected an object"),
            ({}, "'mistakes' is null: expected a list"),
            ({"mistakes": [3]}, "mistake 1 is 3: expected an object"),
            ({"mistakes": [make_mistake(), make_mistake(truth=-1)]},
             "'truth' of mistake 2 is -1: expected a whole number from 0"),
            ({"mistakes": [make_mistake(confidence=2)]},
             "'confidence' of mistake 1 is 2: expected a number from 0 to 1"),
            ({"mistakes": [make_mistake(image="http://elsewhere/x.png")]},
             "'image' of mistake 1 is \"http://elsewhere/x.png\": expected null or "
             "data:image/png;base64,…"),
            ({"mistakes": [], "classNames": 3}, "'classNames' is 3: expected a list of texts"),
        ]:
            status, out, err = self.run_script(value)
            self.assertEqual((status, out, err), (1, "", f"plot_mistakes.py: FILE: {sentence}\n"))
        for image in ("AAAA", "!!", base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()):
            status, _, err = self.run_script(
                {"mistakes": [make_mistake(image=plot_mistakes.PNG + image)]})
            self.assertEqual(status, 1)
            self.assertIn("'image' of mistake 1 is no PNG file: ", err)
            self.assertEqual(err.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
