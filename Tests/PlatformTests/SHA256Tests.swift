import Platform
import TestThreads
import Testing

@Suite("SHA-256", .holdsItsThread)
struct SHA256Tests {
    /// Those of FIPS 180-4's examples, each a text and how often it is repeated.
    @Test(
        "Digests are those that are known",
        arguments: [
            ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ])
    func known(text: String, times: Int, digest: String) {
        let bytes = Array(String(repeating: text, count: times).utf8)
        #expect(SHA256.hexadecimal(of: bytes) == digest)
        #expect(hexadecimal(SHA256.digest(of: bytes)) == digest)
        #expect(SHA256.digest(of: bytes).count == SHA256.byteCount)
    }

    @Test("Pieces of any length, none among them, give the digest of the whole")
    func pieces() {
        let bytes = (0..<10_007).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 5) }
        let whole = SHA256.digest(of: bytes)
        for lengths in [[1], [63, 0, 1], [64], [65, 3], [1000, 7, 0, 129]] {
            var hash = SHA256()
            var rest = bytes[...]
            var turn = 0
            while !rest.isEmpty {
                let piece = rest.prefix(lengths[turn % lengths.count])
                piece.withUnsafeBytes { hash.update($0) }
                rest = rest.dropFirst(piece.count)
                turn += 1
            }
            #expect(hash.finish() == whole, "\(lengths)")
        }
    }

    @Test("Bytes that lie in no one place, and a part of others, are taken in their order")
    func storage() {
        let bytes = Array("one and another".utf8)
        #expect(SHA256.digest(of: AnySequence(bytes)) == SHA256.digest(of: bytes))
        #expect(SHA256.digest(of: bytes[4..<7]) == SHA256.digest(of: "and".utf8))
        #expect(SHA256.digest(of: bytes.lazy.map { $0 }) == SHA256.digest(of: bytes))
    }
}
