import Foundation
import TestThreads
import Testing
import Datasets

@Suite("Partitions as text", .holdsItsThread) struct PartitionTextTests {
    private static let texts: [(String, Partition)] = [
        ("iid", .iid),
        ("shards:2", .shards(perClient: 2, size: nil)),
        ("shards:2x300", .shards(perClient: 2, size: 300)),
        ("dirichlet:0.5", .dirichlet(alpha: 0.5)),
        ("dirichlet:0.1:1", .dirichlet(alpha: 0.1, minimum: 1)),
        ("dirichlet:1e-05", .dirichlet(alpha: 0.00001)),
        ("labels:2", .labels(perClient: 2)),
        ("power-law-labels:2", .powerLawLabels(perClient: 2)),
        ("power-law-labels:3:1.5", .powerLawLabels(perClient: 3, sigma: 1.5)),
        ("log-normal:1", .logNormal(sigma: 1)),
        ("power-law:1.5", .powerLaw(exponent: 1.5)),
        ("quantity-dirichlet:0.5", .quantityDirichlet(alpha: 0.5)),
        ("natural", .natural), ("writers", .writers),
        ("csv:data/clients:1.csv", .csv(file: "data/clients:1.csv")),
    ]

    @Test func textsAreReadAndGivenBack() throws {
        for (text, partition) in Self.texts {
            #expect(try Partition(argument: text) == partition)
            #expect(partition.description == text)
            let json = try JSONEncoder().encode([partition])
            #expect(
                String(decoding: json, as: UTF8.self)
                    == "[\"\(text.replacingOccurrences(of: "/", with: "\\/"))\"]")
            #expect(try JSONDecoder().decode([Partition].self, from: json) == [partition])
        }
        #expect(try Partition(argument: "dirichlet:5e-1:10") == .dirichlet(alpha: 0.5))
    }

    @Test func summaries() {
        #expect(
            Self.texts.map(\.1.summary) == [
                "IID: equal parts of all images in random order",
                "shards: sorted by label, 2 shards for each client",
                "shards: sorted by label, 2 shards of 300 images for each client",
                "Dirichlet: each class in proportions of Dir(0.5), at least 10 images for each client",
                "Dirichlet: each class in proportions of Dir(0.1), at least 1 image for each client",
                "Dirichlet: each class in proportions of Dir(1e-05), at least 10 images for each client",
                "labels: images of 2 classes for each client",
                "power-law labels: images of 2 classes for each client, sizes skewed by sigma 2",
                "power-law labels: images of 3 classes for each client, sizes skewed by sigma 1.5",
                "log-normal: sizes skewed by sigma 1, of any class",
                "power law: sizes fall as rank^-1.5, of any class",
                "quantity Dirichlet: sizes in proportions of Dir(0.5), of any class",
                "natural: whose the data say each sample is", "writers: who wrote each digit",
                "natural: clients as data/clients:1.csv names them",
            ])
    }

    private func sentence(_ text: String) -> String? {
        partitionFailure { () throws(PartitionError) in _ = try Partition(argument: text) }?
            .description
    }

    @Test func unknownNames() {
        let forms =
            "iid, shards:COUNT or shards:COUNTxSIZE, dirichlet:ALPHA or dirichlet:ALPHA:MINIMUM, "
            + "labels:COUNT, power-law-labels:COUNT or power-law-labels:COUNT:SIGMA, "
            + "log-normal:SIGMA, power-law:EXPONENT, quantity-dirichlet:ALPHA, natural, "
            + "writers, csv:FILE"
        for text in ["", "uniform", "iids", "dirichlet0.5", ":2"] {
            #expect(sentence(text) == "there is no partition “\(text)”: they are \(forms)")
        }
    }

    @Test func parametersThatAreNotUnderstood() {
        for (text, form) in [
            ("iid:1", "iid"), ("natural:x", "natural"), ("writers:2", "writers"),
            ("shards", "shards:COUNT or shards:COUNTxSIZE"),
            ("shards:", "shards:COUNT or shards:COUNTxSIZE"),
            ("shards:2x", "shards:COUNT or shards:COUNTxSIZE"),
            ("shards:2x3x4", "shards:COUNT or shards:COUNTxSIZE"),
            ("dirichlet:a", "dirichlet:ALPHA or dirichlet:ALPHA:MINIMUM"),
            ("dirichlet:1:1.5", "dirichlet:ALPHA or dirichlet:ALPHA:MINIMUM"),
            ("labels:2.5", "labels:COUNT"), ("log-normal:", "log-normal:SIGMA"),
            (
                "power-law-labels:2:x",
                "power-law-labels:COUNT or power-law-labels:COUNT:SIGMA"
            ),
            ("power-law:x", "power-law:EXPONENT"),
            ("quantity-dirichlet:0,5", "quantity-dirichlet:ALPHA"), ("csv:", "csv:FILE"),
        ] {
            #expect(sentence(text) == "partition “\(text)” is not understood: expected \(form)")
        }
    }

    @Test func parametersOutOfRange() {
        for (text, parameter, value) in [
            ("dirichlet:0", "alpha", "0.0"), ("dirichlet:-1", "alpha", "-1.0"),
            ("dirichlet:inf", "alpha", "inf"), ("dirichlet:nan", "alpha", "nan"),
            ("log-normal:-0.5", "sigma", "-0.5"), ("power-law-labels:2:0", "sigma", "0.0"),
            ("power-law:0", "exponent", "0.0"),
            ("quantity-dirichlet:-inf", "alpha", "-inf"),
        ] {
            #expect(
                sentence(text)
                    == "partition \(text) needs its \(parameter) to be above 0 and finite, not \(value)"
            )
        }
        for (text, parameter, value) in [
            ("shards:0", "shards per client", 0), ("shards:2x0", "shard size", 0),
            ("dirichlet:1:0", "minimum", 0), ("labels:-3", "labels per client", -3),
        ] {
            #expect(
                sentence(text)
                    == "partition \(text) needs its \(parameter) to be at least 1, not \(value)")
        }
        #expect(
            sentence("labels:65537")
                == "partition labels:65537 asks for 65537 labels per client, but there are 65536 "
                + "classes")
    }

    @Test("A wrong text in a file of settings is refused with the same sentence")
    func decoding() throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Partition].self, from: Data("[\"labels:0\"]".utf8))
        }
        guard case .dataCorrupted(let context) = try #require(error) else {
            Issue.record("another error")
            return
        }
        #expect(
            context.debugDescription
                == "partition labels:0 needs its labels per client to be at least 1, not 0")
    }
}
