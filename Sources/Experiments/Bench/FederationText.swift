import Platform

extension FederationFigures {
    /// The lines that people read.
    package var lines: [String] {
        func milliseconds(_ seconds: Double) -> String { Text.fixed(seconds * 1e3, 1) + " ms" }
        return [
            "  a round of \(Text.plural(clients, "client")) that do nothing, "
                + "\(Text.count(parameters)) parameters; medians of \(Text.plural(rounds, "round"))",
            "  in process        \(milliseconds(inProcessSeconds))",
            "  over loopback     \(milliseconds(loopbackSeconds))",
        ]
    }
}
