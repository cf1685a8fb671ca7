import ArgumentParser
import Experiments
import NeuralNetworks

extension Engine: ExpressibleByArgument {
    /// The engine of that name, however it is spelled.
    public init?(argument: String) { self.init(spelled: argument) }
}

extension Transport: ExpressibleByArgument {
    /// The way of that name, however it is spelled.
    public init?(argument: String) { self.init(spelled: argument) }
}

extension BatchSize: ExpressibleByArgument {
    /// As it is typed.
    public var defaultValueDescription: String { "\(self)" }
}
