/// What QMNIST says of each image of one half of MNIST: its class and who wrote it.
///
/// IDX with big-endian 32-bit integers, [N][8]: class, series, writer, digit of that writer, class
/// in NIST's words, index in NIST's files, 0, 0.
/// Source: Yadav and Bottou, "Cold case: the lost MNIST digits", 2019.
struct ExtendedLabels {
    private static let numbers = 8
    private static let headerSize = 12
    /// Bytes of a file, decompressed, at most; QMNIST's have 1,920,012.
    static let sizeLimit = 1 << 28

    let file: String
    /// The class of each image.
    let labels: [Int32]
    /// Who wrote it.
    let writers: [Int32]

    /// Reads a file's bytes, plain or gzip.
    init(_ stored: [UInt8], file: String) throws(DatasetError) {
        let bytes =
            Gzip.isGzip(stored)
            ? try Gzip.inflate(stored, limit: Self.sizeLimit, file: file) : stored
        func word(_ place: Int) -> Int32 {
            bytes[place..<place + 4].reduce(Int32(0)) { $0 << 8 | Int32($1) }
        }
        guard bytes.count >= Self.headerSize else {
            throw .writers(
                .byteCount(file: file, found: bytes.count, expected: Self.headerSize))
        }
        let magic = UInt32(bitPattern: word(0))
        guard magic == MNISTWriters.magic else {
            throw .writers(.wrongMagic(file: file, found: magic))
        }
        let rows = Int(UInt32(bitPattern: word(4)))
        let numbers = Int(UInt32(bitPattern: word(8)))
        guard rows > 0, numbers == Self.numbers else {
            throw .writers(.impossibleSize(file: file, rows: rows, numbers: numbers))
        }
        let expected = Self.headerSize + rows * numbers * 4
        guard bytes.count == expected else {
            throw .writers(.byteCount(file: file, found: bytes.count, expected: expected))
        }
        var labels: [Int32] = []
        var writers: [Int32] = []
        for row in 0..<rows {
            let start = Self.headerSize + row * numbers * 4
            labels.append(word(start))
            writers.append(word(start + 8))
        }
        if let row = writers.firstIndex(where: { $0 < 0 }) {
            throw .writers(
                .impossibleWriter(file: file, row: row, found: Int(writers[row])))
        }
        self.file = file
        self.labels = labels
        self.writers = writers
    }

    /// Refuses samples whose classes are not those of the first rows.
    func check(_ samples: Samples) throws(DatasetError) {
        guard labels.count >= samples.count else {
            throw .writers(
                .tooFewRows(file: file, rows: labels.count, images: samples.count))
        }
        for (row, label) in samples.labels.enumerated() where labels[row] != label {
            throw .writers(
                .otherImages(
                    file: file, row: row, found: Int(labels[row]), expected: Int(label)))
        }
    }
}
