import Federation
import JSON
import Platform

extension RunLog {
    /// What the run was, as names and what they are: in the words of the settings, where the log has those
    /// of this version.
    /// - Parameter all: whether settings at their defaults are wanted, too.
    package func facts(all: Bool) -> [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        if let spec = RunSpec(logged: self) {
            facts += all ? spec.everything : spec.unusual
        } else {
            facts.append(("experiment", "\(experiment)"))
            facts.append(("clients", Text.count(clientNumber)))
            facts += configuration.members.sorted { $0.key < $1.key }
                .map { (KeySpelling.words($0.key), $0.value.words) }
        }
        if data != nil { facts.append(("data", data.words)) }
        if model != nil {
            facts.append(("model", "\(model.words), \(Text.count(modelParameters)) parameters"))
        }
        if !cpu.isEmpty {
            facts.append(("machine", "\(Text.plural(threads, "thread")) on \(cpu)"))
        }
        return facts
    }

    /// What came of the run, and where its time went.
    package var closing: [(name: String, value: String)] {
        var rows: [(name: String, value: String)] = []
        if let best = serverAccuracies.compactMap({ $0 }).max(),
            let last = serverAccuracies.last ?? nil
        {
            rows.append(
                (
                    "server",
                    "\(score.named(last)) after round \(serverAccuracies.count), "
                        + "\(score.text(best)) at best; \(outcome)"
                ))
        }
        let rounds = Text.fixed(timings.roundSeconds.reduce(0, +), 1)
        let idle = timings.idleShare.map { "\(Text.percent($0)) of their time" }
        // Clients of a server train elsewhere: how long, only they know.
        let training =
            timings.trainingSeconds > 0
            ? "training \(Text.fixed(timings.trainingSeconds, 1)) s, " : ""
        rows.append(
            (
                "time",
                "\(Text.fixed(timings.totalSeconds, 1)) s in all, rounds \(rounds) s; over all "
                    + "threads \(training)evaluation \(Text.fixed(timings.evaluationSeconds, 1)) s"
                    + (timings.ranks == 1 ? idle.map { ", \($0) idle" } ?? "" : "")
            ))
        if let hint = evaluationHint { rows.append(("hint", hint)) }
        if timings.ranks > 1, let idle {
            rows.append(("ranks", "\(timings.ranks); \(idle) in training rounds was idle"))
        }
        return rows
    }

    /// Which option spares the tests, where they take more than half of the threads' time and some of
    /// them are of clients' models; nil otherwise, or where the time of training is not known.
    private var evaluationHint: String? {
        let all = timings.trainingSeconds + timings.evaluationSeconds
        guard RunSpec(logged: self)?.noClientEvaluation == false, timings.trainingSeconds > 0,
            timings.evaluationSeconds > all / 2
        else { return nil }
        let share = Text.fixed(100 * timings.evaluationSeconds / all, 0)
        return "testing models took \(share)% of that: --no-client-evaluation leaves clients' "
            + "models out, --evaluation-fraction 0.1 takes a tenth of the test set for all"
    }

    /// The clients of the last round: a heading, and a line for each, of many for the first ones.
    package var clientLines: [String] {
        let count = serverAccuracies.count
        let all = clientIDs.map { id in (id, rounds(of: id).last { $0.round == count }) }
        // Of a cohort of many, those that are in it.
        let ids = holdsPartsOnly ? all.filter { $0.1 != nil } : all
        let shown = ids.count <= 12 ? ids : Array(ids.prefix(10))
        let heading = Text.pad(score.rawValue, 11)
        var lines = ["  client   samples\(heading)      loss   (last round)"]
        for (id, part) in shown {
            let accuracy = part?.accuracy.map(score.text) ?? "–"
            let loss = part?.loss.map { Text.fixed($0, 4) } ?? "–"
            lines.append(
                Text.pad("\(id)", 8) + Text.pad(Text.count(part?.samples ?? 0), 10)
                    + Text.pad(accuracy, 11) + Text.pad(loss, 10))
        }
        if shown.count < ids.count {
            lines.append("       … and \(ids.count - shown.count) more, in the log")
        }
        return lines
    }
}
