import Datasets
import Platform
import Terminal

/// Shows how far a fetch is: a bar on a terminal, a line a file elsewhere.
package final class FetchDisplay {
    private let console: Console
    private var lastFile: String?

    package init(_ console: Console) {
        self.console = console
    }

    package func show(_ progress: FetchProgress) {
        console.transient(Self.text(progress, width: console.transientWidth))
        guard !console.isLive, progress.file != lastFile else { return }
        lastFile = progress.file
        console.line("fetching \(progress.file) from \(progress.url)")
    }

    package func end() { console.clearTransient() }

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
