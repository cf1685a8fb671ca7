"""Tables that the program writes, as pandas reads them: no name of a column has to be changed."""

from __future__ import annotations

import io

import pandas

import federated
from federated.program import ask_program

from .support import FolderTestCase

QUICK = {"dataset": "digits", "model": "logistic-regression", "samples": 20, "epochs": 1, "rounds": 2}


class TableTests(FolderTestCase):
    def export(self, run: federated.Run, form: str) -> io.StringIO:
        return io.StringIO(ask_program("export", str(run.path), "--format", form).decode())

    def test_rounds_of_different_runs_concatenate(self) -> None:
        settings = {one["name"] for one in federated.settings()}
        runs = [
            federated.run(log_dir=self.folder, progress=False, **(QUICK | own)) for own in (
                {"clients": 3, "learning_rate": 0.05, "momentum": 0.5},
                {"clients": 2, "partition": "iid", "strategy": "fedprox", "clip_update": 2},
            )]
        # By itself pandas reads a decimal as a neighbour of the number that it stands for.
        tables = [pandas.read_csv(self.export(run, "csv"), float_precision="round_trip") for run in runs]
        self.assertEqual(list(tables[0].columns), list(tables[1].columns))
        self.assertTrue(all(name.isidentifier() and name == name.lower() for name in tables[0].columns))
        self.assertLessEqual(settings, set(tables[0].columns))
        both = pandas.concat(tables, ignore_index=True)
        self.assertEqual(len(both), 2 * (3 + 1) + 2 * (2 + 1))
        server = both[both.kind == "server"]
        self.assertEqual(list(server.groupby("run")["round"].count()), [2, 2])
        self.assertTrue(server["client"].isna().all())
        for run, table in zip(runs, tables):
            self.assertEqual(set(table["run"]), {run.name})
            own = table[table.kind == "server"].reset_index()
            self.assertEqual(list(own["accuracy"]), list(run.rounds["accuracy"]))
            self.assertEqual(list(own["test_loss"]), list(run.rounds["loss"]))
            self.assertEqual(list(own["balanced_accuracy"]), list(run.rounds["balanced_accuracy"]))
            clients = table[table.kind == "client"]
            counts = clients["class_counts"].str.split().map(lambda row: sum(map(int, row)))
            self.assertEqual(list(counts), list(clients["trained_samples"].astype(int)))
        self.assertEqual(list(tables[0]["learning_rate"].unique()), [0.05])
        self.assertEqual(list(tables[0]["server_learning_rate"].isna().unique()), [True])
        self.assertEqual(list(tables[1]["mu"].unique()), [0.01])  # FedProx's own, which nobody said
        self.assertEqual(list(tables[0]["optimizer"].unique()), ["sgd"])
        self.assertTrue(tables[1]["experiment"].isna().all())
        # The same as lines of JSON, numbers as numbers and counts as lists.
        lines = pandas.read_json(self.export(runs[0], "jsonl"), lines=True)
        self.assertEqual(list(lines.columns), list(tables[0].columns))
        pandas.testing.assert_series_equal(lines["accuracy"], tables[0]["accuracy"])
        self.assertEqual(sum(lines["class_counts"][0]), 20)

    def test_a_sweep_has_a_row_a_run_and_a_row_a_round(self) -> None:
        output = self.folder / "sweep.csv"
        table = federated.sweep(output=output, log_dir=self.folder, progress=False,
                                **(QUICK | {"clients": [2, 3], "seed": range(1, 3)}))
        self.assertEqual(len(table), 4)
        # Every setting stands in every row, or is one that these runs have not.
        for name, value in {"batch_size": 8, "strategy": "fedavg", "optimizer": "sgd", "cohort": None,
                            "availability": None, "fixed_shards": False, "over_selection": 1}.items():
            if value is not None:
                self.assertEqual(list(table[name].unique()), [value], name)
        self.assertEqual(list(table["cohort"]), list(table["clients"]))
        rounds = pandas.read_csv(self.folder / "sweep-rounds.csv")
        self.assertEqual(len(rounds), 4 * 2)
        self.assertEqual(set(rounds["run"]), set(table["run"]))
        last = rounds[rounds["round"] == 2].set_index("run")["server_accuracy"]
        self.assertEqual(list(table.set_index("run")["final_accuracy"].sort_index()), list(last.sort_index()))
        means = rounds.groupby(["clients", "round"])["client_accuracy_mean"].mean()
        self.assertEqual(len(means), 4)
        self.assertTrue(((rounds["client_accuracy_min"] <= rounds["client_accuracy_mean"])
                         & (rounds["client_accuracy_mean"] <= rounds["client_accuracy_max"])).all())
        # One that was killed between its rounds and its row leaves rounds that the next start takes away.
        with open(self.folder / "sweep-rounds.csv", "a", encoding="utf-8") as file:
            file.write(rounds.tail(1).assign(run="killed").to_csv(index=False, header=False))
        federated.sweep(output=output, log_dir=self.folder, progress=False,
                        **(QUICK | {"clients": [2, 3], "seed": range(1, 3)}))
        self.assertNotIn("killed", set(pandas.read_csv(self.folder / "sweep-rounds.csv")["run"]))

    def test_a_table_of_an_earlier_version_is_refused_and_stays(self) -> None:
        output = self.folder / "sweep.csv"
        output.write_text("experiment,clients,outcome,final_accuracy,log\n1,5,completed,0.5,a.json\n")
        with self.assertRaisesRegex(federated.FederatedError, "leave defaults out: give another file"):
            federated.sweep(output=output, log_dir=self.folder, progress=False, **QUICK)
        self.assertEqual(len(output.read_text().splitlines()), 2)
