#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An ordinary file that is open for reading, from its beginning to its end.
struct OpenFile: ~Copyable {
    /// Bytes that are read at once.
    static let pieceSize = 1 << 20

    private let path: String
    private let descriptor: Int32
    /// Bytes of the file when it was opened.
    let byteCount: Int

    /// - Throws: `DatasetError.unreadable`, and `fileTooLarge` beyond `limit` bytes.
    init(_ path: String, limit: Int) throws(DatasetError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastSystemError()) }
        var status = stat()
        var problem: DatasetError?
        if fstat(descriptor, &status) != 0 {
            problem = .unreadable(file: path, reason: lastSystemError())
        } else if status.st_mode & S_IFMT != S_IFREG {
            problem = .unreadable(file: path, reason: "it is not an ordinary file")
        } else if status.st_size > limit {
            problem = .fileTooLarge(file: path, limit: limit)
        }
        if let problem {
            close(descriptor)
            throw problem
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The first `count` bytes, or all that there are, wherever reading is.
    func beginning(_ count: Int) throws(DatasetError) -> [UInt8] {
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            got = pread(descriptor, room.baseAddress, count, 0)
            filled = max(got, 0)
        }
        if got < 0 { throw .unreadable(file: path, reason: lastSystemError()) }
        return bytes
    }

    /// Reads the next bytes, as many as there is room for unless the file ends; returns how many.
    func read(into room: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        var count = 0
        while count < room.count {
            #if canImport(Darwin)
                let got = Darwin.read(descriptor, room.baseAddress! + count, room.count - count)
            #elseif canImport(Musl)
                let got = Musl.read(descriptor, room.baseAddress! + count, room.count - count)
            #else
                let got = Glibc.read(descriptor, room.baseAddress! + count, room.count - count)
            #endif
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .unreadable(file: path, reason: lastSystemError()) }
            if got == 0 { break }
            count += got
        }
        return count
    }

    /// Hands all of the file on, a piece after the other.
    func forEachPiece(
        size: Int = pieceSize, _ body: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { room.deallocate() }
        while true {
            let count = try read(into: room)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }
}
