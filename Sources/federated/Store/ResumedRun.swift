import ArgumentParser
import Datasets
import Federation
import FederationStore
import Foundation
import JSON

/// An unfinished run of the store, read to go on with it.
package struct ResumedRun {
    let run: StoredRun
    let settings: ExperimentSettings
    let source: DataSource
    let rounds: [CommittedRound]
    let state: FederationState?
    /// Where the logs of the store's other runs are.
    let otherLogs: Set<String>

    /// The last unfinished run of that kind; nil if the store has none.
    package init?(last kind: String, in store: RunStore) throws {
        guard let run = try store.resumeLast(kind: kind) else { return nil }
        try self.init(run, in: store)
    }

    /// A run that has been taken up.
    init(_ run: StoredRun, in store: RunStore) throws {
        self.run = run
        do {
            settings = try Self.settings(of: run)
            source = try run.source.decoded()
        } catch {
            throw CommandFailure(
                message: "run \(run.name) cannot be resumed: this version does not understand its "
                    + "settings")
        }
        do {
            _ = try settings.validated(for: run.kind == "serve" ? .served : .memory)
        } catch {
            throw CommandFailure(message: "run \(run.name) cannot be resumed: \(error)")
        }
        otherLogs = Set(
            try store.runs().filter { $0.name != run.name }.compactMap(\.logFile))
        rounds = try store.rounds(of: run.name)
        state = try store.state(of: run.name)
        if let state, let problem = settings.federatedStrategy.problem(with: state) {
            throw CommandFailure(
                message: "run \(run.name) cannot be resumed: its state is another strategy's: "
                    + problem)
        }
    }

    private static func settings(of run: StoredRun) throws -> ExperimentSettings {
        var settings = try ExperimentSettings(configuration: run.header.configuration)
        // Versions whose FedAdagrad had β₁ = 0.9 unless told otherwise did not write it down.
        if settings.strategy == .fedadagrad { settings.beta1 = settings.beta1 ?? 0.9 }
        return settings
    }

    /// Refuses options that were typed and say otherwise than the run's settings.
    ///
    /// Settings and options have the same names: `batchSize` is `--batch-size`.
    /// - Parameters:
    ///   - given: the settings that the options would make, defaults included.
    ///   - arguments: the command line, which tells what was typed from what is a default.
    func checkOptions(
        given: ExperimentSettings, dataset: String?, arguments: [String] = CommandLine.arguments
    ) throws {
        let typed = TypedOptions(arguments)
        // Both as this version writes them: an earlier one had other words for the same.
        let (mine, stored) = (
            try given.configuration().members, try settings.configuration().members
        )
        for key in Set(mine.keys).union(stored.keys).sorted() where key != "dataset" {
            let option = Self.optionName(key)
            guard typed.contains(option), mine[key] != stored[key] else { continue }
            throw contradiction(option, mine[key]?.text ?? "none", stored[key]?.text ?? "none")
        }
        if let dataset {
            let choice = DatasetChoice(argument: dataset)
            let wanted =
                if case .path(let path) = choice {
                    URL(fileURLWithPath: path).standardizedFileURL.path
                } else {
                    dataset
                }
            if wanted != source.dataset { throw contradiction("dataset", wanted, source.dataset) }
        }
    }

    /// What there is to say of a run that an earlier version began and that cannot be checked.
    func note(on experiment: ExperimentRun) -> String? {
        source.note(experiment.inputs, settings, run: run.name)
    }

    private func contradiction(_ option: String, _ found: String, _ kept: String) -> any Error {
        ValidationError(
            "--\(option) is \(found), but run \(run.name), which is to be resumed, has \(kept): "
                + "leave the option out, or --resume")
    }

    /// batchSize → batch-size.
    private static func optionName(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name += "-" }
            name += character.lowercased()
        }
    }
}

extension JSONValue {
    /// Decodes a value from its JSON.
    func decoded<Value: Decodable>() throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(encoded()))
    }

    /// As the user would type it.
    fileprivate var text: String {
        if case .string(let text) = self { return text }
        return String(decoding: encoded(), as: UTF8.self)
    }
}
