import Platform

extension PublishedBenchmark.Row {
    /// The lines that people read when the row is there.
    package var lines: [String] {
        let fewer = rounds < publishedRounds
        return [
            "\(id)  \(title)",
            "  setting   \(setting)",
            "  data      \(data)",
        ] + remarks.map { "  differs   \($0)" } + [
            "  counted   \(Text.count(parameters)) parameters, \(Text.count(clients)) clients, "
                + "\(Text.count(cohort)) a round, \(roundsText), \(Text.count(trainingImages)) training "
                + "images in \(Text.count(steps)) steps, \(Text.count(testImages)) test images",
            "  took      \(secondsText)\(fewer ? " for \(roundsText)" : ""): start "
                + "\(Text.fixed(startSeconds, 2)) s, \(roundText) a round, "
                + "\(Text.count(Int(imagesPerSecond.rounded()))) images/s with the tests, "
                + "\(Text.percent(idleShare)) of the threads' time idle" + accuracyText,
        ]
    }

    /// ", accuracy 59.45% in the end, 76.10% at best".
    private var accuracyText: String {
        guard let accuracy, let bestAccuracy else { return "" }
        let end = ", accuracy \(Text.percent(accuracy))"
        return accuracy == bestAccuracy
            ? end : "\(end) in the end, \(Text.percent(bestAccuracy)) at best"
    }

    /// "100 rounds", "3 of 1,500 rounds".
    package var roundsText: String {
        rounds < publishedRounds
            ? "\(Text.count(rounds)) of \(Text.plural(publishedRounds, "round"))"
            : Text.plural(rounds, "round")
    }

    /// What of the published rounds was run, and how long it took: nothing is extrapolated.
    package var secondsText: String {
        seconds < 100 ? "\(Text.fixed(seconds, 2)) s" : Text.duration(seconds)
    }

    /// Seconds a round.
    package var roundText: String {
        secondsPerRound < 0.1
            ? "\(Text.fixed(secondsPerRound * 1000, 2)) ms" : "\(Text.fixed(secondsPerRound, 3)) s"
    }
}

extension PublishedTime {
    /// "3:20", "not checked".
    package var text: String {
        guard let seconds else { return "not checked" }
        let whole =
            seconds < 60 || seconds != seconds.rounded()
            ? "\(Text.fixed(seconds, 1)) s" : Text.duration(seconds)
        return whole + (secondsPerRound.map { ", \(Text.fixed($0, 2)) s a round" } ?? "")
    }
}
