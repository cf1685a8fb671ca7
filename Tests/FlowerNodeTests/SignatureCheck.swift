import COpenSSL

/// Whether it is the ECDSA signature in DER, with SHA-256, of a message by a public key in PEM.
func isSignature(_ signature: [UInt8], of message: [UInt8], by publicPEM: [UInt8]) -> Bool {
    let text = BIO_new_mem_buf(publicPEM, Int32(publicPEM.count))
    defer { BIO_free(text) }
    guard let key = PEM_read_bio_PUBKEY(text, nil, nil, nil) else { return false }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
}
