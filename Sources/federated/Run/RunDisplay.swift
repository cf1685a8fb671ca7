import Datasets
import Dispatch
import Federation
import Platform
import Training

/// What the user sees of a run.
final class RunDisplay: Sendable {
    private let console: Console
    private let settings: ExperimentSettings

    init(_ console: Console, settings: ExperimentSettings) {
        self.console = console
        self.settings = settings
    }

    // MARK: Before

    /// Says what will run, before it does.
    func begin(
        _ run: ExperimentRun, recorder: RunRecorder?, resumed: ResumedRun?, notes: [String]
    ) {
        for note in notes { console.line(note) }
        let train = Text.count(run.dataset.train.count)
        let tested = run.federation.configuration.evaluationSet.indices.count
        let parameters = Text.count(run.architecture.parameterCount)
        var rows = [
            (settings.partition == nil ? "experiment" : "partition", settings.division),
            (
                "data",
                "\(run.dataset.origin): \(train) to train, \(Text.count(tested)) of "
                    + "\(Text.count(run.dataset.test.count)) to test"
            ),
            (
                "model",
                "\(settings.model.rawValue), \(parameters) parameters, \(settings.engine.rawValue) engine"
            ),
            ("clients", clients(run)),
            ("strategy", "\(settings.federatedStrategy)"),
            (
                "training",
                "\(Text.plural(settings.rounds, "round")) of \(settings.training.summary)"
            ),
            ("seed", "\(settings.seed)"),
            (
                "threads",
                (run.isShared
                    ? "\(run.threads) in each of \(Text.plural(run.ranks, "rank"))"
                    : "\(run.threads)")
                    + " on \(Machine.description)"
            ),
        ]
        let absence = settings.absences
        if !absence.isEmpty { rows.append(("absence", absence.joined(separator: ", "))) }
        if let why = Reproducibility(of: settings, for: run.execution).why {
            rows.append(("bits", "depend on more than settings and seed: \(why)"))
        }
        if run.transport != .memory {
            rows.append(("transport", "\(run.transport.rawValue) over loopback"))
        }
        if let recorder {
            let after = resumed.map { ", resumed after round \($0.rounds.count)" } ?? ""
            rows.append(("run", "\(recorder.name) in \(recorder.store.path)\(after)"))
        }
        console.line(console.bold("federated \(Federated.version)"))
        for (name, value) in rows { console.row(name, value) }
        console.line()
        console.line(console.dim(RoundRow(width: console.width).heading))
        for round in resumed?.rounds ?? [] { show(round) }
    }

    private func clients(_ run: ExperimentRun) -> String {
        let counts = run.samplesByClient.sorted { $0.key < $1.key }.map(\.value)
        var what = Text.plural(settings.clients, "client")
        if settings.cohortSize < settings.clients {
            what = "\(Text.count(settings.cohortSize)) a round of \(what)"
        }
        let isFixed = settings.fixedShards || settings.partition != nil
        let drawn =
            settings.partition != nil
            ? "divided once" : settings.fixedShards ? "drawn once" : "drawn anew each round"
        guard let low = counts.min(), let high = counts.max(), low != high else {
            return "\(what) with \(Text.plural(counts[0], "sample")) each, \(drawn)"
        }
        let sizes =
            counts.count <= 10
            ? counts.map(Text.count).joined(separator: " · ")
            : "\(Text.count(low)) to \(Text.count(high))"
        return "\(what) with \(sizes) samples"
            + (isFixed ? ", \(drawn)" : " in round 1, \(drawn)")
    }

    // MARK: Meanwhile

    /// Prints a committed round.
    func show(_ round: CommittedRound) {
        console.line(RoundRow(width: console.width).text(round, of: settings.rounds))
    }

    /// Runs `body` and shows how far it is until it returns.
    /// - Parameter before: rounds that were there already.
    func following<Result>(
        _ federation: InProcessFederation, after before: Int, _ body: () -> Result
    ) -> Result {
        guard console.isLive else { return body() }
        let start = MonotonicClock.seconds()
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(200))
        timer.setEventHandler { [self] in
            let elapsed = MonotonicClock.seconds() - start
            console.transient(text(federation.progress.snapshot, after: before, elapsed: elapsed))
        }
        timer.resume()
        defer {
            timer.cancel()
            console.clearTransient()
        }
        return body()
    }

    private func text(
        _ progress: RunProgress.Snapshot, after before: Int, elapsed: Double
    ) -> String {
        guard progress.round > 0 else { return "" }
        // An image costs three times as much to train on as to evaluate.
        let all = Double(3 * progress.roundTrainingImages + progress.roundEvaluationImages)
        let done = Double(3 * progress.roundImagesTrained + progress.roundImagesEvaluated)
        let inRound = all > 0 ? min(1, done / all) : 0
        let left = RunPace(rounds: settings.rounds, before: before).secondsLeft(
            round: progress.round, inRound: inRound, elapsed: elapsed)
        let rate = Double(progress.imagesTrained) / max(elapsed, 1e-3)
        return Bar.line(
            [
                (Text.pad("\(progress.round)/\(settings.rounds)", 6), .needed),
                (Bar.text(inRound), .wanted),
                ("\(progress.clientsTrained)/\(progress.cohort) clients", .spare),
                ("\(Text.count(Int(rate))) images/s", .spare),
                (left.map { "\(Text.duration($0)) left" } ?? "", .needed),
            ], width: console.transientWidth)
    }

    // MARK: After

    /// The table of the last round's clients, where time went, and where the log is.
    func end(log: RunLog, path: String) {
        console.line()
        if !log.serverAccuracies.isEmpty { Self.clientTable(log, on: console) }
        if let best = log.serverAccuracies.compactMap({ $0 }).max(),
            let last = log.serverAccuracies.last ?? nil
        {
            console.row(
                "server",
                "\(Text.percent(last)) after round \(log.serverAccuracies.count), "
                    + "\(Text.percent(best)) at best; \(log.outcome)")
        }
        let timings = log.timings
        let rounds = timings.roundSeconds.reduce(0, +)
        // Clients of a server train elsewhere: how long, only they know.
        let training =
            timings.trainingSeconds > 0
            ? "training \(Text.fixed(timings.trainingSeconds, 1)) s, " : ""
        console.row(
            "time",
            "\(Text.fixed(timings.totalSeconds, 1)) s in all, rounds \(Text.fixed(rounds, 1)) s; "
                + "over all threads \(training)evaluation "
                + "\(Text.fixed(timings.evaluationSeconds, 1)) s")
        if let hint = evaluationHint(timings) { console.row("hint", hint) }
        if !timings.idleShares.isEmpty {
            let mean = timings.idleShares.reduce(0, +) / Double(timings.idleShares.count)
            console.row(
                "ranks",
                "\(timings.ranks); \(Text.percent(mean)) of their time in training rounds was idle")
        }
        console.row("log", path)
        console.row("model", "\(path.dropLast(".json".count)).safetensors")
    }

    /// Which option spares the tests, where they take more than half of the threads' time and some of
    /// them are of clients' models; nil otherwise, or where the time of training is not known.
    private func evaluationHint(_ timings: RunLog.Timings) -> String? {
        let all = timings.trainingSeconds + timings.evaluationSeconds
        guard !settings.noClientEvaluation, timings.trainingSeconds > 0,
            timings.evaluationSeconds > all / 2
        else { return nil }
        let share = Text.fixed(100 * timings.evaluationSeconds / all, 0)
        return "testing models took \(share)% of that: --no-client-evaluation leaves clients' "
            + "models out, --evaluation-fraction 0.1 takes a tenth of the test set"
    }

    /// The clients of the last round.
    static func clientTable(_ log: RunLog, on console: Console) {
        let count = log.serverAccuracies.count
        let all = log.clientIDs.map { id in (id, log.rounds(of: id).last { $0.round == count }) }
        // Of a cohort of many, those that are in it.
        let ids = log.holdsPartsOnly ? all.filter { $0.1 != nil } : all
        let shown = ids.count <= 12 ? ids : Array(ids.prefix(10))
        console.line(console.dim("  client   samples   accuracy      loss   (last round)"))
        for (id, part) in shown {
            let accuracy = part?.accuracy.map(Text.percent) ?? "–"
            let loss = part?.loss.map { Text.fixed($0, 4) } ?? "–"
            console.line(
                Text.pad("\(id)", 8) + Text.pad(Text.count(part?.samples ?? 0), 10)
                    + Text.pad(accuracy, 11) + Text.pad(loss, 10))
        }
        if shown.count < ids.count {
            console.line("       … and \(ids.count - shown.count) more, in the log")
        }
        console.line()
    }
}
