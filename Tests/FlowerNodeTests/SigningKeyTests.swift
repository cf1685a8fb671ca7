import COpenSSL
import FlowerNode
import Foundation
import Testing

@Suite("A node's key")
struct SigningKeyTests {
    /// A key that guards nothing, as PKCS #8: the form in which a node writes its own.
    private static let written = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNezra+wmKPY8XGxP
        jl103+EufGqhGB4VrYmeEbGyJamhRANCAARQiJOPIvC9Vw7Rfd6O+8yJh6Fa76K5
        QbDYOpoSzo6nwxvfTume5XMWT/8Wr8eByldliwYGsBiMFSC0eOcPfjbZ
        -----END PRIVATE KEY-----
        """

    private static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUIiTjyLwvVcO0X3ejvvMiYehWu+i
        uUGw2DqaEs6Op8Mb307pnuVzFk//Fq/HgcpXZYsGBrAYjBUgtHjnD3422Q==
        -----END PUBLIC KEY-----
        """

    private static let rfc5915 = document(
        "EC PRIVATE KEY",
        """
        MHcCAQEEIDXs62vsJij2PFxsT45ddN/hLnxqoRgeFa2JnhGxsiWpoAoGCCqGSM49
        AwEHoUQDQgAEUIiTjyLwvVcO0X3ejvvMiYehWu+iuUGw2DqaEs6Op8Mb307pnuVz
        Fk//Fq/HgcpXZYsGBrAYjBUgtHjnD3422Q==
        """)

    private static func document(_ label: String, _ body: String) -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----"
    }

    /// The same key in all forms that are read, each as openssl writes it.
    static let forms = [
        "PKCS #8": written,
        "RFC 5915": rfc5915,
        "RFC 5915, its point compressed": document(
            "EC PRIVATE KEY",
            """
            MFcCAQEEIDXs62vsJij2PFxsT45ddN/hLnxqoRgeFa2JnhGxsiWpoAoGCCqGSM49
            AwEHoSQDIgADUIiTjyLwvVcO0X3ejvvMiYehWu+iuUGw2DqaEs6Op8M=
            """),
        "RFC 5915, without its point": document(
            "EC PRIVATE KEY",
            """
            MDECAQEEIDXs62vsJij2PFxsT45ddN/hLnxqoRgeFa2JnhGxsiWpoAoGCCqGSM49
            AwEH
            """),
        "PKCS #8, lines ended as on Windows": written.replacing("\n", with: "\r\n"),
    ]

    @Test("A key is the same from all forms it is read in", arguments: forms.keys.sorted())
    func reading(form: String) throws {
        let pem = try #require(Self.forms[form])
        let key = try #require(SigningKey(pem: pem))
        #expect(key.publicPEM == Self.publicPEM)
        let message = Array("2026-01-31T12:00:00.000000+00:00".utf8)
        #expect(
            isSignature(
                try key.signature(of: message), of: message, by: Array(Self.publicPEM.utf8)))
    }

    @Test("A key is written as it was read, byte by byte, and a new one in the same form")
    func writing() throws {
        #expect(try #require(SigningKey(pem: Self.written)).privatePEM == Self.written)
        let new = SigningKey()
        #expect(new.privatePEM.count == Self.written.count)
        #expect(new.privatePEM.prefix(60) == Self.written.prefix(60))
        #expect(SigningKey(pem: new.privatePEM)?.publicPEM == new.publicPEM)
        #expect(SigningKey().publicPEM != new.publicPEM)
    }

    @Test("A signature is of one message by one key")
    func signing() throws {
        let key = SigningKey()
        let publicPEM = Array(key.publicPEM.utf8)
        for message in [[], Array("hello".utf8), [UInt8](repeating: 7, count: 100_000)] {
            let signature = try key.signature(of: message)
            #expect((8...72).contains(signature.count))
            #expect(isSignature(signature, of: message, by: publicPEM))
            #expect(!isSignature(signature, of: message + [0], by: publicPEM))
            #expect(!isSignature(signature, of: message, by: Array(Self.publicPEM.utf8)))
        }
        // One that the openssl command made, so that what verifies here is held to something.
        let foreign = try #require(
            Data(
                base64Encoded: """
                    MEUCIQDmo6kQBy4CoLuTxESdOhHBuNymjlRVlu8x+DJSqsaxxAIgZ3SWoWsabrLL\
                    VIm1Oos6L4Bck8R9M1gt5A9oXS9hSKY=
                    """))
        #expect(
            isSignature(
                Array(foreign), of: Array("hello".utf8), by: Array(Self.publicPEM.utf8)))
    }

    /// What is no key of the curve P-256, or not a whole one.
    static let refused = [
        "empty": "",
        "no PEM": "a key\n",
        "a head alone": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "other ends": written.replacing("END PRIVATE", with: "END EC PRIVATE"),
        "cut off": written.split(separator: "\n").dropLast(2).joined(separator: "\n"),
        "a line lost": written.replacing(
            "\njl103+EufGqhGB4VrYmeEbGyJamhRANCAARQiJOPIvC9Vw7Rfd6O+8yJh6Fa76K5", with: ""),
        "a private number of another key": written.replacing("Nezra+wm", with: "Nezra+wn"),
        "bytes behind it": written.replacing("fjbZ\n", with: "fjbZAAAA\n"),
        "not base 64": written.replacing("jl10", with: "jl=0"),
        "two documents": document("EC PARAMETERS", "BggqhkjOPQMBBw==") + "\n" + rfc5915,
        "a public key": publicPEM,
        "of the curve P-384": document(
            "EC PRIVATE KEY",
            """
            MIGkAgEBBDCIUU8VhosrBJ49HfHqTU15PA/CwIxRtw4QMp/DTnrT+pdY/KqbvTGk
            B40Sij7v4nGgBwYFK4EEACKhZANiAATYXHDB/imkBKIbb8MPbFbsERxaUiQ5wqVp
            pJwVsUvxvzCkshw038T8yU6wlh+3xzh/tKoJwvybYM6BlWKk1qdsr9i+sOo3wtPZ
            LLEdK24m7Y5fx3VNFCjoNHs1f0TlUMk=
            """),
        "of the curve secp256k1": document(
            "EC PRIVATE KEY",
            """
            MHQCAQEEID7+nMFmVBI9tiUjvSh8oUhSL9fnVhzW6LOfAOvMy/upoAcGBSuBBAAK
            oUQDQgAEOHByjd2Zh0RPH7vMqWQ0cR7RBNgO7Dv/lgfAc2/WKwlGX2YbDQAm7/65
            8Q/fXTr2UAMOfh4qoF+NYwr5udMNJg==
            """),
        "with a curve of its own numbers": document(
            "EC PRIVATE KEY",
            """
            MIIBaAIBAQQgNezra+wmKPY8XGxPjl103+EufGqhGB4VrYmeEbGyJamggfowgfcC
            AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
            MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
            vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
            axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
            K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
            YyVRAgEBoUQDQgAEUIiTjyLwvVcO0X3ejvvMiYehWu+iuUGw2DqaEs6Op8Mb307p
            nuVzFk//Fq/HgcpXZYsGBrAYjBUgtHjnD3422Q==
            """),
        "with a password": document(
            "ENCRYPTED PRIVATE KEY",
            """
            MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjpJ+FnEgOGXQICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJJTmdcf68UE4ns0Aoo7OxYEgZC1
            WZOgPu3p8kQQFhZRoJIaFrRKy2MNLJgNgJ1W2PDng74dysomjvJCZPcjVD55UxoL
            SNyyrfN5Oxqkr0HMnO5EZLJNSR0QwOVka8KjlZvAxHto1FxLKTLS+hqMM8lf9SU4
            LQqQudWNFcnbBdMnOBfbK0Y3RokBpd8JAUmhVzjKG6AXxZAsXnlcOMDcnEHMO4s=
            """),
    ]

    @Test("A file with anything else is refused in one sentence", arguments: refused.keys.sorted())
    func refusing(what: String) throws {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "key-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let content = Data(try #require(Self.refused[what]).utf8)
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: content, attributes: [.posixPermissions: 0o600]))
        #expect(
            throws: FlowerNodeError.keyFile(
                path: path, reason: "expected a private key of the curve P-256 in PEM form")
        ) { try NodeIdentity(keyFile: path) }
        #expect(ERR_peek_error() == 0)
        #expect(FileManager.default.contents(atPath: path) == content)
    }
}
