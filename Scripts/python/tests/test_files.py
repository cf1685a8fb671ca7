"""Logs, stores and models that are of another version, in use, cut off or damaged."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import unittest
from contextlib import closing
from unittest import mock

import federated
from federated.errors import LogError, ProgramError
from federated.plotting import labels_of
from federated.store import NEWEST

from .support import QUICK, FolderTestCase


class BadFileTests(FolderTestCase):
    def test_logs_that_cannot_be_read_say_why(self) -> None:
        good = {"client number": 1, "experiment": 1, "max round": 1, "clients acc": {"0": [0.5]},
                "server acc": [0.5]}
        self.assertEqual(self.read(json.dumps(good)).accuracy, 0.5)
        for content, words in [
            (json.dumps(good)[:40], "is no whole log .* its store"), ("", "is no whole log"),
            ("[1]", "expected an object"), ("{}", "it has no 'client number', 'experiment'"),
            (json.dumps(good | {"server acc": 3}), "is no log that this version reads: 'server acc' is no list"),
            (json.dumps(good | {"max round": "5"}), "'max round' is no whole number"),
            # A later version may have made another form of what there is; what it adds is no matter.
            (json.dumps(good | {"server acc": {"1": 0.5}, "version": "99.0.0"}),
             r"'server acc' is no list by round \(federated 99.0.0 wrote it, this module is "),
            (json.dumps(good | {"timings": [1], "version": "99.0.0"}), r"federated 99.0.0 wrote it"),
            (json.dumps(good | {"clients_rounds": {"0": {"rounds": [1, 2], "acc": [1]}}}), "is no log"),
            (json.dumps(good | {"clients acc": {"x": [1]}}), "is no log that this version reads"),
            (json.dumps(good | {"clients_rounds": {"0": {}}}), "is no log that this version reads"),
            ("[" * 100_000, "nested too deeply"),
        ]:
            with self.subTest(content[:60]), self.assertRaisesRegex(LogError, words):
                self.read(content)
        self.assertEqual(self.read(json.dumps(good | {"version": "99.0.0", "more": {"a": 1}})).accuracy, 0.5)
        for source in (None, 3, self.folder):
            with self.subTest(source), self.assertRaisesRegex(LogError, "expected the path of a log|is a folder"):
                federated.read(source)
        with self.assertRaisesRegex(LogError, "No such file"):
            federated.read(self.folder / "none.json")
        with self.assertRaisesRegex(LogError, "there is no store"):
            federated.read("last", store=self.folder / "none.sqlite")
        with self.assertRaisesRegex(LogError, "there is no store"):
            federated.runs(self.folder)

    def test_a_log_that_is_cut_off_anywhere_says_so(self) -> None:
        run = self.run_one()
        content = run.path.read_bytes()
        for length in [*range(1, len(content.rstrip()), max(1, len(content) // 100)), len(content.rstrip()) - 1]:
            with self.subTest(length), self.assertRaisesRegex(LogError, "is no whole log .* its store"):
                self.read(content[:length].decode("utf-8", "ignore"))
        # Which holds: the run is there still.
        run.path.unlink()
        self.assertEqual(federated.read(run.name, store=self.folder / "federated.sqlite").accuracy, run.accuracy)

    def test_a_model_is_looked_for_beside_its_log_alone(self) -> None:
        log = json.loads(self.run_one().path.read_bytes())
        run = self.read(json.dumps(log | {"final_weight_file": "../elsewhere.safetensors"}))
        with self.assertRaisesRegex(LogError, "names '../elsewhere.safetensors' .* expected a file beside it"):
            federated.model(run)
        with self.assertRaisesRegex(LogError, "the model is 3: expected the path"):
            federated.model(3)

    def run_one(self) -> federated.Run:
        return federated.run(log_dir=self.folder, progress=False, **QUICK)

    def read(self, content: str) -> federated.Run:
        path = self.folder / "log.json"
        path.write_text(content)
        return federated.read(path)

    def test_stores_that_cannot_be_read_say_why(self) -> None:
        store = self.folder / "federated.sqlite"
        store.write_bytes(b"no database" * 100)
        with self.assertRaisesRegex(LogError, "is no store"):
            federated.runs(store)
        store.unlink()
        database = sqlite3.connect(store)
        database.execute("CREATE TABLE runs (name TEXT)")
        database.close()
        with self.assertRaisesRegex(LogError, "another program wrote it"):
            federated.runs(store)

    def test_a_store_that_others_write_is_read(self) -> None:
        run = self.run_one()
        store = self.folder / "federated.sqlite"
        other = sqlite3.connect(store)
        self.addCleanup(other.close)
        # As a run that writes: what is committed is there for all.
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE runs SET header = '{'")
        self.assertEqual(list(federated.runs(store)["run"]), [run.name])
        self.assertEqual(federated.read("last", store=store).name, run.name)
        other.rollback()
        # As a program that wants it for itself.
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE runs SET is_finished = 1")
        with mock.patch("federated.store.BUSY_SECONDS", 0.1):
            with self.assertRaisesRegex(LogError, "is in use, and did not come free in 0.1 seconds: try again"):
                federated.runs(store)
        other.rollback()

    def test_stores_of_other_versions_and_damaged_ones_say_so(self) -> None:
        self.run_one()
        store, copy = self.folder / "federated.sqlite", self.folder / "copy.sqlite"
        with closing(sqlite3.connect(store)) as database:
            known = [name for name, in database.execute("SELECT identifier FROM grdb_migrations")]
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Whoever adds a migration looks whether the module still reads the store.
        self.assertEqual(max(int(name.split()[0]) for name in known), NEWEST)
        later = "INSERT INTO grdb_migrations VALUES ('99 something new')"
        for statements, words in [
            ([later], None), (["UPDATE runs SET header = '['"], "cannot be read"),
            (["UPDATE runs SET header = '[]'"], "cannot be read"),
            ([later, "ALTER TABLE runs RENAME COLUMN is_finished TO has_ended"],
             r"no such column: is_finished \(a later version of federated wrote it: update this module\)"),
        ]:
            copy.write_bytes(store.read_bytes())
            with closing(sqlite3.connect(copy)) as database:
                for statement in statements:
                    database.execute(statement)
                database.commit()
            with self.subTest(words):
                if words is None:
                    self.assertEqual(len(federated.runs(copy)), 1)
                    with self.assertRaisesRegex(ProgramError, "made by a later version of federated"):
                        federated.read("last", store=copy)
                    continue
                with self.assertRaisesRegex(LogError, words):
                    federated.runs(copy)
        for length in (0, 50, 100, 4096, 5000, 20_000):
            copy.write_bytes(store.read_bytes()[:length])
            with self.subTest(length), self.assertRaisesRegex(LogError, "is no store"):
                federated.runs(copy)
            with self.subTest(length), self.assertRaises(ProgramError):
                federated.read("last", store=copy)

    def test_what_cannot_be_drawn_says_why(self) -> None:
        if not importlib.util.find_spec("matplotlib"):
            self.skipTest("matplotlib is not installed")
        run = self.run_one()
        other = federated.run(log_dir=self.folder, progress=False, clip_update=1.0, **QUICK)
        self.assertEqual(labels_of([run, other]), ["no clip update", "clip update 1"])
        for sources, more, words in [((), {}, "there is no run to draw"), ((run,), {"over": "time"}, "over is 'time'"),
                                     ((run,), {"axes": 3}, "axes is 3: expected a pair")]:
            with self.assertRaisesRegex(LogError, words):
                federated.plot(*sources, **more)

    def test_models_that_are_cut_off_say_so(self) -> None:
        path = self.folder / "model.safetensors"
        for content in (b"", b"\xff" * 8, b"\2\0\0\0\0\0\0\0{}x"[:9],
                        b"\x60\0\0\0\0\0\0\0" + json.dumps(
                            {"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}).ljust(96).encode()):
            path.write_bytes(content)
            with self.assertRaisesRegex(LogError, "is no whole safetensors file"):
                federated.model(path)


if __name__ == "__main__":
    unittest.main()
