import Experiments
import FederationWire
import JSON
import NeuralNetworks

extension RunSettings {
    /// What a served run tells its clients of an experiment.
    package init(
        _ spec: RunSpec, inputs: RunInputs, architecture: Architecture,
        run: RunIdentifier, heartbeatSeconds: Double, pollSeconds: Double
    ) throws {
        let shape: [Int] =
            switch architecture.input {
            case .image(let height, let width, let channels): [height, width, channels]
            case .vector(let count): [count]
            }
        let strategy = spec.federatedStrategy
        self.init(
            run: run, spec: spec.travelling, inputShape: shape,
            architecture: try architecture.digest(),
            architectureJSON: try JSONValue(encoding: architecture),
            parameterCount: architecture.parameterCount,
            dataFingerprint: inputs.dataText, partitionFingerprint: inputs.partitionText,
            objective: strategy.objective,
            transforms: strategy.clientTransforms.map(\.description),
            encodings: VectorEncodings.names, heartbeatSeconds: heartbeatSeconds,
            pollSeconds: pollSeconds)
    }
}

extension RunSpec {
    /// What a server tells of its run: as much of the run's settings as its clients divide data and train
    /// by.
    /// - Throws: `JoinError` where this version does not know one of them, or no run can have it.
    package init(_ settings: RunSettings) throws(JoinError) {
        // Which model it is, its architecture says: the name is for people.
        let said = settings.spec.filter { $0.value != .null && $0.key != "model" }
        if let name = said.keys.sorted().first(where: { RunSpec.setting(named: $0) == nil }) {
            throw .setting(name)
        }
        do throws(SettingsError) {
            self = try RunSpec(GivenSettings(said)).validated()
        } catch {
            throw .settings(error)
        }
    }
}
