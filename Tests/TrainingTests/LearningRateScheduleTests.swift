import Foundation
import NeuralNetworks
import TestThreads
import Testing
import Training

@Suite("Schedules of the learning rate", .holdsItsThread)
struct LearningRateScheduleTests {
    private func factors(_ text: String, of rounds: Int) throws -> [Double] {
        let schedule = try #require(LearningRateSchedule(text), "\(text)")
        return (1...rounds).map { schedule.factor(round: $0, of: rounds) }
    }

    @Test("The factors of the table")
    func factors() throws {
        #expect(try factors("constant", of: 3) == [1, 1, 1])
        #expect(try factors("step:2:0.5", of: 5) == [1, 1, 0.5, 0.5, 0.25])
        #expect(try factors("warmup:4", of: 6) == [0.25, 0.5, 0.75, 1, 1, 1])
        #expect(try factors("warmup:2+step:1:0.5", of: 5) == [0.5, 1, 1, 0.5, 0.25])
        #expect(try factors("cosine", of: 2) == [1, 0.5])
        #expect(try factors("cosine:0.5", of: 2) == [1, 0.75])
        #expect(try factors("warmup:2+cosine", of: 4) == [0.5, 1, 1, 0.5])
        // A warm-up that is longer than the run.
        #expect(try factors("warmup:4+cosine", of: 2) == [0.25, 0.5])
    }

    @Test("The cosine is the mathematics library's to 10⁻¹⁵")
    func cosine() throws {
        for final in [0, 0.125] {
            let found = try factors("cosine:\(final)", of: 1000)
            for (round, factor) in found.enumerated() {
                let expected = final + (1 - final) * (1 + cos(.pi * Double(round) / 1000)) / 2
                #expect(abs(factor - expected) < 1e-15, "round \(round + 1)")
            }
            #expect(zip(found, found.dropFirst()).allSatisfy { $0 > $1 })
            #expect(found[999] > final)
        }
    }

    @Test("A round beyond the last has the last one's")
    func beyond() throws {
        let schedule = try #require(LearningRateSchedule("cosine"))
        #expect(schedule.factor(round: 20, of: 10) == schedule.factor(round: 10, of: 10))
    }

    @Test("Texts come back; other spellings mean the same; what means nothing is refused")
    func texts() throws {
        for text in [
            "constant", "step:30:0.1", "cosine", "cosine:0.01", "warmup:5", "warmup:5+cosine:0.5",
            "warmup:1+step:2:0.5",
        ] {
            let schedule = try #require(LearningRateSchedule(text))
            #expect(schedule.description == text)
            let json = try JSONEncoder().encode([schedule])
            #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
            #expect(try JSONDecoder().decode([LearningRateSchedule].self, from: json) == [schedule])
        }
        #expect(LearningRateSchedule("warmup:5+constant") == LearningRateSchedule("Warmup:5"))
        #expect(LearningRateSchedule("cosine:0") == LearningRateSchedule("cosine"))
        for text in [
            "", "+", "linear", "step", "step:0:0.5", "step:2:0", "step:2:1.5", "step:2:nan",
            "step:2", "step:9999999999:0.5", "cosine:-1", "cosine:2", "cosine:x", "cosine:",
            "warmup:0", "warmup:-1", "warmup", "warmup:1.5", "warmup:9999999999",
            "cosine+warmup:5", "cosine+cosine", "warmup:1+warmup:2", "warmup:5+", "constant:1",
        ] { #expect(LearningRateSchedule(text) == nil, "\(text)") }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([LearningRateSchedule].self, from: Data("[\"linear\"]".utf8))
        }
    }

    @Test("A round's rate is η times decay and schedule; with neither it is η to the bit")
    func rates() throws {
        let optimizer = LocalOptimizer(.adam, learningRate: 0.5)
        let training = LocalTraining(
            optimizer: optimizer, learningRateDecay: 0.5,
            schedule: try #require(LearningRateSchedule("warmup:2+step:2:0.25")), rounds: 6)
        #expect(
            (1...6).map { training.optimizer(round: $0).learningRate }
                == [0.25, 0.25, 0.125, 0.0625, 0.0078125, 0.00390625])
        #expect(training.work(samples: 10, client: 0, round: 3).learningRate == 0.125)
        let plain = LocalTraining(optimizer: LocalOptimizer(learningRate: 0.3), rounds: 7)
        #expect(plain.optimizer(round: 5) == LocalOptimizer(learningRate: 0.3))
    }
}
