import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
package struct SHA256: ~Copyable {
    /// Bytes of a digest.
    package static let byteCount = 32

    /// An `EVP_MD_CTX` of its own.
    private let state: OpaquePointer

    /// Of no bytes yet.
    package init() {
        guard let state = EVP_MD_CTX_new(),
            EVP_DigestInit_ex(state, CryptoLibrary.sha256, nil) == 1
        else { CryptoLibrary.fail() }
        self.state = state
    }

    deinit { EVP_MD_CTX_free(state) }

    /// Takes the next bytes in.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(state, bytes.baseAddress, bytes.count) == 1 else {
            CryptoLibrary.fail()
        }
    }

    /// The 32 bytes of the digest of all that came.
    package consuming func finish() -> [UInt8] {
        let state = state
        return [UInt8](unsafeUninitializedCapacity: Self.byteCount) { bytes, count in
            guard EVP_DigestFinal_ex(state, bytes.baseAddress, nil) == 1 else {
                CryptoLibrary.fail()
            }
            count = Self.byteCount
        }
    }
}

extension SHA256 {
    /// The 32 bytes of the digest of these bytes.
    package static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = SHA256()
        if bytes.withContiguousStorageIfAvailable({ hash.update(UnsafeRawBufferPointer($0)) })
            == nil
        {
            Array(bytes).withUnsafeBytes { hash.update($0) }
        }
        return hash.finish()
    }

    /// The digest of these bytes as 64 hexadecimal digits in lower case.
    package static func hexadecimal(of bytes: some Sequence<UInt8>) -> String {
        Platform.hexadecimal(digest(of: bytes))
    }
}
