import Foundation
import Parameters
import Platform

/// A vector as the store keeps it: its bytes, and their SHA-256.
struct StoredVector {
    var digest: Data
    var bytes: Data

    init(digest: Data, bytes: Data) {
        self.digest = digest
        self.bytes = bytes
    }

    init(_ vector: ParameterVector) {
        bytes = vector.withUnsafeBufferPointer { Data(buffer: $0) }
        digest = Data(SHA256.digest(of: bytes))
    }

    /// Whether the bytes are those that were written.
    var isWhole: Bool { Data(SHA256.digest(of: bytes)) == digest }

    /// nil if the bytes are no whole number of Floats.
    var vector: ParameterVector? {
        let size = MemoryLayout<Float>.size
        guard bytes.count.isMultiple(of: size) else { return nil }
        return ParameterVector(unsafeUninitializedCount: bytes.count / size) {
            _ = bytes.copyBytes(to: UnsafeMutableRawBufferPointer($0))
        }
    }
}
