import Foundation

/// One array among a message's objects: its bytes are those of a `.npy` file, cut into chunks.
package enum ArrayObject {
    /// Bytes of a chunk, as Flower cuts them.
    package static let chunkSize = 5_242_880

    /// An array's body as JSON.
    private struct Body: Codable {
        var dtype: String
        var shape: [Int]
        var stype: String
        /// For each chunk, which child of the array it is; equal chunks are one child.
        var chunks: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape, stype
            case chunks = "arraychunk_ids"
        }
    }

    /// Adds an array and its chunks, and returns its id.
    package static func add(_ array: NumPyFile, to bundle: inout ObjectBundle) throws -> String {
        let bytes = array.encoded
        var ids: [String] = []
        for start in stride(from: 0, to: bytes.count, by: chunkSize) {
            let chunk = bytes[start..<min(start + chunkSize, bytes.count)]
            ids.append(bundle.add(.chunk, body: chunk))
        }
        var places: [String: Int] = [:]
        for id in ids where places[id] == nil { places[id] = places.count }
        let body = Body(
            dtype: "float32", shape: array.shape, stype: "numpy.ndarray",
            chunks: ids.compactMap { places[$0] })
        return bundle.add(.array, children: ids, body: try JSONEncoder().encode(body))
    }

    /// Reads an array of that name, of so many bytes at most.
    package static func read(
        _ object: FlowerObject, name: String, from objects: [String: FlowerObject], byteLimit: Int
    ) throws(TaskRefusal) -> NumPyFile {
        func failure(_ reason: String) -> TaskRefusal {
            .unreadableArray(name: name, reason: reason)
        }
        guard object.kind == .array,
            let body = try? JSONDecoder().decode(Body.self, from: object.body)
        else { throw failure("its description is damaged") }
        guard body.stype == "numpy.ndarray" else {
            throw failure("it is of the kind “\(body.stype.prefix(40))”: expected numpy.ndarray")
        }
        var bytes = Data()
        for place in body.chunks {
            guard object.children.indices.contains(place),
                let chunk = objects[object.children[place]], chunk.kind == .chunk
            else { throw failure("chunk \(place) of it is missing") }
            // A few chunks that are named often would be more than was ever sent.
            guard bytes.count + chunk.body.count <= byteLimit else {
                throw failure(
                    "it has more than the \(byteLimit) bytes that this node's model can need")
            }
            bytes.append(chunk.body)
        }
        do {
            let array = try NumPyFile(decoding: bytes)
            guard array.shape == body.shape else {
                throw failure("it is said to have the shape \(body.shape), and has \(array.shape)")
            }
            return array
        } catch let error as NumPyFileError {
            throw failure(error.description)
        } catch let error as TaskRefusal {
            throw error
        } catch {
            throw failure("\(error)")
        }
    }
}
