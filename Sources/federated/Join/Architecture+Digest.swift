import FederationWire
import NeuralNetworks

extension Architecture {
    /// What server and client compare to know that they mean the same model.
    func digest() throws -> ArchitectureDigest { try ArchitectureDigest(of: self) }
}
