/// The checksum CRC-32C, of the polynomial of Castagnoli: RFC 3720, appendix B.4.
package enum CRC32C {
    /// The remainders of all bytes, for the polynomial with its bits reversed.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in
            rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1
        }
    }

    /// The checksum of some bytes.
    package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { rest, byte in
            rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)]
        }
    }

    /// The checksum as TFRecord files have it: turned and shifted, for a checksum of bytes that hold their
    /// own would be a constant.
    package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = of(bytes)
        return (sum >> 15 | sum << 17) &+ 0xa282_ead8
    }
}
