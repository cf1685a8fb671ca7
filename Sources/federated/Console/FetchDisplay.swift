import Datasets

/// Shows how far a fetch is: a bar on a terminal, a line a file elsewhere.
final class FetchDisplay {
    private let console: Console
    private var lastFile: String?

    init(_ console: Console) {
        self.console = console
    }

    func show(_ progress: FetchProgress) {
        console.transient(Self.text(progress))
        guard !console.isLive, progress.file != lastFile else { return }
        lastFile = progress.file
        console.line("fetching \(progress.file) from \(progress.url)")
    }

    func end() { console.clearTransient() }

    private static func text(_ progress: FetchProgress) -> String {
        let received = Text.fixed(Double(progress.receivedBytes) / 1e6, 1)
        guard let total = progress.totalBytes, total > 0 else {
            return "fetching \(progress.file)  \(received) MB"
        }
        let fraction = Double(progress.receivedBytes) / Double(total)
        return "fetching \(progress.file)  \(Bar.text(fraction))  \(received) of "
            + "\(Text.fixed(Double(total) / 1e6, 1)) MB"
    }
}

/// A bar of twenty cells.
enum Bar {
    static func text(_ fraction: Double) -> String {
        let cells = 20
        let full = Int((max(0, min(fraction, 1)) * Double(cells)).rounded(.down))
        return "▕" + String(repeating: "█", count: full)
            + String(repeating: "░", count: cells - full) + "▏"
    }
}
