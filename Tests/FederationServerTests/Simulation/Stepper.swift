import Parameters
import Synchronization

/// Runs tasks on the thread that asks for it, a job at a time, and draws by chance which is next: what
/// happens depends on the seed alone.
final class Stepper: TaskExecutor {
    private struct State {
        var random: RandomStream
        var jobs: [UnownedJob] = []
        var paused: [CheckedContinuation<Void, Never>] = []
        var taskCount = 0
    }

    private enum Step {
        case job(UnownedJob)
        case resumption(CheckedContinuation<Void, Never>)
    }

    private let state: Mutex<State>

    init(_ random: RandomStream) {
        state = Mutex(State(random: random))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// A number from 0 to below `bound`.
    func next(below bound: Int) -> Int { state.withLock { $0.random.next(below: bound) } }

    /// Whether something that happens once in `count` times happens now.
    func happens(onceIn count: Int) -> Bool { next(below: count) == 0 }

    /// Tasks that are not over.
    var taskCount: Int { state.withLock { $0.taskCount } }

    /// Begins a task.
    func begin(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.taskCount += 1 }
        Task(executorPreference: self) {
            await body()
            self.state.withLock { $0.taskCount -= 1 }
        }
    }

    /// Lets others run for as long as chance has it.
    func pause() async {
        for _ in 0..<next(below: 4) {
            await withCheckedContinuation { continuation in
                state.withLock { $0.paused.append(continuation) }
            }
        }
    }

    /// Runs one job.
    /// - Returns: false where there is none: all wait for something else.
    func step() -> Bool {
        let step = state.withLock { state -> Step? in
            let count = state.jobs.count + state.paused.count
            guard count > 0 else { return nil }
            let index = state.random.next(below: count)
            return index < state.jobs.count
                ? .job(state.jobs.remove(at: index))
                : .resumption(state.paused.remove(at: index - state.jobs.count))
        }
        switch step {
        case .job(let job)?: job.runSynchronously(on: asUnownedTaskExecutor())
        case .resumption(let continuation)?: continuation.resume()
        case nil: return false
        }
        return true
    }
}
