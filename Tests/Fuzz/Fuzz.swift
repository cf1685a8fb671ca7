import Foundation

/// `Fuzz PARSER [libFuzzer's arguments…]`: feeds one parser with bytes that libFuzzer thinks of.
///
/// Stops with the input in a file when the parser traps, when AddressSanitizer reports, and when an
/// input takes one of its passes more than 100 ms of the processor. At the end it says how many inputs the parser took:
/// where that is none, the seeds are not of its format.
@main
enum Fuzz {
    private static let limitSeconds = 0.1

    static func main() {
        var arguments = CommandLine.arguments
        guard arguments.count > 1, let parser = FuzzedParser(rawValue: arguments[1]) else {
            let names = FuzzedParser.allCases.map(\.rawValue).joined(separator: ", ")
            print("fuzz: expected one of \(names), and then libFuzzer's arguments")
            exit(64)
        }
        passes = parser.passes
        arguments.remove(at: 1)
        var count = Int32(arguments.count)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        // The driver ends the program itself.
        atexit { print("taken: \(Fuzz.taken)") }
        let status = pointers.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return runDriver(&count, &base) { bytes, count in
                Fuzz.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
        exit(status)
    }

    /// What is done with each input; set once, before the driver begins.
    nonisolated(unsafe) private static var passes: [([UInt8]) -> Bool] = []
    /// Inputs that the parser took; only the driver's thread counts them.
    nonisolated(unsafe) private static var taken = 0

    private static func feed(_ bytes: [UInt8]) {
        var isTaken = false
        for pass in passes {
            let start = seconds()
            if pass(bytes) { isTaken = true }
            let spent = seconds() - start
            demand(spent <= limitSeconds, "an input of \(bytes.count) bytes took \(spent) s")
        }
        if isTaken { taken += 1 }
    }

    /// Of this thread on a processor: what else the machine does is not the parser's fault.
    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Ends with that sentence where something is wrong; a precondition's is not printed in release builds.
func demand(_ isRight: Bool, _ sentence: @autoclosure () -> String) {
    if !isRight { fatalError(sentence()) }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ feed: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
