import Foundation
import RankTraining
import Training

/// The processes that `mpirun` started together with this one.
///
/// Rank 0 reads options, data and store as if it were alone and tells the others what came of it; an
/// error of any rank is rank 0's to print.
final class Ranks {
    /// What rank 0 tells the others before the run.
    private struct SetUp: Codable {
        var settings: ExperimentSettings
        var source: DataSource
    }

    /// Which rank this process was started as, and of how many; nil if it was started alone.
    static var launched: (rank: Int, size: Int)? {
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

    /// Refuses to do in several processes at once what is one's.
    static func requireOne(_ command: String) throws {
        if let launched, launched.size > 1 {
            throw CommandFailure(
                message:
                    "federated \(command) is one process, and mpirun started \(launched.size): "
                    + "only run and bench --ranks share work among ranks", isEveryRanks: true)
        }
    }

    /// Whether a command line is one that ranks do together, and fail in together.
    static func share(_ arguments: ArraySlice<String>) -> Bool {
        switch arguments.first {
        case "run": true
        case "bench": arguments.contains("--ranks")
        default: false
        }
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

    let communicator: any Communicator
    private var stage = Stage.waiting
    /// Takes leave of the others, who are at the end, too.
    let leave: () -> Void

    /// Joins the others; nil if this process was started alone.
    static func join() throws -> Ranks? {
        guard let launched else { return nil }
        #if MPI
            let communicator = MPICommunicator()
            return Ranks(communicator) { communicator.end() }
        #else
            guard launched.size > 1 else { return nil }
            throw CommandFailure(
                message: "mpirun started \(launched.size) processes, and this federated was built "
                    + "without MPI: make mpi builds one with it")
        #endif
    }

    private init(_ communicator: any Communicator, leave: @escaping () -> Void) {
        self.communicator = communicator
        self.leave = leave
    }

    /// Whether this process is the one that leads.
    var isFirst: Bool { communicator.rank == 0 }

    /// Takes leave of the others; rank 0 sends them home.
    func end() {
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
    /// - Throws: `CommandFailure` with the sentence of the first rank that cannot take part.
    func setUp(_ settings: ExperimentSettings, _ source: DataSource) throws {
        _ = try asValidationError { () throws(SettingsError) in
            try settings.validated(for: .ranks)
        }
        let message = try JSONEncoder().encode(SetUp(settings: settings, source: source))
        _ = communicator.broadcast(message: Array(message))
        let problems = communicator.gather([])
        let problem = problems.enumerated().first { !$0.element.isEmpty }
        _ = communicator.broadcast(message: problem == nil ? [1] : [0])
        stage = problem == nil ? .serving : .gone
        guard let (rank, sentence) = problem else { return }
        throw CommandFailure(
            message: "rank \(rank): \(String(decoding: sentence, as: UTF8.self))")
    }

    // MARK: The others

    /// Does what rank 0 says until the run is over.
    /// - Throws: `CommandFailure` if there is no run.
    func serve(_ options: CommonOptions, threads: Int) throws {
        let message = communicator.broadcast(message: [])
        guard !message.isEmpty else { throw CommandFailure(message: "rank 0 gave up") }
        let ready = Result {
            try makeWorker(JSONDecoder().decode(SetUp.self, from: Data(message)), options, threads)
        }
        var sentence = ""
        if case .failure(let error) = ready {
            sentence = federated.sentence(for: error)
            if sentence.isEmpty { sentence = "an error without a word" }
        }
        _ = communicator.gather(Array(sentence.utf8))
        guard communicator.broadcast(message: []) == [1] else {
            throw CommandFailure(message: "a rank cannot take part")
        }
        let worker = try ready.get()
        let interruption = Interruption { worker.stop() }
        worker.serve()
        interruption.end()
    }

    private func makeWorker(
        _ setUp: SetUp, _ options: CommonOptions, _ threads: Int
    ) throws -> RankWorker {
        let loaded = try loadDataset(
            setUp.source.dataset, folder: options.dataDir ?? setUp.source.dataFolder,
            threads: threads, console: Console(quiet: true))
        guard loaded.dataset.fingerprint == setUp.source.fingerprint else {
            throw CommandFailure(
                message: "\(loaded.dataset.origin) holds other images than rank 0's data")
        }
        let run = try ExperimentRun(
            setUp.settings, dataset: loaded.dataset, fingerprint: setUp.source.fingerprint,
            threads: threads, execution: .ranks, onRound: { _, _ in })
        guard run.inputs.partition == setUp.source.partition else {
            throw CommandFailure(
                message: "the partition's file divides the images otherwise than rank 0's does")
        }
        return RankWorker(run.federation.configuration, communicator)
    }
}
