import Foundation
import JSON
import Parameters
import Platform
import Synchronization

/// A program of the user's that makes a round's updates the next model: started once, asked once a round.
///
/// It reads a line for each round, JSON with the round's number and two files' names, and answers with a line
/// of its own when it has written the second: docs/reference/server-rule.md. Whatever else it writes is for
/// people, and is passed on to them.
public final class RuleProgram: Sendable {
    /// Its file.
    public let file: String
    /// How long an answer may take.
    public let seconds: Double

    private struct Conversation {
        var child: ChildProgram
        var folder: RuleFolder
        var layout: ParameterLayout
        var answers = LineBuffer()
        var complaints = LineBuffer()
        /// The last line that it complained of.
        var words = ""
    }

    private let conversation = Mutex<Conversation?>(nil)
    private let isStopped = Atomic(false)
    private let tell: @Sendable (String) -> Void

    /// Seconds that an answer may take where nothing else is said.
    public static let usualSeconds = 60.0

    /// A program that waits to be started.
    /// - Parameter tell: is handed what it writes for people, line by line.
    public init(
        _ file: String, seconds: Double = usualSeconds,
        tell: @escaping @Sendable (String) -> Void = RuleProgram.complain
    ) {
        self.file = file
        self.seconds = seconds
        self.tell = tell
    }

    /// Writes a line to standard error.
    @Sendable public static func complain(_ line: String) {
        // A display may have begun a line there.
        let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1b}[K" : ""
        _ = writeAll([UInt8]((start + line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Makes sure that there is such a program.
    /// - Throws: `RuleProgramError`.
    public func check() throws(RuleProgramError) { _ = try RuleCommand(for: file) }

    /// The SHA-256 of its file, 64 hexadecimal digits.
    /// - Throws: `RuleProgramError.absent`.
    public static func fingerprint(ofFile path: String) throws(RuleProgramError) -> String {
        do throws(FileError) {
            return SHA256.hexadecimal(of: try InputFile.read(path))
        } catch {
            throw .absent(path, reason: error.reason)
        }
    }

    /// Starts it, and waits until it says that it is ready; of several calls the first alone does something.
    /// - Parameter layout: the model's.
    /// - Throws: `RuleProgramError`.
    public func start(_ layout: ParameterLayout) throws(RuleProgramError) {
        let result: Result<Void, RuleProgramError> = conversation.withLock { slot in
            Result { () throws(RuleProgramError) in
                guard slot == nil else { return }
                var begun = try begin(layout)
                guard try answer(&begun, .start).members["ready"] == .bool(true) else {
                    throw .answer(file, .start, found: begun.words, expected: #"{"ready": true}"#)
                }
                slot = begun
            }
        }
        try result.get()
    }

    private func begin(_ layout: ParameterLayout) throws(RuleProgramError) -> Conversation {
        let command = try RuleCommand(for: file)
        var environment = ProcessInfo.processInfo.environment
        environment["PYTHONUNBUFFERED"] = "1"
        let folder: RuleFolder
        do throws(FileError) {
            folder = try RuleFolder()
        } catch {
            throw .notStarted(file, reason: "\(error)")
        }
        do throws(StartFailure) {
            return Conversation(
                child: try ChildProgram(command.path, command.words, environment: environment),
                folder: folder, layout: layout)
        } catch {
            throw .notStarted(file, reason: systemReason(error.code))
        }
    }

    /// Has it answer no more, from another thread: whoever waits for it is told so.
    public func stop() { isStopped.store(true, ordering: .releasing) }

    /// The next model, by the program.
    /// - Throws: `RuleProgramError`, after which it has ended.
    func next(_ round: RoundOfUpdates) throws(RuleProgramError) -> NextModel {
        try start(round.layout)
        let result: Result<NextModel, RuleProgramError> = conversation.withLock { slot in
            Result { () throws(RuleProgramError) in
                guard var talk = slot.take() else { throw .stopped(file) }
                let made = try make(round, &talk)
                slot = talk
                return made
            }
        }
        return try result.get()
    }

    private func make(
        _ round: RoundOfUpdates, _ talk: inout Conversation
    ) throws(RuleProgramError) -> NextModel {
        let moment = RuleMoment.round(round.number)
        let folder = talk.folder
        // What it wrote for the round before is not its answer.
        unlink(folder.next)
        do throws(FileError) {
            try round.write(to: folder.round)
        } catch {
            throw .unwritten(file, round: round.number, reason: "\(error)")
        }
        let request: JSONValue = [
            "round": .integer(round.number), "updates": .string(folder.round),
            "next": .string(folder.next),
        ]
        // Whether it has gone, its silence will tell.
        talk.child.tell(request.encoded() + [UInt8(ascii: "\n")])
        let answer = try answer(&talk, moment)
        let expected = #"{"done": \#(round.number)}"#
        guard answer.members["done"] == .integer(round.number) else {
            throw .answer(
                file, moment,
                found: String(decoding: answer.encoded(), as: UTF8.self)
                    .printable(limit: 80), expected: expected)
        }
        var next = try NextModel(
            path: folder.next, count: round.layout.count, by: file, moment)
        for (name, value) in answer.members["metrics"]?.members ?? [:] {
            if let number = value.double, number.isFinite { next.metrics[name] = number }
        }
        return next
    }

    /// Waits for the program's next line that is an answer: a JSON object with `ready`, `done` or `error`.
    private func answer(
        _ talk: inout Conversation, _ moment: RuleMoment
    ) throws(RuleProgramError) -> JSONValue {
        let limit = MonotonicClock.seconds() + seconds
        while true {
            while let line = talk.answers.next() {
                if let json = try? JSONValue(decoding: line), case .object(let members) = json,
                    !Set(members.keys).isDisjoint(with: ["ready", "done"])
                {
                    return json
                }
                pass(on: line)
            }
            if isStopped.load(ordering: .acquiring) { throw .stopped(file) }
            var ends = [
                pollfd(fd: talk.child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: talk.child.errors, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&ends, 2, 50)
            let isOpen = talk.answers.fill(from: talk.child.output)
            _ = talk.complaints.fill(from: talk.child.errors)
            while let line = talk.complaints.next() {
                let text = pass(on: line)
                if !text.isEmpty { talk.words = text }
            }
            if !isOpen, !talk.answers.hasLine {
                // What it has said last may still be on its way.
                guard let end = talk.child.wait(seconds: 1) else {
                    throw .ended(file, moment, how: "its output", words: talk.words)
                }
                _ = talk.complaints.fill(from: talk.child.errors)
                while let line = talk.complaints.next(atEnd: true) {
                    let text = pass(on: line)
                    if !text.isEmpty { talk.words = text }
                }
                throw .ended(file, moment, how: "\(end)", words: talk.words)
            }
            guard MonotonicClock.seconds() < limit else {
                talk.child.kill()
                throw .silent(file, moment, seconds: seconds)
            }
        }
    }

    /// Passes a line on to people.
    @discardableResult
    private func pass(on line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self).printable(limit: 500)
        tell("\(file.split(separator: "/").last ?? ""): \(text)")
        return text
    }
}
