import Commands
import Experiments
import NetworkExperiments
import Synchronization

/// Tracks the runs of a server, if that was asked for.
final class ServedTrackers: Sendable {
    private let tracking: RunTracking?
    /// By the runs' names; nil for one that cannot be tracked and goes on without: its clients are there.
    private let trackers = Mutex<[String: (any RunTracker)?]>([:])

    init(_ tracking: RunTracking?) {
        self.tracking = tracking
    }

    /// Tells of what happens.
    func note(_ event: ServedEvent) {
        switch event {
        case .began(let recorder, _): _ = tracker(of: recorder)
        case .committed(let round, let recorder): tracker(of: recorder)?.note(round)
        case .ended(let kept, let recorder): tracker(of: recorder)?.end(kept.outcome)
        }
    }

    /// A run's tracker, made when it is first heard of.
    func tracker(of recorder: RunRecorder) -> (any RunTracker)? {
        guard let tracking else { return nil }
        return trackers.withLock { trackers in
            if let known = trackers[recorder.name] { return known }
            let tracker = tracking.tryBegin(recorder.run, name: recorder.name)
            trackers[recorder.name] = .some(tracker)
            return tracker
        }
    }
}
