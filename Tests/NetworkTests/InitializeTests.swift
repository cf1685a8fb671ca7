import Foundation
import TestSupport
import TestThreads
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("What a server is asked to initialize", .holdsItsThread)
struct InitializeTests {
    private struct Answer {
        var status: Int
        var text: String
    }

    private func get(_ address: String, _ path: String) async throws -> Answer {
        let url = try #require(URL(string: address + path))
        let (data, response) = try await URLSession.shared.data(from: url)
        return Answer(
            status: try #require(response as? HTTPURLResponse).statusCode,
            text: String(decoding: data, as: UTF8.self))
    }

    @Test(
        "… and does not fit its options is answered 400 with a sentence; the server goes on",
        arguments: [
            (["--cohort", "10"], "--cohort is 10: there are 5 clients"),
            (["--minimum-clients", "8"], "--minimum-clients is 8: a round has 5 clients"),
            (
                ["--samples", "1", "--experiment", "2"],
                "experiment 1 needs samples to be at least 10, not 1"
            ),
        ])
    func refused(options: [String], sentence: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "federated-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Running(
            [
                "serve", "--port", "0", "--clients", "20", "--dataset",
                try SmallImages.write(to: folder), "--model", "logistic-regression", "--log-dir",
                folder.appending(path: "logs").path,
            ] + options)
        let page = try server.address()
        let address = page.hasSuffix("/") ? String(page.dropLast()) : page
        for path in ["/initialize/5/1/2", "/initialize/5/1/2"] {
            let answer = try await get(address, path)
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""out_of_range""#), "\(answer.text)")
            #expect(
                answer.text.contains(
                    "a run of 5 clients, experiment 1 and 2 rounds is not to be had of this server: "
                        + sentence), "\(answer.text)")
        }
        // What does fit is taken, and the server is there all the while.
        #expect(try await get(address, "/initialize/20/2/2").status == 200)
        #expect(try await get(address, "/get_server_round").text == "0")
        server.terminate()
        #expect(server.wait().status == 130)
    }
}
