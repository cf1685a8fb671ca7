import CSpawn
import Foundation
import Platform
import Synchronization

/// A program that was started, with what it reads and writes. It ends when this is let go of, and when this
/// process ends, however it does.
final class ChildProgram: Sendable {
    /// How a program ended.
    enum End: Equatable, Sendable, CustomStringConvertible {
        case status(Int)
        case signal(Int)

        init(_ status: Int32) {
            let signal = Int(status & 0x7f)
            self = signal == 0 ? .status(Int(status >> 8 & 0xff)) : .signal(signal)
        }

        var description: String {
            switch self {
            case .status(let status): "with status \(status)"
            case .signal(let number): "by signal \(number)"
            }
        }
    }

    /// What it reads.
    let input: Int32
    /// What it writes.
    let output: Int32
    /// Where it complains.
    let errors: Int32
    private let life: Life

    /// Starts it.
    /// - Parameters:
    ///   - path: its file.
    ///   - words: its arguments, from its name on.
    ///   - environment: all that it has of one.
    /// - Throws: `StartFailure` with the system's reason.
    init(
        _ path: String, _ words: [String], environment: [String: String]
    ) throws(StartFailure) {
        var (reads, writes, complains): ([Int32], [Int32], [Int32]) = (
            [-1, -1], [-1, -1], [-1, -1]
        )
        // A socket, so that what is written to a program that has ended is an error and no signal.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &reads) == 0, cspawn_pipe(&writes) == 0,
            cspawn_pipe(&complains) == 0
        else {
            let code = errno
            for end in reads + writes + complains where end >= 0 { close(end) }
            throw StartFailure(code: code)
        }
        life = Life(path, words, environment, (reads[1], writes[1], complains[1]))
        let code = life.begin()
        for end in [reads[1], writes[1], complains[1]] { close(end) }
        // Before all properties have a value, so that deinit does not close them once more.
        if code != 0 {
            for end in [reads[0], writes[0], complains[0]] { close(end) }
            throw StartFailure(code: code)
        }
        (input, output, errors) = (reads[0], writes[0], complains[0])
        for end in [output, errors] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        // A program that reads has come to the end of it, and can go of its own accord.
        shutdown(input, Int32(SHUT_RDWR))
        _ = wait(seconds: 0.5)
        kill()
        for end in [input, output, errors] { close(end) }
    }

    /// Hands it bytes to read, for as long as it takes them.
    func tell(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = send(input, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Waits for its end.
    /// - Returns: how it ended; nil if it has not within that time.
    func wait(seconds: Double) -> End? { life.wait(seconds: seconds) }

    /// Ends it, and whatever it has started in its process group.
    func kill() { life.kill() }
}

/// Why the system does not start a program.
struct StartFailure: Error, Equatable {
    /// The system's code.
    var code: Int32
}

/// A program's life, which a thread of its own begins and waits for the end of: the system ends the program
/// with the thread that started it.
private final class Life: Sendable {
    private enum Stage {
        case unborn
        case failed(Int32)
        case running(pid_t)
        case over(ChildProgram.End)
    }

    private let stage = Mutex(Stage.unborn)
    private let path: String
    private let words: [String]
    private let environment: [String: String]
    private let ends: (input: Int32, output: Int32, errors: Int32)

    init(
        _ path: String, _ words: [String], _ environment: [String: String],
        _ ends: (input: Int32, output: Int32, errors: Int32)
    ) {
        (self.path, self.words, self.environment, self.ends) = (path, words, environment, ends)
    }

    /// Starts the program.
    /// - Returns: the system's code for why not; 0 where it runs.
    func begin() -> Int32 {
        let begun = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            let process = start()
            stage.withLock { $0 = process > 0 ? .running(process) : .failed(-process) }
            begun.signal()
            if process > 0 { watch(process) }
        }
        begun.wait()
        return stage.withLock { if case .failed(let code) = $0 { code } else { 0 } }
    }

    private func start() -> pid_t {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.sorted { $0.key < $1.key }
            .map { strdup("\($0.key)=\($0.value)") }
        arguments.append(nil)
        variables.append(nil)
        defer { for text in arguments + variables { free(text) } }
        return cspawn_start(path, arguments, variables, ends.input, ends.output, ends.errors)
    }

    private func watch(_ process: pid_t) {
        var information = siginfo_t()
        // It stays a zombie, whose number no other process gets, until its group has been ended.
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        stage.withLock { stage in
            _ = Glibc.kill(-process, SIGKILL)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            stage = .over(ChildProgram.End(status))
        }
    }

    func wait(seconds: Double) -> ChildProgram.End? {
        let limit = MonotonicClock.seconds() + seconds
        while true {
            if let end = stage.withLock({ if case .over(let end) = $0 { end } else { nil } }) {
                return end
            }
            guard MonotonicClock.seconds() < limit else { return nil }
            usleep(2000)
        }
    }

    func kill() {
        stage.withLock { stage in
            if case .running(let process) = stage { _ = Glibc.kill(-process, SIGKILL) }
        }
    }
}
