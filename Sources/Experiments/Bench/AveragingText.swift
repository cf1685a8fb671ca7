import Platform

extension AveragingBenchmark.Figures {
    /// The lines that people read.
    package var lines: [String] {
        func rate(_ seconds: Double) -> String { Text.fixed(bytes / seconds / 1e9, 1) + " GB/s" }
        func milliseconds(_ seconds: Double) -> String { Text.fixed(seconds * 1e3, 1) + " ms" }
        return [
            "  \(Text.count(clients)) updates of \(Text.count(parameters)) parameters, "
                + "\(Text.plural(threads, "thread"))",
            "  plain sum         \(milliseconds(plainSumSeconds)), \(rate(plainSumSeconds))",
            "  exact fold        \(milliseconds(foldSeconds)), \(rate(foldSeconds)), "
                + "\(Text.fixed(plainSumSeconds / foldSeconds, 2)) of the plain sum",
            "  mean, once        \(milliseconds(meanSeconds))",
            "  log written       \(milliseconds(logWriteSeconds)), "
                + "\(Text.fixed(Double(logBytes) / 1e6, 1)) MB with the final weight",
            "  log read back     \(milliseconds(logReadSeconds))",
        ]
    }
}
