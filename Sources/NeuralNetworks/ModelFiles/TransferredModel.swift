import Foundation
import Parameters

/// Parameters that begin with the tensors of a model file, as far as they have their names and shapes.
public struct TransferredModel: Sendable {
    /// The model.
    public let parameters: ParameterVector
    /// Tensors that came from the file, in the model's order.
    public let taken: [String]
    /// Tensors of another shape there, which start anew, as a head of another size.
    public let reshaped: [Reshaped]
    /// Tensors that the file has not, which start anew.
    public let missing: [String]
    /// Tensors of the file that the model has not.
    public let extra: [String]

    /// A tensor whose shape differs.
    public struct Reshaped: Hashable, Sendable {
        /// What it is called.
        public let name: String
        /// Its shape in the file.
        public let found: [Int]
        /// Its shape in the model.
        public let expected: [Int]
    }

    /// Reads a safetensors file's tensors over what the model begins with.
    ///
    /// F32 is taken as it is, F16 and BF16 exactly, F64 rounded.
    /// - Parameters:
    ///   - start: what tensors that are not in the file begin with.
    ///   - layout: the model's tensors.
    /// - Throws: `SafeTensorsError` where the file is none, and where a tensor that is wanted is of another
    ///   type, has not its bytes, or has a number in it that is not finite.
    /// - Precondition: `start` has the layout's count.
    public init(
        _ data: Data, over start: ParameterVector, layout: ParameterLayout
    ) throws(SafeTensorsError) {
        precondition(start.count == layout.count, "the layout is another model's")
        let tensors = try SafeTensors.header(of: data)
        let body = data.dropFirst(8 + SafeTensors.headerLength(data))
        var values = start.withUnsafeBufferPointer(Array.init)
        var taken: [String] = []
        var reshaped: [Reshaped] = []
        var missing: [String] = []
        for entry in layout.entries {
            guard let tensor = tensors[entry.name] else {
                missing.append(entry.name)
                continue
            }
            guard tensor.shape == entry.shape else {
                reshaped.append(
                    Reshaped(name: entry.name, found: tensor.shape, expected: entry.shape))
                continue
            }
            let kind = try NumberKind(tensor.dtype, of: entry.name)
            let offsets = tensor.dataOffsets
            guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
                offsets[1] - offsets[0] == entry.count * kind.width, offsets[1] <= body.count
            else { throw .wrongOffsets(tensor: entry.name, found: offsets) }
            let bytes = body.dropFirst(offsets[0]).prefix(offsets[1] - offsets[0])
            let place = bytes.withUnsafeBytes { bytes -> Int? in
                for index in 0..<entry.count {
                    let value = kind.value(bytes, at: index)
                    guard value.isFinite else { return index }
                    values[entry.offset + index] = value
                }
                return nil
            }
            if let place { throw .notFinite(tensor: entry.name, place: place) }
            taken.append(entry.name)
        }
        parameters = ParameterVector(values)
        self.taken = taken
        self.reshaped = reshaped
        self.missing = missing
        let names = Set(layout.entries.map(\.name))
        extra = tensors.keys.filter { !names.contains($0) }.sorted()
    }
}

/// Numbers of floating point, little-endian.
private enum NumberKind: String {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case f64 = "F64"

    init(_ name: String, of tensor: String) throws(SafeTensorsError) {
        guard let kind = NumberKind(rawValue: name) else {
            throw .unknownType(tensor: tensor, found: name)
        }
        self = kind
    }

    var width: Int {
        switch self {
        case .f16, .bf16: 2
        case .f32: 4
        case .f64: 8
        }
    }

    func value(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Float {
        let place = index * width
        switch self {
        case .f32:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
        case .f16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            return Self.float(half: UInt16(littleEndian: bits))
        case .bf16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
        case .f64:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            return Float(Double(bitPattern: UInt64(littleEndian: bits)))
        }
    }

    /// IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. Not every processor's Swift has it.
    private static func float(half bits: UInt16) -> Float {
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Float(bits & 0x3FF)
        let magnitude: Float =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 0x1F: bits & 0x3FF == 0 ? .infinity : .nan
            default:
                Float(
                    sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
            }
        return bits >> 15 == 0 ? magnitude : -magnitude
    }
}
