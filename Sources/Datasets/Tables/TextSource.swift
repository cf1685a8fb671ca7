/// The bytes of a text, piece by piece: those of a file, plain or gzip, or those in memory.
///
/// A plain file is never in memory whole; of a gzip file only what is compressed.
struct TextSource: ~Copyable {
    /// Bytes of one piece.
    static let pieceSize = 1 << 20

    private var plain: OpenFile?
    private var gzip: GzipStream?
    private var memory: ArraySlice<UInt8> = []
    private let file: String
    private let limit: Int
    private var taken = 0
    private var piece: [UInt8] = []

    /// Opens a file, whose text may have `limit` bytes, decompressed.
    init(file: String, limit: Int) throws(DatasetError) {
        self.file = file
        self.limit = limit
        let opened = try OpenFile(file, limit: limit)
        if Gzip.isGzip(try opened.beginning(2)) {
            plain = nil
            gzip = try GzipStream(try readFile(file, limit: IDX.sizeLimit), file: file)
        } else {
            plain = consume opened
            gzip = nil
        }
    }

    /// Bytes that are in memory already, plain or gzip; errors name them `file`.
    init(_ bytes: [UInt8], file: String, limit: Int) throws(DatasetError) {
        self.file = file
        self.limit = limit
        plain = nil
        if Gzip.isGzip(bytes) {
            gzip = try GzipStream(bytes, file: file)
        } else {
            gzip = nil
            memory = bytes[...]
        }
    }

    /// Copies the next bytes, as many as there is room for unless the text ends.
    /// - Returns: how many; 0 at the end.
    mutating func read(into room: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        var count = 0
        if plain != nil {
            count = try plain?.read(into: room) ?? 0
        } else if gzip != nil {
            piece.removeAll(keepingCapacity: true)
            try gzip?.read(into: &piece, upTo: room.count)
            room.copyBytes(from: piece)
            count = piece.count
        } else {
            count = min(memory.count, room.count)
            room.copyBytes(from: memory.prefix(count))
            memory = memory.dropFirst(count)
        }
        taken += count
        guard taken <= limit else { throw .fileTooLarge(file: file, limit: limit) }
        return count
    }
}
