import Foundation

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
        let fetcher = FileFetcher(mirrors: mirrors, cache: cache, downloadLimit: downloadLimit)
        for role in [IDXRole.testLabels, .trainLabels, .testImages, .trainImages] {
            if isCached(role) { continue }
            let file = FetchedFile(
                name: role.fileName, checksum: checksum(role), sizeLimit: Self.fileLimit)
            let bytes = try fetcher.fetch(
                file, deadline: deadline, stallSeconds: stall, progress)
            stall = stallSeconds
            try fetcher.store(bytes, as: role.fileName)
        }
    }

    private func checksum(_ role: IDXRole) -> String { checksums[role] ?? MNIST.checksum(role) }

    /// Whether the cache's file is there and MNIST's; any other file is fetched anew.
    private func isCached(_ role: IDXRole) -> Bool {
        guard let folder = try? IDXFolder(listing: cache), let path = folder.path(role),
            let file = try? IDX.read(path, kind: role.kind)
        else { return false }
        return sha256(file.bytes) == checksum(role)
    }
}
