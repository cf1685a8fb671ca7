import Platform

/// Why a program makes no model of a round: one sentence with its file and what was expected.
public enum RuleProgramError: Error, Equatable, Sendable {
    /// There is no such file.
    case absent(String, reason: String)
    /// A file that is neither executable nor Python.
    case notExecutable(String)
    /// A Python file, and no Python.
    case noPython(String)
    /// The system does not start it.
    case notStarted(String, reason: String)
    /// It has not answered in time.
    case silent(String, RuleMoment, seconds: Double)
    /// It ended; `words` is the last that it complained of, empty for nothing.
    case ended(String, RuleMoment, how: String, words: String)
    /// It answered with something else.
    case answer(String, RuleMoment, found: String, expected: String)
    /// A round's updates that cannot be written for it.
    case unwritten(String, round: Int, reason: String)
    /// A file of its that holds no model, or none that can be read.
    case noModel(String, RuleMoment, reason: String)
    /// A model, or a vector beside it, of another size than the run's.
    case wrongSize(String, RuleMoment, tensor: String, found: [Int], expected: Int)
    /// The run was asked to stop before it had answered.
    case stopped(String)
}

/// When a program is waited for.
public enum RuleMoment: Hashable, Sendable, CustomStringConvertible {
    /// When it has been started, before the first round.
    case start
    /// When it makes that round's model.
    case round(Int)

    /// “at its start” or “in round 3”.
    public var description: String {
        switch self {
        case .start: "at its start"
        case .round(let round): "in round \(round)"
        }
    }
}

extension RuleProgramError: CustomStringConvertible {
    /// The sentence.
    public var description: String {
        switch self {
        case .absent(let file, let reason):
            "--server-rule names \(Self.shown(file)), which cannot be run: \(reason)"
        case .notExecutable(let file):
            "--server-rule names \(Self.shown(file)), which is neither executable nor a .py file: "
                + "chmod +x makes it so"
        case .noPython(let file):
            "--server-rule names \(Self.shown(file)), and there is no python3 in PATH to run it"
        case .notStarted(let file, let reason):
            "the server rule \(Self.shown(file)) cannot be started: \(reason)"
        case .silent(let file, let moment, let seconds):
            "the server rule \(Self.shown(file)) did not answer \(moment) within "
                + "\(seconds.formatted()) s, and was ended: --server-rule-seconds gives it more"
        case .ended(let file, let moment, let how, let words):
            "the server rule \(Self.shown(file)) ended \(how) \(moment)"
                + (words.isEmpty ? "" : ": \(words)")
        case .answer(let file, let moment, let found, let expected):
            "the server rule \(Self.shown(file)) answered “\(found)” \(moment): expected \(expected)"
        case .unwritten(let file, let round, let reason):
            "the updates of round \(round) cannot be handed to the server rule \(Self.shown(file)): "
                + "\(reason)"
        case .noModel(let file, let moment, let reason):
            "the server rule \(Self.shown(file)) has left no model \(moment): \(reason)"
        case .wrongSize(let file, let moment, let tensor, let found, let expected):
            "the server rule \(Self.shown(file)) wrote a “\(tensor)” of shape \(found) \(moment): "
                + "expected are [\(expected)] numbers of type F32, as the model has them"
        case .stopped(let file):
            "the run was asked to stop before the server rule \(Self.shown(file)) had answered"
        }
    }

    private static func shown(_ file: String) -> String { file.printable(limit: 200) }
}

extension Double {
    /// Without a point where it is whole.
    fileprivate func formatted() -> String {
        Int(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}
