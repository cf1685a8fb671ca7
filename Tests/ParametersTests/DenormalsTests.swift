import Parameters
import TestThreads
import Testing

@Suite("Denormal numbers", .holdsItsThread)
struct DenormalsTests {
    /// Whether this thread's arithmetic knows them, as operands and as results.
    private static func areKnown() -> (operands: Bool, results: Bool) {
        // Read anew, so that no compiler works it out beforehand.
        let least = ParameterVector([.leastNonzeroMagnitude, .leastNormalMagnitude, 0x1p30, 0.5])
        return least.withUnsafeBufferPointer { numbers in
            (scaled(numbers[0], numbers[2]) != 0, scaled(numbers[1], numbers[3]) != 0)
        }
    }

    @inline(never)
    private static func scaled(_ a: Float, _ b: Float) -> Float { a * b }

    private static var canFlush: Bool {
        #if arch(x86_64) || arch(arm64)
            true
        #else
            false
        #endif
    }

    private struct Failure: Error {}

    @Test("Are zero inside and as before outside, however bodies end and lie in each other")
    func scopes() throws {
        func expect(known: Bool, _ note: Comment) {
            let found = Self.areKnown()
            #expect(found.operands == known || !Self.canFlush, note)
            #expect(found.results == known || !Self.canFlush, note)
        }
        expect(known: true, "at first")
        Denormals.flushed {
            expect(known: false, "inside")
            Denormals.flushed { expect(known: false, "twice inside") }
            expect(known: false, "after the inner one")
            Denormals.kept { expect(known: true, "kept inside") }
            expect(known: false, "after what was kept")
            #expect(throws: Failure.self) { try Denormals.kept { throw Failure() } }
            expect(known: false, "after a failure")
        }
        expect(known: true, "afterwards")
        #expect(throws: Failure.self) { try Denormals.flushed { throw Failure() } }
        expect(known: true, "after a failure")
    }
}
