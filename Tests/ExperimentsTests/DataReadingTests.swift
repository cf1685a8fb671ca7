import Datasets
import Experiments
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("How a run's data are read", .holdsItsThread)
struct DataReadingTests {
    @Test("Settings say it, and come back from it")
    func settings() throws {
        var spec = RunSpec()
        #expect(spec.reading == DataReading())
        spec.transpose = true
        spec.label = "income"
        spec.clientColumn = "who"
        spec.testFraction = 0.25
        spec.scaling = .standard
        let reading = spec.reading
        #expect(
            reading.options
                == DatasetOptions(
                    transpose: true, labelColumn: "income", clientColumn: "who",
                    testFraction: 0.25))
        #expect(reading.scaling == .standard)
        var other = RunSpec()
        other.reading = reading
        #expect(other == spec)
        other.reading = DataReading()
        #expect(other == RunSpec())
    }

    @Test("A default that is said is the same run as one that is not")
    func defaults() throws {
        var spec = RunSpec()
        spec.transpose = false
        spec.scaling = .unit
        #expect(try spec.validated() == RunSpec().validated())
    }

    @Test("Logs of versions without these settings read as they were")
    func earlierLogs() throws {
        let names = ["transpose", "label", "client_column", "test_fraction", "scaling"]
        let members = try RunSpec().configuration().members.filter { !names.contains($0.key) }
        #expect(try RunSpec(configuration: .object(members)) == RunSpec())
    }

    @Test("Images are transposed, and scaled by what was read")
    func loading() throws {
        try Command.inTemporaryFolder { folder in
            let path = try SmallData.writeEMNIST(to: folder)
            let plain = try RunData.load(path)
            var reading = DataReading()
            reading.options.transpose = true
            reading.scaling = .standard
            let read = try RunData.load(path, reading: reading)
            #expect(read.reading == reading && plain.reading == DataReading())
            #expect(read.source.fingerprint != plain.source.fingerprint)
            for (row, column) in [(0, 5), (27, 3), (9, 9)] {
                #expect(
                    read.dataset.train.pixels[784 + row * 28 + column]
                        == plain.dataset.train.pixels[784 + column * 28 + row])
            }
            guard case .standardized = read.dataset.test.scaling else {
                Issue.record("test images are not scaled")
                return
            }
            // Scaling is a setting: the data are the same.
            reading.scaling = .unit
            #expect(
                try RunData.load(path, reading: reading).source.fingerprint
                    == read.source.fingerprint)
        }
    }

    @Test("A run reads its data as its settings say", arguments: [false, true])
    func runs(givesData: Bool) throws {
        try Command.inTemporaryFolder { folder in
            var spec = RunSpec()
            spec.dataset = try SmallData.writeCIFAR(to: folder)
            spec.scaling = .standard
            spec.model = .named(.logisticRegression)
            spec.partition = .iid
            spec.clients = 2
            let data = givesData ? try RunData.load(spec.dataset) : nil
            let run = try ExperimentRun(spec, data: data)
            #expect(run.data.reading.scaling == .standard)
            guard case .standardized = run.data.dataset.train.scaling else {
                Issue.record("training images are not scaled")
                return
            }
        }
    }

    @Test("What the data have no use for is refused")
    func refusals() throws {
        try Command.inTemporaryFolder { folder in
            let path = try SmallData.writeCIFAR(to: folder)
            var reading = DataReading()
            reading.options.labelColumn = "income"
            let error = #expect(throws: DatasetError.self) {
                _ = try RunData.load(path, reading: reading)
            }
            #expect(
                error?.description
                    == "--label says nothing of \(path): it is a folder of CIFAR's binary files")
        }
    }
}
