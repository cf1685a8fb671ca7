extension StoredRun {
    /// Where a run stands.
    public enum State: String, Sendable, CaseIterable {
        /// A process is in it.
        case running
        /// A process is in it and waits, because that is wanted.
        case paused
        /// It was told to stop, and may be resumed.
        case interrupted
        /// Its process was killed; it may be resumed.
        case unfinished
        /// All rounds are committed.
        case completed
        /// It reached the target accuracy.
        case target
        /// It made no progress for as long as it was given.
        case stalled
        /// A model or loss was no finite number. It may be resumed: a client or a server rule may have been mended.
        case diverged
        /// It could not go on, as where its server rule ended. It may be resumed, to try that round again.
        case failed

        /// Where a run stands that no process is in.
        /// - Parameter outcome: how its log says that it ended; empty for not at all.
        init(outcome: String, isFinished: Bool) {
            guard isFinished else {
                self = outcome.isEmpty ? .unfinished : .interrupted
                return
            }
            // The words of `Outcome`.
            self =
                switch outcome {
                case let text where text.hasPrefix("target"): .target
                case let text where text.hasPrefix("no progress"): .stalled
                case let text where text.hasPrefix("diverged"): .diverged
                case let text where text.hasPrefix("failed"): .failed
                default: .completed
                }
        }

        /// How a run ended that is over.
        package static func ended(_ outcome: String) -> State {
            State(outcome: outcome, isFinished: true)
        }

        /// Whether it came to a bad end, after which it may be tried again.
        package var hasFailed: Bool { self == .failed || self == .diverged }

        /// Whether it goes on only for more rounds than it was meant for.
        package var isOver: Bool {
            switch self {
            case .running, .paused, .interrupted, .unfinished, .failed, .diverged: false
            case .completed, .target, .stalled: true
            }
        }

        /// The state in words.
        func words(
            outcome: String, rounds: Int, of planned: Int, process: Int?, wish: RunWish?
        ) -> String {
            switch self {
            case .running, .paused:
                let wanted =
                    switch wish {
                    case .stop: ", stopping"
                    case .pause: self == .paused ? "" : ", pausing after this round"
                    case nil: ""
                    }
                return rawValue + (process.map { ", process \($0)" } ?? "") + wanted
            case .interrupted: return "interrupted after \(rounds) of \(planned)"
            case .unfinished: return "unfinished after \(rounds) of \(planned)"
            case .completed, .target, .stalled, .diverged, .failed: return outcome
            }
        }
    }

    /// Where it stands.
    public var state: State {
        if isRunning { return isPaused ? .paused : .running }
        return State(outcome: header.outcome, isFinished: isFinished)
    }

    /// That in words: "running, process 6681", "interrupted after 3 of 8", "completed".
    public var stateText: String {
        state.words(
            outcome: outcome, rounds: roundCount, of: header.maxRound, process: process, wish: wish)
    }
}
