import Federation
import NeuralNetworks
import Platform
import TestThreads
import Testing
import Training

@Suite("What a run needs of a machine", .holdsItsThread)
struct RunNeedsTests {
    private func needs(
        _ model: NamedModel = .mcmahanCNN, side: Int = 28, clients: Int = 5, cohort: Int? = nil,
        strategy: Strategy = .fedAvg, training: LocalTraining = LocalTraining(),
        participation: Participation = Participation(), shard: Int = 600, threads: Int = 2,
        trains: Bool = true
    ) throws -> RunNeeds {
        RunNeeds(
            try model.architecture(input: .image(height: side, width: side, channels: 1)),
            engine: .fused, loss: .softmaxCrossEntropy, strategy: strategy, training: training,
            largestShard: shard,
            testImages: 10_000,
            rules: RoundEngine.Configuration(
                population: clients, rounds: 1, cohortSize: cohort, participation: participation),
            threads: threads, trains: trains)
    }

    private func refusal(_ needs: RunNeeds, gigabytes: Double) -> String? {
        do {
            try needs.check(
                model: "mcmahan-cnn", available: AvailableMemory(bytes: Int(gigabytes * 1e9)))
            return nil
        } catch {
            return error.description
        }
    }

    @Test("What runs on a small machine is not refused", arguments: NamedModel.allCases)
    func small(model: NamedModel) throws {
        let needs = try needs(model)
        #expect(refusal(needs, gigabytes: 0.5) == nil)
        #expect(needs.bytes > Double(4 * needs.parameterCount))
    }

    @Test("Networks that are too large are refused with their parameters and bytes")
    func networks() throws {
        let needs = try needs(side: 2000)
        #expect(needs.parameterCount == 8_192_057_738)
        let sentence = try #require(refusal(needs, gigabytes: 16))
        #expect(
            sentence.hasPrefix(
                "mcmahan-cnn on images of 2000×2000×1 has 8192057738 parameters (32.8 GB): with 2 "
                    + "threads a run takes at least "))
        #expect(
            sentence.hasSuffix(
                " of memory, and 16.0 GB are free: take a smaller model, smaller images or batches, "
                    + "or fewer threads"))
        // Sizes beyond all machines, which nothing may overflow on; larger ones are no architecture's.
        let huge = try self.needs(.logisticRegression, side: 46_000, shard: 10_000_000)
        #expect(refusal(huge, gigabytes: 1000) != nil)
    }

    @Test("Many threads, a batch of everything, or clients with vectors of their own count")
    func parts() throws {
        let base = try needs().bytes
        #expect(try needs(clients: 2000, threads: 1024).bytes > 100 * base)
        #expect(
            try needs(training: LocalTraining(batchSize: nil), shard: 10_000_000).bytes > 3e10)
        let scaffold = try needs(clients: 1000, strategy: .scaffold())
        #expect(scaffold.clientBytes > 1000 * 4 * Double(scaffold.parameterCount))
        #expect(try needs(trains: false).bytes < base)
    }

    @Test("Rounds of too many clients are refused with their number")
    func clients() throws {
        let needs = try needs(.logisticRegression, clients: 2_000_000_000)
        #expect(
            refusal(needs, gigabytes: 16)
                == "a round of 2000000000 clients takes at least 800 GB of memory, and 16.0 GB are "
                + "free: take a smaller cohort")
        // A small cohort of as many costs next to nothing, unless nearly nobody is available.
        #expect(try self.needs(.logisticRegression, clients: 2_000_000_000, cohort: 10).bytes < 1e8)
        let rare = try self.needs(
            .logisticRegression, clients: 2_000_000_000, cohort: 10,
            participation: Participation(availability: 1e-12))
        #expect(refusal(rare, gigabytes: 16)?.hasPrefix("a round of 10 clients takes") == true)
    }

    @Test("More images than can be counted are refused")
    func images() throws {
        let needs = try needs(
            clients: 100_000, training: LocalTraining(.epochs(1e6)), shard: 10_000_000)
        #expect(
            refusal(needs, gigabytes: 1e9)?.hasPrefix("a round would train on 999999999999") == true
        )
        let steps = try self.needs(
            clients: 5, training: LocalTraining(.steps(Int(Int32.max)), batchSize: nil),
            shard: 10_000_000)
        #expect(refusal(steps, gigabytes: 1e9)?.hasPrefix("a round would train on ") == true)
    }

    @Test("Without a word from the system nothing is refused for its memory")
    func unknown() throws {
        try needs(side: 200).check(model: "mcmahan-cnn", available: nil)
    }
}
