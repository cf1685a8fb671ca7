import ArgumentParser

/// How patient a client is.
struct RetryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long to try when the server is away.", valueName: "seconds"))
    var retryFor = 120.0

    func validate() throws {
        guard retryFor >= 0, retryFor.isFinite else {
            throw ValidationError("--retry-for must be at least 0 seconds, not \(retryFor)")
        }
        guard retryFor <= 1e9 else {
            throw ValidationError("--retry-for must be at most 1e9 seconds, not \(retryFor)")
        }
    }
}
