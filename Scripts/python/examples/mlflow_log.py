#!/usr/bin/env python3
"""A run into MLflow: mlflow_log.py LOG [TRACKING_URI], like Logs/RUN.json sqlite:///mlflow.db"""
import sys

import mlflow

import federated

run = federated.read(sys.argv[1])
mlflow.set_tracking_uri(sys.argv[2] if len(sys.argv) > 2 else "sqlite:///mlflow.db")
mlflow.set_experiment("federated")
with mlflow.start_run(run_name=run.name):
    mlflow.log_params(run.settings.dropna().to_dict())
    for row in run.rounds.drop(columns="run").to_dict("records"):
        mlflow.log_metrics({name: value for name, value in row.items() if value == value}, step=row["round"])
    mlflow.log_artifact(run.path.with_suffix(".safetensors"))
