import Foundation
import Platform

/// The folder of a run below the one that TensorBoard is pointed at.
struct EventFolder {
    /// Its path.
    let path: String
    /// What was there.
    let written: WrittenEvents

    /// Makes a folder of that name, or of that with _2, _3 … where there is one: no other run has it.
    init(new name: String, in root: String) throws(TensorBoardError) {
        try self.init(name, in: root) { _ in false }
    }

    /// Takes the folder of that name, or of that with _2, _3 …, whose events can be of a run with these
    /// rounds; makes one where none can.
    init(
        of name: String, with rounds: [RoundScalars], in root: String
    ) throws(TensorBoardError) {
        try self.init(name, in: root) { $0.agree(with: rounds) }
    }

    private init(
        _ name: String, in root: String, isWanted: (WrittenEvents) -> Bool
    ) throws(TensorBoardError) {
        if let reason = Folder.make(root) { throw .folder(path: root, reason: reason) }
        let name = Self.cleaned(name)
        var number = 1
        while true {
            let path = URL(fileURLWithPath: root)
                .appending(path: number == 1 ? name : "\(name)_\(number)").relativePath
            if mkdir(path, 0o777) == 0 {
                self.path = path
                written = WrittenEvents.none
                return
            }
            guard errno == EEXIST else { throw .folder(path: path, reason: systemReason()) }
            let there = try WrittenEvents(folder: path, keeping: WrittenEvents.tellsRuns)
            if isWanted(there) {
                self.path = path
                written = there
                return
            }
            number += 1
        }
    }

    /// Makes the folder for runs, if it is missing, and tries whether something can be made there.
    static func checkWritable(_ root: String) throws(TensorBoardError) {
        if let reason = Folder.make(root) { throw .folder(path: root, reason: reason) }
        let trial = URL(fileURLWithPath: root).appending(path: ".trial-\(UUID())").relativePath
        guard mkdir(trial, 0o777) == 0 else {
            throw .folder(path: root, reason: systemReason())
        }
        defer { rmdir(trial) }
        do throws(TensorBoardError) {
            unlink(try EventFile(in: trial, after: [], at: Date(timeIntervalSince1970: 0)).path)
        } catch {
            guard case .file(_, let reason) = error else { throw error }
            throw .folder(path: root, reason: reason)
        }
    }

    /// A name that a folder may have and that TensorBoard shows as one.
    private static func cleaned(_ name: String) -> String {
        let plain = String(name.map { $0 == "/" || $0.isNewline || $0 == "\0" ? "-" : $0 })
        // File systems have names of 255 bytes at most.
        var short = Substring(plain)
        while short.utf8.count > 200 { short.removeLast() }
        return short.isEmpty || short.hasPrefix(".") ? "run\(short)" : String(short)
    }
}
