#!/usr/bin/env python3
"""A run into Weights & Biases: wandb_log.py LOG; with WANDB_MODE=offline nothing leaves the machine."""
import sys

import wandb

import federated

run = federated.read(sys.argv[1])
with wandb.init(project="federated", name=run.name, config=run.settings.dropna().to_dict()) as tracked:
    for row in run.rounds.drop(columns="run").to_dict("records"):
        tracked.log({name: value for name, value in row.items() if value == value}, step=row["round"])
    model = wandb.Artifact(f"model-{run.name}", type="model")
    model.add_file(run.path.with_suffix(".safetensors"))
    tracked.log_artifact(model)
