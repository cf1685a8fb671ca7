import Training

/// How long a run will still take, by the pace of this process: rounds that an earlier one made before
/// the run was resumed took none of its time.
package struct RunPace {
    /// Rounds of the whole run.
    package var rounds: Int
    /// Rounds that were there when this process began.
    package var before: Int

    package init(rounds: Int, before: Int) {
        self.rounds = rounds
        self.before = before
    }

    /// Seconds until the end; nil before anything has been done.
    /// - Parameters:
    ///   - round: the open round.
    ///   - inRound: how much of it is done, 0…1.
    ///   - elapsed: seconds since this process began with it.
    package func secondsLeft(round: Int, inRound: Double, elapsed: Double) -> Double? {
        let made = Double(round - 1 - before) + inRound
        guard made > 0 else { return nil }
        return max(0, Double(rounds - before) - made) * elapsed / made
    }

    /// How much of the open round is done, 0…1: an image costs three times as much to train on as to
    /// evaluate.
    package static func done(_ progress: RunProgress.Snapshot) -> Double {
        let all = Double(3 * progress.roundTrainingImages + progress.roundEvaluationImages)
        let done = Double(3 * progress.roundImagesTrained + progress.roundImagesEvaluated)
        return all > 0 ? min(1, done / all) : 0
    }
}
