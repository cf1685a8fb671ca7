import Federation
import FederationWire
import NIOCore
import Parameters
import Synchronization

/// A committed global model as clients fetch it: each form is made once, when it is first asked for,
/// and all who fetch it are sent the same bytes.
final class ModelPublication: Sendable {
    /// How many rounds it has behind it.
    let round: Int
    /// The model.
    let parameters: ParameterVector
    /// What an unchanged copy is recognised by.
    let tag: String

    private let settings: RunSettings
    private let layout: ParameterLayout
    private let workers: Workers
    private let forms = Mutex(Forms())

    private struct Forms {
        var binary: Task<ByteBuffer, Never>?
        var listed: Task<ByteBuffer, Never>?
    }

    init(
        round: Int, parameters: ParameterVector, settings: RunSettings, layout: ParameterLayout,
        workers: Workers
    ) {
        self.round = round
        self.parameters = parameters
        self.settings = settings
        self.layout = layout
        self.workers = workers
        tag = Route.modelTag(run: settings.run, round: round)
    }

    /// Header and floats.
    func binary() async -> ByteBuffer {
        await forms.withLock { forms in
            if let task = forms.binary { return task }
            let task = Task { [self] in
                await workers.convert { [self] in
                    let header = ModelHeader.globalModel(
                        run: settings.run, round: round, architecture: settings.architecture)
                    return ByteBuffer(bytes: ModelBody.encode(header, .model(parameters)))
                }
            }
            forms.binary = task
            return task
        }.value
    }

    /// Nested lists.
    func listed() async -> ByteBuffer {
        await forms.withLock { forms in
            if let task = forms.listed { return task }
            let task = Task { [self] in
                await workers.convert { [self] in
                    ByteBuffer(bytes: WeightsJSON.encode(parameters, layout: layout))
                }
            }
            forms.listed = task
            return task
        }.value
    }
}
