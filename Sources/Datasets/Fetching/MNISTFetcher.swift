import Foundation
import Platform

/// Brings MNIST from public mirrors into the cache, each file checked before it is kept.
package struct MNISTFetcher {
    /// Most bytes that a mirror may send for one file: 64 MiB; MNIST's largest is 10 MB.
    static let downloadLimit = 64 << 20
    /// Bytes of MNIST's largest file, decompressed.
    static let fileLimit = 16 + 60_000 * 28 * 28

    let mirrors: [URL]
    let cache: String
    var checksums: [IDXRole: String] = [:]
    /// Seconds after which all is given up.
    let timeoutSeconds: Double
    /// Seconds, over all mirrors, without a byte of the first file until there is no network.
    let probeSeconds: Double
    package var stallSeconds: Double = 30
    var downloadLimit = Self.downloadLimit

    package init(
        mirrors: [URL], cache: String, checksums: [IDXRole: String] = [:], timeoutSeconds: Double,
        probeSeconds: Double, stallSeconds: Double = 30, downloadLimit: Int = Self.downloadLimit
    ) {
        self.mirrors = mirrors
        self.cache = cache
        self.checksums = checksums
        self.timeoutSeconds = timeoutSeconds
        self.probeSeconds = probeSeconds
        self.stallSeconds = stallSeconds
        self.downloadLimit = downloadLimit
    }

    /// Fetches what the cache lacks, the smallest file first: it tells whether there is a network.
    package func fetch(progress: (FetchProgress) -> Void) throws(DatasetError) {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        let probeStall = probeSeconds / Double(max(mirrors.count, 1))
        var stall = min(probeStall, stallSeconds)
        for role in [IDXRole.testLabels, .trainLabels, .testImages, .trainImages] {
            if isCached(role) { continue }
            let bytes = try fetch(role, deadline: deadline, stallSeconds: stall, progress)
            stall = stallSeconds
            try store(bytes, as: role.fileName)
        }
    }

    /// One file from the first mirror that gives it whole and unchanged.
    private func fetch(
        _ role: IDXRole, deadline: ContinuousClock.Instant, stallSeconds: Double,
        _ progress: (FetchProgress) -> Void
    ) throws(DatasetError) -> [UInt8] {
        var failures: [FetchFailure] = []
        for (position, mirror) in mirrors.enumerated() {
            let url = mirror.appendingPathComponent(role.fileName + ".gz")
            // A mirror that hangs must leave the next ones their share of the time.
            let left = seconds(ContinuousClock.now.duration(to: deadline))
            let share = max(left, 0.1) / Double(mirrors.count - position)
            do {
                let transfer = Download(
                    url: url, sizeLimit: downloadLimit, timeoutSeconds: share,
                    stallSeconds: stallSeconds)
                return try contents(of: role, by: transfer, progress)
            } catch {
                failures.append(error)
            }
        }
        throw .fetchFailed(file: role.fileName, failures: failures)
    }

    /// The decompressed file, checked.
    private func contents(
        of role: IDXRole, by download: Download, _ progress: (FetchProgress) -> Void
    ) throws(FetchFailure) -> [UInt8] {
        let address = download.url.absoluteString
        let body = try download.run { received, total in
            progress(
                FetchProgress(
                    file: role.fileName, url: address, receivedBytes: received,
                    totalBytes: total))
        }
        let bytes: [UInt8]
        do throws(DatasetError) {
            bytes =
                Gzip.isGzip(body)
                ? try Gzip.inflate(body, limit: Self.fileLimit, file: role.fileName) : body
        } catch {
            throw FetchFailure(url: address, reason: .corrupt(error.description))
        }
        let found = sha256(bytes)
        let expected = checksum(role)
        guard found == expected else {
            throw FetchFailure(
                url: address, reason: .wrongChecksum(found: found, expected: expected))
        }
        return bytes
    }

    private func checksum(_ role: IDXRole) -> String { checksums[role] ?? MNIST.checksum(role) }

    /// Whether the cache's file is there and MNIST's; any other file is fetched anew.
    private func isCached(_ role: IDXRole) -> Bool {
        guard let folder = try? IDXFolder(listing: cache), let path = folder.path(role),
            let file = try? IDX.read(path, kind: role.kind)
        else { return false }
        return sha256(file.bytes) == checksum(role)
    }

    private func store(_ bytes: [UInt8], as name: String) throws(DatasetError) {
        if let reason = Folder.make(cache) { throw .unwritable(path: cache, reason: reason) }
        try writeFileAtomically(bytes, to: join(cache, name))
    }

    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
