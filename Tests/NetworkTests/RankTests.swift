import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

/// What `mpirun` started, as far as it needs no Open MPI: Scripts/check/mpi_test.py has the rest.
@Suite("Started by mpirun", .holdsItsThread)
struct RankTests {
    private func started(
        _ arguments: [String], rank: Int = 0, of size: Int = 2, libraries: URL? = nil
    ) throws -> Command {
        var environment = ["OMPI_COMM_WORLD_RANK": "\(rank)", "OMPI_COMM_WORLD_SIZE": "\(size)"]
        if let libraries {
            let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
            environment["LD_LIBRARY_PATH"] = [libraries.path, others].compactMap(\.self)
                .joined(separator: ":")
        }
        return try Command.run(arguments, environment: environment)
    }

    /// What both commands of ranks say where other libraries than the machine's are found first.
    private func expect(_ reason: String, libraries: URL) throws {
        for arguments in [["run"], ["bench", "ranks"]] {
            let first = try started(arguments, libraries: libraries)
            #expect(
                first.errors.hasPrefix(
                    "federated: mpirun started 2 processes, and Open MPI, the only MPI that is "
                        + "supported, cannot be loaded: \(reason)"), "\(first.errors)")
            #expect(first.errors.split(separator: "\n").count == 1)
            #expect(first.status == 1)
            #expect(first.output == "")
            let second = try started(arguments, rank: 1, libraries: libraries)
            #expect(second.errors == "")
            #expect(second.status == 1)
        }
    }

    @Test("Without Open MPI's library the same run is not made twice")
    func withoutLibrary() throws {
        try Command.inTemporaryFolder { folder in
            for name in ["libmpi.so.40", "libmpi.so"] {
                try Data("no library".utf8).write(to: folder.appending(path: name))
            }
            try expect("\(folder.path)/libmpi.so.40: ", libraries: folder)
        }
    }

    @Test("A library of that name without Open MPI's symbols is another's")
    func otherLibrary() throws {
        // Its size says 0, and it comes in pages.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        let path = try #require(
            maps.split(whereSeparator: \.isWhitespace).first { $0.hasSuffix("/libc.so.6") })
        try Command.inTemporaryFolder { folder in
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "libmpi.so.40").path,
                withDestinationPath: String(path))
            try expect("libmpi.so.40 has no ompi_mpi_comm_world\n", libraries: folder)
        }
    }

    @Test("One rank is a process like any other")
    func oneRank() throws {
        try Command.inTemporaryFolder { folder in
            let command = try started(
                ["run", "--quiet", "--log-dir", folder.path] + Command.tiny, of: 1)
            #expect(command.errors == "")
            #expect(command.status == 0)
        }
    }

    @Test("Errors are the first rank's to print")
    func oneSentence() throws {
        let first = try started(["run", "--clients", "0"], rank: 0)
        #expect(first.errors == "federated: --clients must be at least 1, not 0\n")
        let second = try started(["run", "--clients", "0"], rank: 1)
        #expect(second.errors == "")
        #expect(second.status == first.status)
    }

    @Test("What a process does by itself it also says by itself, whatever its rank")
    func ownErrors() throws {
        let environments = [
            ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"],
            ["OMPI_COMM_WORLD_RANK": "1"], ["PMI_RANK": "3", "PMI_SIZE": "4"],
            ["PMIX_RANK": "2", "SLURM_NTASKS": "8"],
        ]
        for environment in environments {
            for arguments in [
                ["join", "http://127.0.0.1:1", "--id", "1", "--retry-for", "0"],
                ["join", "ftp://x", "--id", "1"], ["show", "x", "--store", "none"],
                ["partition"], ["export", "x", "--store", "none"], ["data", "--nonsense"],
                ["flower-node", "--superlink", "x"],
            ] {
                let command = try Command.run(arguments, environment: environment)
                #expect(command.status != 0, "\(arguments)")
                #expect(command.errors.hasPrefix("federated: "), "\(arguments) \(environment)")
            }
        }
        // A rank without others, as a shell within a job has it, is no rank.
        let alone = try Command.run(
            ["run", "--rounds", "0"], environment: ["OMPI_COMM_WORLD_RANK": "1"])
        #expect(alone.errors == "federated: --rounds must be at least 1, not 0\n")
    }

    @Test("What cannot be shared among ranks is refused")
    func refused() throws {
        let cases: [([String], String, Int32)] = [
            (
                ["run", "--transport", "json"],
                "--transport json is one process's, and mpirun started 2", 64
            ),
            (
                ["sweep"],
                "federated sweep is one process, and mpirun started 2: only run and bench ranks share "
                    + "work among ranks", 1
            ),
            (
                ["serve"],
                "federated serve is one process, and mpirun started 2: only run and bench ranks share "
                    + "work among ranks", 1
            ),
            (
                ["reproduce", "niid-bench"],
                "federated reproduce is one process, and mpirun started 2: only run and bench ranks "
                    + "share work among ranks", 1
            ),
        ]
        for (arguments, sentence, status) in cases {
            let command = try started(arguments)
            #expect(command.errors == "federated: \(sentence)\n")
            #expect(command.status == status)
        }
    }

    @Test("bench ranks alone says how it is started")
    func alone() throws {
        let command = try Command.run(["bench", "ranks"])
        #expect(
            command.errors
                == "federated: bench ranks is for mpirun: mpirun -n 2 federated bench ranks\n")
        #expect(command.status == 1)
    }
}

@Suite("The forecast of rounds on many ranks", .holdsItsThread)
struct RanksForecastTests {
    private let forecast = RanksForecast(
        clients: 10, clientSeconds: 2, pieces: 6, testSeconds: 3, modelBytes: 1e6, sumBytes: 4e6,
        reportSeconds: 0.01, meanSeconds: 0.5, additionSecondsPerByte: 1e-9, latencySeconds: 1e-3,
        bytesPerSecond: 1e9)

    @Test("One rank has everything and sends nothing")
    func one() {
        let round = forecast.round(on: 1)
        #expect(round.training == 20)
        #expect(round.test == 3)
        #expect(round.broadcast == 0)
        #expect(round.reduction == 0)
        #expect(abs(round.total - 23.51) < 1e-12)
    }

    @Test("Four ranks, by hand")
    func four() {
        let round = forecast.round(on: 4)
        // ⌈10/4⌉ = 3 clients, ⌈6/4⌉ = 2 of 6 pieces.
        #expect(round.training == 6)
        #expect(round.test == 1)
        // (2 + 3) ms + 2 · 1 MB · 3/4 at 1 GB/s.
        #expect(abs(round.broadcast - 6.5e-3) < 1e-12)
        // 2 · 2 ms + 3/4 (2 · 4 ms + 4 ms).
        #expect(abs(round.reduction - 13e-3) < 1e-12)
        #expect(abs(round.reports - 0.04) < 1e-12)
        #expect(abs(round.total - (7 + 6.5e-3 + 13e-3 + 0.04 + 0.5)) < 1e-12)
    }
}
