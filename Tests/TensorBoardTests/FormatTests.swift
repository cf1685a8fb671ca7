import Foundation
import SwiftProtobuf
import TensorBoard
import Testing

@Suite("TensorBoard's formats")
struct FormatTests {
    static let sums: [([UInt8], UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        ((0..<32).reversed(), 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test("CRC-32C is that of RFC 3720", arguments: sums)
    func checksum(bytes: [UInt8], sum: UInt32) {
        #expect(CRC32C.of(bytes) == sum)
    }

    @Test("A record begins as in the files that TensorFlow writes")
    func frame() {
        let frame = RecordFraming.framed([UInt8](repeating: 7, count: 24))
        #expect(frame.prefix(12) == [24, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22])
        #expect(frame.count == 12 + 24 + 4)
    }

    @Test("Records come back; what is cut off or changed ends them")
    func records() {
        let data: [[UInt8]] = [[], [1], Array(0...255), [UInt8](repeating: 9, count: 1000)]
        let frames = data.map(RecordFraming.framed)
        let file = Array(frames.joined())
        #expect(RecordFraming.records(of: file).map(Array.init) == data)
        var ends: [Int] = []
        for frame in frames { ends.append((ends.last ?? 0) + frame.count) }
        for length in 0..<file.count {
            let whole = ends.count { $0 <= length }
            #expect(RecordFraming.records(of: Array(file.prefix(length))).count == whole)
        }
        for position in stride(from: 0, to: file.count, by: 7) {
            var spoilt = file
            spoilt[position] ^= 0x40
            let whole = ends.count { $0 <= position }
            #expect(RecordFraming.records(of: spoilt).count == whole, "byte \(position)")
        }
        let endless: [UInt8] = [UInt8](repeating: 0xFF, count: 8) + [0, 0, 0, 0] + file
        #expect(RecordFraming.records(of: endless).isEmpty)
    }

    @Test("Messages have the numbers that TensorBoard's own have")
    func numbers() throws {
        var event = WireEvent()
        event.wallTime = 1.5
        event.step = 3
        var value = WireSummary.Value()
        value.tag = "a"
        value.scalar = 0.5
        event.summary.values = [value]
        // Keys are 8 times the number, plus the type: 1 for 8 bytes, 0 for a varint, 2 for a length, 5 for 4.
        let summary: [UInt8] = [0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0, 0x3F]
        let bytes: [UInt8] =
            [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x10, 3, 0x2A, UInt8(summary.count)] + summary
        #expect(try event.serializedBytes() == bytes)
        var text = WireSummary.Value()
        text.metadata.plugin.name = "p"
        text.metadata.dataClass = .tensor
        text.tensor.elementType = .string
        text.tensor.strings = [Data([0x62])]
        #expect(
            try text.serializedBytes() as [UInt8]
                == [0x42, 5, 0x08, 7, 0x42, 1, 0x62, 0x4A, 7, 0x0A, 3, 0x0A, 1, 0x70, 0x20, 2])
    }
}
