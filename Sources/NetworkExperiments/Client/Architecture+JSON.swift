import FederationWire
import Foundation
import JSON
import NeuralNetworks

extension Architecture {
    /// What server and client compare to know that they mean the same model.
    package func digest() throws -> ArchitectureDigest { try ArchitectureDigest(of: self) }

    /// A server's model.
    /// - Throws: `JoinError` where it is none, is too large to be one, or is not the one that the
    ///   server says it is.
    package init(_ settings: RunSettings) throws {
        func failure(_ reason: String) -> JoinError { .model(settings.model, reason: reason) }
        let layers: UncheckedLayers
        do {
            layers = try JSONDecoder().decode(
                UncheckedLayers.self, from: Data(settings.architectureJSON.encoded()))
        } catch {
            throw failure("has layers that this version has not")
        }
        guard settings.architectureJSON.hasSizesWithinBounds, layers.areWithinBounds else {
            throw failure("is larger than any that can be trained")
        }
        do {
            try self.init(input: layers.input, layers.layers)
        } catch {
            throw failure("makes no sense: \(error)")
        }
        guard parameterCount == settings.parameterCount, try digest() == settings.architecture
        else { throw failure("is not the one that its digest is of") }
    }
}

/// An architecture as it comes, before its sizes have been multiplied.
private struct UncheckedLayers: Decodable {
    var input: FeatureShape
    var layers: [Layer]

    /// Whether no size that an architecture works out can be beyond what is counted in 64 bits, where
    /// each that is given is at most `JSONValue.sizeLimit`.
    ///
    /// No layer makes an image higher or wider, so the input's area bounds all.
    var areWithinBounds: Bool {
        guard layers.count <= 1000 else { return false }
        var (area, channels, features) = (1.0, 1.0, 1.0)
        switch input {
        case .image(let height, let width, let depth):
            (area, channels) = (Double(height) * Double(width), Double(depth))
        case .vector(let count): features = Double(count)
        }
        return layers.allSatisfy { layer in
            var parameters = 0.0
            switch layer {
            case .convolution(let layer):
                let window = Double(layer.kernel.height) * Double(layer.kernel.width)
                parameters = window * channels * Double(layer.filters)
                channels = Double(layer.filters)
            case .dense(let layer):
                parameters = features * Double(layer.units)
                features = Double(layer.units)
            case .flatten: features = max(features, area * channels)
            case .maxPooling, .relu, .dropout: break
            }
            return max(parameters, area * channels, features) < 0x1p50
        }
    }
}

extension JSONValue {
    /// The largest size that a layer may have.
    private static var sizeLimit: Double { 65_536 }

    /// Whether all numbers in it are from 0 to the limit.
    fileprivate var hasSizesWithinBounds: Bool {
        switch self {
        case .null, .bool, .string: true
        case .integer, .unsigned, .number:
            double.map { $0 >= 0 && $0 <= Self.sizeLimit } ?? false
        case .array(let values): values.allSatisfy(\.hasSizesWithinBounds)
        case .object(let members): members.values.allSatisfy(\.hasSizesWithinBounds)
        }
    }
}
