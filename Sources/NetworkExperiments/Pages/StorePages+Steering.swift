import Experiments
import Federation
import FederationServer
import FederationStore
import FederationWire
import Foundation
import Platform

extension StorePages {
    /// Does what the page asks for; what goes on in other processes is told to them through the store.
    public func perform(_ action: RunAction, on name: String) throws -> String {
        if let why = Self.whyNoSteering(path) { throw APIError(.forbidden, why) }
        return try Self.reading {
            let store = try RunStore(path: path)
            defer { store.close() }
            let run = try store.run(name)
            switch action {
            case .rename(let label):
                try store.setLabels(
                    RunLabels(name: label, tags: run.labels.tags, note: run.labels.note), of: name)
                return label.map { "run \(name) is called “\($0.printable)”" }
                    ?? "run \(name) has no name of its own"
            case .tag(let tags):
                try store.setLabels(
                    RunLabels(name: run.labels.name, tags: tags, note: run.labels.note), of: name)
                return "run \(name) has \(Text.plural(tags.count, "tag"))"
            case .note(let note):
                try store.setLabels(
                    RunLabels(name: run.labels.name, tags: run.labels.tags, note: note), of: name)
                return "the note of run \(name) is kept"
            case .remove:
                let log = try store.giveUp([name]).first?.logFile
                return "run \(name) is removed" + (log.map { "; its log stays: \($0)" } ?? "")
            case .stop:
                try store.setWish(.stop, of: name)
                return "run \(name) stops within a second"
            case .pause:
                try store.setWish(.pause, of: name)
                return "run \(name) pauses when its round is over"
            case .resume:
                if run.isRunning {
                    guard run.wish == .pause else {
                        throw APIError(.runInProgress, "run \(name) is going on")
                    }
                    try store.setWish(nil, of: name)
                    return "run \(name) goes on"
                }
                return try goOn(run, rounds: nil)
            case .extend(let rounds):
                guard rounds > run.header.maxRound else {
                    throw APIError(
                        .invalidField,
                        "run \(name) has \(run.header.maxRound) rounds: expected more than that, "
                            + "not \(rounds)", got: .integer(rounds))
                }
                return try goOn(run, rounds: rounds)
            }
        }
    }

    /// What makes sense for a run now.
    func steering(of run: StoredRun) -> RunState.Steering {
        if let why = Self.whyNoSteering(path) { return RunState.Steering(actions: [], why: why) }
        return RunState.Steering(
            actions: RunRow.actions(run.state, wish: run.wish, kind: run.kind), why: nil)
    }

    /// Why nobody can steer the runs of a store from here; nil where one can.
    static func whyNoSteering(_ path: String) -> String? {
        guard access(path, F_OK) == 0 else { return nil }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(path, W_OK) == 0, access(folder, W_OK) == 0 else {
            return "the store \(path.printable) is not yours to write"
        }
        return nil
    }

    /// Goes on with a run in a process of its own.
    private func goOn(_ run: StoredRun, rounds: Int?) throws -> String {
        guard run.kind == ResumedRun.usualKind else {
            throw APIError(
                .runInProgress,
                "run \(run.name) is one of federated \(run.kind): federated \(run.kind) --resume "
                    + "\(run.name) goes on with it, in a terminal")
        }
        let folder =
            run.logFile.map { URL(fileURLWithPath: $0) } ?? URL(fileURLWithPath: path)
        var arguments = [
            "run", "--resume", run.name, "--store", path, "--log-dir",
            folder.deletingLastPathComponent().path, "--quiet",
        ]
        if let rounds { arguments += ["--rounds", "\(rounds)"] }
        let started = try StartedRun(arguments)
        let isOn = try started.wait(seconds: 15) {
            let store = try RunStore(path: self.path, access: .reading)
            defer { store.close() }
            return try store.run(run.name).process == started.process
        }
        return isOn
            ? "run \(run.name) goes on in process \(started.process)"
            : "run \(run.name) has gone on, and is over"
    }
}

extension StoredRun {
    /// What its page says that it does.
    var phase: RunState.Phase {
        switch state {
        case .running: .training
        case .paused: .paused
        default: .finished
        }
    }
}
