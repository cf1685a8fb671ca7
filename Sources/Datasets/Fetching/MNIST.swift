import Foundation
import Platform

/// What MNIST's files are known by, and where they may be had.
public enum MNIST {
    /// Public mirrors, in the order they are asked.
    public static let mirrors: [URL] = [
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ].compactMap { URL(string: $0) }

    /// SHA-256 of the decompressed file, hexadecimal: gzip bytes differ between mirrors.
    public static func checksum(_ role: IDXRole) -> String {
        switch role {
        case .trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        case .trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        case .testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        case .testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        }
    }

    /// Fails where the bytes of `file` are not MNIST's.
    static func check(
        _ role: IDXRole, _ file: IDX.File, checksums: [IDXRole: String]
    ) throws(DatasetError) {
        let expected = checksums[role] ?? checksum(role)
        let found = sha256(file.bytes)
        guard found == expected else {
            throw .notMNIST(file: file.path, found: found, expected: expected)
        }
    }
}

/// SHA-256 in hexadecimal.
package func sha256(_ bytes: [UInt8]) -> String { SHA256.hexadecimal(of: bytes) }
