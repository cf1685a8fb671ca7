"""The names of a log's keys, in this one place."""

from __future__ import annotations

CLIENT_COUNT = "client number"
EXPERIMENT = "experiment"
ROUND_COUNT = "max round"
CLIENTS_ACCURACY = "clients acc"
SERVER_ACCURACY = "server acc"
FINAL_WEIGHT = "final weight"
FINAL_WEIGHT_FILE = "final weight file"
FIRST_CLIENT = "client ids from"
CLIENTS_LOSS = "clients loss"
SERVER_LOSS = "server loss"
CLIENTS_SAMPLES = "clients samples"
CLIENTS_COUNTS = "clients class counts"
CLIENTS_ROUNDS = "clients rounds"
ROUND_METRICS = "round metrics"
CLASS_NAMES = "class names"
CONFIGURATION = "configuration"
OUTCOME = "outcome"
TIMINGS = "timings"
ROUND_SECONDS = "round seconds"
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
PART_COUNTS = "class counts"

# What every log has, whoever wrote it.
REQUIRED = (CLIENT_COUNT, EXPERIMENT, ROUND_COUNT, CLIENTS_ACCURACY, SERVER_ACCURACY)
