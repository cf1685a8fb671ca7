// What the rest is built on, each by its own import.
import Federation
import JSON
import Parameters
import Platform
import Tensors

// snippet.json
let value = try JSONValue(decoding: Array(#"{"round": 3, "accuracy": 0.95}"#.utf8))
if case .object(let members) = value { print(members["round"] == 3) }
print(String(decoding: value.encoded(), as: UTF8.self))
// snippet.end

// snippet.streams
// Client 7's numbers in round 3 are the same on whatever thread or machine they are drawn.
var stream = RandomStream(RandomKey(seed: 1, purpose: .partition, client: 7, round: 3))
print(stream.next(below: 10), stream.nextUniform())
// snippet.end

// snippet.vectors
let model = ParameterVector([1, 2, 3])
let change = ParameterVector([0.5, 0, -0.5])
print(ParameterVector.map(model, change) { $0 + $1 }.array(in: 0..<3))
// snippet.end

// snippet.sums
// The mean of models by their samples, exact and rounded once: in any order the same bits.
var sum = ExactAccumulator(layout: ParameterLayout([("w", [2])]))
for client in [2, 0, 1] {
    try sum.add(
        ModelUpdate(
            client: client, round: 1, sampleCount: 1 + client,
            parameters: ParameterVector([Float(client), 1e-30])))
}
print(try sum.mean().array(in: 0..<2))
// snippet.end

// snippet.products
// [2][3] · [3][2], row-major.
let (a, b): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [1, 0, 0, 1, 1, 1])
var c = [Float](repeating: 0, count: 4)
a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
            if let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress {
                BLAS.multiply(.plain(a), .plain(b), into: c, m: 2, n: 2, k: 3)
            }
        }
    }
}
print(c, BLAS.coreName, SIMDLevel.current)
// snippet.end

// snippet.time
let start = MonotonicClock.seconds()
print(MonotonicClock.seconds() - start < 60)
// snippet.end
