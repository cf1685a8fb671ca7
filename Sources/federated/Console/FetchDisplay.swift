import Datasets

/// Shows how far a fetch is: a bar on a terminal, a line a file elsewhere.
final class FetchDisplay {
    private let console: Console
    private var lastFile: String?

    init(_ console: Console) {
        self.console = console
    }

    func show(_ progress: FetchProgress) {
        console.transient(Self.text(progress, width: console.transientWidth))
        guard !console.isLive, progress.file != lastFile else { return }
        lastFile = progress.file
        console.line("fetching \(progress.file) from \(progress.url)")
    }

    func end() { console.clearTransient() }

    private static func text(_ progress: FetchProgress, width: Int) -> String {
        let received = Text.fixed(Double(progress.receivedBytes) / 1e6, 1)
        guard let total = progress.totalBytes, total > 0 else {
            return "fetching \(progress.file)  \(received) MB"
        }
        let fraction = Double(progress.receivedBytes) / Double(total)
        return Bar.line(
            [
                ("fetching", .spare), (progress.file, .needed), (Bar.text(fraction), .wanted),
                ("\(received) of \(Text.fixed(Double(total) / 1e6, 1)) MB", .needed),
            ], width: width)
    }
}

/// A bar of twenty cells, and lines that have one.
package enum Bar {
    /// How much a part of a line is worth where not all of them fit.
    package enum Worth: Int, Comparable {
        case spare, wanted, needed

        package static func < (one: Worth, other: Worth) -> Bool { one.rawValue < other.rawValue }
    }

    /// Parts side by side; where not all fit, those worth least go, the last of them first.
    package static func line(_ parts: [(text: String, worth: Worth)], width: Int) -> String {
        var parts = parts.filter { !$0.text.isEmpty }
        func joined() -> String { parts.map(\.text).joined(separator: "  ") }
        while joined().count > width,
            let least = parts.map(\.worth).min(), least < .needed,
            let index = parts.lastIndex(where: { $0.worth == least })
        {
            parts.remove(at: index)
        }
        return joined()
    }

    static func text(_ fraction: Double) -> String {
        let cells = 20
        let full = Int((max(0, min(fraction, 1)) * Double(cells)).rounded(.down))
        return "▕" + String(repeating: "█", count: full)
            + String(repeating: "░", count: cells - full) + "▏"
    }
}
