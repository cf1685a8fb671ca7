import Foundation

extension Communicator {
    /// Gives every rank a value of rank 0's.
    /// - Parameter value: looked at on rank 0 only.
    public func broadcast<Value: Codable>(value: Value?) -> Value {
        precondition(rank != 0 || value != nil, "rank 0 has nothing to say")
        return decoded(broadcast(message: value.map { encoded($0) } ?? []))
    }

    /// Brings a value of each rank to rank 0, in the order of ranks; the others get nothing.
    public func gather<Value: Codable>(value: Value) -> [Value] {
        gather(encoded(value)).map { decoded($0) }
    }
}

/// A value as a property list, and not as JSON: it holds every Double.
func encoded(_ value: some Encodable) -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do {
        return Array(try encoder.encode([value]))
    } catch {
        preconditionFailure("a message between ranks cannot be written: \(error)")
    }
}

/// The value in bytes of `encoded`.
func decoded<Value: Decodable>(_ bytes: [UInt8]) -> Value {
    do {
        return try PropertyListDecoder().decode([Value].self, from: Data(bytes))[0]
    } catch {
        preconditionFailure("a message between ranks cannot be read: \(error)")
    }
}
