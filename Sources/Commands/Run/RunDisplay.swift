import Datasets
import Dispatch
import Experiments
import Federation
import Platform
import Terminal
import Training

/// What the user sees of a run.
package final class RunDisplay: Sendable {
    private let console: Console
    private let run: ExperimentRun
    private var spec: RunSpec { run.spec }

    package init(_ console: Console, run: ExperimentRun) {
        self.console = console
        self.run = run
    }

    // MARK: Before

    /// Says what will run, before it does.
    package func begin(
        _ recorder: RunRecorder, notes: [String], tracker: (any RunTracker)? = nil
    ) {
        for note in notes { console.line(note) }
        var rows = run.facts
        if let store = recorder.store {
            let after = run.resumed.map { ", resumed after round \($0.rounds.count)" } ?? ""
            rows.append(("run", "\(recorder.name) in \(store.path)\(after)"))
        }
        if let tracker { rows.append(tracker.place) }
        console.line(console.bold("federated \(LibraryVersion.text)"))
        for (name, value) in rows { console.row(name, value) }
        console.line()
        console.line(console.dim(roundRow.heading))
        for round in run.resumed?.rounds ?? [] { show(round) }
    }

    // MARK: Meanwhile

    /// Prints a committed round.
    package func show(_ round: CommittedRound) {
        console.line(roundRow.text(round, of: spec.rounds))
    }

    /// Says that the run waits because that was asked of it, or that it goes on.
    func show(pausing: Bool) {
        console.line(
            pausing
                ? "paused before its next round, as was asked; Ctrl-C ends it to be resumed"
                : "the pause is over")
    }

    private var roundRow: RoundRow { RoundRow(width: console.width, score: run.score) }

    /// Runs `body` and shows how far the run is until it returns.
    func following<Result>(_ body: () -> Result) -> Result {
        guard console.isLive else { return body() }
        let start = MonotonicClock.seconds()
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(200))
        timer.setEventHandler { [self] in
            let elapsed = MonotonicClock.seconds() - start
            console.transient(text(run.progress.snapshot, elapsed: elapsed))
        }
        timer.resume()
        defer {
            timer.cancel()
            console.clearTransient()
        }
        return body()
    }

    private func text(_ progress: RunProgress.Snapshot, elapsed: Double) -> String {
        guard progress.round > 0 else { return "" }
        let inRound = RunPace.done(progress)
        let left = RunPace(rounds: spec.rounds, before: run.resumed?.rounds.count ?? 0).secondsLeft(
            round: progress.round, inRound: inRound, elapsed: elapsed)
        let rate = Double(progress.imagesTrained) / max(elapsed, 1e-3)
        return Bar.line(
            [
                (Text.pad("\(progress.round)/\(spec.rounds)", 6), .needed),
                (Bar.text(inRound), .wanted),
                ("\(progress.clientsTrained)/\(progress.cohort) clients", .spare),
                ("\(Text.count(Int(rate))) images/s", .spare),
                (left.map { "\(Text.duration($0)) left" } ?? "", .needed),
            ], width: console.transientWidth)
    }

    // MARK: After

    /// The table of the last round's clients, where time went, and where the log is.
    package func end(_ kept: RunRecorder.Kept) {
        console.line()
        if !kept.log.serverAccuracies.isEmpty { console.table(kept.log.clientLines) }
        console.rows(kept.log.closing + kept.log.measures)
        guard let path = kept.file?.relativePath else { return }
        console.row("log", path)
        console.row("model", "\(path.dropLast(".json".count)).safetensors")
    }
}

extension Console {
    /// Prints names and what they are.
    func rows(_ rows: [(name: String, value: String)]) {
        for (name, value) in rows { row(name, value) }
    }

    /// Prints a heading, the lines below it, and an empty one.
    func table(_ lines: [String]) {
        for (index, text) in lines.enumerated() { line(index == 0 ? dim(text) : text) }
        line()
    }
}
