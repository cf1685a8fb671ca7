import Datasets
import Federation
import FederationStore
import Foundation
import Glibc
import NeuralNetworks
import Parameters
import Platform
import Training

/// Where a trained model is: a file of safetensors, a run of a store, or a run's log.
///
/// ```
/// let source = try ModelSource("last", store: "Logs/federated.sqlite")
/// let data = try RunData.load("mnist")
/// let model = try source.model(on: data.dataset.test)
/// print(ModelEvaluation(of: model, on: data).evaluation.accuracy)
/// ```
public struct ModelSource: Sendable {
    /// As it was typed, or the run's name.
    public let name: String
    /// What its file says of it; of a run as much as its log and store say.
    public let metadata: ModelMetadata
    /// The run; nil for a file.
    public let run: FoundRun?
    /// The run's settings; nil for a file, and where they are another version's.
    public let spec: RunSpec?
    private let bytes: Data

    /// Reads what was typed.
    /// - Parameters:
    ///   - argument: the path of a file of safetensors; the path of a log; or a run of the store, by its name,
    ///     the beginning of it, or `last`.
    ///   - store: the store's file.
    /// - Throws: `ModelUseError`, `StoreError`, `RunFileError`, `ArchitectureFileError`.
    public init(_ argument: String, store: String) throws {
        guard !Self.isModelFile(argument) else {
            run = nil
            spec = nil
            name = argument
            do throws(InitialModelError) {
                bytes = Data(try InitialModel.bytes(argument))
            } catch {
                guard case .unreadable(_, let why) = error else { throw error }
                throw ModelUseError.unreadable(argument, why)
            }
            metadata = try Self.metadata(bytes, file: argument)
            return
        }
        let found = try FoundRun.find([RunChoice(argument)], store: store)[0]
        run = found
        spec = RunSpec(logged: found.log)
        name = found.name
        bytes = Data(try found.model(store: store))
        metadata = try Self.metadata(bytes, file: found.name)
    }

    /// Whether what was typed is a file, and no log: logs end in .json.
    private static func isModelFile(_ argument: String) -> Bool {
        let lower = argument.lowercased()
        if lower.hasSuffix(".json") { return false }
        var status = stat()
        let isThere = stat(argument, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
        return isThere || lower.hasSuffix(".safetensors") || argument.contains("/")
    }

    private static func metadata(_ bytes: Data, file: String) throws -> ModelMetadata {
        let texts: [String: String]
        do throws(SafeTensorsError) {
            texts = try SafeTensors.metadata(of: bytes)
        } catch {
            throw ModelUseError.file(file, error)
        }
        return try ModelMetadata(texts, file: file)
    }

    // MARK: Its run's data

    /// The data that the run was tested on; nil for a file, and where its settings are another version's.
    /// - Parameters:
    ///   - folder: where MNIST is looked for first; nil for where it was.
    ///   - threads: how many may generate digits.
    /// - Throws: `DatasetError`; `ModelUseError.otherData` where they are others now.
    public func data(
        folder: String? = nil, threads: Int = availableProcessorCount(),
        progress: (FetchProgress) -> Void = { _ in }
    ) throws -> RunData? {
        guard let run, let spec else { return nil }
        let source: DataSource? = run.stored.flatMap { try? $0.source.decoded() }
        let name = source?.dataset ?? spec.dataset
        var folder = folder
        if folder == nil, DatasetChoice(argument: name) == .mnist { folder = source?.dataFolder }
        let data = try RunData.load(
            name, folder: folder, reading: spec.reading, threads: threads, progress: progress
        ).knowingWriters(for: spec.partition)
        if let known = run.log.dataFingerprint,
            known != RunInputs.text(data.dataset.fingerprint)
        {
            throw ModelUseError.otherData(self.name, origin: data.dataset.origin)
        }
        return data
    }

    // MARK: The model

    /// The model for samples, or by itself.
    /// - Parameters:
    ///   - choice: its layers; nil for what its file or its run says.
    ///   - samples: what it is to be used on; nil for what its file says.
    ///   - input: the shape of a sample, where neither samples nor file say it.
    ///   - loss: what was minimised; nil for what its file or its run says, or what its outputs say.
    /// - Throws: `ModelUseError`, `ArchitectureError`, `ModelError`, `LossError`.
    public func model(
        _ choice: ModelChoice? = nil, on samples: Samples? = nil, input: FeatureShape? = nil,
        loss: Loss.Kind? = nil
    ) throws -> TrainedModel {
        let shape = samples?.featureShape ?? input
        let architecture = try architecture(choice, shape: shape, samples: samples)
        let transferred: TransferredModel
        do throws(SafeTensorsError) {
            transferred = try TransferredModel(
                bytes, over: ParameterVector(zeros: architecture.layout.count),
                layout: architecture.layout)
        } catch {
            throw ModelUseError.file(name, error)
        }
        let label = choice?.name ?? spec?.model.name ?? metadata.model ?? "of these layers"
        guard transferred.missing.isEmpty, transferred.reshaped.isEmpty else {
            throw ModelUseError.otherTensors(
                name, model: label, missing: transferred.missing,
                reshaped: transferred.reshaped.map {
                    "\($0.name) is \($0.found) there, not \($0.expected)"
                })
        }
        var notes: [String] = []
        if !transferred.extra.isEmpty {
            notes.append(
                "\(name.printable) has \(InitialModel.list(transferred.extra)), which the model has not"
            )
        }
        let kind = try self.loss(loss, samples, outputs: architecture.classCount)
        try check(architecture.input)
        return TrainedModel(
            name: name, label: label, parameters: transferred.parameters,
            architecture: architecture, loss: Loss(kind), engine: spec?.engine ?? .fused,
            scaling: metadata.scaling, classNames: metadata.classNames, notes: notes)
    }

    /// The shape of a sample, as the file, or the store of the run, says it; nil where neither does.
    /// - Throws: `ModelUseError.noShape` for a run that does not say it: its data do.
    public func inputShape() throws(ModelUseError) -> FeatureShape? {
        if let input = metadata.architecture?.input { return input }
        if run != nil, spec?.model.ownInput == nil { throw .noShape(name) }
        return spec?.model.ownInput
    }

    /// What a choice of scaling means for this model.
    /// - Throws: `ModelUseError.unknownScaling` where means are wanted and its file has none.
    public func scaling(_ choice: ScalingChoice) throws(ModelUseError) -> Scaling {
        switch choice {
        case .unit: return .unit
        case .standard:
            guard case .standardized? = metadata.scaling, let known = metadata.scaling else {
                throw .unknownScaling(name)
            }
            return known
        }
    }

    private func architecture(
        _ choice: ModelChoice?, shape: FeatureShape?, samples: Samples?
    ) throws -> Architecture {
        var choice = choice
        if choice == nil, let known = metadata.architecture {
            choice = .file(ModelFile(known, name: metadata.model ?? name))
        }
        choice =
            choice ?? spec?.model
            ?? metadata.model.flatMap { NamedModel(rawValue: $0) }.map(ModelChoice.named)
        switch choice {
        case .file(let file)?:
            // How many outputs there must be is the loss's to say.
            guard let shape = shape ?? file.contents.input else {
                throw ModelUseError.noShape(name)
            }
            return try file.architecture(input: shape, outputs: nil)
        case .named(let model)?:
            return try ModelChoice.named(model).example(
                input: shape, classCount: try outputs(samples))
        case nil: throw ModelUseError.noArchitecture(name)
        }
    }

    /// Outputs of a model by name: the length of its last dense layer's bias.
    private func outputs(_ samples: Samples?) throws -> Int? {
        let shapes: [String: [Int]]
        do throws(SafeTensorsError) {
            shapes = try SafeTensors.shapes(of: bytes)
        } catch {
            throw ModelUseError.file(name, error)
        }
        var last = 1
        while shapes["dense\(last + 1)/bias"] != nil { last += 1 }
        return shapes["dense\(last)/bias"]?.first.flatMap {
            (1...Samples.classLimit).contains($0) ? $0 : nil
        }
            ?? samples?.outputCount
    }

    private func loss(
        _ loss: Loss.Kind?, _ samples: Samples?, outputs: Int
    ) throws(LossError) -> Loss.Kind {
        var kind = loss ?? metadata.loss ?? spec?.loss
        if kind == nil, let samples {
            kind =
                samples.targetCount == 0 && outputs == 1
                ? .sigmoidCrossEntropy : Loss.usual(for: samples).kind
        }
        let known = kind ?? (outputs == 1 ? .sigmoidCrossEntropy : .softmaxCrossEntropy)
        if let samples, let problem = Loss(known).problem(with: samples, outputs: outputs) {
            throw problem
        }
        return known
    }

    /// Refuses means and deviations of another count than the model's channels, or numbers.
    private func check(_ input: FeatureShape) throws(ModelUseError) {
        guard case .standardized(let mean, _)? = metadata.scaling else { return }
        let expected =
            switch input {
            case .image(_, _, let channels): channels
            case .vector(let count): count
            }
        guard mean.count == expected else {
            throw .scalingCount(name, found: mean.count, expected: expected)
        }
    }
}
