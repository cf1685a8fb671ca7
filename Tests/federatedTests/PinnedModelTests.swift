import Foundation
import Testing
import federated

/// Pins the bits of the models of a few small runs: a change here changes the runs of users.
///
/// The figures are those of the versions whose clients counted from 1: that they count from 0 has left
/// every stream of random numbers where it was.
@Suite("Known answers of runs") struct PinnedModelTests {
    /// Kernels that every x86-64 has: others round otherwise.
    private static let environment = [
        "FEDERATED_SIMD": "baseline", "OPENBLAS_CORETYPE": "Prescott",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
    ]

    private static let answers: [(UInt64, [String])] = [
        (0xbe94_6a80_1339_764a, ["--experiment", "1"]),
        (0x488b_02e7_16a8_0892, ["--experiment", "2"]),
        (0x06f7_7390_8939_2c74, ["--experiment", "3"]),
        (0xcb00_9b4e_4d3a_d028, ["--experiment", "4", "--transport", "http"]),
        (
            0x3d9a_39a8_7fd1_2430,
            [
                "--partition", "dirichlet:0.5:1", "--clients", "6", "--cohort", "3", "--epochs",
                "1.5",
            ]
        ),
        (0xcf37_a37b_b5f9_4cc3, ["--partition", "labels:2", "--clients", "4", "--epochs", "2"]),
        (
            0x834f_2a52_c365_8fa7,
            [
                "--experiment", "3", "--clients", "9", "--cohort", "4", "--over-selection", "1.5",
                "--availability", "0.8", "--dropout-before", "0.2", "--dropout-after", "0.2",
                "--minimum-clients", "2", "--no-client-evaluation",
            ]
        ),
        (
            0xf2e5_ebbe_8c83_5af5,
            [
                "--strategy", "scaffold", "--partition", "shards:2", "--clients", "6", "--cohort",
                "0.5", "--no-client-evaluation",
            ]
        ),
        (
            0x54cc_1dd8_6ee2_2055,
            [
                "--experiment", "4", "--model", "reference-cnn", "--samples", "10", "--rounds", "1",
                "--no-client-evaluation",
            ]
        ),
    ]

    @Test(arguments: answers)
    func bits(expected: UInt64, options: [String]) throws {
        try Command.inTemporaryFolder { folder in
            let command = try Command.run(
                [
                    "run", "--quiet", "--no-store", "--engine", "plain", "--seed", "2026",
                    "--log-dir", folder.path, "--dataset", "digits", "--model",
                    "logistic-regression", "--samples", "30", "--epochs", "1", "--clients", "3",
                    "--rounds", "3", "--evaluation-fraction", "0.02",
                ] + options, environment: Self.environment)
            #expect(command.status == 0, "\(command.errors)")
            let path = command.output.trimmingCharacters(in: .newlines)
            let model = URL(fileURLWithPath: path).deletingPathExtension()
                .appendingPathExtension("safetensors")
            // FNV-1a.
            let hash = try Data(contentsOf: model).reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01b3
            }
            #expect(hash == expected, "\(options)")
        }
    }
}
