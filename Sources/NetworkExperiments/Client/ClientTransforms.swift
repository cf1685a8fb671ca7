import Compression
import Federation
import Privacy

/// What updates may go through before they leave a client, one row each: makes a transform of what a
/// server calls it, or nothing of another's name.
package enum ClientTransforms {
    package static let known: [@Sendable (String) -> (any UpdateTransform)?] = [
        { ClipUpdate(description: $0) }, { TopK(description: $0) },
    ]

    /// The transforms that a server means.
    /// - Throws: `JoinError` with the first that is not known here.
    package static func named(_ descriptions: [String]) throws -> [any UpdateTransform] {
        try descriptions.map { description in
            guard let transform = known.lazy.compactMap({ $0(description) }).first else {
                throw JoinError.transform(description)
            }
            return transform
        }
    }
}
