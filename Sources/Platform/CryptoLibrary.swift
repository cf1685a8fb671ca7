import COpenSSL

/// What this program has of libcrypto: algorithms of its own, whatever the machine's configuration file
/// of OpenSSL says of the library's defaults.
package enum CryptoLibrary {
    /// An `OSSL_LIB_CTX`, whose functions may be called by several threads at once.
    package nonisolated(unsafe) static let context: OpaquePointer = {
        // Without this the library takes itself apart in exit(), while other threads still call it.
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
        guard let context = OSSL_LIB_CTX_new() else { fail() }
        return context
    }()

    /// The `EVP_MD` of SHA-256, which nothing changes.
    nonisolated(unsafe) static let sha256: OpaquePointer = {
        guard let method = EVP_MD_fetch(context, "SHA256", nil) else { fail() }
        return method
    }()

    /// For what has no other reason: as where Swift itself is refused memory, nothing can go on.
    package static func fail() -> Never {
        fatalError("libcrypto has no memory, or no random numbers from the system")
    }
}
