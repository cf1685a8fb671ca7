import Datasets
import Experiments
import Federation
import Foundation
import JSON
import TestThreads
import Testing

@Suite("Settings in logs and stores", .holdsItsThread)
struct SettingsJSONTests {
    @Test(
        "A cohort is a number, and reads as what it was",
        arguments: [
            (CohortSize.count(1), JSONValue.integer(1)), (.count(10), .integer(10)),
            (.fraction(0.1), .number(0.1)), (.fraction(0.999), .number(0.999)),
            // JSON does not tell 1 from 1.0, and one client is not all.
            (.fraction(1), .string("1.0")), (.fraction(0), .string("0.0")),
        ])
    func cohort(size: CohortSize, json: JSONValue) throws {
        var settings = RunSpec()
        settings.clients = 20
        settings.cohort = size
        let configuration = try settings.configuration()
        #expect(configuration.members["cohort"] == json)
        #expect(try RunSpec(configuration: configuration) == settings)
        // As earlier versions wrote it.
        var old = configuration.members
        old["cohort"] = .string(size.description)
        #expect(try RunSpec(configuration: .object(old)) == settings)
    }

    @Test("A partition has no experiment, in the log's settings or above them")
    func partition() throws {
        var settings = RunSpec()
        settings.experiment = .skewed
        #expect(try settings.configuration().members["experiment"] == 4)
        #expect(settings.experimentNumber == 4)
        settings.partition = try Partition(argument: "dirichlet:0.5")
        let configuration = try settings.configuration()
        #expect(configuration.members["experiment"] == nil)
        #expect(configuration.members["partition"] == "dirichlet:0.5")
        #expect(settings.experimentNumber == 0)
        let read = try RunSpec(configuration: configuration)
        #expect(read.partition == settings.partition)
        #expect(try read.configuration() == configuration)
        var old = configuration.members
        old["experiment"] = 1
        #expect(
            try RunSpec(configuration: .object(old)).configuration() == configuration)
    }
}
