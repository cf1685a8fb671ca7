"""A row by BlazeFL's own federated averaging, in threads or processes."""

from __future__ import annotations

import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Any

from simulator_training import (
    Tally,
    client_data,
    kept_model,
    pool,
    simulator_model,
    train_client,
    warm_up_sizes,
)


class Model(StrEnum):
    """The one model's name: BlazeFL selects models by an enumeration."""

    ROW = "row"


class Selector:
    """BlazeFL's way to a client's model: its thread's own, whose weights are set anew each time."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def select_model(self, model_name: str) -> Any:
        return kept_model(self.spec)


class Fresh(Selector):
    """A new model, in the layout whose weights BlazeFL's serialize_model takes."""

    def select_model(self, model_name: str) -> Any:
        return simulator_model(self.spec | {"channels_last": False})


class Client:
    """In a data loader's place: a client's images without a loader's cost for each of them."""

    def __init__(self, spec: dict[str, Any], client: int, size: int) -> None:
        self.spec, self.client, self.size = spec, client, size

    def train(self, model: Any) -> tuple[int, int]:
        return train_client(self.spec, model, *client_data(self.spec, self.client, self.size))


class Cohort:
    """In a data set's place: the sizes of the round's clients."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.sizes: dict[int, int] = {}

    def get_dataloader(self, type_: str, cid: int, batch_size: int, generator: Any) -> Client:
        return Client(self.spec, cid, self.sizes[cid])


def trained(package: Any, model: Any, client: Client, parameters: Any) -> Any:
    """A client's package, with what was trained for it."""
    import torch
    from blazefl.core import deserialize_model

    deserialize_model(model, parameters)
    images, steps = client.train(model)
    counts = {"images": float(images), "steps": float(steps)}
    # Not by serialize_model, which refuses weights of another memory layout.
    flat = torch.cat([tensor.reshape(-1) for tensor in model.state_dict().values()])
    return package(client.client, flat, client.size, counts)


def thread_trainer(spec: dict[str, Any], cohort: Cohort) -> Any:
    from blazefl.contrib import FedAvgThreadPoolClientTrainer, FedAvgUplinkPackage

    class Trainer(FedAvgThreadPoolClientTrainer):
        def progress_fn(self, it: Any) -> Any:
            return it

        def train(self, *, model: Any, model_parameters: Any, train_loader: Any, **_: Any) -> Any:
            return trained(FedAvgUplinkPackage, model, train_loader, model_parameters)

    return Trainer(**trainer_arguments(spec, cohort))


def process_trainer(spec: dict[str, Any], cohort: Cohort, folder: str) -> Any:
    from blazefl.contrib import FedAvgProcessPoolClientTrainer
    from blazefl.contrib.fedavg import FedAvgProcessPoolUplinkPackage
    from blazefl.core import SHMHandle

    class Trainer(FedAvgProcessPoolClientTrainer):
        def progress_fn(self, it: Any) -> Any:
            return it

        def prepare_uplink_package_buffer(self) -> Any:
            # What comes back is put together key by key with what was handed out.
            buffer = super().prepare_uplink_package_buffer()
            buffer.metadata = {"images": 0.0, "steps": 0.0}
            return buffer

        @staticmethod
        def worker(config: Any, payload: Any, *_: Any, shm_buffer: Any) -> Any:
            model = config.model_selector.select_model(config.model_name)
            client = config.dataset.get_dataloader("train", config.cid, config.batch_size, None)
            package = trained(
                FedAvgProcessPoolUplinkPackage, model, client, payload.model_parameters
            )
            shm_buffer.model_parameters.copy_(package.model_parameters)
            package.model_parameters = SHMHandle()
            return package

    # A forked process finds the method by the module's and the class's names.
    Trainer.worker.__qualname__ = "ProcessTrainer.worker"
    globals()["ProcessTrainer"] = Trainer
    arguments = trainer_arguments(spec, cohort)
    trainer = Trainer(state_dir=Path(folder), **arguments | {"model_selector": Fresh(spec)})
    trainer.model_selector = arguments["model_selector"]
    return trainer


def trainer_arguments(spec: dict[str, Any], cohort: Cohort) -> dict[str, Any]:
    return {
        "model_selector": Selector(spec),
        "model_name": Model.ROW,
        "dataset": cohort,
        "device": "cpu",
        "num_clients": spec["population"],
        "epochs": spec["epochs"],
        "batch_size": spec["batch"],
        "lr": spec["rate"],
        "seed": 1,
        "num_parallels": spec["workers"],
    }


def server(spec: dict[str, Any], cohort: Cohort, rounds: int) -> Any:
    from blazefl.contrib import FedAvgBaseServerHandler

    handler = FedAvgBaseServerHandler(
        model_selector=Fresh(spec),
        model_name=Model.ROW,
        dataset=cohort,
        global_round=rounds,
        num_clients=spec["population"],
        sample_ratio=spec["cohort"] / spec["population"],
        device="cpu",
        batch_size=spec["batch"],
        seed=1,
    )
    # The ratio's product with the population may fall just short of the number meant.
    handler.num_clients_per_round = spec["cohort"]
    return handler


def run(spec: dict[str, Any], folder: str) -> Tally:
    tally, cohort = Tally(), Cohort(spec)
    rounds = [warm_up_sizes(spec), *spec["plan"]]
    handler = server(spec, cohort, len(rounds))
    if spec["mode"] == "processes":
        trainer = process_trainer(spec, cohort, folder)
    else:
        trainer = thread_trainer(spec, cohort)
    while not handler.is_stopped():
        if handler.round == 1:
            tally.begin()
        clients = handler.sample_clients()
        cohort.sizes = dict(zip(clients, rounds[handler.round]))
        trainer.local_process(handler.downlink_package(), clients)
        for package in trainer.uplink_package():
            tally.add(int(package.metadata["images"]), int(package.metadata["steps"]))
            handler.load(package)
    tally.stop()
    return tally


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    from importlib.metadata import version

    import torch
    import torch.multiprocessing

    torch.set_num_threads(spec["threads"])
    if spec["mode"] == "processes":
        # Each round starts a pool: forked, its processes have PyTorch, images and model.
        torch.multiprocessing.set_start_method("fork", force=True)
        pool(tuple(spec["shape"]), spec["classes"], spec["channels_last"])
        kept_model(spec)
    with tempfile.TemporaryDirectory(prefix="blazefl") as folder:
        tally = run(spec, folder)
    lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    python = f"Python {sys.version.split()[0]} {'with' if lock else 'without'} its global lock"
    about = f"BlazeFL {version('blazefl')} with PyTorch {torch.__version__}, {python}"
    return tally.answer(about)
