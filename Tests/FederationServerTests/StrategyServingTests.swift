import Federation
import FederationServer
import FederationWire
import Parameters
import Platform
import TestSupport
import Testing

/// Keeps all updates of a round, and makes their mean of them at its end, or refuses to.
private struct GatheredMean: Aggregator {
    var refusal: AggregationError?

    var memory: AggregatorMemory { .perUpdate }
    var description: String { "gathered mean" }

    func makeFold(_ layout: ParameterLayout) -> any Fold {
        Gathered(layout: layout, refusal: refusal)
    }

    private struct Gathered: Fold {
        var layout: ParameterLayout
        var refusal: AggregationError?
        var all: [Contribution] = []

        var count: Int { all.count }

        func check(_ contribution: Contribution) throws(AggregationError) {}

        mutating func add(
            _ contributions: [Contribution], threads: Int
        ) throws(AggregationError) {
            all += contributions
        }

        mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
            if let refusal { throw refusal }
            var sum = ExactMeanFold(layout)
            try sum.add(all.sorted { $0.client < $1.client }, threads: threads)
            return try sum.finish(threads: threads)
        }
    }
}

@Suite("Strategies of a served run")
struct StrategyServingTests {
    private func vector(_ value: Float) -> ParameterVector {
        ParameterVector([Float](repeating: value, count: 10))
    }

    // MARK: Control variates

    @Test("Clients of SCAFFOLD fetch their corrections, each its own, and not what they have")
    func corrections() async throws {
        var options = TestServer.Options()
        options.strategy = .scaffold()
        try await TestServer.with(options) { server in
            for client in 0..<2 { try await server.register(client) }
            func correction(_ client: Int, after round: Int) async throws -> ParameterVector {
                let answer = try await server.get(Route.correction.path(TestServer.run, client))
                #expect(answer.headers["etag"] == "\"test-1-\(round)-\(client)\"")
                #expect(answer.headers["content-type"] == Route.modelMediaType)
                let body = try ModelBody(
                    decoding: answer.body,
                    expecting: .correction(
                        run: TestServer.run, round: round, client: client,
                        architecture: TestServer.digest, layout: TestServer.Options().layout))
                return body.value.vector
            }
            for client in 0..<2 { #expect(try await correction(client, after: 0) == vector(0)) }
            for client in 0..<2 {
                try await server.upload(client, round: 1, value: Float(client + 1))
            }
            #expect(try await server.until { try await server.committedRounds() == 1 })
            let known = try #require(server.record.commits.first?.state)
            #expect(known.clients.count == 2)
            for client in 0..<2 {
                let expected = try #require(Strategy.scaffold().correction(for: client, in: known))
                #expect(expected != vector(0))
                #expect(try await correction(client, after: 1) == expected)
            }
            let path = Route.correction.path(TestServer.run, 1)
            let same = try await server.get(path, headers: ["If-None-Match: \"test-1-1-1\""])
            #expect(same.status == 304)
            #expect(same.body.isEmpty)
            let other = try await server.get(path, headers: ["If-None-Match: \"test-1-1-0\""])
            #expect(other.status == 200)
            let unknown = try await server.get(
                Route.correction.path(RunIdentifier("other")!, 1))
            #expect(unknown.code == "unknown_run")
        }
    }

    @Test("In a run without control variates there is nothing to correct by")
    func noCorrections() async throws {
        try await TestServer.with { server in
            let answer = try await server.get(Route.correction.path(TestServer.run, 1))
            #expect(answer.status == 404)
            #expect(
                answer.message
                    == "clients of this run correct nothing: it has no control variates")
        }
    }

    @Test("What the plain API cannot carry it says, and what carries it; reading stays")
    func plainScaffold() async throws {
        var options = TestServer.Options()
        options.strategy = .scaffold()
        try await TestServer.with(options) { server in
            for (method, path) in [("GET", "/update_num_data/0/10"), ("PUT", "/put_weight/0")] {
                let body = method == "PUT" ? Array("[]".utf8) : nil
                let refused = try await server.ask(method, path, body: body)
                #expect(refused.status == 403)
                #expect(
                    refused.message
                        == "clients of this run correct their steps by control variates, which the "
                        + "plain API cannot carry: use `federated join`")
            }
            #expect(try await server.get("/get_server_weight").status == 200)
            #expect(try await server.committedRounds() == 0)
        }
    }

    // MARK: Transforms

    @Test("A plain client's half of a transform is done by the server, with the same bits")
    func transforms() async throws {
        var options = TestServer.Options()
        options.rounds = 1
        options.strategy = Strategy("Halved", transforms: [HalvedChange()])
        try await TestServer.with(options) { server in
            _ = try await server.get("/update_num_data/0/10")
            let put = try await server.ask(
                "PUT", "/put_weight/0", body: Array("[[[4,4,4],[4,4,4]],[4,4,4,4]]".utf8))
            #expect(put.status == 200, "\(put.text)")
            // The other has halved what it learned, 8, itself.
            let sent = try await server.upload(1, change: 4)
            #expect(sent.status == 200, "\(sent.text)")
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(server.record.model == vector(3))
        }
    }

    @Test("A change goes with the models of others where no transform has made it")
    func change() async throws {
        var options = TestServer.Options()
        options.rounds = 1
        try await TestServer.with(options) { server in
            let changed = try await server.upload(0, change: 2)
            #expect(changed.status == 200, "\(changed.text)")
            let whole = try await server.upload(1, round: 1, value: 4)
            #expect(whole.status == 200, "\(whole.text)")
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(server.record.model == vector(3))
        }
    }

    @Test("What clients say of their training is in the round's record")
    func reports() async throws {
        try await TestServer.with { server in
            for client in 0..<2 {
                let report = UpdateReport(seconds: 1.5, classCounts: [client, 10 - client])
                let sent = try await server.ask(
                    "PUT", Route.update.path(TestServer.run, 1, client),
                    body: server.update(client, round: 1, value: 1, report: report))
                #expect(sent.status == 200, "\(sent.text)")
            }
            #expect(try await server.until { !server.record.commits.isEmpty })
            let round = try #require(server.record.commits.first?.round)
            #expect(round.trainingSeconds == 3)
            #expect(round.evaluationSeconds == 0.75)
            #expect(round.classCounts == [0: [0, 10], 1: [1, 9]])
        }
    }

    // MARK: Aggregators

    @Test("An aggregator that refuses at closing ends the run with its sentence")
    func refusal() async throws {
        var options = TestServer.Options()
        let sentence = "the updates lie too far apart"
        options.strategy = Strategy(
            "Refused", aggregator: GatheredMean(refusal: .refused(reason: sentence)))
        try await TestServer.with(options) { server in
            for client in 0..<2 { try await server.upload(client, round: 1, value: 1) }
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(
                server.record.outcomes == [.failed(client: nil, round: 1, reason: sentence)])
            #expect(server.record.commits.isEmpty)
            let late = try await server.upload(0, round: 2, value: 1)
            #expect(late.message?.hasSuffix(sentence) == true, "\(late.text)")
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test("Updates that the aggregator keeps hold no place for uploads")
    func slots() async throws {
        let evaluation = Gate()
        var options = TestServer.Options()
        options.clients = 4
        options.rounds = 1
        options.strategy = Strategy("Gathered", aggregator: GatheredMean())
        options.change = { $0.uploadMemoryBytes = 1 }
        options.whileEvaluating = { await evaluation.pass() }
        try await TestServer.with(options) { server in
            // There are two places, and no model is tested before all four have come.
            for client in 0..<4 {
                let sent = try await server.upload(client, round: 1, value: Float(client))
                #expect(sent.status == 200, "\(sent.text)")
            }
            evaluation.open()
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(server.record.model == vector(1.5))
        }
    }

    @Test("A run that keeps more updates than there is memory for is refused with a sentence")
    func memory() throws {
        var options = TestServer.Options()
        options.clients = 1000
        options.strategy = Strategy("Gathered", aggregator: GatheredMean())
        var limits = ServerLimits(parameterCount: 1_250_000)
        limits.uploadMemoryBytes = 100_000_000
        func problem(of strategy: Strategy, _ bytes: Int?) -> String? {
            options.strategy = strategy
            let plan = TestServer.served(options, TestServer.Record()).plan
            do {
                try limits.check(plan, available: bytes.map { AvailableMemory(bytes: $0) })
                return nil
            } catch {
                return "\(error)"
            }
        }
        let gathered = Strategy("Gathered", aggregator: GatheredMean())
        #expect(
            problem(of: gathered, 3_100_000_000)
                == "“gathered mean” keeps all updates of a round: 1000 of 5.0 MB need 5.0 GB, and "
                + "there are 3.0 GB of memory: expected fewer clients in a round, a smaller model, "
                + "or an aggregator that keeps no updates")
        #expect(problem(of: gathered, 5_100_000_000) == nil)
        #expect(problem(of: gathered, nil) == nil)
        #expect(problem(of: .fedAvg, 1) == nil)
    }
}

extension TestServer {
    /// Uploads an update of round 1 that is a change of the model, all of it `value`.
    fileprivate func upload(_ client: Int, change value: Float) async throws -> RawSocket.Answer {
        let header = ModelHeader.update(
            run: Self.run, round: 1, client: client, sampleCount: 10, architecture: Self.digest)
        let change = ParameterVector([Float](repeating: value, count: 10))
        return try await ask(
            "PUT", Route.update.path(Self.run, 1, client),
            body: ModelBody.encode(header, .change(change)))
    }
}
