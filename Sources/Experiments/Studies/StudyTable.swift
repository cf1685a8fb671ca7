import Datasets
import Federation
import Foundation
import Platform

/// The CSV file of a reproduction: a row for each finished run, found again when it is opened.
public final class StudyTable: Sendable {
    /// A finished run.
    public struct Row: Sendable, Hashable {
        package var cell: String
        package var seed: UInt64
        package var learningRate: Float
        /// Rounds that were allowed.
        package var limit: Int
        package var outcome: String
        package var accuracies: [Double]
        /// Of one core.
        package var seconds: Double
        /// Images trained in one of those seconds.
        package var imagesPerSecond: Double
        /// The data's fingerprint, written; empty in rows of earlier versions, which told MNIST by its
        /// name.
        package var data = ""
        /// The cell's fingerprint; empty in rows of earlier versions.
        package var settings = ""

        package init(
            cell: String, seed: UInt64, learningRate: Float, limit: Int, outcome: String,
            accuracies: [Double], seconds: Double, imagesPerSecond: Double, data: String = "",
            settings: String = ""
        ) {
            self.cell = cell
            self.seed = seed
            self.learningRate = learningRate
            self.limit = limit
            self.outcome = outcome
            self.accuracies = accuracies
            self.seconds = seconds
            self.imagesPerSecond = imagesPerSecond
            self.data = data
            self.settings = settings
        }

        /// Whether it is a run of a cell as that is now. Cells on MNIST are what they were when rows did not
        /// say so.
        package func isOf(_ cell: StudyCell) -> Bool {
            guard self.cell == cell.name else { return false }
            return settings.isEmpty
                ? isOf(RunInputs.text(MNIST.fingerprint), trustsName: true)
                : settings == cell.fingerprint
        }

        /// Whether the run had these data.
        /// - Parameter trustsName: whether a row that does not say has MNIST: a try may have had any data.
        package func isOf(_ data: String, trustsName: Bool) -> Bool {
            self.data == data
                || trustsName && self.data.isEmpty && data == RunInputs.text(MNIST.fingerprint)
        }
    }

    private static let oldestHeader =
        "cell,seed,learning_rate,round_limit,outcome,seconds,images_per_second,accuracies"
    private static let olderHeader = oldestHeader + ",data_fingerprint"
    private static let header = olderHeader + ",settings_fingerprint"

    private let file: CSVFile

    /// Opens the file, or begins it.
    public init(_ url: URL) throws {
        file = try CSVFile.open(
            url, header: Self.header, what: "reproduction",
            older: [Self.oldestHeader: { $0 + ",," }, Self.olderHeader: { $0 + "," }])
    }

    /// All finished runs.
    public var rows: [Row] { file.rows.compactMap(Self.row) }

    /// The finished runs of a file that another process may be writing; none if there is no file.
    package static func rows(in url: URL) -> [Row] {
        guard let bytes = try? Data(contentsOf: url) else { return [] }
        for header in [header, olderHeader, oldestHeader] {
            guard let table = try? CSVText([UInt8](bytes), header: header) else { continue }
            return table.rows.compactMap(row)
        }
        return []
    }

    /// Those of one data set: of a given one; of a study's, unless they are tries, which may have had any,
    /// and of which the last are taken.
    package static func rows(in url: URL, of data: String?, areTries: Bool) -> [Row] {
        let all = rows(in: url)
        let shown = data ?? (areTries ? all.last?.data : nil) ?? RunInputs.text(MNIST.fingerprint)
        return all.filter { $0.isOf(shown, trustsName: !areTries) }
    }

    /// Adds a finished run in one write.
    public func append(_ row: Row) throws {
        try file.append(
            [
                row.cell, "\(row.seed)", "\(row.learningRate)", "\(row.limit)", row.outcome,
                Text.fixed(row.seconds, 1), Text.fixed(row.imagesPerSecond, 0),
                row.accuracies.map { Text.fixed($0, 4) }.joined(separator: " "), row.data,
                row.settings,
            ].joined(separator: ","))
    }

    private static func row(_ line: String) -> Row? {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (8...10).contains(cells.count), let seed = UInt64(cells[1]),
            let rate = Float(cells[2]),
            let limit = Int(cells[3]), let seconds = Double(cells[5]),
            let speed = Double(cells[6])
        else { return nil }
        return Row(
            cell: cells[0], seed: seed, learningRate: rate, limit: limit, outcome: cells[4],
            accuracies: cells[7].split(separator: " ").compactMap { Double($0) }, seconds: seconds,
            imagesPerSecond: speed, data: cells.count > 8 ? cells[8] : "",
            settings: cells.count > 9 ? cells[9] : "")
    }
}
