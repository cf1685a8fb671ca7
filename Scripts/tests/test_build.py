"""build.sh builds a program anew whenever it may have changed, and not otherwise."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "setup" / "build.sh"

# Stands for `swift build`: makes the program, and notes that it ran.
COMPILER = """#!/bin/sh
echo once >>runs
echo "alone: ${FEDERATED_ALONE-}" >alone
[ ! -e fails ] || exit 3
[ ! -e waits ] || sleep 1
[ ! -e changes ] || { sleep 0.1; echo later >>Sources/A/a.swift; }
mkdir -p .build/release && date +%N >.build/release/program
"""


class BuildTests(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "Scripts/setup").mkdir(parents=True)
        shutil.copy(SCRIPT, self.folder / "Scripts/setup/build.sh")
        (self.folder / "Sources/A").mkdir(parents=True)
        (self.folder / "Sources/A/a.swift").write_text("one\n")
        (self.folder / "Sources/A/b.swift").write_text("two\n")
        (self.folder / "Package.swift").write_text("package\n")
        compiler = self.folder / "compiler"
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)

    def build(self, *more, product="program"):
        # Times of files are as coarse as the kernel's clock.
        time.sleep(0.02)
        done = subprocess.run(
            ["Scripts/setup/build.sh", "it", "./compiler", "--product", product, *more],
            cwd=self.folder, capture_output=True, text=True, check=False)
        runs = self.folder / "runs"
        return done.returncode, len(runs.read_text().splitlines()) if runs.exists() else 0

    def test_nothing_has_changed(self):
        self.assertEqual(self.build(), (0, 1))
        self.assertEqual(self.build(), (0, 1))

    def test_everything_that_may_change_it(self):
        sources = self.folder / "Sources/A"

        def old_text():
            # As a tool does that copies a file with its time.
            other = self.folder / "other"
            other.write_text("three\n")
            os.utime(other, (0, 0))
            other.rename(sources / "a.swift")

        changes = [
            lambda: (sources / "a.swift").write_text("changed\n"), old_text,
            lambda: (sources / "c.swift").write_text("new\n"),
            lambda: (sources / "b.swift").unlink(),
            lambda: (self.folder / "Package.swift").write_text("other\n"),
            lambda: (self.folder / "Package.resolved").write_text("versions\n"),
            lambda: (self.folder / ".build/release/program").unlink(),
            lambda: (self.folder / ".build/release/program").write_text("of another build\n"),
        ]
        self.build()
        for count, change in enumerate(changes, start=2):
            time.sleep(0.02)
            change()
            self.assertEqual(self.build(), (0, count))
            self.assertEqual(self.build(), (0, count))

    def test_another_command(self):
        self.build()
        self.assertEqual(self.build("--more"), (0, 2))

    def test_a_source_that_changes_meanwhile(self):
        (self.folder / "changes").touch()
        self.build()
        (self.folder / "changes").unlink()
        self.assertEqual(self.build(), (0, 2))
        self.assertEqual(self.build(), (0, 2))

    def test_other_packages_stay_out_of_federated_until_they_are_known_of(self):
        def alone(product):
            self.build(product=product)
            return (self.folder / "alone").read_text() == "alone: 1\n"

        self.assertTrue(alone("federated"))
        self.assertFalse(alone("federated-network"))
        (self.folder / "Package.resolved").write_text('"identity" : "swift-argument-parser"')
        self.assertTrue(alone("federated"))
        (self.folder / "Package.resolved").write_text('"identity" : "swift-nio"')
        self.assertFalse(alone("federated"))

    def test_of_two_at_once_one_builds(self):
        self.build()
        (self.folder / "Sources/A/a.swift").write_text("changed\n")
        (self.folder / "waits").touch()
        both = [subprocess.Popen(["Scripts/setup/build.sh", "it", "./compiler", "--product", "program"],
                                 cwd=self.folder, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = sorted(one.communicate(timeout=60)[0] for one in both)
        self.assertEqual([one.returncode for one in both], [0, 0])
        self.assertEqual(said[0], "")
        # Nothing, should it begin only when the other is done.
        self.assertIn(said[1], ["", "building it: waiting for another build\n"])
        (self.folder / "waits").unlink()
        self.assertEqual(self.build(), (0, 2))

    def test_a_build_that_fails_is_tried_again(self):
        self.build()
        (self.folder / "Sources/A/a.swift").write_text("wrong\n")
        (self.folder / "fails").touch()
        self.assertEqual(self.build(), (3, 2))
        (self.folder / "fails").unlink()
        self.assertEqual(self.build(), (0, 3))


if __name__ == "__main__":
    unittest.main()
