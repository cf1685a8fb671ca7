import Foundation
import Platform

/// The browser of whoever sits at this machine.
package enum Browser {
    /// Has it open an address.
    /// - Returns: a sentence that says why it doesn't; nil where it has been asked to.
    package static func open(_ address: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        // The first of several, as BROWSER has them.
        let wanted = environment["BROWSER"]?.split(separator: ":").first.map(String.init)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [wanted ?? "xdg-open", address]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let failure =
            "no browser was opened: \(wanted ?? "xdg-open") "
        do {
            try process.run()
        } catch {
            return failure + "cannot be started: open the address by hand"
        }
        // One that stays is a browser; one that isn't there ends at once.
        for _ in 0..<20 where process.isRunning { usleep(50_000) }
        guard !process.isRunning, process.terminationStatus != 0 else { return nil }
        return failure + "ended with status \(process.terminationStatus): open the address by hand"
    }
}
