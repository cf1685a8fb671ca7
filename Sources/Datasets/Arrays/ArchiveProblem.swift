/// What is wrong with a zip archive of arrays; a phrase that follows its path.
public enum ArchiveProblem: Error, Equatable, Sendable {
    /// It has no directory at its end, as zip archives have.
    case noDirectory
    /// Its directory, or an entry of it, lies outside the file or says what cannot be.
    case brokenDirectory(entry: Int)
    /// It has more entries than are looked at.
    case tooManyEntries(Int, limit: Int)
    /// An entry that only a password opens.
    case encrypted(entry: String)
    /// An entry that is compressed by another method than deflate.
    case method(entry: String, Int)
    /// An entry whose bytes are not where the directory says, or overlap it.
    case misplaced(entry: String)
    /// An entry that is, or claims to be, beyond what is read into memory.
    case tooLarge(entry: String, limit: Int)
    /// An entry that does not decompress; `reason` is a phrase.
    case corrupt(entry: String, reason: String)
    /// An entry that has another number of bytes than the directory says; nil where it has more.
    case size(entry: String, found: Int?, expected: Int)
    /// An entry whose CRC-32 is not the one that the directory says.
    case checksum(entry: String)
}

extension ArchiveProblem: CustomStringConvertible {
    /// The phrase.
    public var description: String {
        switch self {
        case .noDirectory:
            "is not a sound zip archive, as .npz files are: it has no directory at its end"
        case .brokenDirectory(let entry):
            "is not a sound zip archive: entry \(entry) of its directory cannot be read"
        case .tooManyEntries(let count, let limit):
            "has \(count) entries, but at most \(limit) are read"
        case .encrypted(let entry):
            "has \(entry.debugDescription) encrypted, which is not read"
        case .method(let entry, let method):
            "has \(entry.debugDescription) compressed by method \(method), but only stored and "
                + "deflated entries are read (numpy's savez and savez_compressed)"
        case .misplaced(let entry):
            "is not a sound zip archive: \(entry.debugDescription) is not where its directory says"
        case .tooLarge(let entry, let limit):
            "has \(entry.debugDescription) of more than the \(limit) bytes that are read at most"
        case .corrupt(let entry, let reason):
            "has \(entry.debugDescription), which does not decompress: \(reason)"
        case .size(let entry, let found, let expected):
            "has \(entry.debugDescription) of \(found.map(String.init) ?? "more") bytes, but its "
                + "directory says \(expected)"
        case .checksum(let entry):
            "has \(entry.debugDescription), whose bytes are not those that its CRC-32 is of"
        }
    }
}
