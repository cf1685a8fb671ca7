import Foundation

/// Small files in the shapes that others' data have, which a command reads in no time.
package enum SmallData {
    /// Writes CIFAR-10's binary files: 50 training and 10 test images, their label in the first row's red.
    /// - Returns: the folder's path, for `--dataset`.
    package static func writeCIFAR(to folder: URL) throws -> String {
        let data = folder.appending(path: "cifar")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        for name in (1...5).map({ "data_batch_\($0)" }) + ["test_batch"] {
            let records = (0..<10).flatMap { label -> [UInt8] in
                let bright = (0..<32).map { _ in UInt8(20 * label + 40) }
                return [UInt8(label)] + bright + [UInt8](repeating: 30, count: 3072 - 32)
            }
            try Data(records).write(to: data.appending(path: name + ".bin"))
        }
        let names = "airplane automobile bird cat deer dog frog horse ship truck"
        try Data(names.replacing(" ", with: "\n").utf8)
            .write(to: data.appending(path: "batches.meta.txt"))
        return data.path
    }

    /// Writes EMNIST-shaped files: 94 training and 47 test images of 28 × 28, of 47 classes, with a bright
    /// column that `--transpose` makes a row.
    /// - Returns: the folder's path, for `--dataset`.
    package static func writeEMNIST(to folder: URL) throws -> String {
        let data = folder.appending(path: "emnist")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        func words(_ values: [Int]) -> [UInt8] {
            values.flatMap { value in [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) } }
        }
        for (half, count) in [("train", 94), ("test", 47)] {
            let labels = (0..<count).map { UInt8($0 % 47) }
            let pixels = labels.flatMap { label in
                (0..<784).map { UInt8($0 % 28 == Int(label) % 28 ? 100 + Int(label) : 0) }
            }
            let stem = "emnist-balanced-\(half)"
            try Data(words([0x803, count, 28, 28]) + pixels)
                .write(to: data.appending(path: "\(stem)-images-idx3-ubyte"))
            try Data(words([0x801, count]) + labels)
                .write(to: data.appending(path: "\(stem)-labels-idx1-ubyte"))
        }
        return data.path
    }
}
