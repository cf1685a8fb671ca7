import Commands
import Experiments
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("Options come from the table of settings", .holdsItsThread)
struct SettingOptionTests {
    @Test("Each setting that is given has an option of run, of its name, or of serve")
    func options() throws {
        let help = SimulationOptions.helpMessage(columns: 1000)
        for setting in RunSpec.settings where SweepGrid.takes(setting) {
            let names = ([setting.option] + setting.otherNames.map { "--\($0)" })
                .joined(separator: ", ")
            let value = setting.kind == .flag ? "" : " <\(setting.valueName)>"
            #expect(help.contains("\n  \(names)\(value)"), "\(setting.name)")
            #expect(help.contains(setting.fullHelp), "\(setting.name)")
            let spec = try #require(SettingSample.spec(with: setting))
            let read = try SimulationOptions.parse(spec.arguments)
            #expect(try read.settings(dataset: spec.dataset) == spec, "\(spec.arguments)")
        }
    }

    @Test(
        "What is out of bounds is refused by the command with the sentence of the settings",
        arguments: RunSpec.settings.filter { $0.bounds != nil && SweepGrid.takes($0) }.map(\.name))
    func bounds(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        for value in SettingSample.outside(setting) {
            let plain = SettingSample.plain(for: setting)
            let error = #expect(throws: (any Error).self) {
                try SimulationOptions.parse(
                    ["--strategy", plain.strategy.rawValue, "\(setting.option)=\(value.typed)"])
            }
            let sentence = SimulationOptions.message(for: error!)
            #expect(sentence.contains("\(setting.option) "), "\(sentence)")
        }
    }

    @Test("A word that means nothing is refused with what was expected")
    func words() throws {
        for (options, sentence) in [
            (
                ["--strategy", "fedprx"],
                "The value 'fedprx' is invalid for '--strategy <strategy>': expected fedavg, fedsgd, "
                    + "fedprox, scaffold, fednova, fedavgm, fedadagrad, fedadam, fedyogi or median. "
                    + "Did you mean 'fedprox'?"
            ),
            (
                ["--engine", "x"],
                "The value 'x' is invalid for '--engine <engine>': expected plain or fused"
            ),
            (
                ["--seed", "1.5"],
                "The value '1.5' is invalid for '--seed <seed>': expected a whole number of at least 0"
            ),
            (["--experiment", "9"], "there is no experiment 9: they are 1, 2, 3 and 4"),
        ] {
            let error = #expect(throws: (any Error).self) { try SimulationOptions.parse(options) }
            #expect(SimulationOptions.message(for: error!) == sentence)
            #expect(SimulationOptions.exitCode(for: error!).rawValue == 64)
        }
    }

    @Test("The help has each option in the section of its topic, with values and default")
    func help() {
        let help = SimulationOptions.helpMessage(columns: 1000)
        var last = help.startIndex
        for topic in Topic.allCases where topic != .servedRounds {
            let heading = help.range(of: topic.title.uppercased() + ":\n")
            #expect(heading != nil, "\(topic.title)")
            guard let heading else { continue }
            #expect(heading.lowerBound > last)
            last = heading.lowerBound
        }
        #expect(help.contains("(default: 5, with csv:FILE as many as it names, with natural and "))
        #expect(help.contains("--clients, --population <clients>"))
        #expect(!help.contains("--insecure") && !help.contains("--round-deadline"))
    }

    @Test("Random specs come back from the command line as they were")
    func random() throws {
        var count = 0
        for seed in UInt64(1)...2000 {
            var random = RandomSettings(seed: seed)
            guard let spec = try? random.settings().validated() else { continue }
            count += 1
            // Which data they are decides how many samples there must be.
            let data = spec.dataset.isEmpty ? [] : ["--dataset", spec.dataset]
            let options = try SimulationOptions.parse(spec.arguments + data)
            let read = try options.settings(dataset: spec.dataset)
            #expect(read == spec, "seed \(seed)")
            #expect(read.arguments == spec.arguments, "seed \(seed)")
        }
        #expect(count > 50, "\(count) of 2000 are few")
    }
}

@Suite("Specs as files of commands", .holdsItsThread)
struct SpecCommandTests {
    private func model(_ log: String, in folder: URL) throws -> Data {
        try Data(
            contentsOf: folder.appending(path: log).deletingPathExtension()
                .appendingPathExtension("safetensors"))
    }

    @Test(
        "run --spec of what show --spec prints repeats a run to the same bits, from store and log")
    func repeats() throws {
        try Command.inTemporaryFolder { folder in
            let rows = (0..<600).map { "\($0),\($0 % 4)" }.joined(separator: "\n")
            try Data("index,client\n\(rows)\n".utf8).write(to: folder.appending(path: "who.csv"))
            let data = ["--dataset", try SmallImages.write(to: folder)]
            for options in [
                ["--strategy", "fedprox", "--mu", "0.3", "--momentum", "0.9", "--clients", "3"],
                ["--partition", "csv:who.csv", "--cohort", "0.5", "--steps", "2"],
            ] {
                let first = try Command.run(
                    [
                        "run", "--quiet", "--rounds", "2", "--seed", "7", "--model",
                        "logistic-regression",
                    ] + options + data, in: folder)
                #expect(first.status == 0, "\(first.errors)")
                let log = first.output.trimmingCharacters(in: .newlines)
                for named in ["last", log] {
                    let shown = try Command.run(["show", named, "--spec"], in: folder)
                    #expect(shown.status == 0, "\(shown.errors)")
                    try Data(shown.output.utf8).write(to: folder.appending(path: "run.json"))
                    let again = try Command.run(
                        ["run", "--quiet", "--no-store", "--spec", "run.json"], in: folder)
                    #expect(again.status == 0, "\(again.errors)")
                    let other = again.output.trimmingCharacters(in: .newlines)
                    #expect(other != log)
                    #expect(try model(other, in: folder) == model(log, in: folder))
                }
                // Options count more; other images are no silent substitute.
                let changed = try Command.run(
                    ["run", "--quiet", "--no-store", "--spec", "run.json", "--seed", "8"],
                    in: folder)
                #expect(
                    try model(changed.output.trimmingCharacters(in: .newlines), in: folder)
                        != model(log, in: folder))
            }
            var other = try SpecFile(path: folder.appending(path: "run.json").path)
            other.dataFingerprint = "0000000000000000"
            try Data(other.text.utf8).write(to: folder.appending(path: "other.json"))
            let refused = try Command.run(
                ["run", "--no-store", "--spec", "other.json"], in: folder)
            #expect(refused.status != 0)
            #expect(refused.errors.contains("other.json is of other images than"))
        }
    }

    @Test("settings: a table by topics, and the same as JSON")
    func settings() throws {
        try Command.inTemporaryFolder { folder in
            let table = try Command.run(["settings"], in: folder)
            #expect(table.status == 0)
            for setting in RunSpec.settings where setting.needs.clients != .noted {
                #expect(table.output.contains("\(setting.option) "), "\(setting.name)")
            }
            let json = try Command.run(["settings", "--json"], in: folder)
            let read = try JSONValue(decoding: Array(json.output.utf8))
            #expect(read == .array(RunSpec.settings.map(\.json)))
            let lines = try Command.run(["settings", "--openapi"], in: folder)
            #expect(lines.output == RunSpec.openAPI)
        }
    }
}
