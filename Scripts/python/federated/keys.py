"""The names of a log's keys, in this one place."""

from __future__ import annotations

CLIENT_COUNT = "client number"
EXPERIMENT = "experiment"
ROUND_COUNT = "max round"
CLIENTS_ACCURACY = "clients acc"
SERVER_ACCURACY = "server acc"
FINAL_WEIGHT = "final weight"
FINAL_WEIGHT_FILE = "final_weight_file"
FIRST_CLIENT = "client_ids_from"
CLIENTS_LOSS = "clients_loss"
SERVER_LOSS = "server_loss"
CLIENTS_SAMPLES = "clients_samples"
CLIENTS_COUNTS = "clients_class_counts"
CLIENTS_ROUNDS = "clients_rounds"
ROUND_METRICS = "round_metrics"
CLASS_NAMES = "class_names"
CONFIGURATION = "configuration"
OUTCOME = "outcome"
TIMINGS = "timings"
ROUND_SECONDS = "round_seconds"
VERSION = "version"
STARTED = "started"
SCORE = "score"
DATA = "data"
MODEL = "model"
SEED = "seed"

# Within CLIENTS_ROUNDS, of each client.
PART_ROUNDS = "rounds"
PART_ACCURACY = "acc"
PART_LOSS = "loss"
PART_SAMPLES = "samples"
PART_COUNTS = "class_counts"

# What every log has, whoever wrote it; and what all programs spell alike.
REQUIRED = (CLIENT_COUNT, EXPERIMENT, ROUND_COUNT, CLIENTS_ACCURACY, SERVER_ACCURACY)
COMMON = (*REQUIRED, FINAL_WEIGHT)
