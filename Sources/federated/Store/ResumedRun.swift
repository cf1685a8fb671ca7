import ArgumentParser
import Datasets
import Federation
import FederationStore
import Foundation
import Tensors

/// An unfinished run of the store, read to go on with it.
package struct ResumedRun {
    let run: StoredRun
    let settings: ExperimentSettings
    let source: DataSource
    let rounds: [CommittedRound]
    let state: FederationState?

    /// The last unfinished run of that kind; nil if the store has none.
    package init?(last kind: String, in store: RunStore) throws {
        guard let run = try store.lastUnfinishedRun(kind: kind) else { return nil }
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
            _ = try settings.validated(for: kind == "serve" ? .served : .memory)
        } catch {
            throw CommandFailure(message: "run \(run.name) cannot be resumed: \(error)")
        }
        rounds = try store.rounds(of: run.name)
        state = try store.state(of: run.name)
    }

    private static func settings(of run: StoredRun) throws -> ExperimentSettings {
        var settings: ExperimentSettings = try run.header.configuration.decoded()
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
        let typed = Set(
            arguments.compactMap { argument in
                argument.hasPrefix("--")
                    ? argument.dropFirst(2).prefix { $0 != "=" }.description : nil
            })
        guard case .object(let mine) = try JSONValue(encoding: given),
            case .object(let stored) = run.header.configuration
        else { return }
        for key in Set(mine.keys).union(stored.keys).sorted() where key != "dataset" {
            let option = Self.optionName(key)
            let isTyped =
                typed.contains(option) || option == "clients" && typed.contains("population")
            guard isTyped, mine[key] != stored[key] else { continue }
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
