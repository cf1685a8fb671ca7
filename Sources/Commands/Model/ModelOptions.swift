import ArgumentParser
import Experiments
import NeuralNetworks

/// Which trained model a command uses, where its file does not say all of itself.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Its layers: a name, or a file of an architecture. (default: what its file or run says)",
            valueName: "model"),
        transform: { argument in try asValidationError { try ModelChoice(argument: argument) } })
    var model: ModelChoice?

    @Option(
        help: ArgumentHelp(
            "What was minimised, which says what outputs mean. (default: what its file or run says)",
            valueName: "loss"))
    var loss: Loss.Kind?

    @OptionGroup var reading: StoreReading

    @Option(help: "Threads; results do not depend on them. (default: one for each core)")
    var threads: Int?

    func validate() throws { try requireThreads(threads) }

    /// For the help of a command's argument.
    static let help =
        "The model: a .safetensors file, a run of the store (its name, the beginning of it, or last), or "
        + "the path of a log."

    /// Finds the model that was named.
    /// - Parameter need: what to say where none was.
    func source(_ typed: String?, need: String) throws -> ModelSource {
        guard let typed else { throw reading.unnamed(need) }
        return try ModelSource(typed, store: reading.store)
    }
}

extension Loss.Kind: ExpressibleByArgument {
    /// The loss of that name, however it is spelled.
    public init?(argument: String) {
        self.init(spelled: argument)
    }
}
