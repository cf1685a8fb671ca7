import Foundation
import RankTraining

/// The processes that `mpirun` started together with this one.
///
/// Rank 0 reads options, data and store as if it were alone and tells the others what came of it; an
/// error of any rank is rank 0's to print.
///
/// ```
/// guard let ranks = try Ranks.join() else { … }
/// defer { ranks.end() }
/// guard ranks.isFirst else { return try ranks.worker().serve() }
/// let run = try ExperimentRun(spec, data: data, place: .ranks(ranks.communicator))
/// try ranks.setUp(run.spec, run.data.source)
/// let result = run.run()
/// ```
public final class Ranks {
    /// What rank 0 tells the others before the run.
    private struct SetUp: Codable {
        var settings: RunSpec
        var source: DataSource
    }

    /// What the other ranks wait for.
    private enum Stage {
        /// The run's settings.
        case waiting
        /// The next order.
        case serving
        /// Nothing: they have gone.
        case gone
    }

    /// What they talk by.
    public let communicator: any Communicator
    private var stage = Stage.waiting
    /// Takes leave of the others, who are at the end, too.
    package let leave: () -> Void

    /// Which rank this process was started as, and of how many; nil if it was started alone.
    public static var launched: (rank: Int, size: Int)? {
        let environment = ProcessInfo.processInfo.environment
        for (rank, size) in [
            ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
            ("PMIX_RANK", "SLURM_NTASKS"),
        ] {
            guard let rank = environment[rank].flatMap(Int.init) else { continue }
            return (rank, environment[size].flatMap(Int.init) ?? 1)
        }
        return nil
    }

    /// Joins the others; nil if this process was started alone.
    /// - Throws: `RanksError.noMPI` if Open MPI is not there or has not started them.
    public static func join() throws(RanksError) -> Ranks? {
        guard let launched, launched.size > 1 else { return nil }
        do throws(MPIError) {
            let communicator = try MPICommunicator(startedAs: launched.size)
            return Ranks(communicator) { communicator.end() }
        } catch {
            throw .noMPI(started: launched.size, reason: "\(error)")
        }
    }

    private init(_ communicator: any Communicator, leave: @escaping () -> Void) {
        self.communicator = communicator
        self.leave = leave
    }

    /// Whether this process is the one that leads.
    public var isFirst: Bool { communicator.rank == 0 }

    /// Takes leave of the others; rank 0 sends them home.
    public func end() {
        if isFirst {
            switch stage {
            case .waiting: _ = communicator.broadcast(message: [])
            case .serving: DistributedFederation.dismiss(communicator)
            case .gone: break
            }
        }
        leave()
    }

    // MARK: Rank 0

    /// Hands the run's settings on and waits until all ranks have read their data.
    /// - Throws: `RanksError.rank` with the sentence of the first rank that cannot take part.
    public func setUp(_ spec: RunSpec, _ source: DataSource) throws {
        let message = try JSONEncoder().encode(SetUp(settings: spec, source: source))
        _ = communicator.broadcast(message: Array(message))
        let problems = communicator.gather([])
        let problem = problems.enumerated().first { !$0.element.isEmpty }
        _ = communicator.broadcast(message: problem == nil ? [1] : [0])
        stage = problem == nil ? .serving : .gone
        guard let (rank, sentence) = problem else { return }
        throw RanksError.rank(rank, reason: String(decoding: sentence, as: UTF8.self))
    }

    // MARK: The others

    /// Waits for rank 0's settings and reads the data; what comes of it is to serve until the run is over.
    /// - Parameter folder: where MNIST is looked for first; nil for where rank 0 found it.
    /// - Throws: `RanksError` if there is no run.
    public func worker(
        dataFolder folder: String? = nil, threads: Int = 1
    ) throws -> RankWorker {
        let message = communicator.broadcast(message: [])
        guard !message.isEmpty else { throw RanksError.gaveUp }
        let ready = Result {
            try makeWorker(JSONDecoder().decode(SetUp.self, from: Data(message)), folder, threads)
        }
        var problem = ""
        if case .failure(let error) = ready {
            problem = sentence(for: error)
            if problem.isEmpty { problem = "an error without a word" }
        }
        _ = communicator.gather(Array(problem.utf8))
        guard communicator.broadcast(message: []) == [1] else { throw RanksError.leftOut }
        return try ready.get()
    }

    private func makeWorker(
        _ setUp: SetUp, _ folder: String?, _ threads: Int
    ) throws -> RankWorker {
        let data = try RunData.load(
            setUp.source.dataset, folder: folder ?? setUp.source.dataFolder,
            reading: setUp.settings.reading, threads: threads)
        guard data.source.fingerprint == setUp.source.fingerprint else {
            throw RanksError.otherData(origin: data.dataset.origin)
        }
        let run = try ExperimentRun(setUp.settings, data: data, threads: threads, place: .rank)
        guard run.inputs.partition == setUp.source.partition else {
            throw RanksError.otherDivision
        }
        return RankWorker(run.parts, communicator)
    }
}

/// Why ranks cannot share a run; one sentence.
public enum RanksError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Processes that cannot talk to each other.
    case noMPI(started: Int, reason: String)
    /// A rank that cannot take part, and its sentence.
    case rank(Int, reason: String)
    /// Rank 0 ended before there was a run.
    case gaveUp
    /// This rank or another cannot take part.
    case leftOut
    /// This rank's data hold other images.
    case otherData(origin: String)
    /// This rank's partition file is another one.
    case otherDivision

    /// One sentence.
    public var description: String {
        switch self {
        case .noMPI(let count, let reason): "mpirun started \(count) processes, and \(reason)"
        case .rank(let rank, let reason): "rank \(rank): \(reason)"
        case .gaveUp: "rank 0 gave up"
        case .leftOut: "a rank cannot take part"
        case .otherData(let origin): "\(origin) holds other images than rank 0's data"
        case .otherDivision:
            "the partition's file divides the images otherwise than rank 0's does"
        }
    }
}
