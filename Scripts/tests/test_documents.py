"""Tests of what reads, checks and runs the documents, on pages and a project made here."""

from __future__ import annotations

import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

import document_checks
import document_runs
import documents
import reference
import small_federated

HELP = """\
# Commands

## `federated`

```text
SUBCOMMANDS:
  run    Run.
```

## `federated run`

```text
  --rounds <rounds>  Rounds.
```

## `federated bench`

```text
SUBCOMMANDS:
  averaging  Measure.
```

## `federated bench averaging`

```text
  --json  Print JSON.
```
"""


class Pages(unittest.TestCase):
    def page(self, text: str) -> documents.Page:
        return documents.parsed(Path("/project/page.md"), textwrap.dedent(text))

    def test_a_mark_belongs_to_the_fence_behind_it(self) -> None:
        page = self.page("""\
            <!-- run with --rounds 2 -->
            ```sh
            make run
            ```

            Words.

            ```sh
            make test
            ```
            """)
        self.assertEqual([(block.line, block.mark) for block in page.blocks],
                         [(2, "run with --rounds 2"), (8, None)])

    def test_words_between_part_a_mark_from_a_fence(self) -> None:
        page = self.page("<!-- run -->\nwords\n```sh\nmake run\n```\n")
        self.assertEqual([block.mark for block in page.blocks], [None])

    def test_commands_of_a_console_follow_prompts_and_go_on_after_a_backslash(self) -> None:
        page = self.page("""\
            ```console
            $ federated run \\
                --rounds 2
            what it says
            $ make plot
            ```
            """)
        self.assertEqual(page.blocks[0].commands,
                         ["federated run \\\n    --rounds 2", "make plot"])

    def test_links_in_code_are_none(self) -> None:
        page = self.page("A [link](a.md#b), an ![image](c.png), and `[no](d.md)`.\n")
        self.assertEqual([target for _, target in page.links], ["a.md#b", "c.png"])

    def test_headings_become_anchors(self) -> None:
        page = self.page("# A strategy of one's own\n## `federated run`: how\n")
        self.assertEqual(page.anchors, {"a-strategy-of-ones-own", "federated-run-how"})


class Checks(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in {
            "Makefile": "run: build\nmpi-test: build\n", ".ci/run": "step limited make mpi-test\n",
            "docs/reference/commands.md": HELP, "Scripts/plot/plot.py": "", "Mine.swift": "let a = 1\n",
        }.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def problems(self, text: str, name: str = "docs/page.md") -> list[str]:
        path = self.root / name
        path.write_text(textwrap.dedent(text))
        project = document_checks.Project(self.root)
        found = document_checks.problems(documents.read(path), project)
        return [problem.split(": ", 1)[1] for problem in found]

    def fenced(self, mark: str, command: str, language: str = "sh") -> list[str]:
        return self.problems(f"<!-- {mark} -->\n```{language}\n{command}\n```\n")

    def test_each_block_of_commands_says_who_runs_it(self) -> None:
        self.assertEqual(self.fenced("run", "federated run --rounds 2"), [])
        self.assertEqual(self.fenced("not run: it needs two machines", "federated run"), [])
        self.assertEqual(self.fenced("run by .ci/run", "make mpi-test ARGS=1"), [])
        self.assertEqual(self.fenced("run by .ci/run", "make run"), [".ci/run does not have make run"])
        unsaid = "commands that neither run nor say why not: see Scripts/check/documents.py"
        self.assertEqual(self.fenced("not run:", "federated run"), [unsaid])
        self.assertEqual(self.problems("```sh\nfederated run\n```\n"), [unsaid])
        self.assertEqual(self.problems("```\nmake run\n```\n"),
                         ["commands in a block that is neither sh nor console"])

    def test_commands_and_options_are_those_of_the_help(self) -> None:
        for code, sentences in {
            "federated run --rounds 2": [],
            "federated bench averaging --json": [],
            "federated runn": ["there is no command federated runn"],
            "federated run --round 2": ["federated run has no option --round"],
            "federated bench population": ["there is no command federated bench population"],
            "mpirun -n 2 federated run --json": ["federated run has no option --json"],
            "make plots": ["the Makefile has no target plots"],
        }.items():
            with self.subTest(code):
                self.assertEqual(self.problems(f"Say `{code}`.\n"), sentences)

    def test_links_and_files_must_be_there(self) -> None:
        self.assertEqual(
            self.problems("# Top\n[a](reference/commands.md#federated-run) [b](#top) [c](https://a.b/c)\n"),
            [])
        self.assertEqual(self.problems("[a](nowhere.md) [b](reference/commands.md#no) `Scripts/no.py`\n"), [
            "a link to nowhere.md, which is not there",
            "a link to reference/commands.md#no, which has no such heading",
            "there is no Scripts/no.py"])
        self.assertEqual(self.problems("See `Scripts/plot/plot.py`.\n"), [])

    def test_swift_is_of_a_file(self) -> None:
        self.assertEqual(self.fenced("from Mine.swift", "let a = 1", "swift"), [])
        self.assertEqual(self.fenced("from Mine.swift", "let a = 2", "swift"),
                         ["these lines are not in Mine.swift"])
        self.assertEqual(self.fenced("from No.swift", "let a = 1", "swift"), ["there is no No.swift"])
        self.assertEqual(self.fenced("not compiled: a part", "let a", "swift"), [])
        self.assertEqual(len(self.problems("```swift\nlet a = 1\n```\n")), 1)

    def test_other_languages_may_be_of_a_file(self) -> None:
        self.assertEqual(self.fenced("from Mine.swift", "let a = 1", "python"), [])
        self.assertEqual(self.fenced("from Mine.swift", "a = 2", "python"),
                         ["these lines are not in Mine.swift"])
        self.assertEqual(self.problems("```python\na = 1\n```\n"), [])

    def test_the_readme_is_short(self) -> None:
        self.assertEqual(self.problems("x" * 8000, "README.md"), [])
        self.assertEqual(self.problems("x" * 8001, "README.md"), ["8001 bytes: expected at most 8000"])


class Small(unittest.TestCase):
    def test_marks_and_data_replace_what_a_page_has(self) -> None:
        self.assertEqual(
            small_federated.made_small(
                ["run", "--rounds", "500", "--fixed-shards", "--epochs=5"],
                ["--rounds", "2", "--epochs", "1"], "1"),
            ["run", "--fixed-shards", "--rounds", "2", "--epochs", "1", "--evaluation-fraction", "0.05",
             "--dataset", "digits"])

    def test_a_page_may_have_data_and_port(self) -> None:
        tested = ["--evaluation-fraction", "0.05"]
        self.assertEqual(
            small_federated.made_small(["serve", "--dataset", "mine", "--port", "0"], [], "1"),
            ["serve", "--dataset", "mine", "--port", "0", *tested])
        self.assertEqual(small_federated.made_small(["serve", "--data-dir=mine"], [], "1"),
                         ["serve", "--data-dir=mine", *tested, "--port", "1"])

    def test_others_are_left_alone(self) -> None:
        for words in (["runs"], ["run", "--help"], ["show", "last"], []):
            self.assertEqual(small_federated.made_small(list(words), ["--rounds", "2"], "1"), words)


class Runs(unittest.TestCase):
    """With a stub in the program's place, whose server creates a socket as a real one would."""

    STUB = """\
        import socket, sys, time
        if sys.argv[1] == "serve":
            port = int(sys.argv[sys.argv.index("--port") + 1])
            listening = socket.create_server(("127.0.0.1", port))
            time.sleep(60)
        print(*sys.argv[1:])
        """

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        stub = self.root / "federated.py"
        stub.write_text(textwrap.dedent(self.STUB))
        self.program = self.root / "federated"
        self.program.write_text(f'#!/bin/sh\nexec {sys.executable} {stub} "$@"\n')
        self.program.chmod(0o755)

    def outcome(self, mark: str, commands: str) -> list[str | None]:
        page = documents.parsed(Path("page.md"), f"<!-- {mark} -->\n```sh\n{commands}\n```\n")
        return [problem for _, _, problem in document_runs.runs(page, self.root, self.program)]

    def test_a_block_runs_in_one_shell_that_stops_at_an_error(self) -> None:
        self.assertEqual(
            self.outcome("run with --rounds 2", 'a=1\ntest "$(federated run)" = '
                         '"run --rounds 2 --evaluation-fraction 0.05 --dataset digits" -a $a = 1'), [None])
        problem = self.outcome("run", "echo before\nfalse\necho behind")[0]
        assert problem is not None
        self.assertEqual(problem.split(), ["it", "ended", "with", "status", "1", "before"])

    def test_what_is_not_to_run_does_not(self) -> None:
        self.assertEqual(self.outcome("not run: no", "false"), [])
        self.assertEqual(self.outcome("run by .ci/run", "false"), [])

    def test_terminals_have_a_server_that_is_ended(self) -> None:
        serve = "federated serve  # in one terminal\n"
        self.assertEqual(
            self.outcome("run in terminals", serve + "federated join http://127.0.0.1:9103 | grep -v 91''03"),
            [None])
        problem = self.outcome("run in terminals", serve + "exit 3")[0]
        self.assertRegex(problem or "", r"\A'exit 3' ended with status 3")


class Reference(unittest.TestCase):
    def test_helps_of_commands_within_commands(self) -> None:
        said = {
            ("--help",): "SUBCOMMANDS:\n  run      Run.\n           More.\n  bench    Measure.\n\n  See",
            ("run", "--help"): "OPTIONS:\n  --rounds",
            ("bench", "--help"): "x\n\nSUBCOMMANDS:\n  training (default)  Measure.\n",
            ("bench", "training", "--help"): "y",
        }
        said[("--help",)] = "OVERVIEW\n\n" + said[("--help",)]
        page = reference.commands_page(lambda *words: said[words])
        self.assertEqual([line for line in page.splitlines() if line.startswith("## ")], [
            "## `federated`", "## `federated run`", "## `federated bench`",
            "## `federated bench training`"])

    def test_swift_is_put_in_from_its_file(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "a.swift").write_text("// snippet.a\nlet a = 2\n// snippet.end\n")
            page = "<!-- from a.swift -->\n```swift\nlet a = 1\n```\n\nWords.\n\n```swift\nlet b = 1\n```\n"
            self.assertEqual(reference.with_files(page, Path(name)), page.replace("a = 1", "a = 2"))
            gone = page.replace("a.swift", "no.swift")
            self.assertEqual(reference.with_files(gone, Path(name)), gone)

    def test_each_setting_is_a_row(self) -> None:
        page = reference.settings_page([
            {"name": "mu", "help": "μ | FedProx.", "type": "number", "default": None, "usual": "0.01",
             "bounds": {"minimum": 0}, "needs": {"strategies": ["fedprox"]}},
            {"name": "engine", "help": "E.", "type": "choice", "values": ["plain", "fused"],
             "default": "fused", "needs": {}},
        ])
        self.assertIn("| `mu` | μ \\| FedProx. | number | 0.01 | ≥ 0 | `fedprox` |", page)
        self.assertIn("| `engine` | E. | `plain`, `fused` | fused |  |  |", page)


class InterfaceTests(unittest.TestCase):
    def test_settings_take_the_place_of_those_before(self):
        head = "components:\n    Other:\n      properties:\n        a: 1\n    RunSpec:\n      type: object\n"
        page = head + "      properties:\n        old: 1\n        older: 2\n    Next:\n        b: 2\n"
        new = head + "      properties:\n        new: 3\n    Next:\n        b: 2\n"
        self.assertEqual(reference.with_settings(page, "        new: 3\n"), new)
        self.assertEqual(reference.with_settings(new, "        new: 3\n"), new)

    def test_a_document_without_them(self):
        with self.assertRaises(SystemExit):
            reference.with_settings("components:\n", "        new: 3\n")


if __name__ == "__main__":
    unittest.main()
