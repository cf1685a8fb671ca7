"""What a notebook's cell shows of a run, and what its stop does, in a kernel of Jupyter's."""

from __future__ import annotations

import importlib.util
import os
import time
import unittest
from pathlib import Path
from typing import Any

import federated

from .support import MODULE, FolderTestCase

ENDLESS = ("rounds=10**5, dataset='digits', model='logistic-regression', samples=20, epochs=1, "
           "evaluation_fraction=0.1")


@unittest.skipUnless(importlib.util.find_spec("ipykernel") and importlib.util.find_spec("jupyter_client"),
                     "ipykernel is not installed")
class NotebookTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        from jupyter_client.manager import KernelManager

        # The kernel is this very Python, without a look at what the user has installed.
        self.manager = KernelManager(kernel_name="python3")
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        self.manager.start_kernel(
            extra_arguments=["--log-level=ERROR"], cwd=str(self.folder),
            env=environment | {"HOME": str(self.folder), "PYTHONPATH": str(MODULE),
                               "FEDERATED": os.path.abspath(federated.find_program())})
        self.addCleanup(self.manager.shutdown_kernel, now=True)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.addCleanup(self.client.stop_channels)
        self.client.wait_for_ready(timeout=60)

    def cell(self, code: str, stop_at: str | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A cell's reply and outputs; the kernel is interrupted at the first that has a text in it."""
        outputs: list[dict[str, Any]] = []

        def output(message: dict[str, Any]) -> None:
            if message["msg_type"] in ("display_data", "update_display_data", "stream", "error"):
                outputs.append(message["content"])
            nonlocal stop_at
            if stop_at and stop_at in str(message["content"]) and message["msg_type"] != "execute_input":
                stop_at = None
                self.manager.interrupt_kernel()

        reply = self.client.execute_interactive(code, output_hook=output, timeout=60)
        return reply["content"], outputs

    def test_a_cell_shows_one_line_that_changes_and_stops_without_a_rest(self) -> None:
        reply, outputs = self.cell(f"import federated\nfederated.run({ENDLESS})", stop_at="round 3 of")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "RunInterrupted"))
        self.assertIn("goes on with it", reply["evalue"])
        shown = [output["data"]["text/html"] for output in outputs if "data" in output]
        self.assertRegex(shown[0], r'^<progress value="0\.0000"></progress> run: round 1 of 100000, \d')
        # The first is displayed, all later ones take its place.
        self.assertEqual(len({output["transient"]["display_id"] for output in outputs if "data" in output}), 1)
        self.assertEqual([output for output in outputs if output.get("name")], [])
        self.assertNotIn("\x1b", "".join(shown))
        self.assert_nothing_runs()
        reply, outputs = self.cell("print(federated.runs().state[0], federated.runs().rounds[0] >= 3)")
        self.assertEqual((reply["status"], outputs[0]["text"]), ("ok", "unfinished True\n"))

    def test_a_server_ends_when_its_cell_is_stopped(self) -> None:
        reply, _ = self.cell(f"""
import federated
class Same(federated.Client):
    samples = 20
    def fit(self, parameters, config):
        return parameters
with federated.serve(clients=1, {ENDLESS}) as server:
    Same().join(server.url, 0)""", stop_at="round 3 of")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "KeyboardInterrupt"))
        self.assert_nothing_runs()

    def assert_nothing_runs(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if not self.running():
                return
            time.sleep(0.05)
        self.fail(f"the program still runs: {self.running()}")

    def running(self) -> list[str]:
        """Programs that have this test's folder for a home, but for the kernel."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"HOME={self.folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    command = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                    if command[0] and "ipykernel_launcher" not in command:
                        found.append(" ".join(command))
            except OSError:
                pass
        return found


if __name__ == "__main__":
    unittest.main()
