"""TensorBoard's own reader on the event files that runs write: the values are the log's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata as hparams

import federated

from .support import SMALL, FolderTestCase

RUN = ["run", *SMALL, "--model", "logistic-regression", "--clients", "4"]


def read(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    return events


def curves(events: EventAccumulator) -> dict[str, dict[int, float]]:
    found = {}
    for tag in events.Tags()["scalars"]:
        points = events.Scalars(tag)
        found[tag] = {point.step: point.value for point in points}
        assert len(found[tag]) == len(points), f"{tag} has a step twice"
    return found


def curve(values: list) -> dict[int, float]:
    """A list of a log by round, in the numbers that TensorBoard keeps."""
    return {step: float(numpy.float32(value)) for step, value in enumerate(values, 1) if value is not None}


class TensorBoardTests(FolderTestCase):
    def call(self, *arguments: str) -> None:
        subprocess.run([federated.find_program(), *arguments], cwd=self.folder, check=True,
                       capture_output=True, timeout=120)

    def check(self, events: EventAccumulator, log: dict) -> None:
        found = curves(events)
        self.assertEqual(found["server/accuracy"], curve(log["server acc"]))
        self.assertEqual(found["server/loss"], curve(log["server_loss"]))
        self.assertEqual(found["round/seconds"], curve(log["timings"]["round_seconds"]))
        for name, values in log["round_metrics"].items():
            self.assertEqual(found[f"metrics/{name}"], curve(values))
        for name, key in [("accuracy", "clients acc"), ("loss", "clients_loss"),
                          ("update_norm", "clients_update_norm")]:
            for client, values in log[key].items():
                self.assertEqual(found[f"client/{client}/{name}"], curve(values))
            by_round = list(zip(*log[key].values()))
            for what, of in [("min", min), ("max", max), ("mean", lambda part: sum(part) / len(part))]:
                self.assertEqual(found[f"clients/{name}/{what}"], curve([of(part) for part in by_round]))

    def test_the_values_are_the_logs(self) -> None:
        self.call(*RUN, "--rounds", "3", "--log-to", "tensorboard")
        log_file = next((self.folder / "Logs").glob("*.json"))
        log = json.loads(log_file.read_text())
        live = self.folder / "Logs" / "tensorboard" / log_file.stem
        events = read(live)
        self.assertEqual(events.file_version, 2.0)
        self.check(events, log)
        times = [point.wall_time for point in events.Scalars("server/accuracy")]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[-1] - time.time()), 600)
        text = events.Tensors("settings")[0].tensor_proto.string_val[0].decode()
        self.assertIn("\n| learning rate | 0.01 |\n", text)
        self.assertEqual(events.SummaryMetadata("settings").plugin_data.plugin_name, "text")
        start = hparams.parse_session_start_info_plugin_data(
            events.SummaryMetadata(hparams.SESSION_START_INFO_TAG).plugin_data.content)
        self.assertEqual(start.hparams["rounds"].number_value, 3)
        end = hparams.parse_session_end_info_plugin_data(
            events.SummaryMetadata(hparams.SESSION_END_INFO_TAG).plugin_data.content)
        self.assertEqual(end.status, 1)
        self.call("export", "last", "--format", "tensorboard", "--output", "exported")
        exported = read(self.folder / "exported" / log_file.stem)
        self.check(exported, log)
        self.assertEqual(curves(exported), curves(events))

    def test_a_run_is_seen_while_it_goes_on_and_after_a_kill(self) -> None:
        options = ["--rounds", "400", "--log-to", "tensorboard"]
        run = self.start(*RUN, *options)
        root = self.folder / "Logs" / "tensorboard"
        until = time.monotonic() + 60
        events = None
        while time.monotonic() < until:
            folders = list(root.glob("*")) if root.exists() else []
            folders = [folder for folder in folders if list(folder.glob("events.out.tfevents.*"))]
            if folders and events is None:
                events = EventAccumulator(str(folders[0]), size_guidance={"scalars": 0})
            if events is not None and "server/accuracy" in events.Reload().Tags()["scalars"]:
                break
            time.sleep(0.01)
        self.assertIsNone(run.poll(), "the run was over before anybody saw it")
        seen = events.Scalars("server/accuracy")[-1].step
        self.assertGreater(seen, 0)
        run.send_signal(signal.SIGKILL)
        run.wait()
        # As it is where the kill came in the middle of a record.
        file = next(folders[0].glob("events.out.tfevents.*"))
        os.truncate(file, file.stat().st_size - 3)
        self.call("run", "--resume", "--log-to", "tensorboard")
        self.assertEqual(len(list(root.iterdir())), 1)
        self.assertEqual(len(list(folders[0].iterdir())), 2)
        log = json.loads(next((self.folder / "Logs").glob("*.json")).read_text())
        self.check(read(folders[0]), log)
        # The reader that was there before the kill goes on, too, but for what it had begun to read.
        self.assertEqual(events.Reload().Scalars("server/accuracy")[-1].step, 400)
