import Foundation
import TestThreads
import Testing
import Datasets

/// The folder of real MNIST files, where this machine has one.
private let realFolder: String? = {
    let given = ProcessInfo.processInfo.environment["FEDERATED_DATA_DIR"]
    return [given, "../shared/data"].compactMap(\.self).first { folder in
        [folder, folder + "/mnist"].contains {
            FileManager.default.fileExists(atPath: $0 + "/train-images-idx3-ubyte.gz")
                || FileManager.default.fileExists(atPath: $0 + "/train-images-idx3-ubyte")
        }
    }
}()

@Suite(
    .enabled(if: realFolder != nil, "set FEDERATED_DATA_DIR to a folder with MNIST's files"),
    .holdsItsThread)
struct RealMNISTTests {
    @Test func isRecognisedAndWhole() throws {
        let folder = try #require(realFolder)
        let locator = DatasetLocator(dataDirectory: folder, environment: [:], mirrors: [])
        let loaded = try locator.load(.mnist)
        #expect(loaded.dataset.name == "MNIST")
        #expect(loaded.dataset.fingerprint == MNIST.fingerprint)
        #expect(loaded.dataset.train.count == 60_000)
        #expect(loaded.dataset.test.count == 10_000)
        #expect(loaded.dataset.train.height == 28 && loaded.dataset.train.width == 28)
        #expect(loaded.dataset.train.labels.prefix(10) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
        #expect(
            loaded.dataset.train.indicesByClass().map(\.count)
                == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
        #expect(locator.inventory().mnistFolder != nil)
        for experiment in Experiment.allCases {
            let sampler = try ShardSampler(
                labels: loaded.dataset.train, experiment: experiment, samples: 600, seed: 1)
            #expect(!sampler.shard(client: 1, round: 1).isEmpty)
        }
    }
}
