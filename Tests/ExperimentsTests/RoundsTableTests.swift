import Experiments
import Federation
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("Rounds as a table for data frames", .holdsItsThread)
struct RoundsTableTests {
    private func log(_ spec: RunSpec) throws -> RunLog {
        var log = RunLog(
            clientNumber: spec.clients, experiment: spec.experimentNumber, maxRound: spec.rounds)
        log.configuration = try spec.configuration()
        for round in 1...2 {
            var committed = CommittedRound(
                record: RoundRecord(
                    round: round,
                    clients: [
                        .init(
                            client: 0, sampleCount: 60,
                            evaluation: Evaluation(accuracy: 0.5, loss: 2, count: 10)),
                        .init(
                            client: 3, sampleCount: nil,
                            failure: ClientFailure(.absence, reason: "away, \"late\"")),
                    ], global: round == 1 ? nil : Evaluation(accuracy: 0.75, loss: 1, count: 10)),
                classCounts: [0: [20, 40]], seconds: 0.5)
            committed.metrics = round == 1 ? [:] : ["balanced_accuracy": 0.25, "of_my_own": 7]
            log.append(committed)
        }
        return log
    }

    private func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
        }
        return cells
    }

    @Test(
        "Columns are the same for all runs, each once and in snake_case, every setting among them")
    func columns() throws {
        let columns = RoundsTable.columns
        #expect(Set(columns).count == columns.count)
        #expect(columns.allSatisfy { $0.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil })
        #expect(Set(columns).isSuperset(of: RunSpec.settings.map(\.name)))
        for setting in RunSpec.settings {
            let spec = try #require(SettingSample.spec(with: setting))
            let lines = RoundsTable(try log(spec), run: "r").csv.split(separator: "\n")
            #expect(lines[0] == columns.joined(separator: ",")[...])
            let place = try #require(columns.firstIndex(of: setting.name))
            for line in lines.dropFirst() {
                let cells = cells(line)
                #expect(cells.count == columns.count)
                if setting.kind != .choiceOrFile([]), setting.name != "model" {
                    #expect(cells[place] == setting.value(of: spec).typed, "\(setting.name)")
                }
            }
        }
    }

    @Test("Rows of clients and of the server, with defaults, failures, class counts and measures")
    func rows() throws {
        let table = RoundsTable(try log(RunSpec()), run: "a,b")
        let rows = table.rows.map { row in
            Dictionary(uniqueKeysWithValues: zip(RoundsTable.columns, row))
        }
        #expect(
            rows.map { $0["kind"] } == ["client", "client", "server", "client", "client", "server"])
        #expect(rows.map { $0["client"] } == [0, 3, .null, 0, 3, .null])
        #expect(rows.map { $0["accuracy"] } == [0.5, .null, .null, 0.5, .null, 0.75])
        #expect(
            rows.allSatisfy { $0["r2"] == .null && $0["run"] == "a,b" && $0["batch_size"] == 8 })
        #expect(rows.map { $0["trained_samples"] } == [60, .null, 60, 60, .null, 60])
        #expect(rows[0]["class_counts"] == [20, 40])
        #expect(rows[1]["failure"] == "away, \"late\"")
        #expect(rows[5]["balanced_accuracy"] == 0.25)
        #expect(rows[5]["more_metrics"] == ["of_my_own": 7.0])
        #expect(rows[2]["seconds"] == 0.5)
        let lines = table.csv.split(separator: "\n")
        #expect(lines[1].hasPrefix("\"a,b\",1,client,0,60,0.5,,2.0,,,,,20 40,"))
        #expect(lines[2].hasPrefix("\"a,b\",1,client,3,,,,,,\"away, \"\"late\"\"\",,,,"))
        let json = table.jsonLines.split(separator: "\n")
        #expect(json.count == 6)
        for (line, row) in zip(json, rows) {
            #expect(try JSONValue(decoding: Array(line.utf8)).members == row)
        }
    }

    @Test("R² has a column of its own; logs of other programs have their numbers")
    func others() throws {
        var numbers = try log(RunSpec())
        numbers.score = .r2
        let place = try #require(RoundsTable.columns.firstIndex(of: "r2"))
        #expect(RoundsTable(numbers, run: "r").rows.map { $0[place] }[0] == 0.5)
        #expect(
            RoundsTable(numbers, run: "r").rows.map { $0[place - 1] }.allSatisfy { $0 == .null })
        let text = """
            {"client number": 2, "experiment": 3, "max round": 9, "clients acc": {"0": [0.5]},
             "server acc": [0.5], "final weight": null, "configuration": {"batchSize": 4, "x": 1}}
            """
        let rows = RoundsTable(try RunLog(decoding: Array(text.utf8)), run: "r").rows
        let row = Dictionary(uniqueKeysWithValues: zip(RoundsTable.columns, rows[0]))
        #expect(
            (row["experiment"], row["clients"], row["rounds"], row["batch_size"], row["seed"])
                == (3, 2, 9, 4, .null))
        #expect(
            RoundsTable(RunLog(clientNumber: 1, experiment: 1, maxRound: 1), run: "r").rows.isEmpty)
    }
}
