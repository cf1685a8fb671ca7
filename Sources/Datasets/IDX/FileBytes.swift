import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's word for the last error.
func lastSystemError() -> String { String(cString: strerror(errno)) }

/// The whole of an ordinary file of at most `limit` bytes.
package func readFile(_ path: String, limit: Int) throws(DatasetError) -> [UInt8] {
    let file = try OpenFile(path, limit: limit)
    var failure: DatasetError?
    let bytes = [UInt8](unsafeUninitializedCapacity: file.byteCount) { buffer, count in
        let room = UnsafeMutableRawBufferPointer(buffer)
        do throws(DatasetError) {
            count = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: room[..<file.byteCount]))
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return bytes
}

/// Puts `bytes` at `path` so that there is the whole file or none, whatever happens meanwhile.
///
/// Each writer has a temporary file of its own in the same folder, so several may write at once.
package func writeFileAtomically(_ bytes: [UInt8], to path: String) throws(DatasetError) {
    do {
        try OutputFile.write(bytes, to: path)
    } catch {
        throw .unwritable(path: path, reason: error.reason)
    }
}
