import Foundation
import Platform

/// A file that is to be fetched.
struct FetchedFile {
    /// What it is called, in the cache and, with `.gz`, on the web.
    let name: String
    /// SHA-256 of what it decompresses to, hexadecimal.
    let checksum: String
    /// Bytes of that, at most.
    let sizeLimit: Int
}

/// Brings files from public mirrors, each checked before it is kept.
struct FileFetcher {
    let mirrors: [URL]
    /// The folder where they are kept.
    let cache: String
    /// Most bytes that a mirror may send for one file.
    var downloadLimit = MNISTFetcher.downloadLimit

    /// A file's contents, decompressed, from the first mirror that gives it whole and unchanged.
    func fetch(
        _ file: FetchedFile, deadline: ContinuousClock.Instant, stallSeconds: Double,
        _ progress: (FetchProgress) -> Void
    ) throws(DatasetError) -> [UInt8] {
        var failures: [FetchFailure] = []
        for (position, mirror) in mirrors.enumerated() {
            let url = mirror.appendingPathComponent(file.name + ".gz")
            // A mirror that hangs must leave the next ones their share of the time.
            let left = ContinuousClock.now.duration(to: deadline) / .seconds(1)
            let share = max(left, 0.1) / Double(mirrors.count - position)
            do {
                let transfer = Download(
                    url: url, sizeLimit: downloadLimit, timeoutSeconds: share,
                    stallSeconds: stallSeconds)
                return try contents(of: file, by: transfer, progress)
            } catch {
                failures.append(error)
            }
        }
        throw .fetchFailed(file: file.name, failures: failures)
    }

    /// The decompressed file, checked.
    private func contents(
        of file: FetchedFile, by download: Download, _ progress: (FetchProgress) -> Void
    ) throws(FetchFailure) -> [UInt8] {
        let address = download.url.absoluteString
        let body = try download.run { received, total in
            progress(
                FetchProgress(
                    file: file.name, url: address, receivedBytes: received, totalBytes: total))
        }
        let bytes: [UInt8]
        do throws(DatasetError) {
            bytes =
                Gzip.isGzip(body)
                ? try Gzip.inflate(body, limit: file.sizeLimit, file: file.name) : body
        } catch {
            throw FetchFailure(url: address, reason: .corrupt(error.description))
        }
        let found = sha256(bytes)
        guard found == file.checksum else {
            throw FetchFailure(
                url: address, reason: .wrongChecksum(found: found, expected: file.checksum))
        }
        return bytes
    }

    /// Puts a file into the cache, whole or not at all.
    func store(_ bytes: [UInt8], as name: String) throws(DatasetError) {
        if let reason = Folder.make(cache) { throw .unwritable(path: cache, reason: reason) }
        try writeFileAtomically(bytes, to: join(cache, name))
    }
}
