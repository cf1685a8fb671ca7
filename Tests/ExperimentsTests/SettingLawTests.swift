import Experiments
import Federation
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

/// What each row of the table must have: a setting that lacks it is a defect.
@Suite("The law of settings", .holdsItsThread)
struct SettingLawTests {
    static let settings = RunSpec.settings

    /// The properties by the names of their settings; earlier versions had these for names.
    static let properties = Dictionary(
        Mirror(reflecting: RunSpec()).children.compactMap(\.label).map {
            (KeySpelling.snake($0), $0)
        }
    ) { $1 }

    @Test("Each stored property has one row, under its own name in snake_case")
    func rows() {
        #expect(Self.properties.count == Mirror(reflecting: RunSpec()).children.count)
        #expect(Self.properties.keys.sorted() == Self.settings.map(\.name).sorted())
        for setting in Self.settings {
            #expect(setting.name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil)
            #expect(RunSpec.setting(named: setting.name)?.name == setting.name)
            #expect(setting.option == "--" + setting.name.replacing("_", with: "-"))
        }
    }

    @Test(
        "The camelCase of earlier versions is read wherever a name comes in",
        arguments: settings.map(\.name))
    func earlierSpelling(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let property = try #require(Self.properties[name])
        #expect(RunSpec.setting(named: property)?.name == name)
        let spec = try #require(SettingSample.spec(with: setting))
        func earlier(_ members: [String: JSONValue]) -> [String: JSONValue] {
            Dictionary(
                uniqueKeysWithValues: members.map { (Self.properties[$0.key] ?? "?", $0.value) })
        }
        // Logs and stores …
        let members = earlier(try spec.configuration().members)
        #expect(members[property] == setting.value(of: spec))
        #expect(try RunSpec(configuration: .object(members)) == spec)
        #expect(
            try JSONDecoder().decode(
                RunSpec.self,
                from: JSONEncoder().encode(earlier(JSONValue(encoding: spec).members))) == spec)
        var log = RunLog(clientNumber: 1, experiment: 1, maxRound: 1)
        log.configuration = .object(members)
        #expect(try RunLog(decoding: log.encoded()).configuration == spec.configuration())
        // … and what is given: spec files, grids, servers, programs.
        guard setting.needs.clients != .noted else { return }
        #expect(try GivenSettings(earlier(spec.given.values)) == spec.given)
        var given = spec.given
        #expect(given[property] == setting.value(of: spec))
        given[property] = nil
        #expect(given[name] == nil)
        guard property != name else { return }
        let value = setting.value(of: spec)
        let error = #expect(throws: SettingsError.self) {
            try GivenSettings([name: value, property: value])
        }
        #expect("\(error!)" == "“\(name)” is given twice, in two spellings: one was expected")
    }

    @Test("Each has names of its own: option, column, title, and none of another's second names")
    func names() {
        for names in [
            Self.settings.map(\.option), Self.settings.map(\.name), Self.settings.map(\.title),
            Self.settings.flatMap { [$0.option] + $0.otherNames.map { "--\($0)" } },
        ] { #expect(Set(names).count == names.count) }
        for setting in Self.settings where setting.needs.clients != .noted {
            for spelling in [
                setting.name, setting.option, String(setting.option.dropFirst(2)),
                Self.properties[setting.name] ?? "",
            ] { #expect(RunSpec.setting(spelled: spelling)?.name == setting.name) }
        }
        for name in ["", "-", "help", "version", "flavour", "transport", "mu=1", "a b", "é"] {
            #expect(RunSpec.setting(spelled: name) == nil)
        }
    }

    @Test("Each has a value of its own that a run can have", arguments: settings.map(\.name))
    func sample(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let spec = try #require(
            SettingSample.spec(with: setting), "SettingSample has no value for \(name)")
        #expect(setting.value(of: spec) != setting.standard)
        #expect(setting.value(of: RunSpec()) == setting.standard)
    }

    @Test(
        "Its JSON is what logs and stores have, and reads as it was",
        arguments: settings.map(\.name))
    func json(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let spec = try #require(SettingSample.spec(with: setting))
        let members = try JSONValue(encoding: spec).members
        #expect(members[name] == setting.value(of: spec))
        #expect(try RunSpec(configuration: spec.configuration()) == spec)
        #expect(
            try JSONDecoder().decode(RunSpec.self, from: JSONEncoder().encode(spec)) == spec)
        // A text of another sort is refused, with the key and what was expected.
        if setting.kind != .text {
            let error = #expect(throws: SettingsError.self) {
                try GivenSettings([name: .array([])])
            }
            if setting.needs.clients == .noted {
                #expect(error == .noted(name))
            } else {
                #expect("\(error!)".hasPrefix("“\(name)” is []: expected "))
            }
        }
        guard setting.needs.clients != .noted else { return }
        let read = try RunSpec(GivenSettings(spec.given.values))
        #expect(try read.validated(for: SettingSample.execution(of: setting)) == spec)
    }

    @Test("A default is left out of JSON where there is no value", arguments: settings.map(\.name))
    func defaults(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let members = try JSONValue(encoding: RunSpec()).members
        #expect((members[name] ?? .null) == setting.standard)
    }

    /// Every way in that ends in the same validation.
    static let executions: [Execution] = [
        .memory, .loopback(.http), .loopback(.json), .ranks, .served,
    ]

    @Test(
        "What is out of bounds is refused on every way in, with a sentence that names it",
        arguments: settings.filter { $0.bounds != nil }.map(\.name))
    func bounds(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let values = SettingSample.outside(setting)
        #expect(!values.isEmpty)
        for value in values {
            var spec = SettingSample.plain(for: setting)
            try setting.set(value, in: &spec)
            for execution in Self.executions {
                // Library, command, resume, /initialize and ranks come this way …
                let error = #expect(throws: SettingsError.self) {
                    try spec.validated(for: execution)
                }
                #expect("\(error!)".hasPrefix("\(setting.option) "), "\(error!)")
            }
            // … as do files of specs and of grids.
            let given = SettingSample.plain(for: setting).given
                .overridden(by: try GivenSettings([name: value]))
            #expect(throws: SettingsError.self) {
                try RunSpec(given).validated(for: SettingSample.execution(of: setting))
            }
            guard SweepGrid.takes(setting) else { continue }
            var grid = SweepGrid()
            if let strategy = setting.needs.strategies.first {
                grid["strategy"] = [.string(strategy.rawValue)]
            }
            if let optimizer = setting.needs.optimizers.first {
                grid["optimizer"] = [.string(optimizer.rawValue)]
            }
            grid[name] = [value]
            let refused = #expect(throws: SweepGridError.self) { try grid.combinations() }
            #expect("\(refused!)".hasPrefix("\(setting.option) "), "\(refused!)")
        }
    }

    @Test("What only some runs have is refused elsewhere, with a sentence that names it")
    func needs() throws {
        for setting in Self.settings {
            let spec = try #require(SettingSample.spec(with: setting))
            if !setting.needs.strategies.isEmpty {
                var other = RunSpec()
                other.strategy = .median
                try setting.set(setting.value(of: spec), in: &other)
                let error = #expect(throws: SettingsError.self) { try other.validated() }
                #expect("\(error!)".hasPrefix("\(setting.option) belongs to "))
            }
            if let owner = setting.needs.optimizers.first {
                var other = RunSpec()
                other.optimizer = owner == .sgd ? .adam : nil
                try setting.set(setting.value(of: spec), in: &other)
                let error = #expect(throws: SettingsError.self) { try other.validated() }
                #expect("\(error!)".hasPrefix("\(setting.option) belongs to "))
            }
            if let name = setting.needs.other {
                let needed = try #require(RunSpec.setting(named: name))
                var other = SettingSample.plain(for: setting)
                try needed.set(needed.standard, in: &other)
                try setting.set(setting.value(of: spec), in: &other)
                let error = #expect(throws: SettingsError.self) { try other.validated() }
                #expect(error == .alone(option: setting.option, without: needed.option))
            }
            switch setting.needs.clients {
            case .simulated:
                let error = #expect(throws: SettingsError.self) {
                    try spec.validated(for: .served)
                }
                #expect("\(error!)".hasPrefix("\(setting.option) is simulated in memory: "))
            case .joining:
                let error = #expect(throws: SettingsError.self) { try spec.validated() }
                #expect("\(error!)".hasPrefix("\(setting.option) belongs to federated serve: "))
            case nil, .noted: break
            }
        }
    }

    @Test("Each that a run in memory can have has a column, which tells rows apart")
    func columns() throws {
        let header = SweepTable.header.split(separator: ",").map(String.init)
        #expect(header.count == Set(header).count)
        var keys = [SweepTable.key(RunSpec())]
        for setting in Self.settings where [nil, .simulated].contains(setting.needs.clients) {
            #expect(header.contains(setting.name), "\(setting.name) has no column")
            keys.append(SweepTable.key(try #require(SettingSample.spec(with: setting))))
        }
        #expect(Set(keys).count == keys.count)
        #expect(SweepTable.settings.count == keys.count - 1)
        // With defaults, where there is one; the rest is another run's, or the data's to tell.
        let said = Dictionary(
            zip(
                SweepTable.settings, keys[0].split(separator: ",", omittingEmptySubsequences: false)
            )
        ) { $1 }.filter { !$0.value.isEmpty }
        #expect(
            said == [
                "experiment": "1", "clients": "5", "rounds": "5", "samples": "600", "epochs": "10",
                "batch_size": "8", "learning_rate": "0.01", "seed": "1", "model": "reference-cnn",
                "fixed_shards": "false", "evaluation_fraction": "1", "strategy": "fedavg",
                "cohort": "5", "over_selection": "1", "availability": "1", "dropout_before": "0",
                "dropout_after": "0", "learning_rate_decay": "1", "momentum": "0",
                "weight_decay": "0", "evaluate_every": "1", "no_client_evaluation": "false",
                "engine": "fused", "drop_diverging": "false", "schedule": "constant",
                "optimizer": "sgd", "stragglers": "0", "local_statistics": "false",
                "transpose": "false", "test_fraction": "0.2", "scaling": "unit",
                "label_smoothing": "0", "weighting": "samples",
            ])
        var clipped = RunSpec()
        clipped.clipUpdate = 1
        let weighting = try #require(RunSpec.setting(named: "weighting"))
        #expect(clipped.effective(weighting) == "equal")
    }

    @Test(
        "Each has words: a sentence, a title, a value that people read, and a place where runs are shown"
    )
    func words() throws {
        for setting in Self.settings {
            #expect(setting.help.hasSuffix("."), "\(setting.name)")
            #expect(!setting.title.isEmpty && !setting.valueName.isEmpty)
            let spec = try #require(SettingSample.spec(with: setting))
            let plain = try SettingSample.plain(for: setting)
                .validated(for: SettingSample.execution(of: setting))
            let shown = spec.facts.map { "\($0.name) \($0.value)" }
            // Data and model stand beside the settings on every display.
            if !["dataset", "model"].contains(setting.name) {
                #expect(
                    shown != plain.facts.map { "\($0.name) \($0.value)" }, "\(setting.name)")
            }
        }
    }

    @Test("Each has a row on the page and in reports", arguments: settings.map(\.name))
    func page(name: String) throws {
        let setting = try #require(RunSpec.setting(named: name))
        let spec = try #require(SettingSample.spec(with: setting))
        let row = try #require(spec.rows.first { $0.name == name })
        #expect(row.title == setting.title)
        #expect(!row.value.isEmpty)
        #expect(spec.facts(of: "r").json.members[name] != nil)
        let log = try logged(spec)
        #expect(RunReport.state(of: log, name: "r").run.rows == spec.rows)
    }

    private func logged(_ spec: RunSpec) throws -> RunLog {
        var log = RunLog(
            clientNumber: spec.clients, experiment: spec.experimentNumber, maxRound: spec.rounds)
        log.configuration = try spec.configuration()
        return log
    }

    @Test("The document of the HTTP interface has each, as federated settings --openapi prints it")
    func openAPI() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
        let heading = "    RunSpec:\n"
        let start = try #require(text.range(of: heading))
        let properties = try #require(
            text.range(of: "      properties:\n", range: start.upperBound..<text.endIndex))
        #expect(
            text[properties.upperBound...].hasPrefix(RunSpec.openAPI),
            "federated settings --openapi prints what is to stand there")
        let next = text[properties.upperBound...].dropFirst(RunSpec.openAPI.count)
        #expect(!next.hasPrefix("        "), "there are properties that are no settings")
    }

    @Test(
        "federated settings --json has each, with its name, type, default, bounds, needs and help")
    func listed() throws {
        for setting in Self.settings {
            let members = setting.json.members
            #expect(members["name"] == .string(setting.name))
            #expect(members["default"] == setting.standard)
            #expect(members["help"] == .string(setting.help))
            #expect(members["type"] == .string(setting.kind.name))
            #expect((members["bounds"] == nil) == (setting.bounds == nil))
            #expect(members["needs"] != nil)
            #expect(try JSONValue(decoding: setting.json.encoded()) == setting.json)
        }
    }

    @Test("Random specs come back from JSON, from a file's text and from a log as they were")
    func random() throws {
        var count = 0
        for seed in UInt64(1)...2000 {
            var random = RandomSettings(seed: seed)
            guard let spec = try? random.settings().validated() else { continue }
            count += 1
            let file = SpecFile(spec.given)
            let members = try JSONValue(decoding: Array(file.text.utf8)).members
            #expect(.object(members) == file.json, "seed \(seed)")
            #expect(
                try RunSpec(GivenSettings(members)).validated() == spec, "seed \(seed)")
            #expect(try RunSpec(GivenSettings(members)).given.values == members, "seed \(seed)")
            #expect(RunSpec(logged: try logged(spec)) == spec, "seed \(seed)")
        }
        #expect(count > 50, "\(count) of 2000 are few")
    }
}
