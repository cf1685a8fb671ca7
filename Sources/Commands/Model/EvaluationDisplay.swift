import Experiments
import Federation
import JSON
import Platform
import Terminal

/// What `federated evaluate` prints.
struct EvaluationDisplay {
    private let console: Console

    init(_ console: Console) { self.console = console }

    /// Classes beyond which there is neither a table of them nor a matrix.
    private static let classesShown = 50
    /// Classes beyond which a matrix is no more to be read.
    private static let matrixShown = 20
    /// Mistakes that are listed.
    private static let mistakesShown = 10

    func show(_ evaluation: ModelEvaluation) {
        let model = evaluation.model
        let result = evaluation.evaluation
        console.line(console.bold("federated \(LibraryVersion.text)"))
        console.row(
            "model",
            "\(model.name): \(model.label), \(Text.count(model.architecture.parameterCount)) parameters"
        )
        console.row(
            "data",
            "\(evaluation.data.dataset.origin), \(Text.count(result.count)) of "
                + "\(Text.count(evaluation.data.dataset.test.count)) test samples")
        if model.predictsNumbers {
            console.row("R²", Text.fixed(result.accuracy, 4))
        } else {
            console.row(
                "accuracy",
                "\(Text.percent(result.accuracy)), \(Text.count(evaluation.mistakeCount)) wrong")
        }
        console.row("loss", Text.fixed(result.loss, 4))
        for (name, value) in result.metrics.sorted(by: { $0.key < $1.key }) {
            console.row(
                KeySpelling.words(name),
                name.hasSuffix("accuracy") ? Text.percent(value) : Text.fixed(value, 4))
        }
        if let calibration = evaluation.calibration {
            console.row("ECE", Text.percent(calibration.expectedError))
        }
        if let classes = result.classes { show(classes, of: evaluation) }
        if let calibration = evaluation.calibration { show(calibration) }
        showWorst(evaluation)
    }

    private func show(_ classes: ClassResults, of evaluation: ModelEvaluation) {
        let count = classes.counts.count
        guard count <= Self.classesShown else {
            console.line()
            return console.line("  \(Text.count(count)) classes: --json has each of them")
        }
        console.line()
        var table = TextTable([
            .left("class"), .right("samples"), .right("right"), .right("accuracy"),
            .right("precision"),
        ])
        for label in 0..<count {
            table.add([
                evaluation.className(label), Text.count(classes.counts[label]),
                Text.count(classes.correct[label]),
                classes.accuracies[label].map(Text.percent) ?? "–",
                classes.precision(label).map(Text.percent) ?? "–",
            ])
        }
        table.print(console)
        guard let confusion = classes.confusion, count <= Self.matrixShown else { return }
        console.line()
        var matrix = TextTable(
            [.left("is \\ taken for")] + (0..<count).map { .right(evaluation.className($0)) },
            narrow: .split)
        for (label, row) in confusion.enumerated() {
            matrix.add([evaluation.className(label)] + row.map { $0 == 0 ? "·" : "\($0)" })
        }
        matrix.print(console)
    }

    private func show(_ calibration: Calibration) {
        console.line()
        var table = TextTable([
            .left("confidence"), .right("samples"), .right("mean"), .right("accuracy"),
        ])
        let width = 100 / Calibration.binCount
        for (place, bin) in calibration.bins.enumerated() where bin.count > 0 {
            table.add([
                "\(place * width)–\((place + 1) * width)%", Text.count(bin.count),
                bin.confidence.map(Text.percent) ?? "–", bin.accuracy.map(Text.percent) ?? "–",
            ])
        }
        table.print(console)
    }

    private func showWorst(_ evaluation: ModelEvaluation) {
        if !evaluation.mistakes.isEmpty {
            console.line()
            var table = TextTable([
                .right("test sample"), .left("is"), .left("taken for"), .right("confidence"),
            ])
            for mistake in evaluation.mistakes.prefix(Self.mistakesShown) {
                table.add([
                    "\(mistake.index)", evaluation.className(mistake.truth),
                    evaluation.className(mistake.guess), Text.percent(mistake.confidence),
                ])
            }
            table.print(console)
        }
        guard !evaluation.misses.isEmpty else { return }
        console.line()
        var table = TextTable([.right("test sample"), .right("is"), .right("predicted")])
        func text(_ numbers: [Double]) -> String {
            numbers.map { Text.fixed($0, 4) }.joined(separator: " ")
        }
        for miss in evaluation.misses.prefix(Self.mistakesShown) {
            table.add(["\(miss.index)", text(miss.truth), text(miss.guess)])
        }
        table.print(console)
    }
}
