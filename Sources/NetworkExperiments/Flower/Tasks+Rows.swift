import FlowerNode
import Platform

extension TrainedTask {
    /// The columns of a node's lines.
    package static let heading = " round      task  accuracy      loss   samples    seconds"

    /// The line of a training.
    package func row(_ settings: TaskSettings, _ seconds: Double) -> String {
        line("train", settings, accuracy: nil, loss, sampleCount, seconds)
    }
}

extension EvaluatedTask {
    /// The line of an evaluation.
    package func row(_ settings: TaskSettings, _ seconds: Double) -> String {
        line("evaluate", settings, accuracy: accuracy, loss, sampleCount, seconds)
    }
}

private func line(
    _ task: String, _ settings: TaskSettings, accuracy: Double?, _ loss: Double, _ samples: Int,
    _ seconds: Double
) -> String {
    [
        Text.pad(settings.round.map { "\($0)" } ?? "–", 6), Text.pad(task, 10),
        Text.pad(accuracy.map(Text.percent) ?? "–", 10), Text.pad(Text.fixed(loss, 4), 10),
        Text.pad(Text.count(samples), 10), Text.pad(Text.fixed(seconds, 2), 11),
    ].joined()
}
