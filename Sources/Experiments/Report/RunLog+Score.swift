import Federation
import JSON
import Platform

extension RunLog.Score {
    /// A number of it as people read it: 93.51%, or 0.8123 of R².
    package func text(_ value: Double) -> String {
        switch self {
        case .accuracy: Text.percent(value)
        case .r2: Text.fixed(value, 4)
        }
    }

    /// The same where what it is does not stand above it.
    package func named(_ value: Double) -> String {
        self == .accuracy ? text(value) : "\(rawValue) \(text(value))"
    }
}

extension RunLog {
    /// What was measured beside accuracy and loss, as rows: by name, and class by class.
    package var measures: [(name: String, value: String)] {
        metricLines + (classLine.map { [("by class", $0)] } ?? [])
    }

    /// What tests measured beside accuracy and loss, and what the strategy's parts said last, each as a name
    /// and the last number there is of it.
    package var metricLines: [(name: String, value: String)] {
        roundMetrics.sorted { $0.key < $1.key }.compactMap { name, values in
            values.compactMap(\.self).last.map {
                (KeySpelling.words(name), Self.text($0, of: name))
            }
        }
    }

    /// The accuracy on each class's test samples, in one line; nil where that is not known, and where the
    /// classes are more than a line has room for.
    package var classLine: String? {
        guard let accuracies = classResults?.accuracies, accuracies.count <= Self.classesShown
        else { return nil }
        return accuracies.enumerated().map { label, accuracy in
            "\(className(label)) \(accuracy.map(Text.percent) ?? "–")"
        }.joined(separator: ", ")
    }

    /// What a class is called: its number where nobody says.
    package func className(_ label: Int) -> String {
        classNames.indices.contains(label) ? classNames[label] : "\(label)"
    }

    /// Classes whose numbers fit beside each other.
    private static let classesShown = 20

    private static func text(_ value: Double, of name: String) -> String {
        name.hasSuffix("accuracy") ? Text.percent(value) : Text.fixed(value, 4)
    }
}
