import Compression
import Federation
import NeuralNetworks
import Privacy

/// What updates may go through before they leave a client, one row each: makes a transform of what a
/// server calls it and of the model, or nothing of another's name.
package enum ClientTransforms {
    package static let known: [@Sendable (String, Architecture) -> (any UpdateTransform)?] = [
        { name, _ in ClipUpdate(description: name) }, { name, _ in TopK(description: name) },
        { $0 == KeptParts.name ? KeptParts($1.localRanges) : nil },
    ]

    /// The transforms that a server means.
    /// - Throws: `JoinError` with the first that is not known here.
    package static func named(
        _ descriptions: [String], for architecture: Architecture
    ) throws -> [any UpdateTransform] {
        try descriptions.map { description in
            guard let transform = known.lazy.compactMap({ $0(description, architecture) }).first
            else { throw JoinError.transform(description) }
            return transform
        }
    }
}
