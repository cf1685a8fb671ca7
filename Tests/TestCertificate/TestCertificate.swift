/// What servers of tests speak TLS with.
public enum TestCertificate {
    /// For localhost, signed by itself, valid for a hundred years.
    public static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBRzCB7qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
        bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUkpqvut6mV5EphdY
        VyCptQ8/n/2k74iuHF2C3IVYm11ngr2Ql1z/pYXK7ygvQYnZRekmg3UE9b27NBpm
        gXNGKKMvMC0wDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SH
        BH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIhALhDYzMLkgSSDHgLlPxRxkxyEB2Aq5sf
        R08Rjy6lFSAsAiB3Cf9Rk46VfG4C/4oIYEgqOHuaKtMs30KcsFG2uPYuzg==
        -----END CERTIFICATE-----
        """

    /// Its key, which protects nothing.
    public static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFuOVZfDahORvtt/X
        EUrOxA5oS3R9rB5tGtz3hY2LNWyhRANCAARSSmq+63qZXkSmF1hXIKm1Dz+f/aTv
        iK4cXYLchVibXWeCvZCXXP+lhcrvKC9BidlF6SaDdQT1vbs0GmaBc0Yo
        -----END PRIVATE KEY-----
        """
}
