import Federation
import FederationStore
import Foundation
import NeuralNetworks
import Platform

/// A run that has been found, in a store or as a log.
public struct FoundRun: Sendable {
    /// As it is shown: the name in the store, or the log's without its folder.
    public let name: String
    /// What is known of it.
    public let log: RunLog
    /// What the store knows of it; nil for a log.
    public let stored: StoredRun?
    /// Where the log is; nil where none has been written.
    public let logFile: String?

    init(name: String, log: RunLog, stored: StoredRun?, logFile: String?) {
        (self.name, self.log, self.stored, self.logFile) = (name, log, stored, logFile)
    }

    /// A run of a store, with its log.
    package init(_ stored: StoredRun, log: RunLog) {
        self.init(name: stored.name, log: log, stored: stored, logFile: stored.logFile)
    }

    /// How it ended, or that it has not.
    public var outcome: String {
        stored?.outcome ?? (log.outcome.isEmpty ? "outcome unknown" : log.outcome)
    }

    /// Where it stands, in words.
    public var stateText: String { stored?.stateText ?? outcome }

    /// Finds runs; the store is opened if one of them is meant to be in it.
    /// - Parameters:
    ///   - store: the store's file.
    ///   - withModel: whether the logs are to have their models.
    /// - Throws: `StoreError`, `RunFileError`.
    public static func find(
        _ choices: [RunChoice], store: String, withModel: Bool = false
    ) throws -> [FoundRun] {
        let isStoreNeeded = choices.contains { if case .stored = $0 { true } else { false } }
        let opened = isStoreNeeded ? try RunStore(path: store, access: .reading) : nil
        defer { opened?.close() }
        return try choices.map { try find($0, in: opened, withModel: withModel) }
    }

    private static func find(
        _ choice: RunChoice, in store: RunStore?, withModel: Bool
    ) throws -> FoundRun {
        switch choice {
        case .log(let path):
            let file = URL(fileURLWithPath: path)
            return FoundRun(
                name: file.deletingPathExtension().lastPathComponent,
                log: try readLog(path), stored: nil, logFile: path)
        case .stored(let typed):
            guard let store else { preconditionFailure("a run of the store needs the store") }
            let name = try store.name(beginning: typed)
            let run = try store.run(name)
            return FoundRun(
                name: name, log: try store.log(of: name, withModel: withModel), stored: run,
                logFile: run.logFile)
        }
    }

    /// Reads a log, and says in a sentence why it cannot be read.
    private static func readLog(_ path: String) throws(RunFileError) -> RunLog {
        // Foundation's reasons repeat the path; the system's are shorter.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, reason: systemReason()) }
        close(descriptor)
        do throws(RunLogError) {
            return try RunLog(contentsOf: URL(fileURLWithPath: path))
        } catch .cannotRead {
            throw .unreadable(path, reason: "it is no file")
        } catch {
            throw .noLog(path, reason: "\(error)")
        }
    }

    /// What repeats the run.
    /// - Throws: `RunFileError.noSettings` where it is another program's or another version's.
    public func specFile() throws(RunFileError) -> SpecFile {
        let source: DataSource? = stored.flatMap { try? $0.source.decoded() }
        guard let file = SpecFile(of: log, source: source) else { throw .noSettings(run: name) }
        return file
    }

    // MARK: Models

    /// The model as safetensors, from the store or from the file beside the log.
    /// - Parameter path: the store's file.
    /// - Throws: `StoreError`, `RunFileError`.
    public func model(store path: String) throws -> [UInt8] {
        guard let stored else { return try modelBeside() }
        let store = try RunStore(path: path, access: .reading)
        defer { store.close() }
        guard let model = try store.model(of: name) else { throw RunFileError.noModel(run: name) }
        return [UInt8](
            SafeTensors.encode(
                model.parameters, layout: stored.layout,
                metadata: metadata(of: stored).texts))
    }

    /// What its file says beside the tensors: as much as the store knows.
    private func metadata(of stored: StoredRun) -> ModelMetadata {
        var metadata = ModelMetadata()
        metadata.model = stored.header.model.words
        guard let spec = RunSpec(logged: log),
            let source: DataSource = try? stored.source.decoded(),
            let scaling = source.scaling,
            let input = source.shape.flatMap(FeatureShape.init(sizes:)),
            let outputs = stored.layout.entries.last?.shape.last,
            let architecture = try? spec.model.architecture(input: input, classCount: outputs),
            architecture.layout == stored.layout
        else { return metadata }
        let usual: Loss.Kind = log.score == .r2 ? .squaredError : .softmaxCrossEntropy
        return ModelMetadata(
            model: stored.header.model.words, architecture: architecture, scaling: scaling,
            loss: spec.loss ?? usual, log: log)
    }

    /// The model file that is written beside each log, whose tensors have names.
    private func modelBeside() throws(RunFileError) -> [UInt8] {
        let logFile = logFile ?? name
        let log = URL(fileURLWithPath: logFile)
        let file =
            if case .file(let name) = self.log.finalWeight {
                log.deletingLastPathComponent().appending(path: name)
            } else {
                log.deletingPathExtension().appendingPathExtension("safetensors")
            }
        guard let bytes = try? Data(contentsOf: file) else {
            throw .noModelFile(log: logFile, model: file.relativePath)
        }
        return [UInt8](bytes)
    }
}

/// Why a run's file cannot be read; one sentence.
public enum RunFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file that the system does not give.
    case unreadable(String, reason: String)
    /// A file that holds no log.
    case noLog(String, reason: String)
    /// A run whose settings this version cannot read.
    case noSettings(run: String)
    /// A run without a round.
    case noModel(run: String)
    /// A log whose model is not where it says.
    case noModelFile(log: String, model: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .noLog(let path, let reason): "\(path) is no log of a run: \(reason)"
        case .noSettings(let run):
            "\(run) has no settings of this version: it cannot be repeated from its log"
        case .noModel(let run): "run \(run) has no model: no round of it is committed"
        case .noModelFile(let log, let model):
            "\(log) has its model in \(model), which cannot be read"
        }
    }
}
