/// Reading of `.npy` files, numpy's format for one array: versions 1.0, 2.0 and 3.0, bools, integers and
/// floats of either byte order, of either order of dimensions.
package enum NPY {
    /// Reads the file at `path`.
    /// - Throws: `DatasetError`.
    package static func read(
        _ path: String, as role: NumberArray.Role
    ) throws(DatasetError) -> NumberArray {
        let file = try OpenFile(path, limit: sizeLimit)
        var decoder = NPYDecoder(name: path, role: role, bytesAhead: file.byteCount)
        try file.forEachPiece { piece throws(DatasetError) in try decoder.append(piece) }
        return try decoder.finish()
    }

    /// Reads a file's bytes; errors name it `name`.
    /// - Parameter piece: bytes that are handed on at once.
    package static func decode(
        _ bytes: [UInt8], name: String, as role: NumberArray.Role, piece: Int = 1 << 20
    ) throws(DatasetError) -> NumberArray {
        var decoder = NPYDecoder(name: name, role: role, bytesAhead: bytes.count)
        try bytes.withUnsafeBufferPointer { bytes throws(DatasetError) in
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try decoder.append(
                    UnsafeRawBufferPointer(
                        UnsafeBufferPointer(
                            rebasing: bytes[start..<min(start + piece, bytes.count)])))
            }
        }
        return try decoder.finish()
    }

    /// Reads all arrays of an `.npz` archive's bytes; errors name it `name`.
    /// - Throws: `DatasetError`.
    package static func decode(
        archive bytes: [UInt8], name: String, as role: NumberArray.Role
    ) throws(DatasetError) -> [NumberArray] {
        let place = ArrayPlace.archive(try ZipArchive(bytes, path: name))
        var arrays: [NumberArray] = []
        for name in try place.names().sorted() { arrays.append(try place.read(name, as: role)) }
        return arrays
    }

    /// Most bytes that a file may have: those of the largest array and its header.
    static let sizeLimit = IDX.sizeLimit + NPYHeader.textLimit + 12
}
