import FederationWire
import Platform

/// A training client's signs of life.
struct Pulse: Sendable {
    let connection: ServerConnection
    let seat: Seat
    let round: Int
    let progress: TrainingProgress
    let seconds: Double
    let registration: Registration
    let time: any TimeSource

    /// Beats until its task is cancelled; stops the training should the round be over without it.
    ///
    /// A beat that fails is no reason to stop: the update may still find the server again.
    func run() async {
        while !Task.isCancelled {
            try? await time.sleep(seconds: seconds)
            if Task.isCancelled { return }
            let beat = Heartbeat(
                round: round, imagesTrained: progress.imageCount,
                imagesPerSecond: progress.imagesPerSecond)
            do throws(AttemptError) {
                if try await !connection.heartbeat(beat, seat).isWanted {
                    progress.stop()
                    return
                }
            } catch {
                // A server that has come back knows its clients only when they say who they are.
                if case .refused(let error) = error, error.code == .unknownClient {
                    try? await connection.register(registration, seat)
                }
            }
        }
    }
}
