/// The directory at the end of a zip archive.
struct ZipDirectory {
    private(set) var entries: [ZipArchive.Entry] = []
    /// Where it begins.
    let start: Int

    /// Finds and reads the directory of the archive that `bytes` are.
    init(_ bytes: [UInt8]) throws(ArchiveProblem) {
        guard let end = Self.end(of: bytes) else { throw .noDirectory }
        var count = bytes.zipHalf(end + 10)
        var size = bytes.zipWord(end + 12)
        var start = bytes.zipWord(end + 16)
        let locator = end - 20
        if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF, locator >= 0,
            bytes.zipWord(locator) == 0x0706_4B50
        {
            guard let record = bytes.zipLong(locator + 8), record <= locator - 56,
                bytes.zipWord(record) == 0x0606_4B50, let count64 = bytes.zipLong(record + 32),
                let size64 = bytes.zipLong(record + 40), let start64 = bytes.zipLong(record + 48)
            else { throw .brokenDirectory(entry: 0) }
            (count, size, start) = (count64, size64, start64)
        }
        guard count <= ZipArchive.entryLimit else {
            throw .tooManyEntries(count, limit: ZipArchive.entryLimit)
        }
        guard start <= end, size <= end - start else { throw .brokenDirectory(entry: 0) }
        self.start = start
        var place = start
        for number in 0..<count {
            guard let (entry, next) = Self.entry(bytes, at: place, end: start + size) else {
                throw .brokenDirectory(entry: number)
            }
            entries.append(entry)
            place = next
        }
    }

    /// Where the record at the end of the archive is: a comment of up to 65,535 bytes may follow it.
    private static func end(of bytes: [UInt8]) -> Int? {
        let recordBytes = 22
        guard bytes.count >= recordBytes else { return nil }
        let last = bytes.count - recordBytes
        return stride(from: last, through: max(0, last - 0xFFFF), by: -1).first {
            bytes[$0] == 0x50 && bytes.zipWord($0) == 0x0605_4B50
                && bytes.zipHalf($0 + 20) == last - $0
        }
    }

    /// The entry at `place`, and where the next one is; nil where it does not fit before `end`.
    private static func entry(
        _ bytes: [UInt8], at place: Int, end: Int
    ) -> (ZipArchive.Entry, next: Int)? {
        let fixed = 46
        guard place <= end - fixed, bytes.zipWord(place) == 0x0201_4B50 else { return nil }
        let nameStart = place + fixed
        let extraStart = nameStart + bytes.zipHalf(place + 28)
        let extraEnd = extraStart + bytes.zipHalf(place + 30)
        let next = extraEnd + bytes.zipHalf(place + 32)
        guard next <= end else { return nil }
        // What does not fit into 32 bits stands in the extra field of zip64, in this order.
        var fields = [
            bytes.zipWord(place + 24), bytes.zipWord(place + 20), bytes.zipWord(place + 42),
        ]
        var extra = extraStart
        while extra <= extraEnd - 4 {
            let length = bytes.zipHalf(extra + 2)
            if bytes.zipHalf(extra) == 0x0001 {
                var value = extra + 4
                for index in fields.indices where fields[index] == 0xFFFF_FFFF {
                    guard value + 8 <= min(extra + 4 + length, extraEnd),
                        let long = bytes.zipLong(value)
                    else { return nil }
                    fields[index] = long
                    value += 8
                }
                break
            }
            extra += 4 + length
        }
        let flags = bytes.zipHalf(place + 8)
        let entry = ZipArchive.Entry(
            name: String(decoding: bytes[nameStart..<extraStart], as: UTF8.self),
            // Encrypted, strongly encrypted, or with a directory whose values are hidden.
            isEncrypted: flags & (1 | 1 << 6 | 1 << 13) != 0, method: bytes.zipHalf(place + 10),
            checksum: UInt32(bytes.zipWord(place + 16)), storedBytes: fields[1],
            byteCount: fields[0], start: fields[2])
        return (entry, next)
    }
}

/// Little-endian numbers at places that are within the bytes.
extension [UInt8] {
    /// 16 bits.
    func zipHalf(_ place: Int) -> Int { Int(self[place]) | Int(self[place + 1]) << 8 }

    /// 32 bits.
    func zipWord(_ place: Int) -> Int { zipHalf(place) | zipHalf(place + 2) << 16 }

    /// 64 bits; nil where that is more than an `Int` holds.
    func zipLong(_ place: Int) -> Int? {
        Int(exactly: UInt64(zipWord(place)) | UInt64(zipWord(place + 4)) << 32)
    }
}
