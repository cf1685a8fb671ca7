#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_MAJOR < 3
#error "libcrypto of OpenSSL 3 or later is needed"
#endif

// A function of a varying number of arguments, which Swift cannot call.
static inline EVP_PKEY *copenssl_new_p256_key(OSSL_LIB_CTX *library) {
    return EVP_PKEY_Q_keygen(library, NULL, "EC", "P-256");
}
