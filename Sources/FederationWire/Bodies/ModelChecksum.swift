import CXXHash
import Federation
import Tensors

/// What a body's bytes are checked by and told apart by: 16 bytes that no accident makes alike.
///
/// XXH3-128 of the header's bytes before the checksum, followed by the XXH3-128 of the parameters, both
/// in their canonical (big-endian) form. It keeps nobody from making two bodies alike on purpose, who
/// would only have the second of his own updates taken for the first; what keeps strangers out is TLS
/// and tokens. Ten times as fast as SHA-256 on CPUs that compute that in hardware.
///
/// Source: the specification of XXH3, https://github.com/Cyan4973/xxHash.
enum ModelChecksum {
    static let byteCount = 16

    static func of(_ header: [UInt8], _ parameters: ParameterVector) -> [UInt8] {
        let content = parameters.withUnsafeBufferPointer {
            hash(UnsafeRawBufferPointer($0))
        }
        return (header + content).withUnsafeBytes(hash)
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var canonical = XXH128_canonical_t()
        XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.baseAddress, bytes.count))
        return withUnsafeBytes(of: canonical) { Array($0) }
    }
}
