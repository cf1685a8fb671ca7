/// How far the fetching of one file has come.
public struct FetchProgress: Equatable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// The address it comes from.
    public let url: String
    /// Bytes so far, as sent.
    public let receivedBytes: Int
    /// Bytes in all, where the server has said so.
    public let totalBytes: Int?

    package init(file: String, url: String, receivedBytes: Int, totalBytes: Int?) {
        self.file = file
        self.url = url
        self.receivedBytes = receivedBytes
        self.totalBytes = totalBytes
    }

    /// One line for people.
    public var description: String {
        let total = totalBytes.map { " of \($0 / 1000)" } ?? ""
        return "\(file): \(receivedBytes / 1000)\(total) kB from \(url)"
    }
}
