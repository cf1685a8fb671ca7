"""Tests of plain_client.py: python -m unittest discover -s Scripts. mixed_test.py runs all of it."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import socket
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import plain_client
from test_support import write_images


class PlainClientTestCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = Path(directory.name) / "images"
        write_images(self.folder, random.Random(1))

    def complaint(self, *arguments: object) -> str:
        """What it says when it is called like that; one line, and it fails."""
        said = io.StringIO()
        with mock.patch("sys.argv", ["plain_client.py", *map(str, arguments)]), \
                contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as end:
            plain_client.main()
        if isinstance(end.exception.code, str):
            return end.exception.code
        self.assertEqual(end.exception.code, 2)
        return said.getvalue().removesuffix("\n")

    def test_bad_usage_gets_one_line(self) -> None:
        url, folder = "http://127.0.0.1:9103", self.folder
        for arguments, sentence in [
            ((url, -1, folder), "client must be at least 0, not -1"),
            ((url, 1, folder, "--samples", 0), "samples must be at least 1, not 0"),
            ((url, 1, folder, "--poll", 0),
             "--poll must be above 0 and at most 3600 seconds, not 0"),
            (("127.0.0.1", 1, folder),
             "“127.0.0.1” is no address of a server: expected one like http://127.0.0.1:9103"),
            ((url,), "the following arguments are required: client, folder"),
            ((url, 4, folder, "--samples", 100),
             f"client 4 with 100 samples needs 500 images: {folder} has 400"),
            ((url, 1, folder / "no"),
             f"there is neither {folder}/no/train-images-idx3-ubyte.gz nor train-images-idx3-ubyte "
             "beside it"),
        ]:
            with self.subTest(arguments=arguments):
                self.assertEqual(self.complaint(*arguments), f"plain_client.py: {sentence}")

    def test_a_server_that_is_not_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.assertEqual(
            self.complaint(url, 1, self.folder, "--samples", 10),
            f"plain_client.py: there is no server at {url}, or it has gone")

    def test_files_that_are_not_what_they_should_be(self) -> None:
        path = self.folder / "train-labels-idx1-ubyte"
        whole = path.read_bytes()
        for name, data, sentence in [
            (path.name, whole[:-1],
             f"{path} is no IDX file with the magic number 0x00000801, or not a whole one"),
            (path.name, whole[:6],
             f"{path} is no IDX file with the magic number 0x00000801, or not a whole one"),
            (path.name, whole[:8] + b"\x0b" * 400,
             f"{self.folder} has 400 images and 400 labels, the greatest of them 11: expected as "
             "many of each, and labels below 10"),
            (f"{path.name}.gz", gzip.compress(whole)[:-9],
             f"{path}.gz cannot be read: Compressed file ended before the end-of-stream marker was "
             "reached"),
        ]:
            with self.subTest(sentence=sentence):
                (self.folder / name).write_bytes(data)
                self.assertEqual(
                    self.complaint("http://127.0.0.1:9103", 1, self.folder),
                    f"plain_client.py: {sentence}")

    def test_clients_have_images_of_their_own_and_gzip_changes_none(self) -> None:
        images, wanted = plain_client.load(self.folder, 1, 50)
        self.assertEqual((images.shape, wanted.shape), ((50, 64), (50, 10)))
        data = (self.folder / "train-images-idx3-ubyte").read_bytes()
        expected = np.frombuffer(data[16:], np.uint8).reshape(400, 64)[50:100] / np.float32(255)
        np.testing.assert_array_equal(images, expected)
        (self.folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(data))
        (self.folder / "train-images-idx3-ubyte").unlink()
        np.testing.assert_array_equal(plain_client.load(self.folder, 1, 50)[0], expected)

    def test_a_step_follows_the_gradient_of_the_loss(self) -> None:
        images, wanted = plain_client.load(self.folder, 0, 8)
        draw = np.random.default_rng(1)
        kernel, bias = draw.normal(size=(64, 10)), draw.normal(size=10)
        after = plain_client.train([kernel.tolist(), bias.tolist()], images, wanted)

        def loss(kernel: np.ndarray, bias: np.ndarray) -> float:
            scores = images.astype(float) @ kernel + bias
            chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            return float(-(wanted * np.log(chances)).sum(axis=1).mean())

        for tensor, place in [(0, (3, 2)), (0, (60, 9)), (1, (0,)), (1, (7,))]:
            steps = []
            for sign in (1, -1):
                moved = [kernel.copy(), bias.copy()]
                moved[tensor][place] += sign * 1e-5
                steps.append(loss(*moved))
            gradient = (steps[0] - steps[1]) / 2e-5
            found = ([kernel, bias][tensor][place] - np.array(after[tensor])[place]) / 0.05
            self.assertAlmostEqual(found, gradient, delta=2e-5)

    def test_another_model_is_named(self) -> None:
        images, wanted = plain_client.load(self.folder, 0, 8)
        with self.assertRaises(SystemExit) as end:
            plain_client.train([[[0.0] * 10] * 784, [0.0] * 10], images, wanted)
        self.assertEqual(
            end.exception.code,
            "plain_client.py: the server's tensors have the shapes [(784, 10), (10,)]: expected "
            "[(64, 10), (10,)], as --model logistic-regression has them for these images")


if __name__ == "__main__":
    unittest.main()
