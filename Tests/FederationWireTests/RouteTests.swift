import TestThreads
import Testing
import FederationWire

@Suite(.holdsItsThread) struct RouteTests {
    @Test func plainPathsAreThoseOfTheFormat() {
        #expect(Route.initialize.path(5, 1, 10) == "/initialize/5/1/10")
        #expect(Route.getServerRound.path() == "/get_server_round")
        #expect(Route.getServerWeight.path() == "/get_server_weight")
        #expect(Route.updateNumData.path(3, 600) == "/update_num_data/3/600")
        #expect(Route.putWeight.path(3) == "/put_weight/3")
        #expect(Route.putWeight.method == .put)
    }

    @Test func binaryPathsCarryTheirVersion() {
        #expect(
            Route.update.path(Samples.run, 2, 3) == "/v1/runs/20260131_235959/rounds/2/updates/3")
        #expect(Route.update.parameters == ["run", "round", "client"])
        for route in Route.all where route.api == .binary {
            #expect(route.template.hasPrefix("/v1/"))
        }
        #expect(Route.modelTag(run: Samples.run, round: 4) == "\"20260131_235959-4\"")
    }

    @Test func noRouteComesTwice() {
        #expect(Set(Route.all.map { "\($0.method) \($0.template)" }).count == Route.all.count)
    }

    @Test func clientIdsAreDigitsOnly() throws {
        for text in ["0", "1", "5", "1000000", "2147483646"] {
            #expect(try ClientNumber.parse(text) == Int(text))
        }
        let bad = [
            "", "00", "-0", "-1", "+1", " 1", "1 ", "01", "1.5", "1e3", "../1", "1/..", "1\u{0}",
            "1\n",
            "٣", "a", "2147483647", "99999999999999999999", String(repeating: "9", count: 10_000),
        ]
        for text in bad {
            let error = #expect(throws: APIError.self) { try ClientNumber.parse(text) }
            #expect(error?.code == .invalidClient)
            #expect(error?.message.utf8.allSatisfy { $0 >= 0x20 } == true)
            #expect((error?.message.utf8.count ?? .max) < 200)
        }
        let error = #expect(throws: APIError.self) { try ClientNumber.parse("1\n") }
        #expect(
            error?.message == "“1\\u{a}” is no client's id: expected a whole number from 0")
    }

    @Test func sampleCountsAreDigitsOnly() throws {
        #expect(try SampleCount.parse("1") == 1)
        #expect(try SampleCount.parse("536870911") == 536_870_911)
        let bad = [
            "-1", "0", "1.5", "\"1\"", "null", "1000000000000000000", "9223372036854775807",
            "536870912", "NaN", "", "1e2",
        ]
        for text in bad {
            let error = #expect(throws: APIError.self) { try SampleCount.parse(text) }
            #expect(
                error?.message
                    == "“\(text)” is no number of samples: expected a whole number from 1 to 536870911"
            )
            #expect(error?.status == 400)
        }
    }

    @Test func runsHaveSafeNames() {
        for text in ["1", "20260131_235959", "a-b.c", String(repeating: "x", count: 32)] {
            #expect(RunIdentifier(text)?.text == text)
        }
        for text in ["", ".", "..", "a/b", "a b", "a\u{0}", "ä", String(repeating: "x", count: 33)]
        {
            #expect(RunIdentifier(text) == nil)
            #expect(throws: APIError.self) { try RunIdentifier(pathSegment: text) }
        }
    }

    @Test func digestsDependOnTheArchitecture() throws {
        let a = try ArchitectureDigest(of: ["layers": [1, 2]])
        let b = try ArchitectureDigest(of: ["layers": [2, 1]])
        #expect(a != b)
        #expect(ArchitectureDigest(hexadecimal: a.hexadecimal) == a)
        #expect(ArchitectureDigest(hexadecimal: a.hexadecimal.uppercased()) == nil)
    }
}
