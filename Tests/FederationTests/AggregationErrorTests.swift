import CKernels
import Federation
import Parameters
import TestThreads
import Testing

@Suite(.holdsItsThread) struct AggregationErrorTests {
    let layout = ParameterLayout([("dense/kernel", [2, 2]), ("dense/bias", [2])])

    func update(
        _ values: [Float], samples: Int = 2, client: Int = 4
    ) -> ModelUpdate {
        ModelUpdate(
            client: client, round: 1, sampleCount: samples, parameters: ParameterVector(values))
    }

    @Test func refusedUpdatesChangeNothing() throws {
        var sum = ExactAccumulator(layout: layout)
        try sum.add(update([1, -2, 3, 1e-30, 0x1p30, 6], samples: 3))
        try sum.add(update([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], samples: 7))
        var copy = sum
        let before = try copy.mean()
        let cases: [(ModelUpdate, AggregationError)] = [
            (update([1, 2]), .wrongLength(client: 4, found: 2, expected: 6)),
            (
                update([1, 2, 3, 4, .nan, 6]),
                .notFinite(
                    client: 4, found: .notANumber, at: ParameterPlace(index: 4, layout: layout))
            ),
            (
                update([1, -.infinity, .nan, 4, 5, 6]),
                .notFinite(
                    client: 4, found: .minusInfinity, at: ParameterPlace(index: 1, layout: layout))
            ),
            (update([1, 2, 3, 4, 5, 6], samples: 0), .sampleCountOutOfRange(client: 4, found: 0)),
            (
                update([1, 2, 3, 4, 5, 6], samples: -1),
                .sampleCountOutOfRange(client: 4, found: -1)
            ),
            (
                update([1, 2, 3, 4, 5, 6], samples: 1 << 29),
                .sampleCountOutOfRange(client: 4, found: 1 << 29)
            ),
            (
                update([1, 2, 3, -0x1p37, 5, 6]),
                .overflow(
                    client: 4, value: 0x1p37, sampleCount: 2,
                    at: ParameterPlace(index: 3, layout: layout))
            ),
            (
                update([1, 2, 3, .greatestFiniteMagnitude, 5, 6]),
                .overflow(
                    client: 4, value: .greatestFiniteMagnitude, sampleCount: 2,
                    at: ParameterPlace(index: 3, layout: layout))
            ),
        ]
        for (update, error) in cases {
            #expect(throws: error) { try sum.check(update) }
            #expect(throws: error) { try sum.add(update) }
            #expect(sum.updateCount == 2)
            #expect(sum.sampleCount == 10)
            #expect(try sum.mean() == before)
        }
    }

    @Test func runningBoundIsReportedAndNeverWraps() throws {
        var sum = ExactAccumulator(count: 1)
        // 2³⁷ at a time, in either sign: the second would reach 2³⁸ in magnitude.
        try sum.add(update([0x1p36], samples: 2))
        let second = update([-0x1p36], samples: 2)
        let error = AggregationError.overflow(
            client: 4, value: 0x1p36, sampleCount: 2, at: ParameterPlace(index: 0))
        #expect(throws: error) { try sum.add(second) }
        try sum.add(update([Float(0x1p36).nextDown], samples: 1))
        var other = sum
        #expect(throws: AggregationError.mergeOverflow) { try sum.totals.adding(other.totals) }
        var oracle = Oracle()
        oracle.add(0x1p36, times: 2)
        oracle.add(Float(0x1p36).nextDown, times: 1)
        #expect(try other.mean() == ParameterVector([oracle.mean]))
        // Up to the bound, one addition at a time.
        var full = ExactAccumulator(count: 1)
        var added = 0
        while (try? full.add(update([0x1p28], samples: 1))) != nil { added += 1 }
        #expect(added == 1023)
        #expect(try full.mean() == ParameterVector([0x1p28]))
    }

    @Test func emptyMeansAreRefused() throws {
        var sum = ExactAccumulator(count: 2)
        #expect(throws: AggregationError.noUpdates) { try sum.mean() }
        try sum.add(update([1, 2]))
        sum = try reduced([sum, ExactAccumulator(count: 2)])
        #expect(try sum.mean() == ParameterVector([1, 2]))
    }

    @Test func modelsWithoutParametersHaveAMean() throws {
        var sum = ExactAccumulator(count: 0)
        try sum.add(update([]))
        #expect(try sum.mean().count == 0)
    }

    @Test func sentencesNameValueAndPlace() {
        let cases: [(AggregationError, String)] = [
            (
                .wrongLength(client: 3, found: 5, expected: 6),
                "the update of client 3 has 5 parameters; the model has 6"
            ),
            (
                .notFinite(
                    client: 3, found: .notANumber, at: ParameterPlace(index: 5, layout: layout)),
                """
                parameter 5 (dense/bias, element 1) in the update of client 3 is NaN; \
                a finite number was expected
                """
            ),
            (
                .sampleCountOutOfRange(client: 3, found: 0),
                "the update of client 3 counts 0 samples; expected are 1 to 536870911"
            ),
            (
                .overflow(
                    client: 3, value: 1e30, sampleCount: 10, at: ParameterPlace(index: 7)),
                """
                parameter 7 in the update of client 3 is 1e+30, times 10 samples: \
                the sum of samples times largest parameter over all updates must stay below 2^38
                """
            ),
            (.noUpdates, "there is no mean without updates; at least one was expected"),
            (
                .resultNotFinite(
                    vector: "the new global model", found: .infinity,
                    at: ParameterPlace(index: 5, layout: layout)),
                """
                parameter 5 (dense/bias, element 1) of the new global model is infinity; \
                a finite number was expected
                """
            ),
        ]
        for (error, sentence) in cases { #expect(error.description == sentence) }
    }

    @Test func federatedAveragingIsTheMean() throws {
        let strategy = Strategy.fedAvg
        let state = FederationState(model: ParameterVector(zeros: 6))
        let work = LocalWork(steps: 1, learningRate: 1)
        var fold = strategy.aggregator.makeFold(layout)
        try fold.add(
            [
                update([1, 2, 3, 4, 5, 6], samples: 1),
                update([4, 5, 6, 7, 8, 9], samples: 2, client: 5),
            ].map { try strategy.contribution(of: $0, after: state, work: work).contribution },
            threads: 1)
        let next = try strategy.next(
            &fold, after: state,
            RoundContext(round: 1, population: 2, seed: 1, model: state.model)
        ).state
        #expect(next == FederationState(model: ParameterVector([3, 4, 5, 6, 7, 8])))
        #expect(strategy.name == "FedAvg")
    }

    /// The level is one for the process, so other tests may run at it meanwhile: bits agree anyway.
    @Test func levelsOfSIMDAgree() throws {
        let before = ck_level()
        defer { ck_set_level(before) }
        var random = RandomUpdates(seed: 15)
        let updates = random.updates(
            clients: 9, parameters: 1003, samples: 1...5000, exponents: 0...140)
        var means: [ParameterVector] = []
        for level in 0...ck_best_level() {
            ck_set_level(level)
            means.append(try mean(of: updates))
        }
        for mean in means { #expect(mean == means[0]) }
    }
}
