import Platform

extension BenchReport {
    /// The tables that people read.
    package func table(profile: Bool, bold heading: (String) -> String) -> [String] {
        var lines = [heading("  sgemm peak")]
        for peak in sgemmPeak {
            let limit = peak.flops / trainingFlops
            lines.append(
                Text.pad(Text.plural(peak.threads, "core"), 12)
                    + Text.pad(Text.fixed(peak.flops / 1e9, 1), 10) + " GFLOP/s, dense limit "
                    + "\(Text.count(Int(limit))) images/s")
        }
        lines.append("")
        lines.append(
            heading("  batch   cores   training images/s   ÷ dense limit   evaluation images/s"))
        for row in speeds {
            lines.append(
                Text.pad("\(row.batchSize)", 7) + Text.pad("\(row.threads)", 8)
                    + Text.pad(Text.count(Int(row.training)), 20)
                    + Text.pad(Text.fixed(row.trainingToDenseLimit, 2), 16)
                    + Text.pad(Text.count(Int(row.evaluation)), 22))
        }
        lines.append("")
        lines.append(
            heading("  milliseconds a batch of \(operationBatchSize), one core")
        )
        lines.append(
            heading(
                "  operation             forward   backward"
                    + (profile ? "   share   dense GFLOP/s     GB/s" : "")))
        for operation in operations {
            lines.append(
                "  " + Text.padRight(operation.name, 19)
                    + Text.pad(Text.fixed(operation.forwardMilliseconds, 3), 10)
                    + Text.pad(Text.fixed(operation.backwardMilliseconds, 3), 11)
                    + (profile
                        ? Text.pad(Text.fixed(operation.share * 100, 1) + "%", 8)
                            + Text.pad(Text.fixed(operation.denseFlops / 1e9, 1), 16)
                            + Text.pad(Text.fixed(operation.bytesPerSecond / 1e9, 1), 9)
                        : ""))
        }
        if profile {
            lines.append(
                "  random numbers (dropout, shuffling): "
                    + Text.fixed(randomNumbersShare * 100, 1) + "% of a step")
        }
        return lines
    }
}
