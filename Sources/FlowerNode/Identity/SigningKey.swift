import COpenSSL
import Platform

/// A private key of the curve P-256, and the public one that belongs to it.
package final class SigningKey: Sendable {
    /// There is no memory for a signature, or no random number.
    package struct SigningFailure: Error, Equatable, CustomStringConvertible {
        package var description: String { "libcrypto makes no signature" }
    }

    /// An `EVP_PKEY`, which nothing changes once it is here: several threads may sign with it at once.
    private nonisolated(unsafe) let key: OpaquePointer

    private init(owning key: OpaquePointer) { self.key = key }

    /// A new key.
    package convenience init() {
        guard let key = copenssl_new_p256_key(CryptoLibrary.context) else { CryptoLibrary.fail() }
        self.init(owning: key)
    }

    deinit { EVP_PKEY_free(key) }
}

extension SigningKey {
    /// A key as PEM: PKCS #8 (“PRIVATE KEY”), or as RFC 5915 has it (“EC PRIVATE KEY”).
    ///
    /// nil for any other text, for a key of another curve and for one whose public part is not its own.
    package convenience init?(pem: String) {
        guard let document = PEMDocument(pem),
            ["PRIVATE KEY", "EC PRIVATE KEY"].contains(document.label)
        else { return nil }
        // What libcrypto has to say of a key that it does not take is nobody's later error.
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        let read = document.bytes.withUnsafeBufferPointer { bytes in
            var place = bytes.baseAddress
            let key = d2i_AutoPrivateKey_ex(nil, &place, bytes.count, CryptoLibrary.context, nil)
            return (key: key, isAll: place == bytes.baseAddress.map { $0 + bytes.count })
        }
        guard let key = read.key else { return nil }
        // It keeps the form in which the file has the public key, which may be a shorter one.
        guard read.isAll, Self.isWhole(key),
            EVP_PKEY_set_utf8_string_param(
                key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") == 1
        else {
            EVP_PKEY_free(key)
            return nil
        }
        self.init(owning: key)
    }

    private static func isWhole(_ key: OpaquePointer) -> Bool {
        guard text(OSSL_PKEY_PARAM_GROUP_NAME, of: key) == "prime256v1",
            text(OSSL_PKEY_PARAM_EC_ENCODING, of: key) == OSSL_PKEY_EC_ENCODING_GROUP,
            let check = EVP_PKEY_CTX_new_from_pkey(CryptoLibrary.context, key, nil)
        else { return false }
        defer { EVP_PKEY_CTX_free(check) }
        return EVP_PKEY_check(check) == 1
    }

    private static func text(_ name: String, of key: OpaquePointer) -> String? {
        var bytes = [CChar](repeating: 0, count: 64)
        guard EVP_PKEY_get_utf8_string_param(key, name, &bytes, bytes.count, nil) == 1 else {
            return nil
        }
        return bytes.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }

    /// As PEM in PKCS #8.
    package var privatePEM: String {
        guard let information = EVP_PKEY2PKCS8(key) else { CryptoLibrary.fail() }
        defer { PKCS8_PRIV_KEY_INFO_free(information) }
        return pem("PRIVATE KEY") { i2d_PKCS8_PRIV_KEY_INFO(information, $0) }
    }

    /// As PEM, its point uncompressed.
    package var publicPEM: String { pem("PUBLIC KEY") { i2d_PUBKEY(key, $0) } }

    /// - Parameter write: gives the number of bytes there are, and writes them where there is a place.
    private func pem(
        _ label: String, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> String {
        let count = Int(write(nil))
        guard count > 0 else { CryptoLibrary.fail() }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
            var place = bytes.baseAddress
            written = max(0, Int(write(&place)))
        }
        guard bytes.count == count else { CryptoLibrary.fail() }
        return PEMDocument(label: label, bytes: bytes).text
    }

    /// ECDSA with SHA-256 over the message, in DER.
    package func signature(of message: [UInt8]) throws(SigningFailure) -> [UInt8] {
        var count = Int(EVP_PKEY_get_size(key))
        var bytes = [UInt8](repeating: 0, count: count)
        guard let context = EVP_MD_CTX_new() else { throw SigningFailure() }
        defer { EVP_MD_CTX_free(context) }
        guard
            EVP_DigestSignInit_ex(
                context, nil, "SHA256", CryptoLibrary.context, nil, key, nil) == 1,
            EVP_DigestSign(context, &bytes, &count, message, message.count) == 1
        else { throw SigningFailure() }
        return Array(bytes.prefix(count))
    }
}
