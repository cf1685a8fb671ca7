import FederationWire
import Foundation
import JSON
import NeuralNetworks

extension Architecture {
    /// What server and client compare to know that they mean the same model.
    package func digest() throws -> ArchitectureDigest { try ArchitectureDigest(of: self) }

    /// A server's model.
    /// - Throws: `JoinError` where it is none, is too large to be one, or is not the one that the
    ///   server says it is.
    package init(_ settings: RunSettings) throws {
        func failure(_ reason: String) -> JoinError { .model(settings.model, reason: reason) }
        do {
            self = try JSONDecoder().decode(
                Architecture.self, from: Data(settings.architectureJSON.encoded()))
        } catch let error as ArchitectureError {
            throw failure("makes no sense: \(error)")
        } catch is UnknownLayer {
            throw failure("has layers that this version has not")
        } catch {
            throw failure("is not one that this version can read")
        }
        guard parameterCount == settings.parameterCount, try digest() == settings.architecture
        else { throw failure("is not the one that its digest is of") }
    }
}
