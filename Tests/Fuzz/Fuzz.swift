import Foundation

/// `fuzz PARSER [libFuzzer's arguments…]`: feeds one parser with bytes that libFuzzer thinks of.
///
/// Stops with the input in a file when the parser traps, when AddressSanitizer reports, and when an
/// input takes more than 100 ms of the processor.
@main
enum Fuzz {
    static let limitSeconds = 0.1

    static func main() {
        var arguments = CommandLine.arguments
        guard arguments.count > 1, let parser = FuzzedParser(rawValue: arguments[1]) else {
            let names = FuzzedParser.allCases.map(\.rawValue).joined(separator: ", ")
            print("fuzz: expected one of \(names), and then libFuzzer's arguments")
            exit(64)
        }
        chosen = parser
        arguments.remove(at: 1)
        var count = Int32(arguments.count)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        let status = pointers.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return runDriver(&count, &base) { bytes, count in
                Fuzz.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
        exit(status)
    }

    /// Set once, before the driver begins.
    nonisolated(unsafe) static var chosen = FuzzedParser.weights

    static func feed(_ bytes: [UInt8]) {
        let start = seconds()
        chosen.parse(bytes)
        let spent = seconds() - start
        precondition(
            spent <= limitSeconds, "an input of \(bytes.count) bytes took \(spent) s")
    }

    /// Of this thread on a processor: what else the machine does is not the parser's fault.
    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ feed: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
