import Federation
import Parameters
import Robust
import TestThreads
import Testing

/// What every aggregator keeps, whatever it makes of a round.
@Suite("Laws of all aggregators", .holdsItsThread)
struct AggregatorLawTests {
    private static let layout = ParameterLayout([("w", [97])])

    private func contributions(_ seed: UInt64, _ count: Int) -> [Contribution] {
        var random = stream(seed)
        return (0..<count).map { client in
            let samples = random.next(in: 1...90)
            return Contribution(
                client: client, round: 1, sampleCount: samples, weight: samples,
                value: .model(vector(&random)),
                extras: [Contribution.Extra("beside", weight: 1, vector(&random))],
                numbers: ["n": random.nextUniform(0, 1)])
        }
    }

    private func aggregate(
        _ aggregator: any Aggregator, _ contributions: [Contribution], batch: Int = 1,
        threads: Int = 1
    ) throws -> Aggregate {
        var fold = aggregator.makeFold(Self.layout)
        var rest = contributions[...]
        while !rest.isEmpty {
            try fold.add(Array(rest.prefix(batch)), threads: threads)
            rest = rest.dropFirst(batch)
        }
        #expect(fold.count == contributions.count)
        return try fold.finish(threads: threads)
    }

    private func expectEqual(_ one: Aggregate, _ other: Aggregate, _ note: Comment) {
        #expect(one.value.vector.bits == other.value.vector.bits, note)
        #expect(one.extras.mapValues(\.bits) == other.extras.mapValues(\.bits), note)
        #expect(one.numbers == other.numbers, note)
        #expect(one.weight == other.weight && one.count == other.count, note)
    }

    @Test("No order, batch or number of threads changes a bit", arguments: everyAggregator)
    func order(aggregator: any Aggregator) throws {
        for count in [1, 2, 3, 8, 13] {
            var parts = contributions(UInt64(count), count)
            let expected = try aggregate(aggregator, parts)
            var random = stream(7)
            for batch in 1...4 {
                random.shuffle(&parts)
                let found = try aggregate(
                    aggregator, parts, batch: batch, threads: random.next(in: 1...3))
                expectEqual(found, expected, "\(count) updates, \(batch) at once")
            }
        }
    }

    @Test("What comes out lies between what went in", arguments: everyAggregator)
    func bounds(aggregator: any Aggregator) throws {
        let parts = contributions(3, 9)
        let found = try aggregate(aggregator, parts).value.vector.values
        for index in found.indices {
            let column = parts.map { $0.value.vector.values[index] }
            #expect(found[index] >= column.min() ?? 0 && found[index] <= column.max() ?? 0)
        }
    }

    @Test("Changes stay changes", arguments: everyAggregator)
    func changes(aggregator: any Aggregator) throws {
        let parts = contributions(5, 4).map { part in
            var part = part
            part.value = .change(part.value.vector)
            return part
        }
        #expect(try aggregate(aggregator, parts).value.isChange)
    }

    @Test(
        "What is refused changes nothing, and none of its batch is taken",
        arguments: everyAggregator)
    func refused(aggregator: any Aggregator) throws {
        let parts = contributions(11, 5)
        let expected = try aggregate(aggregator, parts)
        var fold = aggregator.makeFold(Self.layout)
        try fold.add(parts, threads: 1)
        func bad(_ change: (inout Contribution) -> Void) -> Contribution {
            var part = contributions(12, 1)[0]
            change(&part)
            return part
        }
        var broken = parts[0].value.vector.values
        broken[3] = .infinity
        let cases = [
            bad { $0.value = .model(ParameterVector([1, 2])) },
            bad { $0.value = .model(ParameterVector(broken)) },
            bad { $0.value = .change($0.value.vector) },
            bad { $0.extras = [] },
            bad { $0.extras[0].name = "other" },
            bad { $0.extras = [Contribution.Extra("beside", weight: 1, ParameterVector(broken))] },
        ]
        for (index, part) in cases.enumerated() {
            #expect(throws: AggregationError.self, "\(index)") { try fold.check(part) }
            #expect(throws: AggregationError.self, "\(index)") {
                try fold.add([parts[1], part], threads: 1)
            }
        }
        #expect(fold.count == 5)
        expectEqual(try fold.finish(threads: 1), expected, "after refusals")
    }

    @Test("Of nothing there is no aggregate", arguments: everyAggregator)
    func empty(aggregator: any Aggregator) {
        var fold = aggregator.makeFold(Self.layout)
        #expect(throws: AggregationError.noUpdates) { try fold.finish(threads: 1) }
    }

    @Test("The median, worked out by hand: of three, of four, of zeros with signs")
    func median() throws {
        func of(_ columns: [[Float]]) throws -> [UInt32] {
            var fold = CoordinateMedian().makeFold(ParameterLayout([("w", [columns[0].count])]))
            for (client, values) in columns.enumerated() {
                try fold.add(
                    [
                        Contribution(
                            client: client, round: 1, sampleCount: client * 50 + 1,
                            weight: client * 50 + 1, value: .model(ParameterVector(values)))
                    ], threads: 1)
            }
            return try fold.finish(threads: 2).value.vector.bits
        }
        #expect(try of([[1, 9], [2, -8], [300, 0]]) == [2, 0].map { Float($0).bitPattern })
        #expect(try of([[1], [2], [3], [1e30]]) == [Float(2.5).bitPattern])
        #expect(try of([[-0.0], [0], [0]]) == [Float(0).bitPattern])
        #expect(try of([[-0.0], [-0.0], [0]]) == [Float(-0.0).bitPattern])
    }

    @Test("A minority that sends anything moves no median out of what the others sent")
    func minority() throws {
        let honest = contributions(21, 5)
        let liars = (5..<9).map { client in
            Contribution(
                client: client, round: 1, sampleCount: 1 << 20, weight: 1 << 20,
                value: .model(
                    ParameterVector([Float](repeating: client % 2 == 0 ? 3e38 : -3e38, count: 97))),
                extras: [Contribution.Extra("beside", weight: 1, ParameterVector(zeros: 97))],
                numbers: [:])
        }
        let found = try aggregate(CoordinateMedian(), honest + liars).value.vector.values
        for index in found.indices {
            let column = honest.map { $0.value.vector.values[index] }
            #expect(found[index] >= column.min() ?? 0 && found[index] <= column.max() ?? 0)
        }
    }
}
