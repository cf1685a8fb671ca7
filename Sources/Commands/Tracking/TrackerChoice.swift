import Experiments
import Foundation

/// Another program that a run is shown to while it goes on, as it is typed.
package enum TrackerChoice: Equatable, Sendable, CustomStringConvertible {
    /// TensorBoard, by event files below a folder; nil for the usual one.
    case tensorBoard(folder: String?)

    /// What can be typed.
    package static let expected = "tensorboard, or tensorboard:DIR with a folder"

    /// Reads what was typed.
    /// - Throws: `TrackerProblem`.
    package init(typed: String) throws(TrackerProblem) {
        let parts = typed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0] == "tensorboard", parts.count == 1 || !parts[1].isEmpty else {
            throw TrackerProblem()
        }
        self = .tensorBoard(folder: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// As it is typed.
    package var description: String {
        switch self {
        case .tensorBoard(let folder): "tensorboard" + (folder.map { ":\($0)" } ?? "")
        }
    }

    /// Where what it is shown goes.
    /// - Parameter logFolder: where logs go.
    package func place(logFolder: String) -> String {
        switch self {
        case .tensorBoard(let folder): folder ?? Self.usualFolder(beside: logFolder)
        }
    }

    /// Where event files go unless told otherwise.
    static func usualFolder(beside logs: String) -> String {
        URL(fileURLWithPath: logs).appending(path: "tensorboard").relativePath
    }
}

/// What the parser puts behind the colon of its own sentence.
package struct TrackerProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let description = "expected \(TrackerChoice.expected)"
}
