import Foundation
import NeuralNetworks
import Parameters
import TestThreads
import Testing

@Suite("Models that begin with a file's weights", .holdsItsThread)
struct TransferredModelTests {
    let architecture: Architecture
    let start: ParameterVector

    init() throws {
        architecture = try Architecture(
            input: .vector(3), [.dense(2, activation: .relu), .dense(4)])
        start = architecture.initialParameters(seed: 2)
    }

    /// A safetensors file of these tensors.
    private func file(
        _ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]
    ) -> Data {
        var offset = 0
        let entries = tensors.map { tensor in
            defer { offset += tensor.bytes.count }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            return "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":[\(shape)],"
                + "\"data_offsets\":[\(offset),\(offset + tensor.bytes.count)]}"
        }
        let header = "{\(entries.joined(separator: ","))}"
        var data = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: header.utf8)
        for tensor in tensors { data.append(contentsOf: tensor.bytes) }
        return data
    }

    private func bytes<Number: FixedWidthInteger>(_ bits: [Number]) -> [UInt8] {
        bits.flatMap { bits in withUnsafeBytes(of: bits.littleEndian) { Array($0) } }
    }

    private func read(_ data: Data) throws(SafeTensorsError) -> TransferredModel {
        try TransferredModel(data, over: start, layout: architecture.layout)
    }

    private func values(_ model: ParameterVector, _ range: Range<Int>) -> [Float] {
        model.withUnsafeBufferPointer { Array($0[range]) }
    }

    @Test("A model's own file is the model")
    func own() throws {
        let other = architecture.initialParameters(seed: 7)
        let model = try read(SafeTensors.encode(other, layout: architecture.layout))
        #expect(model.parameters == other)
        #expect(model.taken.count == 4)
        #expect(model.reshaped.isEmpty && model.missing.isEmpty && model.extra.isEmpty)
    }

    @Test("A head of another size starts anew, all else is taken, and both are said")
    func head() throws {
        let other = try Architecture(
            input: .vector(3), [.dense(2, activation: .relu), .dense(5), .relu, .dense(1)])
        let model = try read(
            SafeTensors.encode(other.initialParameters(seed: 7), layout: other.layout))
        #expect(model.taken == ["dense1/kernel", "dense1/bias"])
        #expect(model.reshaped.map(\.name) == ["dense2/kernel", "dense2/bias"])
        #expect(model.reshaped.map(\.found) == [[2, 5], [5]])
        #expect(model.reshaped.map(\.expected) == [[2, 4], [4]])
        #expect(model.extra == ["dense3/bias", "dense3/kernel"])
        #expect(values(model.parameters, 0..<8) == values(other.initialParameters(seed: 7), 0..<8))
        #expect(values(model.parameters, 8..<20) == values(start, 8..<20))
        let few = try read(file([("dense1/bias", "F32", [2], bytes([Float(1).bitPattern, 0]))]))
        #expect(few.missing == ["dense1/kernel", "dense2/kernel", "dense2/bias"])
    }

    @Test("Numbers of four types are read")
    func types() throws {
        // 1.5, −2, 2⁻²⁴, 65,504 and the like, as each type has them.
        for (type, bits, expected) in [
            ("F32", bytes([Float(1.5).bitPattern, Float(-2).bitPattern]), [1.5, -2]),
            ("F16", bytes([0x3E00, 0xC000] as [UInt16]), [1.5, -2]),
            ("F16", bytes([0x0001, 0x7BFF] as [UInt16]), [0x1p-24, 65504]),
            ("F16", bytes([0x8000, 0x0400] as [UInt16]), [-0.0, 0x1p-14]),
            ("BF16", bytes([0x3FC0, 0xC000] as [UInt16]), [1.5, -2]),
            ("F64", bytes([(1.5).bitPattern, (0.1).bitPattern]), [1.5, 0.1]),
        ] as [(String, [UInt8], [Float])] {
            let model = try read(file([("dense1/bias", type, [2], bits)]))
            #expect(values(model.parameters, 6..<8) == expected, "\(type)")
        }
    }

    @Test("Other types, missing bytes and what is no number are refused")
    func wrong() {
        let cases: [(Data, SafeTensorsError)] = [
            (
                file([("dense1/bias", "I32", [2], bytes([1, 2] as [Int32]))]),
                .unknownType(tensor: "dense1/bias", found: "I32")
            ),
            (
                file([("dense1/bias", "F32", [2], [0, 0, 0, 0])]),
                .wrongOffsets(tensor: "dense1/bias", found: [0, 4])
            ),
            (
                file([
                    ("dense1/bias", "F32", [2], bytes([0, Float.nan.bitPattern] as [UInt32]))
                ]), .notFinite(tensor: "dense1/bias", place: 1)
            ),
            (
                file([("dense1/bias", "F16", [2], bytes([0x7C00, 0] as [UInt16]))]),
                .notFinite(tensor: "dense1/bias", place: 0)
            ),
            (
                file([("dense1/bias", "F64", [2], bytes([0, (1e300).bitPattern] as [UInt64]))]),
                .notFinite(tensor: "dense1/bias", place: 1)
            ),
            (Data([1, 2]), .truncated(found: 2, expected: 8)),
        ]
        for (data, error) in cases {
            #expect(throws: error) { try read(data) }
        }
        #expect(
            SafeTensorsError.notFinite(tensor: "dense1/bias", place: 1).description
                == "tensor “dense1/bias” of the model file is no number at place 1")
        #expect(
            SafeTensorsError.unknownType(tensor: "dense1/bias", found: "I32").description
                == "tensor “dense1/bias” of the model file is of type I32: F32, F16, BF16 or F64 was "
                + "expected")
    }
}
