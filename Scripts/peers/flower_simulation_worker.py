"""A row by Flower's simulation on Ray."""

from __future__ import annotations

import tempfile
from typing import Any

from common import CORES, Failure
from simulator_training import (
    Tally,
    client_data,
    kept_model,
    simulator_model,
    train_client,
    warm_up_sizes,
)


def client_train(message: Any, context: Any) -> Any:
    """A client's round: the model of this process, whose weights are those that came."""
    import json

    import torch
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict

    config = message.content["config"]
    torch.set_num_threads(config["threads"])
    spec = json.loads(config["spec"])
    model = kept_model(spec)
    model.load_state_dict(message.content["arrays"].to_torch_state_dict())
    data = client_data(spec, context.node_config["partition-id"], config["size"])
    images, steps = train_client(spec, model, *data)
    metrics = {"num-examples": config["size"], "images": images, "steps": steps}
    content = RecordDict(
        {"arrays": ArrayRecord(model.state_dict()), "metrics": MetricRecord(metrics)}
    )
    return Message(content=content, reply_to=message)


def averaging(spec: dict[str, Any], tally: Tally) -> Any:
    """Flower's federated averaging, which tells each client how many images it has this round."""
    import json

    from flwr.app import ConfigRecord, RecordDict
    from flwr.serverapp.strategy import FedAvg

    rounds = [warm_up_sizes(spec), *spec["plan"]]
    small = json.dumps({key: value for key, value in spec.items() if key != "plan"})

    class Averaging(FedAvg):
        def configure_train(self, server_round: int, *rest: Any) -> Any:
            if server_round == 2:
                tally.begin()
            messages = list(super().configure_train(server_round, *rest))
            sizes = rounds[server_round - 1]
            if len(messages) != len(sizes):
                raise Failure(f"{len(messages)} clients were asked, not {len(sizes)}")
            for message, size in zip(messages, sizes):
                told = {"size": size, "threads": spec["threads"], "spec": small}
                message.content = RecordDict(
                    {"arrays": message.content["arrays"], "config": ConfigRecord(told)}
                )
            return messages

        def aggregate_train(self, server_round: int, replies: Any) -> Any:
            replies = list(replies)
            for reply in replies:
                if reply.has_error():
                    raise Failure(f"a client failed: {reply.error.reason}")
                metrics = reply.content["metrics"]
                tally.add(metrics["images"], metrics["steps"])
            result = super().aggregate_train(server_round, replies)
            tally.stop()
            return result

    return Averaging(
        fraction_train=spec["cohort"] / spec["population"],
        fraction_evaluate=0.0,
        min_train_nodes=spec["cohort"],
        min_available_nodes=spec["population"],
    )


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    import flwr
    import torch
    from flwr.app import ArrayRecord
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.simulation import run_simulation

    torch.set_num_threads(CORES)
    torch.manual_seed(1)
    tally, server_app, client_app = Tally(), ServerApp(), ClientApp()
    client_app.train()(client_train)

    @server_app.main()
    def main(grid: Any, context: Any) -> None:
        averaging(spec, tally).start(
            grid=grid,
            initial_arrays=ArrayRecord(simulator_model(spec).state_dict()),
            num_rounds=1 + len(spec["plan"]),
        )

    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        ray = {"num_cpus": CORES, "include_dashboard": False, "log_to_driver": False}
        backend = {
            "init_args": ray | {"_temp_dir": folder},
            "client_resources": {"num_cpus": CORES // spec["workers"], "num_gpus": 0.0},
        }
        run_simulation(server_app, client_app, spec["population"], backend_config=backend)
    return tally.answer(f"Flower {flwr.__version__} on Ray with PyTorch {torch.__version__}")
