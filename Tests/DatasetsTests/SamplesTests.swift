import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct SamplesTests {
    @Test func copiesBatches() throws {
        let images = try Samples(
            pixels: (0..<24).map { UInt8($0 * 10) }, labels: [7, 0, 7], height: 2, width: 2,
            channels: 2)
        #expect(images.count == 3)
        #expect(images.pixelsPerImage == 8)
        let indices: [Int32] = [1, 2, 0]
        let (floats, labels) = images.batch(indices[1...])
        #expect(labels == [7, 7])
        for (found, byte) in zip(floats, Array(images.pixels[16...]) + images.pixels[..<8]) {
            #expect(abs(found - Float(byte) / 255) < 1e-7)
        }
        #expect(images.indicesByClass()[7] == [0, 2])
        #expect(images.indicesByClass()[1].isEmpty)
        #expect(images.classCounts(of: [0, 0, 1]) == [1, 0, 0, 0, 0, 0, 0, 2, 0, 0])
    }

    @Test func white255IsOne() throws {
        let images = try Samples(pixels: [255, 0], labels: [1], height: 1, width: 2)
        #expect(images.batch([0]).floats == [1, 0])
    }

    @Test("Standard scaling: an image's channels, a vector's numbers, each by itself")
    func scales() throws {
        // One number is constant, and has a deviation in no arithmetic but one of two passes.
        let features: [Float] = [1, 100_000, 0.1, 3, 300_000, 0.1, 5, 200_000, 0.1]
        let vectors = try Samples(
            features: features, featureCount: 3, labels: [0, 1, 0], classCount: 2)
        let images = try Samples(
            values: [1, 10, 3, 30, 5, 20, 7, 20], labels: [0, 1], height: 1, width: 2, channels: 2,
            classCount: 2)
        for (samples, numbers) in [(vectors, 3), (images, 2)] {
            let seen = try Dataset(name: "own", train: samples, test: samples).scaled(.standard)
                .train
                .batch([0, 1, 2].prefix(samples.count)).floats
            for number in 0..<numbers {
                let own = seen.indices.filter { $0 % numbers == number }.map { Double(seen[$0]) }
                let mean = own.reduce(0, +) / Double(own.count)
                let variance =
                    own.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(own.count)
                #expect(abs(mean) < 1e-6)
                #expect(numbers == 3 && number == 2 ? variance == 0 : abs(variance - 1) < 1e-5)
            }
        }
    }

    @Test func refusesSizesThatDoNotAgree() {
        func sentence(_ pixels: Int, _ labels: [UInt8], _ height: Int, _ width: Int) -> String? {
            failure { () throws(DatasetError) in
                _ = try Samples(
                    pixels: [UInt8](repeating: 0, count: pixels), labels: labels, height: height,
                    width: width)
            }?.description
        }
        #expect(sentence(4, [1], 2, 2) == nil)
        #expect(sentence(5, [1], 2, 2) == "5 pixels do not make 1 images of 4 pixels each")
        #expect(sentence(0, [], 0, 2) == "images cannot be 0×2 pixels with 1 channels")
        #expect(
            sentence(0, [], Int.max, 2)
                == "images cannot be \(Int.max)×2 pixels with 1 channels")
        #expect(sentence(8, [1, 10], 2, 2) == "label 1 is 10, but labels are 0 to 9")
    }
}

extension Samples {
    /// The samples at these positions, as models see them, and their labels.
    func batch(_ indices: ArraySlice<Int32>) -> (floats: [Float], labels: [Int32]) {
        var floats = [Float](repeating: -1, count: indices.count * pixelsPerImage)
        var labels = [Int32](repeating: -1, count: indices.count)
        floats.withUnsafeMutableBufferPointer { floats in
            labels.withUnsafeMutableBufferPointer { labels in
                guard let images = floats.baseAddress, let classes = labels.baseAddress else {
                    return
                }
                copyBatch(indices, to: BatchPlaces(images: images, labels: classes))
            }
        }
        return (floats, labels)
    }
}
