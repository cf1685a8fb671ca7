import Foundation

extension Dataset {
    /// Reads a folder of CIFAR-10's or CIFAR-100's binary files, each plain or gzip.
    ///
    /// CIFAR-10: `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, class names in
    /// `batches.meta.txt`. CIFAR-100: `train.bin`, `test.bin`, names in `fine_label_names.txt`; its fine
    /// classes count. Images are [32][32][3].
    /// - Throws: `DatasetError`.
    public init(cifar path: String) throws(DatasetError) {
        guard let folder = CIFARFolder(at: path) else { throw .unknownForm(path: path) }
        let kind = folder.kind
        func read(_ names: [String]) throws(DatasetError) -> Samples {
            let paths = try folder.paths(names)
            var records = CIFARRecords(kind)
            records.reserve(byteCount: Self.byteCount(paths))
            for path in paths { try records.read(path) }
            return Samples(
                pixels: records.pixels, values: [], labels: records.labels,
                shape: [CIFARKind.side, CIFARKind.side, CIFARKind.channels],
                classCount: kind.classCount)
        }
        // A file that is missing is said before minutes of reading.
        _ = try folder.paths(kind.trainFiles + [kind.testFile])
        let train = try read(kind.trainFiles)
        let test = try read([kind.testFile])
        let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        try self.init(
            name: name, origin: "CIFAR's binary files in \(folder.directory)", train: train,
            test: test)
        classNames = try folder.classNames()
    }

    /// Bytes of files on disk.
    private static func byteCount(_ paths: [String]) -> Int {
        paths.reduce(0) { sum, path in
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size]
            return sum + (size as? Int ?? 0)
        }
    }
}
