import Foundation

/// Arithmetic that every x86-64 has. The best of a machine rounds otherwise than another's.
public enum CommonArithmetic {
    /// What a process is to be started with.
    public static let environment = [
        "FEDERATED_SIMD": "baseline", "OPENBLAS_CORETYPE": "Prescott",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
    ]

    /// Whether this process was started with it.
    public static var isHere: Bool {
        let present = ProcessInfo.processInfo.environment
        return environment.allSatisfy { present[$0.key] == $0.value }
    }

    /// Runs tests of this process's bundle in another that has it: libraries choose their kernels when
    /// they are loaded.
    /// - Parameter filter: as `swift test --filter` takes it.
    /// - Returns: what the process printed, and its status, which is not 0 if no test was found.
    public static func run(tests filter: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = ["--testing-library", "swift-testing", "--filter", filter]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
