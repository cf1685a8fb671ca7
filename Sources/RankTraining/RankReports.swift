import Federation
import Parameters
import Platform
import Training

/// What a rank says of the clients that it has trained.
package struct TrainingReport: Sendable {
    /// One for each client whose training has come to an end.
    package var clients: [ClientReport] = []
    /// Whether the rank was told to stop.
    package var isStopped = false

    /// Images that its clients' models were tested on.
    var imagesEvaluated: Int { clients.reduce(0) { $0 + ($1.evaluation?.count ?? 0) } }
    /// Over the rank's threads.
    var trainingSeconds: Double { clients.reduce(0) { $0 + $1.seconds } }
    /// Over the rank's threads.
    var evaluationSeconds: Double { clients.reduce(0) { $0 + $1.evaluationSeconds } }

    /// A report of nothing.
    package init() {}

    /// The report as it goes to rank 0.
    package var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.write(isStopped)
        writer.write(clients.count)
        for report in clients {
            writer.write(report.client)
            writer.write(report.sampleCount)
            writer.write(report.clientState)
            writer.write(report.evaluation)
            writer.write(report.failure)
            writer.write(report.isRefused)
            writer.write(report.seconds)
            writer.write(report.evaluationSeconds)
            writer.write(report.classCounts)
            writer.write(report.change.norm ?? .nan)
            writer.write(report.change.cosine ?? .nan)
        }
        return writer.bytes
    }

    /// Reads a rank's report.
    package init(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        isStopped = reader.read()
        clients = (0..<reader.read(Int.self)).map { _ in
            ClientReport(
                client: reader.read(), sampleCount: reader.read(), clientState: reader.vectors(),
                evaluation: reader.evaluation(), failure: reader.failure(),
                isRefused: reader.read(), seconds: reader.read(),
                evaluationSeconds: reader.read(), classCounts: reader.numbers(),
                change: ChangeMeasure(norm: reader.figure(), cosine: reader.figure()))
        }
    }

    /// Seconds that rank 0 takes to read a rank's report of so many clients, and what it says of its sum.
    package static func readingSeconds(clients: Int) -> Double {
        var report = TrainingReport()
        report.clients = (0..<clients).map {
            ClientReport(
                client: $0, sampleCount: 600, seconds: 0.1,
                classCounts: Array(repeating: 60, count: 10),
                change: ChangeMeasure(norm: 1, cosine: 0.5))
        }
        let bytes = report.bytes
        let totals = encoded(ExactMeanFold(ParameterLayout([("all", [1])])).totals)
        let start = MonotonicClock.seconds()
        for _ in 0..<100 {
            _ = TrainingReport(bytes: bytes)
            _ = decoded(totals) as ExactMeanFold.Totals
        }
        return (MonotonicClock.seconds() - start) / 100
    }
}

/// A client's contribution as it goes to rank 0, where updates can't be summed where they are made.
extension Contribution {
    /// The message.
    package var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.write(client)
        writer.write(round)
        writer.write(sampleCount)
        writer.write(weight)
        writer.write(value.isChange)
        writer.write(value.vector)
        writer.write(extras.count)
        for extra in extras {
            writer.write(extra.name)
            writer.write(extra.weight)
            writer.write(extra.vector)
        }
        writer.write(numbers.count)
        for (name, number) in numbers {
            writer.write(name)
            writer.write(number)
        }
        writer.write(clientState)
        return writer.bytes
    }

    /// Reads a rank's message.
    package init(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        let (client, round) = (reader.read(Int.self), reader.read(Int.self))
        let (samples, weight) = (reader.read(Int.self), reader.read(Int.self))
        let isChange = reader.read(Bool.self)
        let vector = reader.vector()
        let extras = (0..<reader.read(Int.self)).map { _ in
            Extra(reader.text(), weight: reader.read(), reader.vector())
        }
        var numbers: [String: Double] = [:]
        for _ in 0..<reader.read(Int.self) {
            let name = reader.text()
            numbers[name] = reader.read(Double.self)
        }
        self.init(
            client: client, round: round, sampleCount: samples, weight: weight,
            value: isChange ? .change(vector) : .model(vector), extras: extras, numbers: numbers,
            clientState: reader.vectors())
    }
}

/// What a rank says of its pieces of the test set.
package struct EvaluationReport: Sendable {
    /// Its pieces by their numbers.
    package var pieces: [(piece: Int, result: PieceResult)] = []
    /// Over the rank's threads.
    package var seconds = 0.0
    /// Whether the rank was told to stop.
    package var isStopped = false

    /// A report of nothing.
    package init() {}

    /// The report as it goes to rank 0.
    package var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.write(isStopped)
        writer.write(seconds)
        writer.write(pieces.count)
        for (piece, result) in pieces {
            writer.write(piece)
            writer.write(result.count)
            writer.write(result.lossSum)
            writer.write(result.correct)
            writer.write(result.outputs)
            writer.write(result.squaredErrors)
            writer.write(result.absoluteErrorSum)
            writer.write(result.predictions)
            writer.write(result.scores)
            writer.write(result.firstFive)
            writer.write(result.mistakes)
        }
        return writer.bytes
    }

    /// Reads a rank's report.
    package init(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        isStopped = reader.read()
        seconds = reader.read()
        pieces = (0..<reader.read(Int.self)).map { _ in
            let piece = reader.read(Int.self)
            var result = PieceResult()
            result.count = reader.read()
            result.lossSum = reader.read()
            result.correct = reader.read()
            result.outputs = reader.read()
            result.squaredErrors = reader.numbers()
            result.absoluteErrorSum = reader.read()
            result.predictions = reader.numbers()
            result.scores = reader.numbers()
            result.firstFive = reader.read()
            result.mistakes = reader.numbers()
            return (piece, result)
        }
    }
}
