import Foundation
import Platform

/// Who holds a token.
public enum TokenHolder: Hashable, Sendable {
    /// The client of that id, and no other.
    case client(Int)
    /// Someone who may start a run over one that is in progress.
    case administrator
    /// Someone who may look at the page, its state and metrics, and do nothing else.
    case reader
}

/// Why a file of tokens is not used.
public enum TokenFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system does not let it be read; the reason in its words.
    case cannotRead(path: String, reason: String)
    /// Others may read it: its mode.
    case notPrivate(path: String, mode: Int)
    /// A line that is not an id and a token.
    case malformedLine(path: String, line: Int)
    /// A token that could be guessed.
    case tooShort(path: String, line: Int, bytes: Int)
    /// A line that gives a token or a client for the second time.
    case repeated(path: String, line: Int)
    /// A file without a token.
    case empty(path: String)

    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .cannotRead(let path, let reason):
            "cannot read the tokens in \(path): \(reason)"
        case .notPrivate(let path, let mode):
            """
            \(path) has the mode \(String(mode, radix: 8)), so that others may read its tokens: \
            expected 600
            """
        case .malformedLine(let path, let line):
            """
            line \(line) of \(path) is no token: expected “ID TOKEN” or “ID sha256:DIGITS”, \
            ID being a client's number, “admin” or “reader”
            """
        case .tooShort(let path, let line, let bytes):
            """
            the token in line \(line) of \(path) has \(bytes) bytes: \
            expected at least \(TokenTable.leastBytes)
            """
        case .repeated(let path, let line):
            "line \(line) of \(path) gives a token or a client for the second time"
        case .empty(let path):
            "\(path) has no token: expected a line “ID TOKEN” for each client"
        }
    }
}

/// The tokens that a server takes, as SHA-256 digests: the tokens themselves are not kept.
///
/// The file has a line for each: the client's id, `admin` or `reader`, a space, and the token or
/// `sha256:` and its digest in hexadecimal digits. Empty lines and those that begin with # are
/// passed over.
public struct TokenTable: Sendable {
    /// A shorter token could be guessed.
    public static let leastBytes = 16

    private var holders: [[UInt8]: TokenHolder] = [:]

    /// Whether there is a token for those who look on: then nobody may without one.
    public let hasReader: Bool

    /// Reads a file that only its owner may read.
    public init(path: String) throws(TokenFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotRead(path: path, reason: "it is no file")
        }
        let mode = Int(status.st_mode) & 0o777
        guard mode & 0o077 == 0 else { throw .notPrivate(path: path, mode: mode) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        guard let data = try? handle.readToEnd() ?? Data() else {
            throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
        }
        try self.init(bytes: [UInt8](data), path: path)
    }

    /// Reads a file's text; `path` is for errors.
    package init(text: String, path: String) throws(TokenFileError) {
        try self.init(bytes: Array(text.utf8), path: path)
    }

    private init(bytes: [UInt8], path: String) throws(TokenFileError) {
        var known: Set<TokenHolder> = []
        for line in TextLines(bytes) {
            let number = line.number
            let words = line.string.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 2, let holder = Self.holder(first) else {
                throw .malformedLine(path: path, line: number)
            }
            let digest = try Self.digest(words[1], path: path, line: number)
            guard known.insert(holder).inserted, holders.updateValue(holder, forKey: digest) == nil
            else { throw .repeated(path: path, line: number) }
        }
        guard !holders.isEmpty else { throw .empty(path: path) }
        hasReader = known.contains(.reader)
    }

    private static func holder(_ word: Substring) -> TokenHolder? {
        switch word {
        case "admin": return .administrator
        case "reader": return .reader
        default: break
        }
        guard let client = Int(word), client >= 0 else { return nil }
        return .client(client)
    }

    private static func digest(
        _ word: Substring, path: String, line: Int
    ) throws(TokenFileError) -> [UInt8] {
        let prefix = "sha256:"
        guard word.hasPrefix(prefix) else {
            guard word.utf8.count >= leastBytes else {
                throw .tooShort(path: path, line: line, bytes: word.utf8.count)
            }
            return SHA256.digest(of: word.utf8)
        }
        let digits = Array(word.dropFirst(prefix.count).utf8)
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard values.count == 64, digits.count == 64 else {
            throw .malformedLine(path: path, line: line)
        }
        return (0..<32).map { place -> UInt8 in
            let (high, low) = (values[2 * place], values[2 * place + 1])
            return UInt8(high << 4 | low)
        }
    }

    /// Who presents that token; nil if nobody known does.
    ///
    /// How long it takes says nothing about the tokens: they are found by their digests, and nobody can
    /// choose a text so that its digest begins like another's.
    public func holder(of token: some StringProtocol) -> TokenHolder? {
        holders[SHA256.digest(of: token.utf8)]
    }
}
